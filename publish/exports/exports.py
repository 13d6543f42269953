"""The formats of `hve export`, from one published version each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from hve_monitor.config import Config
from hve_monitor.errors import ConfigError
from models.cost.daily import spent_days
from models.cost.report import first_of_month
from models.cost.spend import currency_of, spend
from models.invoice.scopes import scope_ledgers
from models.periods import end_of_month
from models.reference.cost_centers import Centers, read_centers
from models.reference.prices import PriceBook, published_prices
from publish.exports.focus import Payer, Row, estimate_rows, invoiced_rows, write_focus
from publish.exports.one_file import write_duckdb
from publish.exports.showback import write_showback
from publish.exports.tables import write_tables
from warehouse.reading import Published, read_published

FORMATS = ("focus", "csv", "duckdb", "showback")
MONTH = re.compile(r"-(\d{4}-\d{2})(?=[-.])")
ESTIMATES, INVOICED = "hve-focus-estimated", "hve-focus-invoiced"


@dataclass(frozen=True)
class Export:
    """What is asked for: where, which month and tenant, which tables."""

    out: Path
    month: str | None = None
    tenant: str | None = None
    invoiced: bool = False
    tables: tuple[str, ...] = ()


def export(config: Config, now: datetime, kind: str, wanted: Export) -> dict[str, Any]:
    """Writes one format; says which files and how many rows. Raises: ConfigError."""
    if kind not in FORMATS:
        raise ConfigError(f"export {kind}: use one of {', '.join(FORMATS)}")
    if kind == "showback":
        report = spend(config, now, wanted.tenant, wanted.month)
        return _told(kind, write_showback(report, wanted.out, now), None)
    with read_published(config.warehouse.path, now) as published:
        if kind == "csv":
            return _told(kind, *write_tables(published.connection, wanted.out, wanted.tables))
        if kind == "duckdb":
            return _told(kind, [write_duckdb(published.connection, wanted.out)], None)
        return _told(kind, *_focus(published, config, wanted))


def scheduled(config: Config, now: datetime) -> list[dict[str, Any]]:
    """Writes the configured formats into the export folder; nothing without a folder."""
    folder = config.export.folder
    if folder is None:
        return []
    found = []
    for kind in config.export.formats:
        out = folder / kind
        found.append(export(config, now, kind, Export(out)))
        if kind == "focus":
            found.append(export(config, now, kind, Export(out, invoiced=True)))
    return found


def old_exports(config: Config, before: date) -> list[Path]:
    """Scheduled files inside the store whose month had ended before the day.

    A folder elsewhere belongs to whoever asked for it; files without a month are always new.
    """
    folder = config.export.folder
    if folder is None or not folder.resolve().is_relative_to(config.warehouse.path.resolve()):
        return []
    months = ((file, MONTH.search(file.name)) for file in sorted(folder.rglob("*")))
    return [
        file
        for file, month in months
        if month and end_of_month(date.fromisoformat(f"{month[1]}-01")) < before
    ]


def _focus(published: Published, config: Config, wanted: Export) -> tuple[list[Path], int]:
    first = first_of_month(wanted.month, published.now)
    prices, centers = published_prices(published.connection), read_centers(config)
    rows = (
        _invoiced(published, config, wanted, first, prices)
        if wanted.invoiced
        else (_estimated(published, config, wanted, first, prices, centers))
    )
    return [file for path in _paths(wanted, first) for file in write_focus(rows, path)], len(rows)


def _paths(wanted: Export, first: date) -> list[Path]:
    """The named file, or both formats inside the named folder."""
    if wanted.out.suffix:
        return [wanted.out]
    name = INVOICED if wanted.invoiced else ESTIMATES
    return [wanted.out / f"{name}-{first:%Y-%m}{suffix}" for suffix in (".csv", ".parquet")]


def _estimated(
    published: Published,
    config: Config,
    wanted: Export,
    first: date,
    prices: PriceBook,
    centers: Centers,
) -> list[Row]:
    rows: list[Row] = []
    for tenant in [each for each in config.served if wanted.tenant in (None, each.name)]:
        currency = currency_of(config, tenant.name)
        spent = spent_days(published.of(tenant.name), currency)
        month = spent[(spent["day"] >= first) & (spent["day"] <= end_of_month(first))]
        rows += estimate_rows(month, _payers(config), centers, prices, currency)
    return rows


def _invoiced(
    published: Published, config: Config, wanted: Export, first: date, prices: PriceBook
) -> list[Row]:
    ledgers = scope_ledgers(published.of(wanted.tenant), config, prices, first)
    return invoiced_rows(ledgers, _payers(config), first, end_of_month(first))


def _payers(config: Config) -> dict[str, Payer]:
    """A tenant with one scope is billed there; of several nobody knows which."""
    return {
        each.name: Payer(
            each.name,
            each.tenant_id or each.name,
            each.azure_scopes[0] if len(each.azure_scopes) == 1 else None,
            None,
        )
        for each in config.served
    }


def _told(kind: str, files: list[Path], rows: int | None) -> dict[str, Any]:
    return {"format": kind, "files": [str(file) for file in files], "rows": rows}
