"""When a budget is passed, in words."""

from __future__ import annotations

from typing import Any

import pytest

from dashboards.spend.budgets import course, gauge, passing
from models.cost.documents import BudgetStatus
from tests.unit.documents import filled


@pytest.mark.parametrize(
    ("known", "sentence"),
    [
        ({"passed_on": "2026-11-09"}, "Passed on 2026-11-09."),
        (
            {"passes_on_expected": "2026-11-27", "p80_from": "2026-11-26", "p80_to": "2026-11-29"},
            "Expected to be passed on 2026-11-27 (80 %: 2026-11-26 to 2026-11-29).",
        ),
        (
            {"passes_on_expected": "2026-11-30", "p80_from": "2026-11-28"},
            "Expected to be passed on 2026-11-30 (80 %: 2026-11-28 to after the period).",
        ),
        (
            {"p80_from": "2026-11-29"},
            "Not expected to be passed, but it could be from 2026-11-29 on (80 %).",
        ),
        ({"expected": "1"}, "Not expected to be passed in this period."),
        ({}, "Whether it will be passed is unknown."),
        (
            {"may_be_passed": True, "p80_from": "2026-11-25"},
            "May be passed already, if the recipients without a status are charged.",
        ),
    ],
)
def test_passing(known: dict[str, Any], sentence: str) -> None:
    assert passing(filled(BudgetStatus, **known)) == sentence


@pytest.mark.parametrize(
    ("known", "words", "tone"),
    [
        ({"passed_on": "2026-11-09", "expected": "9"}, "▲ passed", "bad"),
        (
            {"passes_on_expected": "2026-11-27", "expected": "9"},
            "▲ passes on 2026-11-27",
            "bad",
        ),
        ({"may_be_passed": True, "expected": "9"}, "? unknown", "warn"),
        ({"p80_from": "2026-11-29", "expected": "9"}, "◆ may pass", "warn"),
        ({"expected": "9"}, "● on course", "good"),
        ({}, "? unknown", "warn"),
    ],
)
def test_a_budget_is_coloured_by_where_it_is_heading(
    known: dict[str, Any], words: str, tone: str
) -> None:
    assert course(filled(BudgetStatus, **known)) == (words, tone)


def test_what_is_over_a_budget_shows_as_over() -> None:
    over = filled(BudgetStatus, amount="5", used="8", expected="10", used_ratio=1.6)
    drawn = gauge(over, "bad")
    assert 'class="fill" style="width:80.00%"' in drawn
    assert 'class="limit" style="left:50.00%"' in drawn
    assert 'class="end" style="left:100.00%"' in drawn
    within = filled(BudgetStatus, amount="10", used="4", used_ratio=0.4)
    assert 'class="limit" style="left:100.00%"' in gauge(within, "good")
    assert "end" not in gauge(within, "good")
