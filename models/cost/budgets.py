"""Budgets with the accounts they cover, and the thresholds that were passed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pandas as pd

from hve_monitor.config import Budget
from hve_monitor.errors import ConfigError
from models.periods import period_of
from models.reference.cost_centers import Centers
from warehouse.records.money import BudgetAlert

if TYPE_CHECKING:  # a build has no use for the documents of commands
    from models.cost.documents import BudgetStatus


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
            if (day := passed_on(rows, self.part(threshold))) is not None
        ]

    def _in_period(self, spent: pd.DataFrame, first: date, today: date) -> pd.DataFrame:
        """The rows of the budget's tenant and accounts in its period so far."""
        return self.of(spent[(spent["day"] >= first) & (spent["day"] <= today)])

    def of(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows (tenant, account) that the budget is about."""
        if self.tenant is not None:
            rows = rows[rows["tenant"] == self.tenant]
        return rows if self.accounts is None else rows[rows["account"].isin(list(self.accounts))]

    def part(self, threshold: float) -> Decimal:
        """Amount of a threshold."""
        return self.amount * Decimal(repr(threshold))


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
            -(budget.used_ratio or 0.0),
        ),
    )


def passed_on(rows: pd.DataFrame, amount: Decimal) -> date | None:
    """The day on which the cost of the rows (day, cost) reached the amount; None: it did not."""
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
