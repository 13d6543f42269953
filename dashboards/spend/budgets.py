"""Budgets: how much of each is used, and on which day it will be passed."""

from __future__ import annotations

import streamlit as st

from dashboards.parts.amounts import day, money, percent
from dashboards.parts.budget_words import budget_finding
from dashboards.parts.figure import heading
from dashboards.parts.known_words import at_least, expected_words, lacking
from dashboards.parts.markup import block, tag
from hve_monitor.document import decimal_text
from models.cost.budgets import by_passing
from models.cost.documents import BudgetStatus, CostReport


def budget_panel(report: CostReport) -> None:
    """Draws the panel from the cost report."""
    with st.container(border=True, height="stretch", key="budgets"):
        if not report.budgets:
            heading("No budget to judge", "[[budgets]] in hve.toml sets an amount for accounts.")
            return
        heading(
            budget_finding(report.budgets),
            f"Used in the period that holds {report.month}, and when each will be passed; what is"
            " passed first comes first.",
        )
        for budget in by_passing(report.budgets):
            _budget(budget, report.currency)


def _budget(budget: BudgetStatus, currency: str) -> None:
    spent = at_least(money(budget.used, currency), budget)
    text = f"{spent} of {decimal_text(budget.amount)} {currency} a {budget.period}"
    missing = lacking(budget, currency)
    sentences = [text, _ahead(budget, currency), *([missing] if missing else [])]
    block(
        tag("h2", f"{budget.name}: {_used(budget)}"),
        tag("p", f"{'. '.join(sentences)}. {passing(budget)}"),
    )
    if budget.used_ratio is not None:
        st.progress(min(1.0, max(0.0, budget.used_ratio)))
    passed = [f"{part:.0%}".replace("%", " %") for part in budget.thresholds_passed]
    if passed:
        st.caption(f"Thresholds passed: {', '.join(passed)}")


def _used(budget: BudgetStatus) -> str:
    if budget.used_ratio is None:
        return "how much is used is unknown"
    return f"{at_least(percent(budget.used_ratio), budget)} used"


def _ahead(budget: BudgetStatus, currency: str) -> str:
    expected = expected_words(budget.expected, budget.expected_range, currency)
    return f"{expected} expected by {day(budget.last)}"


def passing(budget: BudgetStatus) -> str:
    """When the budget is or will be passed, with the range of days."""
    if budget.passed_on:
        return f"Passed on {day(budget.passed_on)}."
    if budget.may_be_passed:
        return "May be passed already, if the recipients without a status are charged."
    soonest, latest = budget.p80_from, budget.p80_to
    if budget.passes_on_expected:
        until = day(latest) if latest else "after the period"
        since = day(soonest) if soonest else "unknown"
        expected = day(budget.passes_on_expected)
        return f"Expected to be passed on {expected} (80 %: {since} to {until})."
    if soonest:
        return f"Not expected to be passed, but it could be from {day(soonest)} on (80 %)."
    if budget.expected is None:
        return "Whether it will be passed is unknown."
    return "Not expected to be passed in this period."
