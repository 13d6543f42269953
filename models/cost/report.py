"""Cost of a month: to date, projected, by account, against budgets.

Billable recipients are an estimate from traces, never the invoice. Money is exact: whole recipients
times the price of their day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pandas as pd

from hve_monitor.document import plain
from hve_monitor.errors import ConfigError
from hve_monitor.files import sql
from models.cost.budgets import BudgetLine
from models.forecast.backtest import backtest
from models.forecast.projection import Estimate, MonthEstimate, Projection, project_month
from models.money import times
from models.periods import end_of_month, period_of
from models.reference.prices import ONE_DAY, PriceBook, Tariff, published_prices
from models.usage.usage import daily_usage
from warehouse.reading import Published

SENT = ["account", "day", "recipients"]


def first_of_month(text: str | None, now: datetime) -> date:
    """First day of the asked month (YYYY-MM), or of the one of `now`. Raises: ConfigError."""
    try:
        return date.fromisoformat(f"{text}-01") if text else now.date().replace(day=1)
    except ValueError:
        raise ConfigError(f"--month {text}: write it as 2026-11") from None


def cost_report(
    published: Published,
    currency: str,
    *,
    month: str | None = None,
    budgets: Sequence[BudgetLine] = (),
    plans: pd.DataFrame | None = None,
) -> dict[str, Any]:
    """The contract's cost JSON of one month, over one tenant or all of them.

    plans: announced sends, as models.forecast.projection.project_month takes them.

    Unknown counts (rows without a status) stay out of the sums; a month of which nothing is known
    is null.
    """
    first = first_of_month(month, published.now)
    last, name = end_of_month(first), f"{first:%Y-%m}"
    known = _Known(_billable(published), _extra(published), plans)
    prices, day = (
        published_prices(published.connection).of(published.tenant),
        min(last, max(first, published.now.date())),
    )
    tariff = Tariff(prices, currency, day, known.daily)
    price, is_shared = tariff.mean(known.daily)
    listed = plain(price) if is_shared else None
    if known.daily.empty:
        return _nothing_known(name, currency, listed)
    spent = _spent(known.daily, prices, currency)
    in_month = spent[(spent["day"] >= first) & (spent["day"] <= last)]
    projection = known.projected(published.now, name)
    return {
        "month": name,
        "currency": currency,
        "unit_price": listed,
        "month_to_date": _to_date(in_month),
        "projection": {
            "method": projection.method,
            **_estimate(projection.total, _cost(in_month), price),
            "history_days": projection.history_days,
        },
        "quarter": quarter_report(spent, projection.quarter, price, first),
        "next_12_months": _scenarios(projection, price),
        "by_account": _by_account(in_month, projection, tariff),
        "budgets": [
            _budget(line, known, spent, tariff, published.now, projection) for line in budgets
        ],
        "reconciliation": [],
    }


@dataclass(frozen=True)
class _Known:
    """What a month is projected from: counts, what incidents added to them, announced sends."""

    daily: pd.DataFrame
    extra: pd.DataFrame
    plans: pd.DataFrame | None

    def of(self, line: BudgetLine) -> _Known:
        """The same of the budget's accounts."""
        mine, plans = line.of(self.daily), self.plans
        if plans is not None:
            plans = plans[_among(plans, mine)]
        return _Known(mine, self.extra[_among(self.extra, mine)], plans)

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
) -> dict[str, Any]:
    """The running month of the budget's accounts; `projection`, that of all, where it is theirs."""
    mine, running = known.of(line), f"{now:%Y-%m}"
    if f"{tariff.day:%Y-%m}" != running or len(mine.daily) < len(known.daily):
        projection = mine.projected(now, running)
    return line.report(spent, projection, tariff.mean(mine.daily)[0], now.date())


def spent_days(published: Published, currency: str) -> pd.DataFrame:
    """tenant, account, day, messages, recipients, cost: exact list cost of every known day.

    Units: recipients are billable ones; cost is Decimal, None where the currency has no price.
    """
    daily = _billable(published)
    return _spent(daily, published_prices(published.connection), currency)


def price_parts(
    spent: pd.DataFrame, prices: PriceBook, currency: str, first: date
) -> list[dict[str, Any]]:
    """The month in stretches of one price: a change in its middle splits it.

    spent: tenant, day, recipients and cost of the month. The parts add up to the month.
    """
    last, tenants = end_of_month(first), sorted(set(spent["tenant"])) or [None]
    changes = {day for each in tenants for day in prices.of(each).changes(first, last, currency)}
    starts = [first, *sorted(changes)]

    def shared(day: date) -> Decimal | None:
        """The price of all; None where tenants pay different ones."""
        found = {prices.unit_price(day, currency, each) for each in tenants}
        return found.pop() if len(found) == 1 else None

    ends = [*(day - ONE_DAY for day in starts[1:]), last]
    parts = []
    for start, end in zip(starts, ends, strict=True):
        rows = spent[(spent["day"] >= start) & (spent["day"] <= end)]
        parts.append(
            {
                "from": str(start),
                "to": str(end),
                "unit_price": plain(shared(start)),
                "billable_recipients": int(rows["recipients"].sum()),
                "cost": plain(_cost(rows)),
            }
        )
    return parts


def _nothing_known(month: str, currency: str, price: str | None) -> dict[str, Any]:
    """No row with a status, no count, no projection: unknown, never 0."""
    return {
        "month": month,
        "currency": currency,
        "unit_price": price,
        "month_to_date": {"billable_recipients": None, "cost": None},
        "projection": {
            "method": "unavailable: no row carries a delivery status",
            "month_end": None,
            "p80": None,
            "p95": None,
            "history_days": 0,
        },
        "quarter": None,
        "next_12_months": [],
        "by_account": [],
        "budgets": [],
        "reconciliation": [],
    }


def _billable(published: Published) -> pd.DataFrame:
    """account, day, recipients: what is known to be billable, one row per account and day."""
    usage = daily_usage(published)
    known = usage[usage["billable_recipients"].notna()]
    frame = known[["tenant", "account", "day", "messages", "billable_recipients"]]
    frame = frame.rename(columns={"billable_recipients": "recipients"})
    return frame.astype({"recipients": "int64", "messages": "int64"}).reset_index(drop=True)


def _spent(daily: pd.DataFrame, prices: PriceBook, currency: str) -> pd.DataFrame:
    """The same rows with their exact cost (Decimal, None where the currency has no price)."""
    days = set(daily["day"])
    listed = {
        who: {day: prices.unit_price(day, currency, who) for day in days}
        for who in daily["tenant"].unique()
    }
    rows = zip(daily["tenant"], daily["day"], daily["recipients"].tolist(), strict=True)
    costs = [times(listed[who][day], count) for who, day, count in rows]
    return daily.assign(cost=pd.Series(costs, index=daily.index, dtype=object))


def _cost(rows: pd.DataFrame) -> Decimal | None:
    """Exact sum; None where a price is missing."""
    costs = rows["cost"].tolist()
    return None if any(cost is None for cost in costs) else sum(costs, Decimal(0))


def _to_date(rows: pd.DataFrame) -> dict[str, Any]:
    if rows.empty:
        return {"billable_recipients": None, "cost": None}
    return {"billable_recipients": int(rows["recipients"].sum()), "cost": plain(_cost(rows))}


def _estimate(estimate: Estimate, spent: Decimal | None, price: Decimal | None) -> dict[str, Any]:
    """Money of a projected count: what is spent stays exact, only the rest is an estimate."""

    def money(recipients: float) -> str | None:
        rest = times(price, max(0.0, recipients - estimate.actual))
        return None if rest is None or spent is None else plain(spent + rest)

    return {
        "month_end": money(estimate.month_end),
        "p80": [money(bound) for bound in estimate.p80],
        "p95": [money(bound) for bound in estimate.p95],
    }


def _by_account(
    in_month: pd.DataFrame, projection: Projection, tariff: Tariff
) -> list[dict[str, Any]]:
    """Most expensive first."""
    costs = {str(account): rows for account, rows in in_month.groupby("account")}
    empty = in_month.iloc[:0]
    lines = []
    for account, estimate in projection.by_account.items():
        rows = costs.get(account, empty)
        spent = _cost(rows)
        money = _estimate(estimate, spent, tariff.of(account))
        lines.append(
            {
                "account": account,
                "billable_recipients": estimate.actual,
                "month_to_date": plain(spent),
                "month_end": money["month_end"],
                "p80": money["p80"],
            }
        )
    return sorted(lines, key=lambda line: (-line["billable_recipients"], line["account"]))


def _scenarios(projection: Projection, price: Decimal | None) -> list[dict[str, Any]]:
    return [
        {"scenario": scenario, "months": [_scenario_month(each, price) for each in months]}
        for scenario, months in projection.next_months.items()
    ]


def _scenario_month(month: MonthEstimate, price: Decimal | None) -> dict[str, Any]:
    return {
        "month": month.month,
        "cost": plain(times(price, month.mean)),
        "p80": [plain(times(price, bound)) for bound in month.p80],
    }


def _extra(published: Published) -> pd.DataFrame:
    """account, day, recipients that incidents added: kept out of what the future is learnt from."""
    return (
        published.connection.execute(
            sql(__file__, "incident_extra"), {"now": published.now, "tenant": published.tenant}
        )
        .df()
        .assign(day=lambda frame: pd.to_datetime(frame["day"]).dt.date)
    )


def past_report(published: Published) -> dict[str, Any]:
    """Backtest of the billable recipients: what would have been projected, and what came."""
    return backtest(_billable(published), published.now, _extra(published))


def billable_days(published: Published) -> pd.DataFrame:
    """tenant, account, day, recipients: what is known to be billable."""
    return _billable(published)


def quarter_report(
    spent: pd.DataFrame, estimate: Estimate, price: Decimal | None, first: date
) -> dict[str, Any]:
    """The quarter that holds the month: what is spent stays exact, only the rest is an estimate.

    spent: day, cost (Decimal, None where a price is missing).
    JSON: quarter (YYYY-Qn), cost (so far), quarter_end, p80, p95; null where a price is missing.
    """
    begin, end = period_of(first, "quarter")
    costs = spent[(spent["day"] >= begin) & (spent["day"] <= end)]["cost"].tolist()
    so_far = None if any(cost is None for cost in costs) else sum(costs, Decimal(0))

    def money(recipients: float) -> str | None:
        rest = times(price, max(0.0, recipients - estimate.actual))
        return None if rest is None or so_far is None else plain(so_far + rest)

    return {
        "quarter": f"{begin.year}-Q{(begin.month + 2) // 3}",
        "cost": plain(so_far),
        "quarter_end": money(estimate.month_end),
        "p80": [money(bound) for bound in estimate.p80],
        "p95": [money(bound) for bound in estimate.p95],
    }
