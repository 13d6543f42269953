"""Cost of a month: to date, projected, by account, against budgets.

Billable recipients are an estimate from traces, never the invoice. Money is exact: whole recipients
times the price of their day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

import pandas as pd

from hve_monitor.errors import ConfigError
from hve_monitor.files import sql
from models.cost.budgets import BudgetLine
from models.cost.daily import billable_days, cost_of, priced
from models.cost.documents import (
    AccountCost,
    BudgetStatus,
    MonthCost,
    MonthEnd,
    MonthToDate,
    QuarterCost,
    Range,
    Scenario,
    ScenarioMonth,
)
from models.forecast.backtest import Backtest, backtest
from models.forecast.projection import Estimate, MonthEstimate, Projection, project_month
from models.money import times
from models.periods import end_of_month, period_of
from models.reference.prices import Tariff, published_prices
from warehouse.reading import Published

SENT = ["account", "day", "recipients"]


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

    plans: announced sends, as models.forecast.projection.project_month takes them.

    Unknown counts (rows without a status) stay out of the sums; a month of which nothing is known
    is null.
    """
    first, now = first_of_month(month, published.now), published.now
    known = _Known(billable_days(published), _extra(published), plans)
    prices = published_prices(published.connection).of(published.tenant)
    tariff = Tariff(prices, currency, min(end_of_month(first), max(first, now.date())), known.daily)
    price, is_shared = tariff.mean(known.daily)
    listed = price if is_shared else None
    if known.daily.empty:
        return _nothing_known(f"{first:%Y-%m}", currency, listed)
    spent = priced(known.daily, prices, currency)
    in_month = spent[(spent["day"] >= first) & (spent["day"] <= end_of_month(first))]
    projection = known.projected(now, f"{first:%Y-%m}")
    return MonthCost(
        month=f"{first:%Y-%m}",
        currency=currency,
        unit_price=listed,
        month_to_date=_to_date(in_month),
        projection=_month_end(projection, in_month, price),
        quarter=quarter_cost(spent, projection.quarter, price, first),
        next_12_months=_scenarios(projection, price),
        by_account=_by_account(in_month, projection, tariff),
        budgets=[_budget(line, known, spent, tariff, now, projection) for line in budgets],
    )


@dataclass(frozen=True)
class _Known:
    """What a month is projected from: counts, what incidents added to them, announced sends."""

    daily: pd.DataFrame
    extra: pd.DataFrame
    plans: pd.DataFrame | None

    def of(self, line: BudgetLine) -> _Known:
        """The same of the budget's accounts."""
        daily, plans = line.of(self.daily), self.plans
        if plans is not None:
            plans = plans[_among(plans, daily)]
        return _Known(daily, self.extra[_among(self.extra, daily)], plans)

    def projected(self, now: datetime, month: str) -> Projection:
        return project_month(self.daily[SENT], now, month, self.extra, self.plans)


def _among(rows: pd.DataFrame, others: pd.DataFrame) -> pd.Series:
    """Whether the row's account is one of the others'."""
    return rows["account"].isin(others["account"].unique())


def _budget(
    line: BudgetLine,
    known: _Known,
    spent: pd.DataFrame,
    tariff: Tariff,
    now: datetime,
    projection: Projection,
) -> BudgetStatus:
    """The running month of the budget's accounts; `projection`, that of all, where it is theirs."""
    covered, running = known.of(line), f"{now:%Y-%m}"
    if f"{tariff.day:%Y-%m}" != running or len(covered.daily) < len(known.daily):
        projection = covered.projected(now, running)
    return line.status(spent, projection, tariff.mean(covered.daily)[0], now.date())


def _nothing_known(month: str, currency: str, price: Decimal | None) -> MonthCost:
    """No row with a status, no count, no projection: unknown, never 0."""
    return MonthCost(
        month=month,
        currency=currency,
        unit_price=price,
        month_to_date=MonthToDate(billable_recipients=None, cost=None),
        projection=MonthEnd(
            method="unavailable: no row carries a delivery status",
            month_end=None,
            p80=None,
            p95=None,
            history_days=0,
        ),
        quarter=None,
        next_12_months=[],
        by_account=[],
        budgets=[],
    )


def _to_date(rows: pd.DataFrame) -> MonthToDate:
    if rows.empty:
        return MonthToDate(billable_recipients=None, cost=None)
    return MonthToDate(billable_recipients=int(rows["recipients"].sum()), cost=cost_of(rows))


class _ProjectedCost(NamedTuple):
    end: Decimal | None
    p80: Range
    p95: Range


def _projected(estimate: Estimate, spent: Decimal | None, price: Decimal | None) -> _ProjectedCost:
    """Money of a projected count: what is spent stays exact, only the rest is an estimate."""

    def cost(recipients: float) -> Decimal | None:
        rest = times(price, max(0.0, recipients - estimate.actual))
        return None if rest is None or spent is None else spent + rest

    (lo80, hi80), (lo95, hi95) = estimate.p80, estimate.p95
    return _ProjectedCost(
        cost(estimate.month_end), (cost(lo80), cost(hi80)), (cost(lo95), cost(hi95))
    )


def _month_end(projection: Projection, month: pd.DataFrame, price: Decimal | None) -> MonthEnd:
    projected = _projected(projection.total, cost_of(month), price)
    return MonthEnd(
        method=projection.method,
        month_end=projected.end,
        p80=projected.p80,
        p95=projected.p95,
        history_days=projection.history_days,
    )


def quarter_cost(
    spent: pd.DataFrame, estimate: Estimate, price: Decimal | None, first: date
) -> QuarterCost:
    """The quarter that holds the month which begins with `first`; null where a price is missing.

    spent: day, cost (Decimal, None where a price is missing).
    """
    begin, end = period_of(first, "quarter")
    so_far = cost_of(spent[(spent["day"] >= begin) & (spent["day"] <= end)])
    projected = _projected(estimate, so_far, price)
    return QuarterCost(
        quarter=f"{begin.year}-Q{(begin.month + 2) // 3}",
        cost=so_far,
        quarter_end=projected.end,
        p80=projected.p80,
        p95=projected.p95,
    )


def _by_account(
    in_month: pd.DataFrame, projection: Projection, tariff: Tariff
) -> list[AccountCost]:
    """Most expensive first."""
    days = {str(account): rows for account, rows in in_month.groupby("account")}
    lines = []
    for account, estimate in projection.by_account.items():
        spent = cost_of(days.get(account, in_month.iloc[:0]))
        projected = _projected(estimate, spent, tariff.of(account))
        lines.append(
            AccountCost(
                account=account,
                billable_recipients=estimate.actual,
                month_to_date=spent,
                month_end=projected.end,
                p80=projected.p80,
            )
        )
    return sorted(lines, key=lambda line: (-line.billable_recipients, line.account))


def _scenarios(projection: Projection, price: Decimal | None) -> list[Scenario]:
    return [
        Scenario(scenario=name, months=[_scenario_month(month, price) for month in months])
        for name, months in projection.next_months.items()
    ]


def _scenario_month(month: MonthEstimate, price: Decimal | None) -> ScenarioMonth:
    low, high = month.p80
    return ScenarioMonth(
        month=month.month,
        cost=times(price, month.mean),
        p80=(times(price, low), times(price, high)),
    )


def _extra(published: Published) -> pd.DataFrame:
    """account, day, recipients that incidents added: kept out of what the future is learnt from."""
    return (
        published.connection.execute(
            sql(__file__, "incident_extra"), {"now": published.now, "tenant": published.tenant}
        )
        .df()
        .assign(day=lambda frame: pd.to_datetime(frame["day"]).dt.date)
    )


def past_projections(published: Published) -> Backtest:
    """Backtest of the billable recipients: what would have been projected, and what came."""
    return backtest(billable_days(published), published.now, _extra(published))
