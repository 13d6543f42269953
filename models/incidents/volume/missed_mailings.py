"""Monthly, quarterly and other mailings that are due and do not come.

Between two of them an account has too few pauses to show how long they last. Here the evidence are
three mailings that keep a rule (models/baseline/recurrence.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from models.baseline.recurrence import (
    LEAST_TIMES,
    MAILING_DAYS,
    PAUSE_DAYS,
    EveryWeeks,
    Recurrence,
    recurrences,
)

KEPT_MAILINGS = 12
_OFTEN, _OFTEN_DAYS = 5, 62  # mailings in so many days
_MOST_MISSED = 2  # in a row: then the habit is over
_AHEAD = timedelta(days=400)  # holds the next due day of any habit
Days = NDArray[np.int64]


@dataclass(frozen=True)
class Mailings:
    """First days of the last mailings of some accounts, as numbers of local days; -1: none.

    Shape:  starts (KEPT_MAILINGS, accounts), the newest last; begun and last (accounts,): first
            and last day of the mail that is not followed by a pause yet.
    """

    starts: Days
    begun: Days
    last: Days

    def learn(self, day: int, sent: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Take up a day of mail; the accounts of few mailings that have changed.

        Mailings as of recurrence.mailing_starts, day by day. Who sends more often is missed by the
        length of its pauses.
        """
        begins = sent & ((self.last < 0) | (day - self.last > PAUSE_DAYS))
        lasts = sent & ~begins & (day - self.begun >= MAILING_DAYS)
        lasts &= self.starts[-1] == self.begun
        self.starts[:, begins] = np.roll(self.starts[:, begins], -1, axis=0)
        self.starts[-1, begins] = self.begun[begins] = day
        self.starts[:, lasts] = np.roll(self.starts[:, lasts], 1, axis=0)
        self.starts[0, lasts] = -1
        self.last[sent] = day
        few = (self.starts[-_OFTEN] < 0) | (self.starts[-_OFTEN] < day - _OFTEN_DAYS)
        few &= self.starts[-LEAST_TIMES] >= 0
        return np.asarray((begins | lasts) & few)


@dataclass(frozen=True)
class DueMailing:
    """The next mailing that an account is expected to send.

    due: its day; until: the last day on which it may still come; every: months from one to the
    next, or weeks as a negative number; came: how often it has come.
    """

    due: date
    until: date
    every: int
    came: int


def next_mailing(
    starts: Iterable[date], day: date, unread: frozenset[date], holidays: frozenset[date]
) -> DueMailing | None:
    """The mailing that is due next after a day, None where no habit is known or all are over."""
    habits = recurrences(sorted(starts), unread, holidays)
    awaited = [due for habit in habits if (due := _next_of(habit, day, unread)) is not None]
    return min(awaited, key=lambda mailing: mailing.until, default=None)


def _next_of(habit: Recurrence, day: date, unread: frozenset[date]) -> DueMailing | None:
    if len(habit.missed(day, unread)) >= _MOST_MISSED:
        return None
    tolerance = timedelta(days=habit.tolerance)
    due = next(due for due in habit.due_until(day + _AHEAD) if due + tolerance > day)
    every = -habit.rule.weeks if isinstance(habit.rule, EveryWeeks) else habit.step
    return DueMailing(due, due + tolerance, every, len(habit.came))
