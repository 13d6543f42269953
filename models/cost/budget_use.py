"""How much of a budget is used in its period, and on which day it will be passed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from models.cost.budgets import BudgetLine, passed_on
from models.cost.documents import BudgetStatus, BudgetThreshold
from models.cost.outlook import CostOutlook, PeriodCost
from models.money import MICRO
from models.periods import period_of


def budget_status(outlook: CostOutlook, line: BudgetLine, day: date) -> BudgetStatus:
    """How much is used of the period that holds `day`, and when each threshold will be passed.

    The days come from the same projection as the end of the period.
    """
    first, last = period_of(day, line.period)
    running = _Running(outlook.period(first, last, line), outlook.today)
    counted, projected = running.cost.counted, running.cost.projected
    used = counted.cost
    whole = running.threshold(1.0, line.amount)
    return BudgetStatus(
        name=line.name,
        period=line.period,
        first=first,
        last=last,
        covers_all=outlook.covers_all(line),
        amount=line.amount,
        used=used,
        used_ratio=None if used is None else round(float(used / line.amount), 4),
        unknown_recipients=counted.unknown_recipients,
        unread_days=counted.unread_days,
        range=counted.range,
        expected=projected.end,
        expected_range=projected.range,
        p80=projected.p80,
        thresholds_passed=[
            part for part in line.thresholds if used is not None and used >= line.part(part)
        ],
        thresholds=[running.threshold(part, line.part(part)) for part in line.thresholds],
        passed_on=whole.passed_on,
        passes_on_expected=whole.passes_on_expected,
        p80_from=whole.p80_from,
        p80_to=whole.p80_to,
        may_be_passed=whole.may_be_passed,
    )


@dataclass(frozen=True)
class _Running:
    """A budget's period, and on which of its days an amount is passed."""

    cost: PeriodCost
    today: date

    def threshold(self, part: float, amount: Decimal) -> BudgetThreshold:
        """When an amount was passed, or else when it will be: expected, soonest, latest."""
        passed, projected = passed_on(self.cost.rows, amount), self.cost.projected
        low, high = projected.p80
        most = self.cost.counted.range[1]
        may_be_passed = passed is None and most is not None and most >= amount

        def day(end: Decimal | None) -> date | None:
            return None if passed else self._day_of(amount, end)

        return BudgetThreshold(
            amount=amount,
            passed_on=passed,
            passes_on_expected=day(projected.end),
            p80_from=self.today if may_be_passed and self.cost.ahead else day(high),
            p80_to=day(low),
            threshold=part,
            may_be_passed=may_be_passed,
        )

    def _day_of(self, amount: Decimal, end: Decimal | None) -> date | None:
        """The day on which the amount is passed if the period ends so; None where it is not.

        What is left comes by the days of the projection, more or less of it on each. Of days that
        were not read nobody can say more than that it is passed by today.
        """
        spent, ahead = self.cost.counted.cost or Decimal(0), self.cost.ahead or []
        if end is None or end < amount or not ahead:
            return None
        whole, total = sum((cost for _, cost in ahead), Decimal(0)), spent
        for day, cost in ahead:
            total += (end - spent) * (cost / whole if whole else Decimal(1) / len(ahead))
            if total >= amount - MICRO:
                return max(day, self.today)
        return max(ahead[-1][0], self.today)
