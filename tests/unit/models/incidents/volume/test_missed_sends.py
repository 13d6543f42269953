"""The hour by which an account always sends."""

from __future__ import annotations

import numpy as np

from models.incidents.volume.missed_sends import NEVER, deadlines

DAYS = np.arange(28)


def month(hour: int = 6, amount: float = 40.0) -> tuple[np.ndarray, np.ndarray]:
    """Four weeks with mail on working days, Monday first: (28, 1) each."""
    works = (DAYS % 7 < 5)[:, None]
    return np.where(works, hour, NEVER), np.where(works, amount, 0.0)


def test_the_deadline_is_two_hours_after_the_latest_of_four_weeks() -> None:
    first, amounts = month()
    first[8] = 8
    due = deadlines(first, amounts)
    assert (due.hour.tolist(), due.amount.tolist()) == ([10], [40.0])


def test_a_day_on_which_it_never_sends_has_none() -> None:
    first, amounts = month()
    saturday = np.roll(first, -5, axis=0), np.roll(amounts, -5, axis=0)
    assert deadlines(*saturday).hour.tolist() == [NEVER]


def test_one_missing_monday_leaves_mondays_without() -> None:
    first, amounts = month()
    first[14], amounts[14] = NEVER, 0
    assert deadlines(first, amounts).hour.tolist() == [NEVER]


def test_who_comes_at_any_hour_has_no_clock() -> None:
    first, amounts = month()
    first[::7] = 12
    assert deadlines(first, amounts).hour.tolist() == [NEVER]


def test_a_weekday_of_few_recipients_has_none() -> None:
    """40 a day, but on one of the four Mondays 9: chance may have left it empty."""
    first, amounts = month()
    amounts[7] = 9
    assert deadlines(first, amounts).hour.tolist() == [NEVER]


def test_fewer_than_four_weeks_show_nothing() -> None:
    first, amounts = month()
    assert deadlines(first[1:], amounts[1:]).hour.tolist() == [NEVER]
