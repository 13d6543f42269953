"""Budgets: how much is used, and on which day each will be passed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd

from hve_monitor.config import Budget
from hve_monitor.errors import ConfigError
from models.centers import Centers
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
        rows = spent[(spent["day"] >= first) & (spent["day"] <= today)]
        if self.tenant is not None:
            rows = rows[rows["tenant"] == self.tenant]
        return rows if self.accounts is None else rows[rows["account"].isin(list(self.accounts))]

    def report(
        self, spent: pd.DataFrame, projection: Projection, price: Decimal | None, today: date
    ) -> dict[str, Any]:
        """The contract's budget JSON at `today`.

        spent: account, day, cost. The days until a budget is passed assume that what is projected
        for the rest of the month comes evenly, and goes on so after it.
        """
        first, last = period_of(today, self.period)
        mine = self._mine(spent, first, today)
        accounts = self._accounts(spent)
        costs = [Decimal(0) if cost is None else cost for cost in mine["cost"]]
        used = sum(costs, Decimal(0))
        rates = [_daily(projection, price, today, bound, accounts) for bound in (None, 1, 0)]
        lines = [
            _threshold(self._part(each), used, rates, mine, today, last) | {"threshold": each}
            for each in self.thresholds
        ]
        whole = _threshold(self.amount, used, rates, mine, today, last)
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

    def _accounts(self, spent: pd.DataFrame) -> frozenset[str] | None:
        """Accounts whose projection counts; None is that of everything."""
        if self.tenant is None:
            return self.accounts
        own = frozenset(spent.loc[spent["tenant"] == self.tenant, "account"])
        return own if self.accounts is None else own & self.accounts


def _daily(
    projection: Projection,
    price: Decimal | None,
    today: date,
    bound: int | None,
    accounts: frozenset[str] | None,
) -> Decimal | None:
    """Money a day until the end of the month; bound 0 or 1 is the low or high 80 % end."""
    estimates = (
        [projection.total]
        if accounts is None
        else [each for name, each in projection.by_account.items() if name in accounts]
    )
    ends = [each.month_end if bound is None else each.p80[bound] for each in estimates]
    rest = sum(ends) - sum(each.actual for each in estimates)
    days = max(1, (end_of_month(today) - today).days + 1)
    return times(price, max(0.0, rest) / days)


def _threshold(
    amount: Decimal,
    used: Decimal,
    rates: Sequence[Decimal | None],
    mine: pd.DataFrame,
    today: date,
    last: date,
) -> dict[str, Any]:
    """When an amount was passed, or else when it will be: expected, soonest, latest."""
    passed = _passed_on(mine, amount)
    expected, soonest, latest = (_passing_day(amount - used, rate, today, last) for rate in rates)
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
