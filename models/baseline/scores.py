"""How unusual every hour of an account is: one scale for all accounts, from its past alone.

An hour is compared with the account's last week, its last month, the same hours of the last two
weeks, the hour before, and the range of its month. Every scale is half a robust spread and half a
long standard deviation: a robust one alone explodes on bursty accounts, the other alone forgets
nothing. A part of each score comes from the hours before, so that a little every hour counts as
well; then the account's own high scores of the last month set what is high for it. A score fades
over the day after, because what follows an unusual hour is suspect, but it fades below the
common threshold in about that day, so that aftermath is not raised again.

Levels and spreads are taken once per local day from the days before it, so nothing that comes
later changes an hour, and all days of many accounts are computed at once.

Source: Paparrizos et al., "Volume under the surface", VLDB 2022 (the measure);
scales by comparison on public operational series.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.baseline.baseline import LocalCalendar
from models.statistics import Floats

Table = NDArray[np.float32]  # (accounts, local days, 24): exact enough to rank, half the memory

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
_CELLS_AT_ONCE = 1 << 20  # sorted at once: stays in the processor's cache


@dataclass(frozen=True)
class _Days:
    """Hours of a grid by local day, and back."""

    cells: NDArray[np.int64]  # local day * 24 + local hour of every hour
    day: NDArray[np.int64]
    count: int

    def table(self, values: Floats) -> Table:
        """(accounts, days, 24); a skipped local hour is NaN, of a doubled one the later counts."""
        table = np.full((len(values), self.count * DAY), np.nan, np.float32)
        table[:, self.cells] = values
        return table.reshape(len(values), self.count, DAY)

    def hours(self, by_day: Floats) -> Floats:
        """Values per day, (accounts, days), at every hour of the day."""
        return by_day[:, self.day]


def score_hours(values: Floats, calendar: LocalCalendar) -> Floats:
    """Score of every hour: about 1 is usual, 3 to 4 worth an alert; NaN where nothing is known.

    Shape:  values and result (accounts, hours), NaN = not read. Any unit: counts, rates, times.
    """
    if not values.size:
        return np.full(values.shape, np.nan)
    days = _Days(calendar.day * DAY + calendar.hour, calendar.day, calendar.days)
    raw = _deviation(values, days)
    recent = _smoothed(np.minimum(raw, _HIGHEST))
    mixed = (1.0 - _RECENT) * raw + _RECENT * recent
    (high,) = _quantiles(days.table(mixed), MONTH_DAYS, (_OWN_HIGH,))
    own = np.where(np.isnan(high), 1.0, high)
    score = mixed / (_OWN_SHARE * days.hours(own) + 1.0 - _OWN_SHARE)
    score = np.maximum(score, _faded(score))
    return np.where(np.isnan(values), np.nan, score)


def _deviation(values: Floats, days: _Days) -> Floats:
    """Distance of every hour from what it is compared with, in spreads; 0 without history."""
    table = days.table(values)
    week = _quantiles(table, WEEK_DAYS, (0.25, 0.5, 0.75))
    month = _quantiles(table, MONTH_DAYS, (0.25, 0.5, 0.75, 0.05, 0.95))
    spread, least = _long_deviation(table), _least_scale(table, month[1])

    def ratio(distance: Floats, quartiles: Floats, deviation: Floats = spread) -> Floats:
        scale = np.maximum(0.5 * quartiles / _NORMAL + 0.5 * deviation, least)
        return np.nan_to_num(distance / days.hours(scale), copy=False, nan=0.0)

    unusual = values - _season(table)[:, days.cells]
    level = ratio(values - days.hours(week[1]), week[2] - week[0])
    level += ratio(values - days.hours(month[1]), month[2] - month[0])
    level += ratio(unusual, _quartiles(unusual, days))
    change = np.diff(values, axis=1, prepend=np.nan)
    step = ratio(change, _quartiles(change, days), _long_deviation(days.table(change)))
    step = _sided(step)
    # The way back to the usual is no news.
    step[:, 1:][np.abs(level[:, 1:]) < np.abs(level[:, :-1])] = 0.0
    step[:, 1:] = np.maximum(step[:, 1:], _HELD * step[:, :-1])
    low, high = days.hours(month[3]), days.hours(month[4])
    outside = np.maximum(np.maximum(values - high, low - values), 0.0)
    near = (1.0 - _CHANGE) * _sided(level / 3.0) + _CHANGE * step
    return np.asarray((1.0 - _RANGE) * near + _RANGE * ratio(outside, month[2] - month[0]))


def _quartiles(values: Floats, days: _Days) -> Floats:
    low, high = _quantiles(days.table(values), MONTH_DAYS, (0.25, 0.75))
    return high - low


def _least_scale(table: Table, level: Floats) -> Floats:
    """What no scale may be under: one where only whole numbers came, and a little of the level."""
    broken = (table != np.rint(table)) & ~np.isnan(table)
    so_far = np.logical_or.accumulate(broken.any(axis=2), axis=1)
    is_count = ~np.roll(so_far, 1, axis=1)
    is_count[:, 0] = True
    return np.maximum(np.where(is_count, _LEAST_COUNT, 1e-9), _LEAST_RATIO * np.abs(level))


def _sided(deviation: Floats) -> Floats:
    return np.maximum(deviation, -_BELOW * deviation)


def _quantiles(table: Table, window: int, levels: tuple[float, ...]) -> list[Floats]:
    """Quantiles of the hours of the `window` days before each day: (accounts, days) each."""
    accounts, days, _ = table.shape
    cells = np.full((accounts, (window + days) * DAY), np.nan, np.float32)
    cells[:, window * DAY :] = table.reshape(accounts, -1)
    views = np.lib.stride_tricks.sliding_window_view(cells, window * DAY, axis=1)[:, :-1:DAY]
    quantiles = np.full((len(levels), accounts, days), np.nan)
    at_once = max(1, _CELLS_AT_ONCE // (days * window * DAY))
    for first in range(0, accounts, at_once):
        rows = slice(first, first + at_once)
        quantiles[:, rows] = _of_sorted(np.sort(views[rows], axis=2), levels)
    return list(quantiles)


def _of_sorted(ordered: Table, levels: tuple[float, ...]) -> Floats:
    known = (~np.isnan(ordered)).sum(axis=2)
    picked = np.empty((len(levels), *known.shape))
    for row, quantile in enumerate(levels):
        place = np.maximum(known - 1, 0) * quantile
        below = place.astype(np.int64)
        above = np.minimum(below + 1, np.maximum(known - 1, 0))
        low, high = (
            np.take_along_axis(ordered, place[:, :, None], axis=2)[:, :, 0]
            for place in (below, above)
        )
        picked[row] = low + (place - below) * (high - low)
    return np.where(known >= _LEAST, picked, np.nan)


def _long_deviation(table: Table) -> Floats:
    """Standard deviation of all hours before each day: (accounts, days)."""
    known = ~np.isnan(table)
    flat = table.reshape(len(table), -1)
    origin = np.take_along_axis(flat, known.reshape(flat.shape).argmax(axis=1)[:, None], axis=1)
    offsets = np.where(known, table - origin[:, :, None], 0.0).astype(np.float64)
    sums = [np.cumsum(part.sum(axis=2), axis=1) for part in (known * 1.0, offsets, offsets**2)]
    count, first, second = (np.roll(total, 1, axis=1) for total in sums)
    count[:, 0] = 0.0
    mean = first / np.maximum(count, 1.0)
    variance = np.maximum(second / np.maximum(count, 1.0) - mean**2, 0.0)
    return np.where(count >= _LEAST, np.sqrt(variance), np.nan)


def _season(table: Table) -> Floats:
    """Mean of the same local hour and its neighbours over two weeks: (accounts, days * 24)."""
    flat = table.reshape(len(table), -1).astype(np.float64)
    known = ~np.isnan(flat)
    sums = []
    for part in (np.where(known, flat, 0.0), known * 1.0):
        near = part.copy()
        near[:, 1:] += part[:, :-1]
        near[:, :-1] += part[:, 1:]
        running = np.cumsum(near.reshape(table.shape), axis=1)
        before = np.zeros_like(running)
        before[:, 1:] = running[:, :-1]
        before[:, SEASON_DAYS + 1 :] -= running[:, : -SEASON_DAYS - 1]
        sums.append(before.reshape(flat.shape))
    return np.where(sums[1] >= _LEAST_SEASON, sums[0] / np.maximum(sums[1], 1.0), np.nan)


def _smoothed(values: Floats) -> Floats:
    """Mean of the hour and those before it, weights falling by _MEMORY an hour (32 hours)."""
    return trailing((1.0 - _MEMORY) * values, _MEMORY, np.add)


def _faded(score: Floats) -> Floats:
    """What is left of earlier high scores, falling by _FADING an hour."""
    bounded = _HIGHEST * score / (_HIGHEST + score)
    return trailing(bounded, _FADING, np.maximum)


def trailing(values: Floats, memory: float, join: Callable[..., Floats], reach: int = 32) -> Floats:
    """Joins every hour with those up to `reach` before it: doubles the reach at each step."""
    joined, step = values.copy(), 1
    while step < reach:
        joined[:, step:] = join(joined[:, step:], memory**step * joined[:, :-step])
        step *= 2
    return joined
