"""Budgets: how much is used, and on which day each will be passed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pandas as pd

from hve_monitor.clock import days_between
from hve_monitor.config import Budget
from hve_monitor.errors import ConfigError
from models.cost.documents import BudgetStatus, BudgetThreshold
from models.forecast.projection import Projection
from models.money import times
from models.periods import end_of_month, period_of
from models.reference.cost_centers import Centers
from warehouse.records.money import BudgetAlert

_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class BudgetLine:
    """A budget with the accounts it covers; None covers all."""

    name: str
    amount: Decimal
    period: str
    thresholds: tuple[float, ...]
    accounts: frozenset[str] | None
    tenant: str | None = None

    def passed(self, spent: pd.DataFrame, today: date, currency: str) -> list[BudgetAlert]:
        """The thresholds that were passed in the period until `today`.

        spent: tenant, account, day, cost (Decimal in the currency).
        """
        first, _ = period_of(today, self.period)
        rows = self._in_period(spent, first, today)
        used = _sum(rows["cost"])
        return [
            BudgetAlert(
                budget=self.name,
                period_start=first,
                threshold=threshold,
                passed_on=day,
                amount=self.amount,
                used=used,
                currency=currency,
            )
            for threshold in self.thresholds
            if (day := _passed_on(rows, self._part(threshold))) is not None
        ]

    def _in_period(self, spent: pd.DataFrame, first: date, today: date) -> pd.DataFrame:
        """The rows of the budget's tenant and accounts in its period so far."""
        return self.of(spent[(spent["day"] >= first) & (spent["day"] <= today)])

    def of(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows (tenant, account) that the budget is about."""
        if self.tenant is not None:
            rows = rows[rows["tenant"] == self.tenant]
        return rows if self.accounts is None else rows[rows["account"].isin(list(self.accounts))]

    def status(
        self, spent: pd.DataFrame, projection: Projection, price: Decimal | None, today: date
    ) -> BudgetStatus:
        """How much is used at `today`, and when each threshold and the amount will be passed.

        spent: tenant, account, day, cost. projection: of the budget's own accounts together, so
        that its range is theirs and no sum of ends. The rest of the month comes by the weekdays of
        the last weeks, and what follows goes on so.
        """
        running = self._running(spent, projection, price, today)
        whole = running.threshold(1.0, self.amount)
        return BudgetStatus(
            name=self.name,
            period=self.period,
            amount=self.amount,
            used=running.used,
            used_ratio=round(float(running.used / self.amount), 4),
            thresholds_passed=[
                part for part in self.thresholds if running.used >= self._part(part)
            ],
            thresholds=[running.threshold(part, self._part(part)) for part in self.thresholds],
            passed_on=whole.passed_on,
            passes_on_expected=whole.passes_on_expected,
            p80_from=whole.p80_from,
            p80_to=whole.p80_to,
        )

    def _running(
        self, spent: pd.DataFrame, projection: Projection, price: Decimal | None, today: date
    ) -> _RunningPeriod:
        first, last = period_of(today, self.period)
        rows, weights = self._in_period(spent, first, today), _weekdays(self.of(spent), today)
        total, days = projection.total, days_between(today, end_of_month(today))
        weight = sum(weights[day.weekday()] for day in days)

        def pace(month_end: float) -> _Pace:
            """So that the rest of the month comes by the weekdays."""
            rest = max(0.0, month_end - total.actual)
            return _Pace(times(price, rest / weight if weight else 0.0), weights)

        low, high = total.p80
        paces = pace(total.month_end), pace(high), pace(low)
        return _RunningPeriod(rows, _sum(rows["cost"]), *paces, today, last)

    def _part(self, threshold: float) -> Decimal:
        return self.amount * Decimal(repr(threshold))


@dataclass(frozen=True)
class _Pace:
    """Money a day of average weight, None when it is unknown, and the weight of each weekday."""

    daily: Decimal | None
    weights: tuple[float, ...]

    def passing_day(self, rest: Decimal, today: date, last: date) -> date | None:
        """The day on which the rest is used up, None when the period ends before."""
        if rest <= 0 or self.daily is None or self.daily <= 0:
            return None
        left = float(rest / self.daily)
        for day in days_between(today, last):
            left -= self.weights[day.weekday()]
            if left <= 0:
                return day
        return None


@dataclass(frozen=True)
class _RunningPeriod:
    """What is spent of a budget's period (rows: day, cost), and the paces at which it goes on."""

    rows: pd.DataFrame
    used: Decimal
    expected: _Pace
    fastest: _Pace
    slowest: _Pace
    today: date
    last: date

    def threshold(self, part: float, amount: Decimal) -> BudgetThreshold:
        """When an amount was passed, or else when it will be: expected, soonest, latest."""
        passed = _passed_on(self.rows, amount)

        def day(pace: _Pace) -> date | None:
            return None if passed else pace.passing_day(amount - self.used, self.today, self.last)

        return BudgetThreshold(
            amount=amount,
            passed_on=passed,
            passes_on_expected=day(self.expected),
            p80_from=day(self.fastest),
            p80_to=day(self.slowest),
            threshold=part,
        )


def _weekdays(spent: pd.DataFrame, today: date) -> tuple[float, ...]:
    """Share of each weekday in the last eight weeks, 1 on average; even without history."""
    recent = spent[(spent["day"] >= today - 8 * _WEEK) & (spent["day"] < today)]
    days = [day.weekday() for day in recent["day"]]
    sums = (
        pd.Series(recent["recipients"].to_numpy(), index=days, dtype=float).groupby(level=0).sum()
    )
    total = float(sums.sum())
    if not total:
        return (1.0,) * 7
    return tuple(7 * float(sums.get(day, 0.0)) / total for day in range(7))


def budget_lines(
    budgets: Sequence[Budget], centers: Centers, tenant: str | None = None
) -> tuple[BudgetLine, ...]:
    """The configured budgets with their accounts resolved; those about one tenant if it is named.

    Raises: ConfigError, one line per budget of a cost center that does not exist.
    """
    chosen = [budget for budget in budgets if tenant is None or budget.tenant in (None, tenant)]
    unknown = [
        f"budgets: {budget.name}: there is no cost center '{budget.cost_center}'"
        for budget in chosen
        if budget.cost_center and centers.accounts(budget.cost_center) is None
    ]
    if unknown:
        raise ConfigError("\n".join(unknown))
    return tuple(
        BudgetLine(
            budget.name,
            budget.amount,
            budget.period,
            budget.thresholds,
            centers.accounts(budget.cost_center)
            if budget.cost_center
            else frozenset(map(str.lower, budget.accounts)) or None,
            budget.tenant,
        )
        for budget in chosen
    )


def by_passing(budgets: Iterable[BudgetStatus]) -> list[BudgetStatus]:
    """Passed ones first, then by the day on which they are expected to be passed."""
    return sorted(
        budgets,
        key=lambda budget: (
            budget.passed_on is None,
            budget.passing_day or date.max,
            -budget.used_ratio,
        ),
    )


def _passed_on(rows: pd.DataFrame, amount: Decimal) -> date | None:
    total, days = Decimal(0), rows.sort_values("day", kind="stable")
    for day, cost in zip(days["day"].tolist(), days["cost"].tolist(), strict=True):
        total += cost or 0
        if total >= amount:
            passed: date = day
            return passed
    return None


def _sum(costs: pd.Series) -> Decimal:
    """Exact sum of what is known."""
    return sum((cost for cost in costs if cost is not None), Decimal(0))
