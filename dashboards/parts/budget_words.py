"""Which budget is passed first, in words."""

from __future__ import annotations

from collections.abc import Sequence

from dashboards.parts.amounts import day
from models.cost.budgets import by_passing
from models.cost.documents import BudgetStatus


def budget_finding(budgets: Sequence[BudgetStatus]) -> str:
    """Which budget is passed first, and when."""
    first = by_passing(budgets)[0]
    if first.passed_on:
        return f"Budget {first.name} was passed on {day(first.passed_on)}"
    if first.passes_on_expected:
        return f"Budget {first.name} is expected to be passed on {day(first.passes_on_expected)}"
    may_be = next((budget for budget in budgets if budget.may_be_passed), None)
    if may_be is not None:
        return f"Budget {may_be.name} may be passed already: some recipients have no status"
    if all(budget.expected is None for budget in budgets):
        return "Whether a budget is passed is unknown"
    return "No budget is expected to be passed"
