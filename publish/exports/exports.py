"""The formats of `hve export`, from one published version each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from hve_monitor.config import Config
from hve_monitor.document import Document
from hve_monitor.errors import ConfigError
from models.cost.daily import spent_days
from models.cost.report import first_of_month
from models.cost.spend import currency_of, spend
from models.invoice.scopes import scope_ledgers
from models.periods import end_of_month
from models.reference.cost_centers import Centers, read_centers
from models.reference.prices import PriceBook, published_prices
from publish.exports.focus import FocusRow, Payer, estimate_rows, invoiced_rows, write_focus
from publish.exports.one_file import write_duckdb
from publish.exports.showback import write_showback
from publish.exports.tables import write_tables
from warehouse.reading import Published, read_published

FORMATS = ("focus", "csv", "duckdb", "showback")
MONTH = re.compile(r"-(\d{4}-\d{2})(?=[-.])")
ESTIMATES, INVOICED = "hve-focus-estimated", "hve-focus-invoiced"


@dataclass(frozen=True)
class Export:
    """Where files are written, and of which month, tenant and tables."""

    out: Path
    month: str | None = None
    tenant: str | None = None
    invoiced: bool = False
    tables: tuple[str, ...] = ()


class ExportedFiles(Document):
    """The files of one format, and their rows where the format counts them."""

    format: str
    files: list[str]
    rows: int | None


def export(config: Config, now: datetime, kind: str, order: Export) -> ExportedFiles:
    """Writes one format; returns what was written. Raises: ConfigError."""
    if kind not in FORMATS:
        raise ConfigError(f"export {kind}: use one of {', '.join(FORMATS)}")
    if kind == "showback":
        report = spend(config, now, order.tenant, order.month)
        return _written(kind, write_showback(report, order.out, now), None)
    with read_published(config.warehouse.path, now) as published:
        if kind == "csv":
            return _written(kind, *write_tables(published.connection, order.out, order.tables))
        if kind == "duckdb":
            return _written(kind, [write_duckdb(config.warehouse.path, order.out)], None)
        return _written(kind, *_focus(published, config, order))


def scheduled(config: Config, now: datetime) -> list[ExportedFiles]:
    """Writes the configured formats into the export folder; nothing without a folder."""
    folder = config.export.folder
    if folder is None:
        return []
    exports = []
    for kind in config.export.formats:
        out = folder / kind
        exports.append(export(config, now, kind, Export(out)))
        if kind == "focus":
            exports.append(export(config, now, kind, Export(out, invoiced=True)))
    return exports


def old_exports(config: Config, before: date) -> list[Path]:
    """Scheduled files inside the store whose month had ended before the day.

    A folder elsewhere belongs to whoever configured it; files without a month are always new.
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


def _focus(published: Published, config: Config, order: Export) -> tuple[list[Path], int]:
    first = first_of_month(order.month, published.now)
    prices, centers = published_prices(published.connection), read_centers(config)
    rows = (
        _invoiced(published, config, order, first, prices)
        if order.invoiced
        else (_estimated(published, config, order, first, prices, centers))
    )
    return [file for path in _paths(order, first) for file in write_focus(rows, path)], len(rows)


def _paths(order: Export, first: date) -> list[Path]:
    """The named file, or both formats inside the named folder."""
    if order.out.suffix:
        return [order.out]
    name = INVOICED if order.invoiced else ESTIMATES
    return [order.out / f"{name}-{first:%Y-%m}{suffix}" for suffix in (".csv", ".parquet")]


def _estimated(
    published: Published,
    config: Config,
    order: Export,
    first: date,
    prices: PriceBook,
    centers: Centers,
) -> list[FocusRow]:
    rows: list[FocusRow] = []
    for tenant in config.served:
        if order.tenant not in (None, tenant.name):
            continue
        currency = currency_of(config, tenant.name)
        spent = spent_days(published.of(tenant.name), currency)
        month = spent[(spent["day"] >= first) & (spent["day"] <= end_of_month(first))]
        rows += estimate_rows(month, _payers(config), centers, prices, currency)
    return rows


def _invoiced(
    published: Published, config: Config, order: Export, first: date, prices: PriceBook
) -> list[FocusRow]:
    ledgers = scope_ledgers(published.of(order.tenant), config, prices, first)
    return invoiced_rows(ledgers, _payers(config), first, end_of_month(first))


def _payers(config: Config) -> dict[str, Payer]:
    """A tenant with one scope is billed there; of several nobody knows which."""
    return {
        tenant.name: Payer(
            tenant.name,
            tenant.tenant_id or tenant.name,
            tenant.azure_scopes[0] if len(tenant.azure_scopes) == 1 else None,
            None,
        )
        for tenant in config.served
    }


def _written(kind: str, files: list[Path], rows: int | None) -> ExportedFiles:
    return ExportedFiles(format=kind, files=[str(file) for file in files], rows=rows)
