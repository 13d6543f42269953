"""Findings in order, and how many failed when."""

from __future__ import annotations

from datetime import UTC, datetime

from dashboards.parts.budget_words import budget_finding
from dashboards.parts.check_words import about_to_stop, failing_over_time
from models.cost.budgets import by_passing
from models.cost.documents import BudgetStatus
from models.readiness.board import FindingChange, ReadinessFinding
from models.readiness.finding import Status
from tests.unit.documents import filled


def at(day: int) -> datetime:
    return datetime(2026, 11, day, tzinfo=UTC)


def finding(check: str, status: Status, days_left: int | None = None) -> ReadinessFinding:
    return ReadinessFinding(
        check=check, tenant="contoso", account="hr@contoso.com", subject=None, status=status,
        severity="low", state=None, evidence="", fix="", source="", due_on=None,
        days_left=days_left, since=at(1), observed_at=at(1),
    )  # fmt: skip


def change(
    check: str, status: Status | None, day: int = 1, account: str = "hr@contoso.com"
) -> FindingChange:
    return FindingChange(
        check=check, tenant="contoso", account=account, subject=None, status=status,
        severity=None, state=None, evidence=None, observed_at=at(day),
    )  # fmt: skip


def test_what_stops_first_comes_first_and_what_passes_not_at_all() -> None:
    ending = about_to_stop(
        [
            finding("idle_account", "warn"),
            finding("credentials", "warn", 20),
            finding("credentials", "warn", 3),
            finding("billing_policy", "fail"),
            finding("billing_policy", "pass"),
            finding("display_name", "fail"),
        ]
    )
    assert [(item.check, item.days_left) for item in ending] == [
        ("billing_policy", None),
        ("credentials", 3),
        ("credentials", 20),
        ("idle_account", None),
    ]


def test_failing_checks_are_counted_after_each_change() -> None:
    history = [
        change("licence_assigned", "fail"),
        change("billing_policy", "fail"),
        change("billing_policy", "pass", 5),
        change("billing_policy", "pass", 4, account="it@contoso.com"),
        change("licence_assigned", None, 9),
    ]
    assert failing_over_time(history) == {at(1): 2, at(4): 2, at(5): 1, at(9): 0}


def budget(name: str, passed: str | None, expected: str | None, used: float) -> BudgetStatus:
    return filled(
        BudgetStatus,
        name=name,
        passed_on=passed,
        passes_on_expected=expected,
        used_ratio=used,
        expected="1",
    )


def test_the_budget_that_is_passed_first_is_the_finding() -> None:
    later = budget("later", None, "2026-11-29", 0.9)
    never = budget("never", None, None, 0.95)
    sooner = budget("sooner", None, "2026-11-26", 0.5)
    assert [item.name for item in by_passing([never, later, sooner])] == [
        "sooner", "later", "never",
    ]  # fmt: skip
    assert budget_finding([later, sooner]) == (
        "Budget sooner is expected to be passed on 2026-11-26"
    )
    assert budget_finding([never]) == "No budget is expected to be passed"
    unknown, may_be = filled(BudgetStatus), filled(BudgetStatus, name="may", may_be_passed=True)
    assert budget_finding([unknown]) == "Whether a budget is passed is unknown"
    assert budget_finding([never, may_be]) == (
        "Budget may may be passed already: some recipients have no status"
    )
    passed = budget("gone", "2026-11-02", None, 1.2)
    assert budget_finding([sooner, passed]) == "Budget gone was passed on 2026-11-02"
