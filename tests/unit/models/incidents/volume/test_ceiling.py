"""The ceiling that nothing said before may hide."""

from __future__ import annotations

import numpy as np
import pytest

from models.incidents.volume.ceiling import breaks_ceiling


@pytest.mark.parametrize(
    ("usual", "hour", "breaks"),
    [(10.0, 1000.0, False), (10.0, 1001.0, True), (400.0, 2000.0, False), (400.0, 2001.0, True)],
)
def test_above_a_thousand_and_five_times_the_largest_hour(
    usual: float, hour: float, breaks: bool
) -> None:
    sent = np.full(100, usual)
    sent[90] = hour
    assert breaks_ceiling(sent, 90, 91) is breaks


def test_unread_hours_and_an_empty_past_break_nothing() -> None:
    sent = np.full(10, np.nan)
    assert not breaks_ceiling(sent, 0, 10)
    sent[0] = 1500.0
    assert breaks_ceiling(sent, 0, 1)


def test_what_lies_more_than_ninety_days_back_counts_no_longer() -> None:
    sent = np.full(100 * 24, 1.0)
    sent[0] = 10_000.0
    sent[-1] = 1500.0
    assert breaks_ceiling(sent, len(sent) - 1, len(sent))
