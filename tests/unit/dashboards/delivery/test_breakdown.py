"""Reasons of failures: the commonest is named where it was read."""

from __future__ import annotations

from datetime import date

import pytest

from dashboards.delivery.breakdown import _reasons_words, by_reason
from models.delivery.breakdown import FailureDay

DAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("reasons", "words"),
    [
        ({"550 5.1.10": 3, None: 9}, "Failures by reason: most of them 550 5.1.10, 3 recipients"),
        ({None: 129}, "Failures by day: the reasons of 129 recipients were not read"),
    ],
)
def test_what_was_not_read_is_no_reason(reasons: dict[str | None, int], words: str) -> None:
    days = [FailureDay(DAY, reason, number) for reason, number in reasons.items()]
    rows, names = by_reason(days)
    number = int(rows.loc[rows["reason"] == names[0], "recipients"].sum())
    assert _reasons_words(names[0], number) == words
