"""Mailings that are due: which begin, and which is awaited next."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from models.baseline.recurrence import mailing_starts
from models.incidents.volume.missed_mailings import KEPT_MAILINGS, Mailings, next_mailing

START = date(2026, 1, 5)
NONE: frozenset[date] = frozenset()


def mailings() -> Mailings:
    return Mailings(np.full((KEPT_MAILINGS, 1), -1), np.array([-1]), np.array([-1]))


@pytest.mark.parametrize("seed", range(5))
def test_mailings_are_those_of_the_whole_history(seed: int) -> None:
    random, known = np.random.default_rng(seed), mailings()
    sent = np.flatnonzero(random.random(70) < 0.3).tolist()
    for day in range(70):
        known.learn(day, np.array([day in sent]))
    starts = mailing_starts(START + timedelta(days=day) for day in sent)
    kept = [START + timedelta(days=day) for day in known.starts[:, 0].tolist() if day >= 0]
    assert kept == starts[-len(kept) :]


def test_who_sends_often_is_not_looked_at() -> None:
    """The third mailing that comes monthly is; the fifth in two months is not."""
    monthly, often = [False, False, True, True, True], [False, False, True, True, False]
    for step, looked_at in ((30, monthly), (10, often)):
        known = mailings()
        changed = [bool(known.learn(step * n, np.array([True]))[0]) for n in range(5)]
        assert changed == looked_at


def monthly(*months: int) -> list[date]:
    return [date(2026, month, 10) for month in months]


def test_the_third_time_makes_a_habit() -> None:
    assert next_mailing(monthly(1, 2), date(2026, 2, 10), NONE, NONE) is None
    mailing = next_mailing(monthly(1, 2, 3), date(2026, 3, 10), NONE, NONE)
    assert mailing is not None
    assert (mailing.due, mailing.every, mailing.came) == (date(2026, 4, 10), 1, 3)
    assert mailing.due < mailing.until <= date(2026, 4, 15)


def test_a_quarterly_mailing_is_due_in_the_next_quarter() -> None:
    mailing = next_mailing(monthly(1, 4, 7), date(2026, 7, 10), NONE, NONE)
    assert mailing is not None
    assert (mailing.due, mailing.every) == (date(2026, 10, 10), 3)


def test_a_habit_that_was_missed_twice_is_over() -> None:
    assert next_mailing(monthly(1, 2, 3), date(2026, 5, 25), NONE, NONE) is None
    once = next_mailing(monthly(1, 2, 3), date(2026, 4, 25), NONE, NONE)
    assert once is not None
    assert once.due == date(2026, 5, 10)
