"""How unusual every hour of an account is: one scale for all accounts, from its past alone.

An hour is compared with the account's last week, its last month, the same hours of the last two
weeks, the hour before, and the range of its month. Every scale is half a robust spread and half a
long standard deviation: a robust one alone explodes on bursty accounts, the other alone forgets
nothing. A part of each score comes from the hours before, so that a little every hour counts as
well; then the account's own high scores of the last month set what is high for it. A score fades
over the day after, because what follows an unusual hour is suspect, but it fades below the
common threshold in about that day, so that aftermath is not raised again.

Levels and spreads are taken once per local day from the days before it, so nothing that comes
later changes an hour.

Source: Paparrizos et al., "Volume under the surface", VLDB 2022 (the measure);
scales by comparison on public operational series.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from models.baseline.baseline import LocalCalendar
from models.baseline.memory import Kept
from models.statistics import Floats, blank

Table = NDArray[np.float32]  # (accounts, local hours): exact enough to rank, half the memory

DAY = 24
WEEK_DAYS, MONTH_DAYS, SEASON_DAYS = 7, 28, 14
_LEAST = 24  # hours of history before anything is compared with it
_LEAST_SEASON = 4
_LEAST_COUNT, _LEAST_RATIO = 1.0, 0.005  # least scale of counts; of others, by their level
_NORMAL = 1.349  # quartile distance of a standard normal
_CHANGE, _RANGE = 0.3, 0.2  # shares of the change since the hour before and of leaving the range
_BELOW = 0.8  # missing traffic counts a little less than extra traffic
_HELD = 0.9  # of the last hour's change: a step takes an hour to show its size
_RECENT, _MEMORY = 0.5, 0.75  # share of the hours before; what one hour leaves to the next
_OWN_SHARE, _OWN_HIGH = 0.3, 0.9  # weight and quantile of the account's own past scores
_FADING, _HIGHEST = 0.94, 13.0  # together: under the common threshold within a day
_REACH = 32  # hours


def score_hours(values: Floats, calendar: LocalCalendar) -> Floats:
    """Score of every hour: about 1 is usual, 3 to 4 worth an alert; NaN where nothing is known.

    Shape:  values and result (accounts, hours), NaN = not read. Any unit: counts, rates, times.
    """
    scores, result = Scores(values, calendar), np.full(values.shape, np.nan)
    for day in range(calendar.days if values.size else 0):
        first, last = calendar.columns(day)
        scores.begin(day)
        result[:, first:last] = scores.watch(day)
        scores.learn(day)
    return result


class Scores:
    """Scores of some accounts, one local day after the other."""

    kept = Kept(
        hours=("_level", "_step", "_raw", "_score"),
        history=("_unusual", "_mixed"),
        accounts=(
            "_is_broken",
            "_day_season",
            "_day_week",
            "_day_month",
            "_day_season_range",
            "_day_change_range",
            "_day_deviations",
            "_day_least",
            "_day_own",
        ),
    )

    def __init__(self, values: Floats, calendar: LocalCalendar) -> None:
        self._values, self._calendar = values, calendar
        self._level, self._step, self._raw, self._score = (blank(values.shape) for _ in range(4))
        self._unusual, self._mixed = (blank(values.shape, np.float32) for _ in range(2))
        accounts = len(values)
        self.spread, self.change_spread = Spread(accounts), Spread(accounts)
        self._is_broken = np.zeros(accounts, np.bool_)
        self._day_season = np.full((accounts, DAY), np.nan)
        self._day_week = np.full((3, accounts), np.nan)
        self._day_month = np.full((5, accounts), np.nan)
        self._day_season_range, self._day_change_range = np.full((2, accounts), np.nan)
        self._day_deviations = np.full((2, accounts), np.nan)
        self._day_least, self._day_own = np.ones((2, accounts))

    def begin(self, day: int) -> None:
        """Take levels, spreads and the account's own high scores from the days before."""
        month = self._table(self._values, day, MONTH_DAYS)
        self._day_week = _quantiles(month[:, -WEEK_DAYS * DAY :], (0.25, 0.5, 0.75))
        self._day_month = _quantiles(month, (0.25, 0.5, 0.75, 0.05, 0.95))
        self._day_season = _season(self._table(self._values, day, SEASON_DAYS))
        self._day_season_range = _quartiles(self._table(self._unusual, day, MONTH_DAYS))
        self._day_change_range = _quartiles(self._changes(day, MONTH_DAYS))
        self._day_deviations = np.stack([self.spread.deviation(), self.change_spread.deviation()])
        # What no scale may be under: one where only whole numbers came, a little of the level.
        least = np.where(self._is_broken, 1e-9, _LEAST_COUNT)
        self._day_least = np.maximum(least, _LEAST_RATIO * np.abs(self._day_month[1]))
        (high,) = _quantiles(self._table(self._mixed, day, MONTH_DAYS), (_OWN_HIGH,))
        self._day_own = np.where(np.isnan(high), 1.0, high)

    def watch(self, day: int) -> Floats:
        """Scores of the hours of the day that was begun."""
        first, last = self._calendar.columns(day)
        self._raw[:, first:last] = self._deviation(first, last)
        begin = max(first - _REACH + 1, 0)
        recent = _smoothed(np.minimum(self._raw[:, begin:last], _HIGHEST))[:, first - begin :]
        mixed = (1.0 - _RECENT) * self._raw[:, first:last] + _RECENT * recent
        self._mixed[:, first:last] = mixed
        own = self._day_own[:, None]
        self._score[:, first:last] = mixed / (_OWN_SHARE * own + 1.0 - _OWN_SHARE)
        score = self._score[:, begin:last]
        score = np.maximum(score, _faded(score))[:, first - begin :]
        return np.where(np.isnan(self._values[:, first:last]), np.nan, score)

    def learn(self, day: int) -> None:
        """Add a finished local day to what is known of the whole past."""
        values = self._table(self._values, day + 1, 1)
        self._is_broken |= ((values != np.rint(values)) & ~np.isnan(values)).any(axis=1)
        self.spread.learn(values)
        self.change_spread.learn(self._changes(day + 1, 1))

    def _deviation(self, first: int, last: int) -> Floats:
        """Distance of hours from what they are compared with, in spreads; 0 without history."""
        values, week, month = self._values[:, first:last], self._day_week, self._day_month
        usual = self._day_season[:, self._calendar.hour[first:last]]
        unusual = values - usual
        self._unusual[:, first:last] = unusual
        level = self._ratio(values - week[1][:, None], week[2] - week[0])
        level += self._ratio(values - month[1][:, None], month[2] - month[0])
        level += self._ratio(unusual, self._day_season_range)
        self._level[:, first:last] = level
        step = self._steps(first, last)
        low, high = month[3][:, None], month[4][:, None]
        outside = np.maximum(np.maximum(values - high, low - values), 0.0)
        near = (1.0 - _CHANGE) * _sided(level / 3.0) + _CHANGE * step
        return np.asarray(
            (1.0 - _RANGE) * near + _RANGE * self._ratio(outside, month[2] - month[0])
        )

    def _steps(self, first: int, last: int) -> Floats:
        """Unusual changes since the hour before; a step takes an hour to show its size."""
        change = self._change(first, last)
        step = _sided(self._ratio(change, self._day_change_range, self._day_deviations[1]))
        level = np.abs(self._level[:, max(first - 1, 0) : last])
        # The way back to the usual is no news.
        step[:, step.shape[1] - level.shape[1] + 1 :][level[:, 1:] < level[:, :-1]] = 0.0
        self._step[:, first:last] = step
        step = self._step[:, max(first - 1, 0) : last].copy()
        step[:, 1:] = np.maximum(step[:, 1:], _HELD * step[:, :-1])
        return step[:, step.shape[1] - (last - first) :]

    def _ratio(
        self, distance: Floats, quartiles: Floats, deviation: Floats | None = None
    ) -> Floats:
        spread = self._day_deviations[0] if deviation is None else deviation
        scale = np.maximum(0.5 * quartiles / _NORMAL + 0.5 * spread, self._day_least)
        return np.nan_to_num(distance / scale[:, None], copy=False, nan=0.0)

    def _change(self, first: int, last: int) -> Floats:
        """Change of hours since the hour before; unknown in the first hour of all."""
        values = self._values[:, max(first - 1, 0) : last]
        changes = np.diff(values, axis=1)
        return changes if first else np.pad(changes, ((0, 0), (1, 0)), constant_values=np.nan)

    def _changes(self, day: int, days: int) -> Table:
        first, last = self._span(day, days)
        return self._by_cell(self._change(first, last), day, days)

    def _table(self, values: Floats | Table, day: int, days: int) -> Table:
        """(accounts, hours of the `days` local days before `day`)."""
        first, last = self._span(day, days)
        return self._by_cell(values[:, first:last], day, days)

    def _span(self, day: int, days: int) -> tuple[int, int]:
        columns = self._calendar.columns
        return columns(max(day - days, 0))[0], columns(day - 1)[1] if day else 0

    def _by_cell(self, values: Floats | Table, day: int, days: int) -> Table:
        """By local hour: a skipped one is NaN, of a doubled one the later counts."""
        first, last = self._span(day, days)
        table = np.full((len(values), days * DAY), np.nan, np.float32)
        calendar = self._calendar
        cells = (calendar.day[first:last] - day + days) * DAY + calendar.hour[first:last]
        table[:, cells] = values
        return table


class Spread:
    """Standard deviation of all hours so far: (accounts,)."""

    kept = Kept(accounts=("_origin", "_sums"))

    def __init__(self, accounts: int) -> None:
        self._origin = np.full(accounts, np.nan)
        self._sums = np.zeros((3, accounts))  # count, offsets from the first value, their squares

    def learn(self, table: Table) -> None:
        """Add the hours of a day: (accounts, 24)."""
        known = ~np.isnan(table)
        first = np.take_along_axis(table, known.argmax(axis=1)[:, None], axis=1)[:, 0]
        self._origin = np.where(np.isnan(self._origin), first, self._origin)
        offsets = np.where(known, table - self._origin[:, None], 0.0)
        for row, part in enumerate((known * 1.0, offsets, offsets**2)):
            self._sums[row] += part.sum(axis=1)

    def deviation(self) -> Floats:
        """NaN where less than a day is known."""
        count, first, second = self._sums
        mean = first / np.maximum(count, 1.0)
        variance = np.maximum(second / np.maximum(count, 1.0) - mean**2, 0.0)
        return np.where(count >= _LEAST, np.sqrt(variance), np.nan)


def _quartiles(table: Table) -> Floats:
    low, high = _quantiles(table, (0.25, 0.75))
    return np.asarray(high - low)


def _sided(deviation: Floats) -> Floats:
    return np.maximum(deviation, -_BELOW * deviation)


def _quantiles(table: Table, levels: tuple[float, ...]) -> Floats:
    """Quantiles of the known cells of each account: (levels, accounts)."""
    ordered = np.sort(table, axis=1)
    known = (~np.isnan(ordered)).sum(axis=1)
    picked = np.empty((len(levels), len(known)))
    for row, quantile in enumerate(levels):
        place = np.maximum(known - 1, 0) * quantile
        below = place.astype(np.int64)
        above = np.minimum(below + 1, np.maximum(known - 1, 0))
        low, high = (
            np.take_along_axis(ordered, place[:, None], axis=1)[:, 0] for place in (below, above)
        )
        picked[row] = low + (place - below) * (high - low)
    return np.where(known >= _LEAST, picked, np.nan)


def _season(table: Table) -> Floats:
    """Mean of the same local hour and its neighbours over the days of a table: (accounts, 24)."""
    known = ~np.isnan(table)
    sums = []
    for part in (np.where(known, table, 0.0).astype(np.float64), known * 1.0):
        near = part.copy()
        near[:, 1:] += part[:, :-1]
        near[:, :-1] += part[:, 1:]
        total = np.zeros((len(table), DAY))
        for first in range(0, table.shape[1], DAY):
            total += near[:, first : first + DAY]
        sums.append(total)
    return np.where(sums[1] >= _LEAST_SEASON, sums[0] / np.maximum(sums[1], 1.0), np.nan)


def _smoothed(values: Floats) -> Floats:
    """Mean of the hour and those before it, weights falling by _MEMORY an hour (32 hours)."""
    return trailing((1.0 - _MEMORY) * values, _MEMORY, np.add)


def _faded(score: Floats) -> Floats:
    """What is left of earlier high scores, falling by _FADING an hour."""
    bounded = _HIGHEST * score / (_HIGHEST + score)
    return trailing(bounded, _FADING, np.maximum)


def trailing(
    values: Floats, memory: float, join: Callable[..., Floats], reach: int = _REACH
) -> Floats:
    """Joins every hour with those up to `reach` before it: doubles the reach at each step."""
    joined, step = values.copy(), 1
    while step < reach:
        joined[:, step:] = join(joined[:, step:], memory**step * joined[:, :-step])
        step *= 2
    return joined
