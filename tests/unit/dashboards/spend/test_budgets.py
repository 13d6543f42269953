"""When a budget is passed, in words."""

from __future__ import annotations

from typing import Any

import pytest

from dashboards.spend.budgets import passing
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
