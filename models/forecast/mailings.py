"""Mailings that come back: every month on a date or a weekday, or every second to fourth week.

They are kept apart from the daily level, which they would raise for weeks, and are expected on
their own day with their own size.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.statistics import Floats, known_or_zero, mean_known

_SPIKE_RATIO = 6.0  # times the account's mean day
_SPIKE_LEAST = 50.0
_SPIKES_A_MONTH = 3  # more of them are a weekly rhythm, which the weekday profile has already
_RHYTHM_WEEKS, _RHYTHM_PLACE = 8, 3  # what five of eight weeks reach is the weekday's own
_OVER_RHYTHM = 2.5
_DAYS_FROM_START = 2
_DAYS_FROM_END = 3  # the last working day moves by weekends
_LATE_DAYS = 2  # a mailing may come so late before it is given up
_MONTHS_AHEAD = 15
_CYCLES = (14, 21, 28)
_LEAST_CYCLES = 3
_USUAL_DEVIATION = 0.2  # log deviation of sizes, as much as two observations count
_SIZES_KEPT = 3


@dataclass(frozen=True)
class Mailing:
    """One expected mailing; deviation is that of the log of its size."""

    day: date
    size: float
    deviation: float


Recurring = dict[int, list[Mailing]]  # row of the account: its next mailings


def split_recurring(values: Floats, end: date) -> tuple[Recurring, Floats]:
    """What comes back in the days from `end` on, and the values without it (NaN on its days).

    Shape:  values (accounts, days), the last column being the day before `end`.
    """
    usual = values.copy()
    spikes = _spikes(values)
    first = end - timedelta(days=values.shape[1])
    recurring: Recurring = {}
    for account in np.flatnonzero(spikes.any(axis=1)):
        columns = np.flatnonzero(spikes[account])
        sizes = {first + timedelta(days=int(c)): float(values[account, c]) for c in columns}
        mailings, parts = _recurring(sizes, first, end)
        if mailings:
            usual[account, [(day - first).days for day in parts]] = np.nan
            recurring[int(account)] = mailings
    return recurring, usual


def _spikes(values: Floats) -> NDArray[np.bool_]:
    mean = known_or_zero(mean_known(values[:, -62:]))[:, None]
    least = np.maximum(_SPIKE_RATIO * mean, _SPIKE_LEAST)
    spikes = known_or_zero(values) >= np.maximum(least, _OVER_RHYTHM * _rhythm(values))
    busiest = max(-(-values.shape[1] // 30), 1) * _SPIKES_A_MONTH
    return np.where(spikes.sum(axis=1, keepdims=True) <= busiest, spikes, False)


def _rhythm(values: Floats) -> Floats:
    """What most of the last weeks reach on the weekday of each column: (accounts, days)."""
    days = values.shape[1]
    weeks = min(days // 7, _RHYTHM_WEEKS)
    if weeks <= _RHYTHM_PLACE:
        return np.zeros((len(values), days))
    recent = known_or_zero(values[:, days - 7 * weeks :]).reshape(len(values), weeks, 7)
    by_weekday = np.sort(recent, axis=1)[:, _RHYTHM_PLACE]
    return by_weekday[:, (np.arange(days) - days) % 7]


def _recurring(
    sizes: dict[date, float], first: date, today: date
) -> tuple[list[Mailing], set[date]]:
    """The next mailings of an account, and the days on which they were seen."""
    cycle = _cycle(sorted(sizes), today)
    if cycle:
        last = max(sizes)
        ahead = [last + timedelta(days=n * cycle) for n in range(1, 31 * _MONTHS_AHEAD // cycle)]
        return _mailings(ahead, list(sizes.values()), today), set(sizes)
    return _monthly(sizes, first, today)


def _cycle(days: Sequence[date], today: date) -> int | None:
    """Days between mailings that come every second, third or fourth week."""
    last = days[-_LEAST_CYCLES - 1 :]
    gaps = {(b - a).days for a, b in pairwise(last)}
    if len(last) <= _LEAST_CYCLES or len(gaps) != 1:
        return None
    gap = gaps.pop()
    is_alive = (today - last[-1]).days <= gap + _LATE_DAYS
    return gap if gap in _CYCLES and is_alive else None


def _monthly(sizes: dict[date, float], first: date, today: date) -> tuple[list[Mailing], set[date]]:
    """What came in each of the last months: two at least, and three when they are known."""
    this = (today.year, today.month)
    needed = 3 if date(*_month_shift(this, -3), 1) >= first else 2
    mailings: list[Mailing] = []
    parts: set[date] = set()
    for day in (day for day in sizes if (day.year, day.month) == _month_shift(this, -1)):
        if day in parts:
            continue
        same, is_weekday = _best_slot(day, sizes)
        months = {(d.year, d.month) for d in same}
        if not all(_month_shift(this, -back) in months for back in range(1, needed + 1)):
            continue
        move = _same_weekday if is_weekday else _same_day
        ahead = [move(day, _month_shift(this, n)) for n in range(this in months, _MONTHS_AHEAD)]
        mailings += _mailings(ahead, [sizes[d] for d in same], today)
        parts.update(same)
    return mailings, parts


def _best_slot(day: date, sizes: dict[date, float]) -> tuple[list[date], bool]:
    """Days of the same slot: by date, or by weekday where that explains exactly more months."""
    near = [d for d in sizes if 0.4 <= sizes[d] / sizes[day] <= 2.5]
    by_date = [d for d in near if _is_same_date(day, d)]
    by_weekday = [d for d in near if _same_weekday(day, (d.year, d.month)) == d]
    exact = [d for d in near if _same_day(day, (d.year, d.month)) == d]
    if len(by_weekday) > max(len(exact), len(by_date) - 1):
        return by_weekday, True
    return by_date, False


def _mailings(ahead: list[date], sizes: list[float], today: date) -> list[Mailing]:
    late = today - timedelta(days=_LATE_DAYS)
    size = float(np.mean(sizes[-_SIZES_KEPT:]))
    off = np.log(np.array(sizes) / np.mean(sizes))
    spread = (2.0 * _USUAL_DEVIATION**2 + float((off**2).sum())) / (2.0 + len(sizes))
    return [Mailing(max(d, today), size, float(np.sqrt(spread))) for d in ahead if d >= late]


def _is_same_date(day: date, other: date) -> bool:
    from_end = [monthrange(d.year, d.month)[1] - d.day for d in (day, other)]
    near_start = abs(day.day - other.day) <= _DAYS_FROM_START
    return near_start or (max(from_end) <= 5 and abs(from_end[0] - from_end[1]) <= _DAYS_FROM_END)


def _month_shift(month: tuple[int, int], by: int) -> tuple[int, int]:
    number = month[0] * 12 + month[1] - 1 + by
    return number // 12, number % 12 + 1


def _same_day(day: date, month: tuple[int, int]) -> date:
    """The same date in another month, counted from its end where it is near that."""
    length, here = monthrange(*month)[1], monthrange(day.year, day.month)[1]
    is_at_end = here - day.day <= _DAYS_FROM_END
    return date(*month, length - (here - day.day) if is_at_end else min(day.day, length))


def _same_weekday(day: date, month: tuple[int, int]) -> date:
    """The same weekday of another month: first to fourth, or the last one."""
    ordinal, length = (day.day - 1) // 7, monthrange(*month)[1]
    start = date(*month, 1)
    number = 1 + (day.weekday() - start.weekday()) % 7 + 7 * ordinal
    return date(*month, number if number <= length else number - 7)
