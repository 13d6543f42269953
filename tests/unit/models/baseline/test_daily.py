"""What accounts sent on each local day, counted by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from models.baseline.baseline import local_calendar
from models.baseline.daily import DailyAmounts
from models.statistics import Floats

START = datetime(2026, 10, 23, 22, tzinfo=UTC)  # midnight in Berlin; day 1 has 25 hours


def learnt(sent: Floats, cut: NDArray[np.bool_]) -> DailyAmounts:
    calendar = local_calendar(START, sent.shape[1], "Europe/Berlin")
    daily = DailyAmounts(len(sent), calendar)
    for day in range(3):
        daily.learn(day, sent, cut)
    return daily


def test_days_are_local_and_those_with_unread_or_cut_hours_are_unknown() -> None:
    sent = np.ones((2, 4 * 24 + 1))
    sent[0, 24] = 5.0
    sent[1, 3] = np.nan
    cut = np.zeros(sent.shape, np.bool_)
    cut[1, 60] = True
    daily = learnt(sent, cut)
    np.testing.assert_array_equal(daily.before(0, 90), [24.0, 29.0, 24.0])
    np.testing.assert_array_equal(daily.before(1, 90), [np.nan, 25.0, np.nan])


def test_the_day_of_the_hour_and_later_ones_are_no_past() -> None:
    daily = learnt(np.ones((2, 97)), np.zeros((2, 97), np.bool_))
    assert daily.before(0, 0).tolist() == []
    assert daily.before(0, 48).tolist() == [24.0]
    assert daily.before(0, 49).tolist() == [24.0, 25.0]
    assert daily.before(0, 500).tolist() == []
