"""Cost of a month: to date, projected, by account, against budgets.

Billable recipients are an estimate from traces, never the invoice. Money is exact: whole recipients
times the price of their day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

import pandas as pd
from msgspec.structs import asdict

from hve_monitor.errors import ConfigError
from models.cost.budget_use import budget_status
from models.cost.budgets import BudgetLine
from models.cost.daily import billable_days, unread_of
from models.cost.documents import (
    AccountCost,
    MonthCost,
    MonthEnd,
    QuarterCost,
    Scenario,
    ScenarioMonth,
)
from models.cost.known import AccountNames
from models.cost.outlook import (
    AccountPeriod,
    CostOutlook,
    PeriodCost,
    cost_outlook,
    incident_extra,
    keys_of,
)
from models.forecast.backtest import Backtest, backtest
from models.forecast.history import HISTORY
from models.forecast.projection import ACTUAL, MonthEstimate, Projection
from models.money import times
from models.periods import end_of_month, period_of
from warehouse.reading import Published


def first_of_month(text: str | None, now: datetime) -> date:
    """First day of the named month (YYYY-MM), or of that of `now`. Raises: ConfigError."""
    try:
        return date.fromisoformat(f"{text}-01") if text else now.date().replace(day=1)
    except ValueError:
        raise ConfigError(f"--month {text}: write it as 2026-11") from None


def month_cost(
    published: Published,
    currency: str,
    *,
    month: str | None = None,
    budgets: Sequence[BudgetLine] = (),
    plans: pd.DataFrame | None = None,
) -> MonthCost:
    """What one month costs, over one tenant or all of them.

    plans: announced sends, as models.forecast.planned.plan_frame makes them.

    Recipients without a status stay out of the sums and widen the ranges; a month of which nothing
    is known is null.
    """
    first, now = first_of_month(month, published.now), published.now
    day = min(end_of_month(first), max(first, now.date()))
    return cost_of_month(cost_outlook(published, currency, day, plans), first, budgets)


def cost_of_month(outlook: CostOutlook, first: date, budgets: Sequence[BudgetLine]) -> MonthCost:
    """The month that begins with `first`, from an outlook with the prices of one of its days."""
    price, is_shared = outlook.tariff.mean(outlook.spent)
    month = outlook.period(first, end_of_month(first))
    projection = outlook.least.month(first)
    return MonthCost(
        month=f"{first:%Y-%m}",
        currency=outlook.tariff.currency,
        unit_price=price if is_shared else None,
        month_to_date=month.counted,
        projection=_month_end(month, projection),
        quarter=_quarter(outlook, first),
        next_12_months=_scenarios(outlook, first, price),
        by_account=_by_account(outlook, first),
        budgets=[budget_status(outlook, line, first) for line in budgets],
    )


def _month_end(month: PeriodCost, projection: Projection) -> MonthEnd:
    projected, method = month.projected, projection.method
    is_known = projected.reason is None
    if method == ACTUAL and month.counted.unread_days:
        method = "the days that were read"
    return MonthEnd(
        method=method if is_known else f"unavailable: {projected.reason}",
        month_end=projected.end,
        p80=projected.p80 if is_known else None,
        p95=projected.p95 if is_known else None,
        history_days=projection.history_days,
        range=projected.range,
    )


def _quarter(outlook: CostOutlook, first: date) -> QuarterCost:
    """The quarter that holds the month which begins with `first`."""
    begin, end = period_of(first, "quarter")
    quarter = outlook.period(begin, end)
    return QuarterCost(
        **asdict(quarter.counted),
        quarter=f"{begin.year}-Q{(begin.month + 2) // 3}",
        quarter_end=quarter.projected.end,
        quarter_end_range=quarter.projected.range,
        p80=quarter.projected.p80,
        p95=quarter.projected.p95,
    )


def _by_account(outlook: CostOutlook, first: date) -> list[AccountCost]:
    """Most expensive first."""
    costs = outlook.by_account(first, end_of_month(first))
    lines = [_account(*outlook.key(name), cost) for name, cost in costs.items()]
    return sorted(lines, key=lambda line: (-(line.billable_recipients or 0), line.account))


def _account(tenant: str | None, account: str, cost: AccountPeriod) -> AccountCost:
    counted = cost.counted
    return AccountCost(
        account=account,
        tenant=tenant,
        billable_recipients=counted.billable_recipients,
        month_to_date=counted.cost,
        month_end=cost.projected.end,
        p80=cost.projected.p80,
        unknown_recipients=counted.unknown_recipients,
        unread_days=counted.unread_days,
        range=counted.range,
        method=cost.method,
    )


def _scenarios(outlook: CostOutlook, first: date, price: Decimal | None) -> list[Scenario]:
    """Twelve months after the one that begins with `first`; none where nothing can be projected."""
    if outlook.unavailable:
        return []
    least, most = (forecast.month(first).next_months for forecast in (outlook.least, outlook.most))
    return [
        Scenario(
            scenario=name,
            months=[
                _scenario_month(low, high, price)
                for low, high in zip(months, most[name], strict=True)
            ],
        )
        for name, months in least.items()
    ]


def _scenario_month(
    least: MonthEstimate, most: MonthEstimate, price: Decimal | None
) -> ScenarioMonth:
    """The known part, in a range that holds whatever the unknown recipients cost."""
    low, high = min(least.p80[0], most.p80[0]), max(least.p80[1], most.p80[1])
    return ScenarioMonth(
        month=least.month,
        cost=times(price, least.mean),
        p80=(times(price, low), times(price, high)),
    )


def past_projections(published: Published) -> Backtest:
    """Backtest of the billable recipients: what would have been projected, and what came."""
    now, daily = published.now, billable_days(published)
    unread = unread_of(published, now.date() - HISTORY, now.date())
    known = daily.assign(recipients=daily["recipients"].where(daily["is_known"]))
    names = AccountNames.of_keys({*keys_of(daily), *unread.by_account})
    extra = names.apart(incident_extra(published))
    return backtest(names.apart(known), now, extra, unread.named(names))
