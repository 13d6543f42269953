"""Spend over plan: a budget whose run rate would pass it by far, an incident for FinOps.

Thresholds of a budget are reported when they are passed; this says days before that they will be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pandas as pd

from hve_monitor.clock import days_between
from hve_monitor.config import CostMinimum, Tenant
from models.cost.budgets import BudgetLine
from models.incident import Incident, Signal
from models.periods import period_of
from models.reference.prices import PriceBook
from warehouse.connection import files_sql
from warehouse.store import Store
from warehouse.tables import HVE_COST_DAILY

KIND, SIGNAL = "spend", "spend_over_plan"
LEAST_DAYS = 3
LOOK_BACK = timedelta(days=100)
ONE_DAY = timedelta(days=1)
USUAL_MINIMUM = CostMinimum()


@dataclass(frozen=True)
class Spending:
    """Budgets, and how much a run rate must pass one: an amount of money and a part of it."""

    lines: Sequence[BudgetLine] = ()
    minimum: CostMinimum = USUAL_MINIMUM


@dataclass(frozen=True)
class _Days:
    """Whole days of one period of a budget: cost and recipients so far at the end of each."""

    first: date
    length: int
    cost: list[Decimal]
    recipients: list[int]

    def rate(self, number: int) -> Decimal:
        """Cost of the whole period at the pace of its first `number` days."""
        return self.cost[number - 1] * self.length / number


def overspend_incidents(
    store: Store, tenant: Tenant, until: datetime, spending: Spending, prices: PriceBook
) -> list[Incident]:
    """One incident for each budget and period that was on its way far over its amount.

    It is named after the account that spent most of it.
    """
    lines = [line for line in spending.lines if line.tenant in (None, tenant.name)]
    if not lines:
        return []
    spent = _spent(store, tenant, until)
    incidents: dict[tuple[str, datetime], Incident] = {}
    for line in lines:
        for incident in _of_line(line, line.of(spent), until, spending.minimum, prices, tenant):
            key = incident.account, incident.detected_at
            other = incidents.get(key)
            incidents[key] = incident if other is None else _joined(other, incident)
    return list(incidents.values())


def _joined(one: Incident, other: Incident) -> Incident:
    return replace(one, reasons=one.reasons + other.reasons, signals=one.signals + other.signals)


def _spent(store: Store, tenant: Tenant, until: datetime) -> pd.DataFrame:
    """tenant, account, day, cost, recipients of whole days."""
    files = files_sql(HVE_COST_DAILY, store.delta.files(HVE_COST_DAILY, tenant.name))
    since = (until - 2 * LOOK_BACK).date().replace(day=1)
    with store.compute() as connection:
        # By way of Arrow, which keeps money exact.
        rows = connection.sql(
            "select tenant, account, day, cost, billable_recipients as recipients"
            f" from ({files}) where currency = $currency and day >= $since and day < $today"
            " and cost is not null order by day",
            params={"currency": tenant.currency, "since": since, "today": until.date()},
        )
        frame: pd.DataFrame = rows.to_arrow_table().to_pandas()
    return frame


def _of_line(
    line: BudgetLine,
    spent: pd.DataFrame,
    until: datetime,
    minimum: CostMinimum,
    prices: PriceBook,
    tenant: Tenant,
) -> Iterator[Incident]:
    for first, last in _periods(line.period, until):
        days = _days(spent, first, last, until)
        bar = max(line.amount + minimum.amount, line.amount * (1 + Decimal(repr(minimum.ratio))))
        over = [n for n in range(LEAST_DAYS, len(days.cost) + 1) if days.rate(n) >= bar]
        if not over:
            continue
        rows = spent[(spent["day"] >= first) & (spent["day"] <= first + over[-1] * ONE_DAY)]
        price = prices.unit_price(first, tenant.currency)
        yield _incident(line, days, over, _largest(rows), price, tenant.currency)


def _periods(period: str, until: datetime) -> Iterable[tuple[date, date]]:
    """Periods that reach into the last hundred days."""
    days = days_between((until - LOOK_BACK).date(), until.date())
    return dict.fromkeys(period_of(day, period) for day in days)


def _days(spent: pd.DataFrame, first: date, last: date, until: datetime) -> _Days:
    rows = spent[(spent["day"] >= first) & (spent["day"] <= last)].groupby("day")
    costs, counts = rows["cost"].sum().to_dict(), rows["recipients"].sum().to_dict()
    cost, count, so_far, number = [], [], Decimal(0), 0
    for day in days_between(first, min(last, until.date() - ONE_DAY)):
        so_far, number = so_far + costs.get(day, Decimal(0)), number + int(counts.get(day, 0))
        cost.append(so_far)
        count.append(number)
    return _Days(first, (last - first).days + 1, cost, count)


def _largest(rows: pd.DataFrame) -> str:
    totals = rows.groupby("account")["cost"].sum()
    return str(max(sorted(totals.index), key=lambda account: totals[account]))


def _incident(
    line: BudgetLine,
    days: _Days,
    over: list[int],
    account: str,
    price: Decimal | None,
    currency: str,
) -> Incident:
    begun, last = over[0], over[-1]
    rate, planned = days.rate(last), line.amount * last / days.length
    reason = (
        f"budget '{line.name}': at the pace of {last} days {rate:,.2f} of {line.amount:,}"
        f" {currency} this {line.period}, mostly by {account}"
    )
    expected = float(planned / price) if price else 0.0
    detected_at = _midnight(days.first + begun * ONE_DAY)
    return Incident(
        account=account,
        kind=KIND,
        severity="medium",
        started_at=_midnight(days.first),
        ended_at=None
        if last == len(days.cost) < days.length
        else _midnight(days.first + last * ONE_DAY),
        detected_at=detected_at,
        observed=days.recipients[last - 1],
        expected=expected,
        interval=(0.0, expected),
        reasons=(reason,),
        signals=(Signal(SIGNAL, round(float(1 - line.amount / rate), 3), "fired", reason),),
        extra_recipients=max(0, round(days.recipients[last - 1] - expected)),
        learning=False,
        opened_at=detected_at,
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
