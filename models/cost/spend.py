"""The cost report of the configured tenants, for the commands and the page alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import msgspec
import pandas as pd

from hve_monitor.clock import start_of_day
from hve_monitor.config import Config
from hve_monitor.errors import ConfigError
from models.cost.budgets import BudgetLine, budget_lines
from models.cost.closing import close_month, with_closing
from models.cost.daily import price_parts
from models.cost.documents import ChangeCost, CostReport, GroupDays, Metering, MonthsBeside
from models.cost.known import CountedMonth
from models.cost.months import By, group_days, months_beside
from models.cost.outlook import CostOutlook, cost_outlook
from models.cost.report import cost_of_month, first_of_month, past_projections
from models.cost.showback import by_cost_center, incident_costs, unit_economics
from models.cost.whatif import PlannedChange, what_if
from models.forecast.backtest import Backtest
from models.forecast.planned import plan_frame
from models.invoice.bridge import invoice_bridge
from models.invoice.report import day_rows, invoice, month_rows
from models.invoice.scopes import scope_ledgers
from models.periods import end_of_month, month_after
from models.reference.book import reference_of
from models.reference.cost_centers import read_centers
from models.reference.prices import published_prices
from models.usage.corrections import corrections
from models.usage.coverage import coverage_report
from warehouse.reading import Published, read_published
from warehouse.records.money import newest_closed_month
from warehouse.records.plans import stored_plans
from warehouse.state import State, open_state

ROUNDING = "estimates are recipients × price, not rounded; invoiced amounts are as received"


def spend(
    config: Config, now: datetime, tenant: str | None = None, month: str | None = None
) -> CostReport:
    """What a month costs: projection, budgets, reconciliation, showback, closing and coverage.

    Raises: ConfigError when several tenants bill in different currencies and none is named.
    """
    currency, names = currency_of(config, tenant), _names(config, tenant)
    lines = budget_lines(config.budgets, read_centers(config), tenant)
    root = config.warehouse.path
    with read_published(root, now, tenant) as published, open_state(root) as state:
        plans = announced_plans(state, now, names)
        first = first_of_month(month, now)
        day = min(end_of_month(first), max(first, now.date()))
        outlook = cost_outlook(published, currency, day, plans)
        report = accounted(outlook, lines, published, config, first)
        return with_closing(report, state, names)


def month_beside(config: Config, tenant: str | None, month: str) -> str:
    """The newest month before it that is closed, else the one before: what an invoice is whole of.

    Shape: YYYY-MM.
    """
    with open_state(config.warehouse.path) as state:
        closed = newest_closed_month(state, _names(config, tenant), month)
    return closed or f"{month_after(date.fromisoformat(f'{month}-01'), -1):%Y-%m}"


def close(config: Config, now: datetime, tenant: str | None, month: str) -> CostReport:
    """Freezes the month of every chosen tenant, then its report. Raises: ConfigError."""
    first = first_of_month(month, now)
    reports = {name: spend(config, now, name, month) for name in _names(config, tenant)}
    with open_state(config.warehouse.path) as state:
        for name, report in reports.items():
            close_month(state, name, report, first, now)
    return spend(config, now, tenant, month)


def _names(config: Config, tenant: str | None) -> list[str]:
    """The named tenant, or every one that is served."""
    return [served.name for served in config.served if tenant in (None, served.name)]


def currency_of(config: Config, tenant: str | None) -> str:
    """The currency that the chosen tenants bill in.

    Raises: ConfigError when there are several, or no tenant of that name.
    """
    if tenant is not None:
        return config.tenant(tenant).currency
    currencies = sorted({served.currency for served in config.served}) or ["USD"]
    if len(currencies) > 1:
        raise ConfigError(
            f"--tenant: the tenants bill in {' and '.join(currencies)}; name one of them"
        )
    return currencies[0]


def past(config: Config, now: datetime, tenant: str | None = None) -> Backtest:
    """What earlier projections would have claimed, and what came (models.forecast.backtest).

    Raises: ConfigError when there is no tenant of that name.
    """
    if tenant is not None:
        config.tenant(tenant)
    with read_published(config.warehouse.path, now, tenant) as published:
        return past_projections(published)


def beside(
    config: Config, now: datetime, tenant: str | None, by: By, month: str | None, count: int
) -> MonthsBeside:
    """Months up to the named one beside each other (models.cost.months). Raises: ConfigError."""
    currency, last = currency_of(config, tenant), first_of_month(month, now)
    with read_published(config.warehouse.path, now, tenant) as published:
        return months_beside(published, currency, by, read_centers(config), last, count)


def days_of(
    config: Config, now: datetime, tenant: str | None, by: By, month: str | None, name: str
) -> GroupDays:
    """The days of an account, a cost center or a tenant in the month. Raises: ConfigError."""
    currency, first = currency_of(config, tenant), first_of_month(month, now)
    with read_published(config.warehouse.path, now, tenant) as published:
        return group_days(published, currency, by, read_centers(config), first, name)


def planned_change(
    config: Config, now: datetime, tenant: str | None, change: PlannedChange
) -> ChangeCost:
    """What a planned change costs and does to budgets (models.cost.whatif). Raises: ConfigError.

    Without a store nothing is expected besides: budgets then bear the change alone.
    """
    currency = currency_of(config, tenant)
    lines = budget_lines(config.budgets, read_centers(config), tenant)
    outlook, prices = _outlook(config, now, tenant, change.first), reference_of(config).prices
    owner = tenant or (None if outlook is None else outlook.owner(change.account))
    return what_if(
        change,
        lambda day: prices.unit_price(day, currency, owner),
        currency,
        outlook,
        lines,
        now.date(),
    )


def _outlook(config: Config, now: datetime, tenant: str | None, first: date) -> CostOutlook | None:
    """The outlook at the prices of the first day; None without a store."""
    root = config.warehouse.path
    if not (root / "hve.duckdb").exists():
        return None
    with read_published(root, now, tenant) as published, open_state(root) as state:
        plans = announced_plans(state, now, _names(config, tenant))
        day = max(first, now.date())
        return cost_outlook(published, currency_of(config, tenant), day, plans)


def announced_plans(state: State, now: datetime, tenants: Sequence[str]) -> pd.DataFrame:
    """Announced sends of the tenants, as models.forecast.planned.plan_frame makes them."""
    return plan_frame([plan for name in tenants for plan in stored_plans(state, now, name)])


def accounted(
    outlook: CostOutlook,
    lines: Sequence[BudgetLine],
    published: Published,
    config: Config,
    first: date,
) -> CostReport:
    """The month's cost with metering, prices, corrections, reconciliation, invoice and showback."""
    cost = cost_of_month(outlook, first, lines)
    last, currency = end_of_month(first), cost.currency
    prices = published_prices(published.connection).of(published.tenant)
    counted = _counted(outlook, first)
    incidents = incident_costs(published, first, currency)
    centers = read_centers(config)
    ledgers = scope_ledgers(published, config, prices, first)
    months = month_rows(ledgers, first)
    return CostReport(
        **msgspec.structs.asdict(cost),
        reconciliation=day_rows(ledgers, first),
        metering=_metering(config, min(last, published.now.date())),
        rounding=ROUNDING,
        price_parts=price_parts(counted, prices, currency),
        corrections=corrections(published, first, last, currency, prices),
        reconciliation_months=months,
        invoice=invoice(ledgers, first, counted.rows, centers, currency),
        invoice_bridge=invoice_bridge(months, currency),
        by_cost_center=by_cost_center(counted, centers, incidents),
        unit_economics=unit_economics(counted, incidents),
        coverage=coverage_report(published, needed_from=start_of_day(first)),
        closed=None,
        restatements=[],
    )


def _counted(outlook: CostOutlook, first: date) -> CountedMonth:
    spent, last = outlook.spent, end_of_month(first)
    accounts = {*spent["account"], *(account for _, account in outlook.unread.by_account)}
    return CountedMonth(
        spent[(spent["day"] >= first) & (spent["day"] <= last)],
        outlook.unread,
        first,
        min(last, outlook.today),
        frozenset(accounts),
    )


def _metering(config: Config, day: date) -> Metering:
    rules = reference_of(config).rules
    return Metering(
        day_utc=day,
        billable_statuses=list(rules.billable(day)),
        unverified_statuses=list(rules.unverified()),
    )
