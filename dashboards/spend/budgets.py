"""Budgets: how much of each is used, and on which day it will be passed."""

from __future__ import annotations

import streamlit as st

from dashboards.parts.amounts import day, money, percent
from dashboards.parts.budget_words import budget_finding
from dashboards.parts.figure import heading
from dashboards.parts.known_words import at_least, expected_words, lacking
from dashboards.parts.markup import Markup, block, tag
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
            f"Used in the period that holds {report.month}; what is passed first comes first. The"
            " line in a bar is its amount, the dot its expected end.",
        )
        for budget in by_passing(report.budgets):
            _budget(budget, report.currency)


def _budget(budget: BudgetStatus, currency: str) -> None:
    spent = at_least(money(budget.used, currency), budget)
    text = f"{spent} of {money(budget.amount, currency)} a {budget.period}"
    missing = lacking(budget, currency)
    sentences = [text, _ahead(budget, currency), *([missing] if missing else [])]
    words, tone = course(budget)
    block(
        tag("h2", tag("span", words, style=f"mark {tone}"), f"{budget.name}: {_used(budget)}"),
        tag("p", f"{'. '.join(sentences)}. {passing(budget)}"),
        *([gauge(budget, tone)] if budget.used_ratio is not None else []),
    )
    passed = [percent(part).replace(".0 %", " %") for part in budget.thresholds_passed]
    if passed:
        st.caption(f"Thresholds passed: {', '.join(passed)}")


def course(budget: BudgetStatus) -> tuple[str, str]:
    """Where the budget is heading in a few words, and the tone of that: good, warn or bad."""
    if budget.passed_on:
        return "▲ passed", "bad"
    if budget.passes_on_expected:
        return f"▲ passes on {day(budget.passes_on_expected)}", "bad"
    if budget.may_be_passed or budget.expected is None:
        return "? unknown", "warn"
    if budget.p80_from:
        return "◆ may pass", "warn"
    return "● on course", "good"


def gauge(budget: BudgetStatus, tone: str) -> Markup:
    """A bar of what is used, with marks at the amount and at the expected end.

    The longest of the three fills it, so that what is over the amount shows as over.
    """
    used, expected = float(budget.used or 0), float(budget.expected or budget.used or 0)
    amount = float(budget.amount)
    whole = max(used, expected, amount, 1e-12)
    marks = [("fill", used, "width"), ("limit", amount, "left")]
    if budget.expected is not None:
        marks.append(("end", expected, "left"))
    inner = "".join(
        f'<div class="{name}" style="{side}:{100 * value / whole:.2f}%"></div>'
        for name, value, side in marks
    )
    return Markup(f'<div class="gauge {tone}" aria-hidden="true">{inner}</div>')


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
