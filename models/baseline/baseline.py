"""Hourly baselines: what an account usually sends in this hour of its local week.

Expected value: mean of the same local hour of the week and its two neighbours over four weeks,
times a level of the last seven days. A holiday is expected to look like the Sundays before it, and
teaches nothing. Young accounts: the same hour of the day over seven days,
then the last day. Everything that an hour depends on lies in earlier local days.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.baseline.intervals import (
    SMALL,
    Bounds,
    conformal_shifts,
    interval_bounds,
    nested_bounds,
)
from models.baseline.memory import Kept
from models.statistics import Floats, blank, known_or_zero, mean_known, sum_known

LEARNING_DAYS = 14
WEEKS = 4
RESIDUAL_DAYS = 56
_PAD_DAYS = 7 * WEEKS + 1
_LEVEL_PRIOR = 20.0  # recipients: keeps the level of accounts that send little near 1


@dataclass(frozen=True)
class LocalCalendar:
    """Local day number and hour of every UTC hour of a grid.

    Clock changes: a skipped local hour has no column, a doubled one has two.
    `holidays` are day numbers, `rest` columns in which the organisation rests; `first_date` is that
    of day 0, whose weekday counts from Monday = 0.
    """

    day: NDArray[np.int64]
    hour: NDArray[np.int64]
    days: int
    first_weekday: int = 0
    holidays: frozenset[int] = frozenset()
    first_date: date = date(1970, 1, 5)
    rest: frozenset[int] = frozenset()

    def columns(self, day: int) -> tuple[int, int]:
        """First column of the local day and the one after its last; equal for a skipped day."""
        first, last = np.searchsorted(self.day, (day, day + 1))
        return int(first), int(last)

    def date(self, day: int) -> date:
        """The date of a local day."""
        return self.first_date + timedelta(days=day)

    def resting(self, columns: frozenset[int]) -> LocalCalendar:
        """The calendar with the hours in which the organisation rests (models/baseline/rest.py)."""
        return replace(self, rest=columns)


def local_calendar(
    start: datetime,
    hours: int,
    timezone: str,
    holidays: Iterable[date] = (),
) -> LocalCalendar:
    """Calendar of `hours` UTC hours from `start` in an IANA time zone.

    Raises: zoneinfo.ZoneInfoNotFoundError for an unknown zone.
    """
    local = pd.date_range(start, periods=hours, freq="h").tz_convert(timezone)
    wall = local.tz_localize(None)
    dates = wall.to_numpy("M8[D]").astype(np.int64)
    day = np.maximum.accumulate(dates - dates[0]) if hours else dates
    first = wall[0].date() if hours else start.date()
    free = frozenset((holiday - first).days for holiday in holidays)
    days = int(day[-1]) + 1 if hours else 0
    return LocalCalendar(day, wall.hour.to_numpy(np.int64), days, first.weekday(), free, first)


@dataclass(frozen=True)
class DayForecast:
    """Baseline of the hours of one local day: (accounts, hours of the day) each."""

    expected: Floats
    own_hour: Floats  # at least `expected`; the hour alone, where its neighbours hide a mailing
    bounds: Bounds
    is_seasonal: NDArray[np.bool_]  # from the hour of the week, not from a young account's days
    off_hours: NDArray[np.bool_]  # empty for four weeks, in an account that sends most days
    learning_day: NDArray[np.int16]  # (accounts,)
    size: Floats  # negative binomial size of all hours: (accounts,)
    by_local_hour: Floats  # `expected` of the whole day: (accounts, 24)


class Baseline:
    """History of some accounts and the forecasts from it, local day by local day."""

    kept = Kept(
        days={"_sums": RESIDUAL_DAYS, "_was_read": 7 * WEEKS},
        history=("expected", "_seasonal"),
        accounts=(
            "_day_seasonal",
            "is_sparse",
            "_day_expected",
            "_day_own_hour",
            "_day_bounds",
            "_day_is_seasonal",
            "_day_is_empty",
            "_day_size",
            "_age",
        ),
    )

    def __init__(self, recipients: Floats, calendar: LocalCalendar) -> None:
        accounts, hours = recipients.shape
        self.calendar = calendar
        self._recipients = recipients
        self.is_cut = blank((accounts, hours), np.bool_)
        # Filled day by day: what is not touched takes no memory.
        self.values, self.expected, self._seasonal = (blank((accounts, hours)) for _ in range(3))
        # Square roots of both, which every later day asks for.
        self._root_values, self._root_expected = (blank((accounts, hours)) for _ in range(2))
        # By local hour, from _PAD_DAYS before the first day on: recipients, and whether known.
        cells = (accounts, (_PAD_DAYS + calendar.days) * 24)
        self._sent, self._known = np.zeros(cells), np.zeros(cells, np.int8)
        # Per day: recipients and expectation for the level, three moment sums for the dispersion.
        self._sums = np.zeros((calendar.days, 6, accounts))
        self._was_read = np.zeros((calendar.days, accounts), np.bool_)
        self._day = 0
        self._forget_day(accounts)

    def _forget_day(self, accounts: int) -> None:
        self._day_seasonal, self._day_expected, self._day_own_hour = np.full(
            (3, accounts, 24), np.nan
        )
        self._day_bounds = np.full((4, accounts, 24), np.nan)
        self._day_is_seasonal, self._day_is_empty = np.zeros((2, accounts, 24), np.bool_)
        self._day_size = np.ones(accounts)
        self.is_sparse = np.zeros(accounts, np.bool_)  # sends on every second day at most
        self._age = np.zeros(accounts, np.int16)

    def begin(self, day: int) -> None:
        """Take what a local day is judged by from the days before it, for all 24 hours."""
        self._day = day
        seasonal, weeks = self._seasonal_mean(day)
        is_seasonal = weeks >= 6  # two weeks of three neighbouring hours
        level = self._level(day)[:, None]
        expected = np.where(is_seasonal, seasonal * level, self._young_mean(day))
        own_hour = np.where(is_seasonal, self._own_hour_mean(day) * level, 0.0)
        active = self._active_days(day)
        empty = is_seasonal & (seasonal == 0.0) & (active >= 12)[:, None]
        self._day_seasonal = np.where(is_seasonal, seasonal, np.nan)
        self._day_expected, self._day_own_hour = expected, np.fmax(expected, own_hour)
        self._day_is_seasonal, self._day_is_empty = is_seasonal, empty
        self._day_size = self.size(day)
        self._day_bounds = self._bounds(day, expected)
        before = self._was_read[max(day - 7 * WEEKS + 1, 0) : day]
        self._age = before.sum(axis=0).astype(np.int16)
        self.is_sparse = 2 * active <= self._age

    def forecast(self, day: int) -> DayForecast:
        """Expected recipients and intervals of the hours of the day that was begun."""
        first, last = self.calendar.columns(day)
        hours = self.calendar.hour[first:last]
        expected, sent = self._day_expected[:, hours], self._recipients[:, first:last]
        self.values[:, first:last], self._root_values[:, first:last] = sent, np.sqrt(sent)
        self._seasonal[:, first:last] = self._day_seasonal[:, hours]
        self.expected[:, first:last] = expected
        self._root_expected[:, first:last] = np.sqrt(expected)
        # Whoever was not read for weeks is learnt again.
        age = self._age + self._is_read(first, last)
        learning = np.where(age <= LEARNING_DAYS, age, 0).astype(np.int16)
        bounds = nested_bounds(
            [bound[:, hours] for bound in self._day_bounds], expected, (learning > 0)[:, None]
        )
        return DayForecast(
            expected,
            self._day_own_hour[:, hours],
            bounds,
            self._day_is_seasonal[:, hours],
            self._day_is_empty[:, hours],
            learning,
            self._day_size,
            self._day_expected,
        )

    def cut(self, account: int, first: int, last: int) -> None:
        """Take the hours first to last - 1 of an account out of the history."""
        self.is_cut[account, first:last] = True
        self._put(account, first, last, np.nan)

    def restore(self, account: int, first: int, last: int) -> None:
        """Put the hours first to last - 1 of an account back into the history."""
        self.is_cut[account, first:last] = False
        self._put(account, first, last, self._recipients[account, first:last])

    def _put(self, account: int, first: int, last: int, values: Floats | float) -> None:
        if first >= last:
            return
        self.values[account, first:last] = values
        self._root_values[account, first:last] = np.sqrt(values)
        rows = slice(account, account + 1)
        for day in range(int(self.calendar.day[first]), int(self.calendar.day[last - 1]) + 1):
            if day < self._day:
                self._remember(day, rows)

    def learn(self, day: int) -> None:
        """Add a finished local day to the history; call after its incidents were cut."""
        self._day = day + 1
        first, last = self.calendar.columns(day)
        self._was_read[day] = self._is_read(first, last)
        self.learn_again(day, slice(None))

    def learn_again(self, day: int, rows: slice) -> None:
        """The same of some accounts, whose hours of a finished day were cut or put back."""
        first, last = self.calendar.columns(day)
        if first == last or day in self.calendar.holidays:
            return
        self._remember(day, rows)
        self._sums[day, :, rows] = self._day_sums(rows, first, last)

    def let_go(self) -> None:
        """Frees the history; what was expected stays."""
        del self.values, self._root_values, self._root_expected, self._seasonal, self.is_cut
        del self._sent, self._known

    def go_on(self, day: int) -> None:
        """Takes the morning of a day as the present: earlier days are finished."""
        self._day = day

    def recall(self, first: int, last: int) -> None:
        """Fill what follows from hours that were read back."""
        cut = self.is_cut[:, first:last]
        self.values[:, first:last] = np.where(cut, np.nan, self._recipients[:, first:last])
        self._root_values[:, first:last] = np.sqrt(self.values[:, first:last])
        self._root_expected[:, first:last] = np.sqrt(self.expected[:, first:last])
        for day in range(int(self.calendar.day[first]), int(self.calendar.day[last - 1]) + 1):
            self._remember(day, slice(None))

    def _is_read(self, first: int, last: int) -> NDArray[np.bool_]:
        return np.asarray((~np.isnan(self._recipients[:, first:last])).any(axis=1))

    def _remember(self, day: int, rows: slice) -> None:
        """The day's hours by local hour: of a doubled one the mean, of a holiday none."""
        first, last = self.calendar.columns(day)
        if first == last or day in self.calendar.holidays:
            return
        values, hours = self.values[rows, first:last], self.calendar.hour[first:last]
        cells = (day + _PAD_DAYS) * 24 + hours
        self._sent[rows, cells] = known_or_zero(values)
        self._known[rows, cells] = ~np.isnan(values)
        for twin in np.flatnonzero(hours[1:] == hours[:-1]):
            both = mean_known(values[:, twin : twin + 2])
            self._sent[rows, cells[twin]] = known_or_zero(both)
            self._known[rows, cells[twin]] = ~np.isnan(both)

    def size(self, day: int, *, small: bool = False) -> Floats:
        """Negative binomial size per account by the method of moments over 56 days.

        Small sizes mean traffic in batches. `small` looks at quiet hours alone; 1 where unknown.
        """
        window = self._sums[max(day - RESIDUAL_DAYS, 0) : day].sum(axis=0)
        surplus, squares = (window[4], window[5]) if small else (window[2], window[3])
        alpha = surplus / np.maximum(squares, 1e-9)
        return np.where(squares > 0.01, 1.0 / np.clip(alpha, 0.02, 50.0), 1.0)

    def _day_sums(self, rows: slice, first: int, last: int) -> Floats:
        values = self.values[rows, first:last]
        seasonal, expected = self._seasonal[rows, first:last], self.expected[rows, first:last]
        compared = np.where(np.isnan(seasonal), np.nan, values)
        usual = np.where(np.isnan(values), np.nan, seasonal)
        surplus = (values - expected) ** 2 - expected
        square = np.where(np.isnan(surplus), np.nan, expected**2)
        quiet = expected < SMALL
        parts = (compared, usual, surplus, square)
        small = (np.where(quiet, surplus, 0.0), np.where(quiet, square, 0.0))
        return np.stack([sum_known(part) for part in parts + small])

    def _seasonal_mean(self, day: int) -> tuple[Floats, NDArray[np.int8]]:
        return self._mean_of(self._like(day), (-1, 0, 1))

    def _own_hour_mean(self, day: int) -> Floats:
        return self._mean_of(self._like(day), (0,))[0]

    def _like(self, day: int) -> list[int]:
        """Days of the four weeks before that this one should look like."""
        back = 7
        if day in self.calendar.holidays:
            back = (self.calendar.first_weekday + day + 1) % 7 or 7  # days since Sunday
        return [day - back - 7 * week for week in range(WEEKS)]

    def _mean_of(self, days: list[int], shifts: tuple[int, ...]) -> tuple[Floats, NDArray[np.int8]]:
        """Mean over the hours of these days, shifted, and how many were known."""
        total = np.zeros((len(self._sent), 24))
        count = np.zeros((len(self._sent), 24), np.int8)
        for first in [(day + _PAD_DAYS) * 24 + shift for day in days for shift in shifts]:
            total += self._sent[:, first : first + 24]
            count += self._known[:, first : first + 24]
        return total / np.maximum(count, 1), count

    def _young_mean(self, day: int) -> Floats:
        by_hour, count = self._mean_of([day - back for back in range(1, 8)], (-1, 0, 1))
        end = (day + _PAD_DAYS) * 24
        known = self._known[:, end - 24 : end].sum(axis=1)
        mean = self._sent[:, end - 24 : end].sum(axis=1) / np.maximum(known, 1)
        flat = np.where(known >= 6, mean, np.nan)
        return np.where(count >= 4, by_hour, flat[:, None])

    def _level(self, day: int) -> Floats:
        """Recipients of the last seven days against what the season expected for them."""
        actual, usual = self._sums[max(day - 7, 0) : day, :2].transpose(1, 0, 2)
        # One mailing must not lift the following week, nor the memory of one press it down.
        bounded = np.minimum(actual, 2.0 * usual + _LEVEL_PRIOR).sum(axis=0)
        awaited = np.minimum(usual, 2.0 * actual + _LEVEL_PRIOR).sum(axis=0)
        level = (bounded + _LEVEL_PRIOR) / (awaited + _LEVEL_PRIOR)
        return np.asarray(np.clip(level, 0.5, 2.0))

    def _active_days(self, day: int) -> NDArray[np.int64]:
        end = (day + _PAD_DAYS) * 24
        month = self._sent[:, end - 28 * 24 : end].reshape(len(self._sent), 28, 24)
        active: NDArray[np.int64] = (month > 0).any(axis=2).sum(axis=1)
        return active

    def _bounds(self, day: int, expected: Floats) -> Floats:
        mean = known_or_zero(expected)
        sizes = self.size(day, small=True)[:, None], self._day_size[:, None]
        shifts = self._shifts(self.calendar.columns(day)[0], expected, mean)
        return np.stack(interval_bounds(mean, shifts, sizes))

    def _shifts(self, first: int, expected: Floats, mean: Floats) -> list[Floats]:
        """Conformal shifts of the accounts that have an hour which is not small; else NaN."""
        rows = np.flatnonzero((mean >= SMALL).any(axis=1))
        past = slice(max(first - RESIDUAL_DAYS * 24, 0), first)
        residual = self._root_values[rows, past] - self._root_expected[rows, past]
        shifts = []
        for values in conformal_shifts(residual, self.expected[rows, past], expected[rows]):
            shift = np.full(mean.shape, np.nan)
            shift[rows] = values
            shifts.append(shift)
        return shifts
