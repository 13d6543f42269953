"""Sizes of stretches, counted by hand: by hours of a rhythm, and by whole days without one."""

from __future__ import annotations

import numpy as np
import pytest

from models.baseline.size import Size, is_sporadic, range_of_days, size_of
from models.statistics import Floats


def every_tenth_day(days: int = 80, amount: float = 450.0) -> Floats:
    past = np.zeros(days)
    past[4::10] = amount
    return past


def by_days(sent: Floats, past: Floats) -> Size:
    """The size of hours of which the baseline expects nothing."""
    zeros = np.zeros(len(sent))
    return size_of(sent, zeros, zeros, zeros, past)


def test_two_hours_of_an_irregular_account_are_measured_by_days() -> None:
    """Eight batches of 450 in 80 days are 45 a day: 3.75 in two hours, 450 on the largest day."""
    size = by_days(np.array([900.0, 12.0]), every_tenth_day())
    assert size == Size(912, 3.75, (0.0, 450.0))
    assert size.extra == 908


def test_three_days_are_measured_by_windows_of_three_days() -> None:
    """45 a day; no three days hold two batches. 1.03 is what a mean of 80 days leaves open:
    the root of (1 + 2 / 80) / (1 - 2 / 80), times 315 above the mean."""
    size = by_days(np.full(72, 1.0), every_tenth_day())
    assert (size.observed, size.expected) == (72, 135.0)
    assert size.interval == (0.0, np.ceil(135.0 + 315.0 * np.sqrt(1.025 / 0.975)))


def test_days_and_hours_that_were_not_read_are_unknown_not_empty() -> None:
    """40 known days with all eight batches: 90 a day; one hour of two was read."""
    past = every_tenth_day()
    quiet = np.flatnonzero(past == 0.0)[:40]
    past[quiet] = np.nan
    assert by_days(np.array([7.0, np.nan]), past) == Size(7, 3.75, (0.0, 450.0))
    assert by_days(np.array([np.nan, np.nan]), past) == Size(0, 0.0, (0.0, 0.0))


def test_the_end_of_the_interval_leaves_one_day_in_forty_out() -> None:
    """Of 84 days the second largest, 300, is at (84 + 1) * 0.025 = 2.1 from above."""
    past = np.zeros(84)
    past[[3, 20, 41, 55]] = 100.0, 400.0, 200.0, 300.0
    assert by_days(np.array([500.0]), past).interval == (0.0, 300.0)


def test_what_is_expected_lies_in_the_interval() -> None:
    """One mailing in 84 days is no part of 95 %: 840 / 84 over a day are 10 all the same."""
    past = np.zeros(84)
    past[40] = 840.0
    assert by_days(np.zeros(24), past) == Size(0, 10.0, (0.0, 10.0))


def test_fewer_than_twenty_days_and_accounts_with_a_rhythm_are_measured_by_hours() -> None:
    """Errors of two hours, 3 and 4 below and 6 and 8 above, are 5 and 10 together."""
    weekly = np.tile([0.0, 450.0, 0.0, 0.0, 450.0, 0.0, 0.0], 12)
    hours = (np.array([a, b]) for a, b in ((30, 2), (10, 10), (7, 6), (16, 18)))
    sent, expected, low, high = hours
    for past in (every_tenth_day(19), weekly, np.full(84, 9.0), np.empty(0)):
        assert size_of(sent, expected, low, high, past) == Size(32, 20.0, (15.0, 30.0))


@pytest.mark.parametrize(
    ("past", "sporadic"),
    [
        (every_tenth_day(20), True),
        (np.full(84, np.nan), False),
        (np.zeros(84), True),
        (np.concatenate([every_tenth_day(56), np.full(28, 9.0)]), False),  # daily for a month
    ],
)
def test_an_account_without_a_rhythm_sends_on_every_second_day_at_most(
    past: Floats, sporadic: bool
) -> None:
    assert is_sporadic(past) == sporadic


@pytest.mark.parametrize(("share", "spread"), [(0.3, 0.3), (0.12, 1.0)])
@pytest.mark.parametrize("days", [1, 3, 7, 14])
def test_nineteen_of_twenty_windows_lie_in_their_interval(
    share: float, spread: float, days: int
) -> None:
    """Of 200 intermittent and 200 lumpy accounts, at least 90 % and not all of them."""
    random = np.random.default_rng(11)
    sends = random.random((200, 84 + days)) < share
    amounts = np.round(sends * random.lognormal(4.0, spread, sends.shape))
    ranges = [range_of_days(row[:84], days) for row in amounts]
    came = amounts[:, 84:].sum(axis=1)
    inside = [low <= sent <= high for sent, (low, high) in zip(came, ranges, strict=True)]
    assert 0.90 <= np.mean(inside) <= 0.99


def test_long_windows_are_sums_of_short_ones() -> None:
    """Twenty days hold two batches of 450 for certain; what is drawn is the same every time."""
    low, high = range_of_days(every_tenth_day(), 20)
    assert 0.0 <= low < 900.0 < high < 3600.0
    assert (low, high) == range_of_days(every_tenth_day(), 20)
