"""Mailings that come back: every month or quarter, or every second to fourth week.

They are kept apart from the daily level, which they would raise for weeks, and are expected on
their own days with their own sizes (models/baseline/recurrence.py has the rules).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.baseline.recurrence import Days, Recurrence, mailing_starts, recurrences
from models.statistics import Floats, known_or_zero, mean_known

_SPIKE_RATIO = 6.0  # times the account's mean day
_SPIKE_LEAST = 50.0
_SELDOM = 6  # days a month: an account with no more has mailings alone, however small
_RHYTHM_WEEKS, _RHYTHM_PLACE = 8, 3  # what five of eight weeks reach is the weekday's own
_OVER_RHYTHM = 2.5
_LONGEST = 5  # days that a mailing takes
_AHEAD = timedelta(days=460)
_GIVEN_UP = 2  # mailings missed in a row
_USUAL_DEVIATION = 0.2  # log deviation of sizes, as much as two observations count
_SIZES_KEPT = 3


@dataclass(frozen=True)
class Mailing:
    """One day of an expected mailing; deviation is that of the log of its size.

    tolerance: days by which it may come early or late.
    """

    day: date
    size: float
    deviation: float
    tolerance: int


Recurring = dict[int, list[Mailing]]  # row of the account: its next mailings


def split_recurring(
    values: Floats, end: date, sent: Floats | None = None
) -> tuple[Recurring, Floats]:
    """What comes back in the days from `end` on, and the values without it (NaN on its days).

    Shape:  values (accounts, days), the last column being the day before `end`; sent: the same
            with what incidents added, for a mailing comes back whatever was raised about it.
    """
    usual = values.copy()
    recurring: Recurring = {}
    sent = values if sent is None else sent
    is_changed = (known_or_zero(values) != known_or_zero(sent)).any(axis=1)
    for part, is_left in ((sent, np.ones(len(values), np.bool_)), (values, is_changed)):
        spikes = _spikes(part)
        is_left[[*recurring]] = False
        for number in np.flatnonzero(is_left & spikes.any(axis=1)).tolist():
            account = _Account(part[number], spikes[number], end)
            habits = account.habits()
            if habits:
                recurring[number] = [one for habit in habits for one in account.ahead(habit)]
                places = [place for habit in habits for place in account.places(habit)]
                usual[number, places] = np.nan
    return recurring, usual


@dataclass(frozen=True)
class _Account:
    """What an account sent on each day up to `end`, and which days may be mailings."""

    values: Floats
    spikes: NDArray[np.bool_]
    end: date

    def habits(self) -> list[Recurrence]:
        """What comes back, and was not missed twice in a row."""
        starts = mailing_starts(self._day(int(place)) for place in np.flatnonzero(self.spikes))
        yesterday = self.end - timedelta(days=1)
        return [
            habit
            for habit in recurrences(starts, self._unread)
            if len(habit.missed(yesterday, self._unread)) < _GIVEN_UP
        ]

    def places(self, habit: Recurrence) -> list[int]:
        """Columns of the mailings that came."""
        near = (self._place(start) + n for start in habit.came for n in range(_LONGEST))
        return [place for place in near if place < len(self.values) and self.spikes[place]]

    def ahead(self, habit: Recurrence) -> list[Mailing]:
        """Days of the mailings to come, and of the last one that may go on."""
        parts = self._parts(habit)
        latest = parts[-_SIZES_KEPT:]
        size = float(np.median(latest.sum(axis=1)))
        shares = latest.sum(axis=0) / latest.sum()
        deviation = _deviation(parts.sum(axis=1))
        days = (
            (start + timedelta(days=n), float(share))
            for start in [habit.came[-1], *self._due(habit)]
            for n, share in enumerate(shares)
        )
        return [
            Mailing(day, size * share, deviation, habit.tolerance)
            for day, share in days
            if share > 0.0 and (day >= self.end or day in self._unread)
        ]

    def _due(self, habit: Recurrence) -> Iterator[date]:
        """Due days to come, or that may have come unread; today for one that is late."""
        for due in habit.due_until(self.end + _AHEAD):
            if due >= self.end or due in self._unread:
                yield due
            elif self.end - due <= timedelta(days=habit.tolerance):
                yield self.end

    def _parts(self, habit: Recurrence) -> Floats:
        """Recipients of each mailing that came, by its days: (mailings, 5)."""
        sent = np.concatenate([np.where(self.spikes, self.values, 0.0), np.zeros(_LONGEST)])
        places = np.array([self._place(start) for start in habit.came])
        return np.asarray(sent[places[:, None] + np.arange(_LONGEST)])

    @cached_property
    def _unread(self) -> Days:
        """Days after the first known one that are unknown."""
        born = int((~np.isnan(self.values)).argmax())
        places = born + np.flatnonzero(np.isnan(self.values[born:]))
        return frozenset(self._day(int(place)) for place in places)

    def _place(self, day: date) -> int:
        return (day - self.end).days + len(self.values)

    def _day(self, place: int) -> date:
        return self.end + timedelta(days=place - len(self.values))


def _deviation(sizes: Floats) -> float:
    off = np.log(sizes / sizes.mean())
    spread = (2.0 * _USUAL_DEVIATION**2 + float((off**2).sum())) / (2.0 + len(sizes))
    return float(np.sqrt(spread))


def _spikes(values: Floats) -> NDArray[np.bool_]:
    """Days that may be mailings: far above the account's mean, or all of one that sends seldom."""
    mean = known_or_zero(mean_known(values[:, -62:]))[:, None]
    least = np.maximum(_SPIKE_RATIO * mean, _SPIKE_LEAST)
    sent = known_or_zero(values)
    spikes = sent >= np.maximum(least, _OVER_RHYTHM * _rhythm(values))
    months = (~np.isnan(values)).sum(axis=1, keepdims=True) / 30.0
    is_seldom = (sent > 0.0).sum(axis=1, keepdims=True) <= _SELDOM * np.maximum(months, 1.0)
    return np.where(is_seldom, sent > 0.0, spikes)


def _rhythm(values: Floats) -> Floats:
    """What most of the last weeks reach on the weekday of each column: (accounts, days)."""
    days = values.shape[1]
    weeks = min(days // 7, _RHYTHM_WEEKS)
    if weeks <= _RHYTHM_PLACE:
        return np.zeros((len(values), days))
    recent = known_or_zero(values[:, days - 7 * weeks :]).reshape(len(values), weeks, 7)
    by_weekday = np.sort(recent, axis=1)[:, _RHYTHM_PLACE]
    return by_weekday[:, (np.arange(days) - days) % 7]
