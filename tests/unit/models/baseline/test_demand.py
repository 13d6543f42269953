"""Classes of demand, counted by hand on small grids of local days."""

from __future__ import annotations

import numpy as np
import pytest

from models.baseline.demand import (
    amount_spread,
    demand_classes,
    has_weekend,
    is_regular,
    sending_interval,
)


def weeks(*week: float, count: int = 8) -> np.ndarray:
    """One account that repeats a week of seven days, Monday first: (days, 1)."""
    return np.tile(np.array(week, float), count)[:, None]


@pytest.mark.parametrize(
    ("week", "interval"),
    [
        ((9, 9, 9, 9, 9, 9, 9), 1.0),
        ((9, 9, 9, 9, 9, 0, 0), 1.0),  # who rests at weekends sends on all of its days
        ((9, 0, 0, 9, 0, 0, 0), 1.0),
        ((0, 0, 9, 0, 0, 0, 0), 1.0),
    ],
)
def test_the_interval_counts_days_of_the_account_alone(
    week: tuple[float, ...], interval: float
) -> None:
    assert sending_interval(weeks(*week)) == interval


def test_days_that_change_from_week_to_week_are_no_own_weekdays() -> None:
    """Seven sending days of 56, each on another weekday: none is its own, so all days count."""
    amounts = np.zeros((56, 1))
    amounts[[0, 8, 16, 24, 32, 40, 48]] = 5
    assert sending_interval(amounts) == 8.0


def test_the_spread_is_that_of_sending_days() -> None:
    """Amounts 2 and 6: mean 4, variance 4, so 4 / 16."""
    assert amount_spread(weeks(2, 0, 0, 6, 0, 0, 0)) == 0.25
    assert np.isnan(amount_spread(weeks(0, 0, 0, 0, 0, 0, 0)))


def test_the_four_classes() -> None:
    rare, uneven = np.zeros(56), np.array([1, 1, 1, 1, 1, 30, 1] * 8, float)
    rare[[0, 8, 16, 24, 32, 40, 48]] = 5
    lumpy = rare.copy()
    lumpy[[8, 24]] = 90
    amounts = np.stack([np.full(56, 9.0), uneven, rare, lumpy], axis=1)
    assert demand_classes(amounts).tolist() == ["smooth", "erratic", "intermittent", "lumpy"]
    assert is_regular(amounts).tolist() == [True, True, False, False]


def test_two_weeks_and_four_days_of_mail_are_the_least() -> None:
    amounts = weeks(9, 9, 9, 9, 9, 9, 9, count=2)
    assert demand_classes(amounts).tolist() == ["smooth"]
    assert demand_classes(amounts[1:]).tolist() == [""]
    assert demand_classes(np.where(np.arange(14)[:, None] < 3, amounts, 0)).tolist() == [""]


def test_a_day_that_was_not_read_counts_for_nothing() -> None:
    amounts = weeks(9, 9, 9, 9, 9, 9, 9)
    amounts[10:20] = np.nan
    assert sending_interval(amounts) == 1.0


@pytest.mark.parametrize(
    ("week", "rests"),
    [((9, 9, 9, 9, 9, 4, 4), True), ((9, 9, 9, 9, 9, 5, 5), False), ((0, 9, 9, 9, 9, 9, 8), True)],
)
def test_a_weekend_has_less_than_half_of_other_days(week: tuple[float, ...], rests: bool) -> None:
    """The two quietest weekdays, whichever they are: 4 of 9, 5 of 9, and 4 of 9 in the mean."""
    assert has_weekend(weeks(*week)).tolist() == [rests]
