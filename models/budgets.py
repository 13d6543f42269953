"""Budgets: how much is used, and on which day each will be passed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd

from hve_monitor.config import Budget, CostCenter
from models.money import plain, times
from models.periods import end_of_month, period_of
from models.projection import Projection


@dataclass(frozen=True)
class BudgetLine:
    """A budget with the accounts it covers; None covers all."""

    name: str
    amount: Decimal
    period: str
    thresholds: tuple[float, ...]
    accounts: frozenset[str] | None

    def report(
        self, spent: pd.DataFrame, projection: Projection, price: Decimal | None, today: date
    ) -> dict[str, Any]:
        """The contract's budget JSON at `today`.

        spent: account, day, cost. The days until a budget is passed assume that what is projected
        for the rest of the month comes evenly, and goes on so after it.
        """
        first, last = period_of(today, self.period)
        rows = spent[(spent["day"] >= first) & (spent["day"] <= today)]
        mine = rows if self.accounts is None else rows[rows["account"].isin(list(self.accounts))]
        costs = [Decimal(0) if cost is None else cost for cost in mine["cost"]]
        used = sum(costs, Decimal(0))
        rates = [self._daily(projection, price, today, bound) for bound in (None, 1, 0)]
        expected, soonest, latest = (
            _passing_day(self.amount - used, rate, today, last) for rate in rates
        )
        passed = _passed_on(mine, self.amount)
        return {
            "name": self.name,
            "period": self.period,
            "amount": plain(self.amount),
            "used": plain(used),
            "used_ratio": round(float(used / self.amount), 4),
            "thresholds_passed": [each for each in self.thresholds if used >= self._part(each)],
            "passed_on": passed,
            "passes_on_expected": None if passed else expected,
            "p80_from": None if passed else soonest,
            "p80_to": None if passed else latest,
        }

    def _part(self, threshold: float) -> Decimal:
        return self.amount * Decimal(repr(threshold))

    def _daily(
        self, projection: Projection, price: Decimal | None, today: date, bound: int | None
    ) -> Decimal | None:
        """Money a day until the end of the month; bound 0 or 1 is the low or high 80 % end."""
        estimates = (
            [projection.total]
            if self.accounts is None
            else [each for name, each in projection.by_account.items() if name in self.accounts]
        )
        ends = [each.month_end if bound is None else each.p80[bound] for each in estimates]
        rest = sum(ends) - sum(each.actual for each in estimates)
        days = max(1, (end_of_month(today) - today).days + 1)
        return times(price, max(0.0, rest) / days)


def budget_lines(
    budgets: Sequence[Budget], centers: Sequence[CostCenter]
) -> tuple[BudgetLine, ...]:
    """The configured budgets with their accounts resolved."""
    by_center = {center.name: frozenset(map(str.lower, center.accounts)) for center in centers}
    return tuple(
        BudgetLine(
            budget.name,
            budget.amount,
            budget.period,
            budget.thresholds,
            by_center.get(budget.cost_center, frozenset())
            if budget.cost_center
            else frozenset(map(str.lower, budget.accounts)) or None,
        )
        for budget in budgets
    )


def _passing_day(rest: Decimal, daily: Decimal | None, today: date, last: date) -> str | None:
    """The day on which the rest is used up, None when the period ends before."""
    if rest <= 0 or daily is None or daily <= 0:
        return None
    days = int(rest / daily) if rest / daily < 36500 else 36500
    day = today + timedelta(days=days)
    return str(day) if day <= last else None


def _passed_on(rows: pd.DataFrame, amount: Decimal) -> str | None:
    total = Decimal(0)
    for day, costs in rows.sort_values("day").groupby("day")["cost"]:
        total += sum((cost for cost in costs if cost is not None), Decimal(0))
        if total >= amount:
            return str(day)
    return None
