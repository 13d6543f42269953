"""The cost report of the configured tenants, for the commands and the page alike."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pandas as pd

from hve_monitor.config import Config
from hve_monitor.errors import ConfigError
from models.cost.budgets import budget_lines
from models.cost.closing import close_month, closed_view
from models.cost.report import (
    billable_days,
    cost_report,
    first_of_month,
    past_report,
    price_parts,
    spent_days,
)
from models.cost.showback import by_cost_center, incident_costs, unit_economics
from models.cost.whatif import Change, what_if
from models.forecast.planned import plan_frame
from models.invoice.report import day_rows, invoice, month_rows
from models.invoice.scopes import scope_ledgers
from models.periods import end_of_month
from models.reference.book import reference_of
from models.reference.cost_centers import read_centers
from models.reference.prices import published_prices
from models.usage.corrections import corrections
from models.usage.coverage import coverage_report
from warehouse.reading import Published, read_published
from warehouse.records.plans import stored_plans
from warehouse.state import open_state

ROUNDING = "estimates are recipients × price, not rounded; invoiced amounts are as received"


def spend(
    config: Config, now: datetime, tenant: str | None = None, month: str | None = None
) -> dict[str, Any]:
    """The contract's cost JSON with reconciliation, showback, closing and coverage.

    Raises: ConfigError when several tenants bill in different currencies and none is named.
    """
    currency = currency_of(config, tenant)
    lines = budget_lines(config.budgets, read_centers(config), tenant)
    with read_published(config.warehouse.path, now, tenant) as published:
        report = cost_report(
            published, currency, month=month, budgets=lines, plans=_planned(config, now, tenant)
        )
        report |= accounting(published, config, month)
        report["coverage"] = coverage_report(published)
    names = [each.name for each in config.served if tenant in (None, each.name)]
    return report | _closed(config, names, report)


def _planned(config: Config, now: datetime, tenant: str | None) -> pd.DataFrame:
    """Announced sends of the served tenants."""
    names = [each.name for each in config.served if tenant in (None, each.name)]
    with open_state(config.warehouse.path) as state:
        return plan_frame([plan for name in names for plan in stored_plans(state, now, name)])


def close(config: Config, now: datetime, tenant: str | None, month: str) -> dict[str, Any]:
    """Freezes the month of every asked tenant, then its report. Raises: ConfigError."""
    first = first_of_month(month, now)
    names = [each.name for each in config.served if tenant in (None, each.name)]
    reports = {name: spend(config, now, name, month) for name in names}
    with open_state(config.warehouse.path) as state:
        for name, report in reports.items():
            close_month(state, name, report, first, now)
    return spend(config, now, tenant, month)


def currency_of(config: Config, tenant: str | None) -> str:
    """The currency that the asked tenants bill in. Raises: ConfigError when there are several."""
    tenants = [each for each in config.served if tenant in (None, each.name)]
    currencies = sorted({each.currency for each in tenants}) or ["USD"]
    if len(currencies) > 1:
        raise ConfigError(
            f"--tenant: the tenants bill in {' and '.join(currencies)}; name one of them"
        )
    return currencies[0]


def past(config: Config, now: datetime, tenant: str | None = None) -> dict[str, Any]:
    """What earlier projections would have said, and what came (models.forecast.backtest)."""
    with read_published(config.warehouse.path, now, tenant) as published:
        return past_report(published)


def planned_change(
    config: Config, now: datetime, tenant: str | None, change: Change
) -> dict[str, Any]:
    """What a planned change costs and does to budgets (models.cost.whatif). Raises: ConfigError.

    Without a store there is no usual level: budgets then bear the change alone.
    """
    currency = currency_of(config, tenant)
    lines = budget_lines(config.budgets, read_centers(config), tenant)
    prices = reference_of(config).prices
    usual = pd.DataFrame({"tenant": [], "account": [], "day": [], "recipients": []})
    if (config.warehouse.path / "hve.duckdb").exists():
        with read_published(config.warehouse.path, now, tenant) as published:
            usual = billable_days(published)
    owner = tenant or _owner(usual, change.account)
    return what_if(
        change,
        lambda day: prices.unit_price(day, currency, owner),
        currency,
        usual,
        lines,
        now.date(),
    )


def _owner(usual: pd.DataFrame, account: str) -> str | None:
    """The one tenant whose account it is; None where several or none are."""
    owners = set(usual.loc[usual["account"] == account, "tenant"])
    return owners.pop() if len(owners) == 1 else None


def accounting(published: Published, config: Config, month: str | None) -> dict[str, Any]:
    """Metering, price, corrections, reconciliation, invoice and showback of one month."""
    first, currency = first_of_month(month, published.now), currency_of(config, published.tenant)
    last, prices = end_of_month(first), published_prices(published.connection).of(published.tenant)
    spent = spent_days(published, currency)
    in_month = spent[(spent["day"] >= first) & (spent["day"] <= last)]
    incidents = incident_costs(published, first, currency)
    centers = read_centers(config)
    ledgers = scope_ledgers(published, config, prices, first)
    return {
        "metering": _metering(config, min(last, published.now.date())),
        "rounding": ROUNDING,
        "price_parts": price_parts(in_month, prices, currency, first),
        "corrections": corrections(published, first, last, currency, prices),
        "reconciliation": day_rows(ledgers, first),
        "reconciliation_months": month_rows(ledgers, first),
        "invoice": invoice(ledgers, first, in_month, centers, currency),
        "by_cost_center": by_cost_center(in_month, centers, incidents),
        "unit_economics": unit_economics(in_month, incidents),
    }


def _metering(config: Config, day: date) -> dict[str, Any]:
    rules = reference_of(config).rules
    return {
        "day_utc": str(day),
        "billable_statuses": list(rules.billable(day)),
        "unverified_statuses": list(rules.unverified()),
    }


def _closed(config: Config, names: list[str], report: dict[str, Any]) -> dict[str, Any]:
    with open_state(config.warehouse.path) as state:
        return closed_view(state, names, report)
