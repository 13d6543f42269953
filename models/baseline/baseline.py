"""Hourly baselines: what an account usually sends in this hour of its local week.

Expected value: mean of the same local hour of the week and its two neighbours over four weeks,
times a level of the last seven days. A holiday is expected to look like the Sundays before it, and
teaches nothing. Young accounts: the same hour of the day over seven days,
then the last day. Everything that an hour depends on lies in earlier local days.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

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
from models.statistics import Floats, known_or_zero, mean_known, sum_known

LEARNING_DAYS = 14
WEEKS = 4
RESIDUAL_DAYS = 56
_PAD_DAYS = 7 * WEEKS + 1
_LEVEL_PRIOR = 20.0  # recipients: keeps the level of accounts that send little near 1


@dataclass(frozen=True)
class LocalCalendar:
    """Local day number and hour of every UTC hour of a grid.

    Clock changes: a skipped local hour has no column, a doubled one has two.
    `holidays` are day numbers; the weekday of day 0 counts from Monday = 0.
    """

    day: NDArray[np.int64]
    hour: NDArray[np.int64]
    days: int
    first_weekday: int = 0
    holidays: frozenset[int] = frozenset()

    def columns(self, day: int) -> tuple[int, int]:
        """First column of the local day and the one after its last; equal for a skipped day."""
        first, last = np.searchsorted(self.day, (day, day + 1))
        return int(first), int(last)


def local_calendar(
    start: datetime, hours: int, timezone: str, holidays: Iterable[date] = ()
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
    return LocalCalendar(day, wall.hour.to_numpy(np.int64), days, first.weekday(), free)


@dataclass(frozen=True)
class DayForecast:
    """Baseline of the hours of one local day: (accounts, hours of the day) each."""

    expected: Floats
    own_hour: Floats  # at least `expected`; the hour alone, where its neighbours hide a mailing
    bounds: Bounds
    is_seasonal: NDArray[np.bool_]  # from the hour of the week, not from a young account's days
    off_hours: NDArray[np.bool_]  # empty for four weeks, in an account that sends most days
    learning_day: NDArray[np.int16]  # (accounts,)


class Baseline:
    """History of some accounts and the forecasts from it, local day by local day."""

    def __init__(self, recipients: Floats, calendar: LocalCalendar) -> None:
        accounts, hours = recipients.shape
        self.calendar = calendar
        self.values = recipients.copy()
        self.expected = np.full((accounts, hours), np.nan)
        # Square roots of both, which every later day asks for.
        self._root_values = np.sqrt(self.values)
        self._root_expected = np.full((accounts, hours), np.nan)
        self._seasonal = np.full((accounts, hours), np.nan)
        # By local hour, from _PAD_DAYS before the first day on: recipients, and whether known.
        cells = (accounts, (_PAD_DAYS + calendar.days) * 24)
        self._sent, self._known = np.zeros(cells), np.zeros(cells, np.int8)
        self._days_known = _days_known(~np.isnan(recipients), calendar)
        # Per day: recipients and expectation for the level, three moment sums for the dispersion.
        self._sums = np.zeros((calendar.days, 6, accounts))

    def forecast(self, day: int) -> DayForecast:
        """Expected recipients and intervals of one local day, from earlier days only."""
        first, last = self.calendar.columns(day)
        hours = self.calendar.hour[first:last]
        seasonal, weeks = self._seasonal_mean(day)
        is_seasonal = weeks >= 6  # two weeks of three neighbouring hours
        self._seasonal[:, first:last] = np.where(is_seasonal, seasonal, np.nan)[:, hours]
        level = self._level(day)[:, None]
        expected = np.where(is_seasonal, seasonal * level, self._young_mean(day))[:, hours]
        own_hour = np.where(is_seasonal, self._own_hour_mean(day) * level, 0.0)[:, hours]
        self.expected[:, first:last] = expected
        self._root_expected[:, first:last] = np.sqrt(expected)
        age = self._days_known[:, day]
        learning = np.where(age <= LEARNING_DAYS, age, 0).astype(np.int16)
        bounds = self._bounds(day, first, expected, learning > 0)
        empty = is_seasonal & (seasonal == 0.0) & (self._active_days(day) >= 12)[:, None]
        own_hour = np.fmax(expected, own_hour)
        return DayForecast(
            expected, own_hour, bounds, is_seasonal[:, hours], empty[:, hours], learning
        )

    def cut(self, account: int, first: int, last: int) -> None:
        """Take the hours first to last - 1 of an account out of the history."""
        self.values[account, first:last] = self._root_values[account, first:last] = np.nan
        cells = (self.calendar.day[first:last] + _PAD_DAYS) * 24 + self.calendar.hour[first:last]
        self._sent[account, cells] = self._known[account, cells] = 0

    def restore(self, account: int, first: int, last: int, recipients: Floats) -> None:
        """Put the hours first to last - 1 of an account back; call learn() for their days after."""
        self.values[account, first:last] = recipients[account, first:last]
        self._root_values[account, first:last] = np.sqrt(recipients[account, first:last])

    def learn(self, day: int) -> None:
        """Add a finished local day to the history; call after its incidents were cut."""
        first, last = self.calendar.columns(day)
        if first == last or day in self.calendar.holidays:
            return
        values, hours = self.values[:, first:last], self.calendar.hour[first:last]
        cells = (day + _PAD_DAYS) * 24 + hours
        self._remember(cells, values)
        for twin in np.flatnonzero(hours[1:] == hours[:-1]):
            both = mean_known(values[:, twin : twin + 2])
            self._remember(cells[twin : twin + 1], both[:, None])
        self._sums[day] = self._day_sums(values, first, last)

    def _remember(self, cells: NDArray[np.int64], values: Floats) -> None:
        self._sent[:, cells] = known_or_zero(values)
        self._known[:, cells] = ~np.isnan(values)

    def size(self, day: int, *, small: bool = False) -> Floats:
        """Negative binomial size per account by the method of moments over 56 days.

        Small sizes mean traffic in batches. `small` looks at quiet hours alone; 1 where unknown.
        """
        window = self._sums[max(day - RESIDUAL_DAYS, 0) : day].sum(axis=0)
        surplus, squares = (window[4], window[5]) if small else (window[2], window[3])
        alpha = surplus / np.maximum(squares, 1e-9)
        return np.where(squares > 0.01, 1.0 / np.clip(alpha, 0.02, 50.0), 1.0)

    def _day_sums(self, values: Floats, first: int, last: int) -> Floats:
        seasonal, expected = self._seasonal[:, first:last], self.expected[:, first:last]
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

    def _bounds(
        self, day: int, first: int, expected: Floats, learning: NDArray[np.bool_]
    ) -> Bounds:
        mean = known_or_zero(expected)
        sizes = self.size(day, small=True)[:, None], self.size(day)[:, None]
        bounds = interval_bounds(mean, self._shifts(first, expected, mean), sizes)
        return nested_bounds(bounds, expected, learning[:, None])

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


def _days_known(known: NDArray[np.bool_], calendar: LocalCalendar) -> NDArray[np.int64]:
    """Of four weeks up to and with each local day, days with an hour that is known.

    Whoever was not read for weeks is learnt again. Shape: known (accounts, hours), result
    (accounts, days).
    """
    begins = np.searchsorted(calendar.day, np.arange(calendar.days))
    days = np.logical_or.reduceat(known, begins, axis=1) if calendar.days else known
    total = np.pad(np.cumsum(days, axis=1), ((0, 0), (1, 0)))
    window = np.maximum(np.arange(1, calendar.days + 1) - 7 * WEEKS, 0)
    return np.asarray(total[:, 1:] - total[:, window])
