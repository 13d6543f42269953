"""Budgets: how much is used, and on which day each will be passed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd

from hve_monitor.clock import days_between
from hve_monitor.config import Budget
from hve_monitor.document import plain
from hve_monitor.errors import ConfigError
from models.forecast.projection import Projection
from models.money import times
from models.periods import end_of_month, period_of
from models.reference.cost_centers import Centers

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

    def passed(self, spent: pd.DataFrame, today: date) -> list[tuple[date, float, str, Decimal]]:
        """(first day of the period, threshold, day it was passed, used) until `today`.

        spent: tenant, account, day, cost.
        """
        first, _ = period_of(today, self.period)
        mine = self._mine(spent, first, today)
        used = sum((cost for cost in mine["cost"] if cost is not None), Decimal(0))
        days = [(each, _passed_on(mine, self._part(each))) for each in self.thresholds]
        return [(first, each, day, used) for each, day in days if day is not None]

    def _mine(self, spent: pd.DataFrame, first: date, today: date) -> pd.DataFrame:
        """The rows of the budget's tenant and accounts in its period so far."""
        return self.of(spent[(spent["day"] >= first) & (spent["day"] <= today)])

    def of(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows (tenant, account) that the budget is about."""
        if self.tenant is not None:
            rows = rows[rows["tenant"] == self.tenant]
        return rows if self.accounts is None else rows[rows["account"].isin(list(self.accounts))]

    def report(
        self, spent: pd.DataFrame, projection: Projection, price: Decimal | None, today: date
    ) -> dict[str, Any]:
        """The contract's budget JSON at `today`.

        spent: tenant, account, day, cost. projection: of the budget's own accounts together, so
        that its range is theirs and no sum of ends. What it says of the rest of the month comes by
        the weekdays of the last weeks, and goes on so after it.
        """
        first, last = period_of(today, self.period)
        mine = self._mine(spent, first, today)
        weights = _weekdays(self.of(spent), today)
        costs = [Decimal(0) if cost is None else cost for cost in mine["cost"]]
        used = sum(costs, Decimal(0))
        paces = [
            _Pace(_daily(projection, price, today, bound, weights), weights)
            for bound in (None, 1, 0)
        ]
        lines = [
            _threshold(self._part(each), used, paces, mine, today, last) | {"threshold": each}
            for each in self.thresholds
        ]
        whole = _threshold(self.amount, used, paces, mine, today, last)
        return {
            "name": self.name,
            "period": self.period,
            "amount": plain(self.amount),
            "used": plain(used),
            "used_ratio": round(float(used / self.amount), 4),
            "thresholds_passed": [each for each in self.thresholds if used >= self._part(each)],
            "thresholds": lines,
            **{name: whole[name] for name in whole if name != "amount"},
        }

    def _part(self, threshold: float) -> Decimal:
        return self.amount * Decimal(repr(threshold))


@dataclass(frozen=True)
class _Pace:
    """Money a day of average weight, None when it is unknown, and the weight of each weekday."""

    daily: Decimal | None
    weights: tuple[float, ...]

    def passing_day(self, rest: Decimal, today: date, last: date) -> str | None:
        """The day on which the rest is used up, None when the period ends before."""
        if rest <= 0 or self.daily is None or self.daily <= 0:
            return None
        left = float(rest / self.daily)
        for day in days_between(today, last):
            left -= self.weights[day.weekday()]
            if left <= 0:
                return str(day)
        return None


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


def _daily(
    projection: Projection,
    price: Decimal | None,
    today: date,
    bound: int | None,
    weights: Sequence[float],
) -> Decimal | None:
    """Money a day until the end of the month; bound 0 or 1 is the low or high 80 % end."""
    total = projection.total
    rest = (total.month_end if bound is None else total.p80[bound]) - total.actual
    days = days_between(today, end_of_month(today))
    weight = sum(weights[day.weekday()] for day in days)
    return times(price, max(0.0, rest) / weight) if weight else times(price, 0.0)


def _threshold(
    amount: Decimal,
    used: Decimal,
    paces: Sequence[_Pace],
    mine: pd.DataFrame,
    today: date,
    last: date,
) -> dict[str, Any]:
    """When an amount was passed, or else when it will be: expected, soonest, latest."""
    passed = _passed_on(mine, amount)
    expected, soonest, latest = (each.passing_day(amount - used, today, last) for each in paces)
    return {
        "amount": plain(amount),
        "passed_on": passed,
        "passes_on_expected": None if passed else expected,
        "p80_from": None if passed else soonest,
        "p80_to": None if passed else latest,
    }


def budget_lines(
    budgets: Sequence[Budget], centers: Centers, tenant: str | None = None
) -> tuple[BudgetLine, ...]:
    """The configured budgets with their accounts resolved; of one tenant when asked.

    Raises: ConfigError, one line per budget of a cost center that does not exist.
    """
    wanted = [each for each in budgets if tenant is None or each.tenant in (None, tenant)]
    unknown = [
        f"budgets: {each.name}: there is no cost center '{each.cost_center}'"
        for each in wanted
        if each.cost_center and centers.accounts(each.cost_center) is None
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
        for budget in wanted
    )


def _passed_on(rows: pd.DataFrame, amount: Decimal) -> str | None:
    total = Decimal(0)
    for day, costs in rows.sort_values("day").groupby("day")["cost"]:
        total += sum((cost for cost in costs if cost is not None), Decimal(0))
        if total >= amount:
            return str(day)
    return None
