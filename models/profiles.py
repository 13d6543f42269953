"""Daily profiles: how many recipients an account will mail on each weekday.

Regular accounts: weekday profile times the level of the last three weeks. Under six weeks of
history, or in bursts: mean of the same weekdays with bursts limited. Under two a day: mean of
28 days and of the weekdays, half each. Mailings that come back every month are kept apart and
added on their day.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from models.counts import mean_known, median_known, sum_known
from models.grid import Floats

METHODS = (
    "weekday profile × level",
    "mean of same weekdays, bursts limited",
    "mean of 28 days and of weekdays",
    "mean of the days so far",
)
REGULAR, LIMITED, SPARSE, YOUNG = range(4)

_PROFILE_WEEKS = 8
_LEVEL_DAYS = 21
_SPARSE_PER_DAY = 2.0
_MOST_MEDIANS = 6.0
_BURSTY = 1.0  # deviation from the weekday's mean, relative to the mean day
_SPIKE_RATIO = 6.0  # times the account's mean day
_SPIKE_LEAST = 50.0
_SPIKES_A_MONTH = 3  # more of them are a weekly rhythm, which the weekday profile has already
_DAYS_FROM_START = 2
_DAYS_FROM_END = 3  # the last working day moves by weekends


@dataclass(frozen=True)
class DailyHistory:
    """Recipients per account and UTC day, ending with the last complete day.

    Shape:  values (accounts, days); NaN before the account's first day.
    """

    values: Floats
    end: date  # the day after the last column

    def before(self, day: date) -> DailyHistory:
        """The history as it was known when `day` began."""
        return DailyHistory(self.values[:, : self.values.shape[1] - (self.end - day).days], day)

    def weekdays(self) -> NDArray[np.int64]:
        """Weekday of every column, Monday = 0."""
        days = self.values.shape[1]
        return (self.end.weekday() - np.arange(days, 0, -1)) % 7


@dataclass(frozen=True)
class Profile:
    """What is expected of each account: (accounts, 7) by weekday, and monthly mailings by date."""

    by_weekday: Floats
    method: NDArray[np.int64]  # number in METHODS
    recurring: dict[int, list[tuple[date, float]]]  # account row: next dates and sizes
    usual: DailyHistory  # the history without the monthly mailings

    def expected(self, days: list[date]) -> Floats:
        """Recipients expected per account and day, without monthly mailings: (accounts, days)."""
        return self.by_weekday[:, [day.weekday() for day in days]]

    def mailings(self, days: list[date], sent_today: Floats) -> Floats:
        """Recipients of monthly mailings due on the days: (accounts, days).

        What an account sent on the first of the days counts as the beginning of its mailing.
        """
        sizes = np.zeros((len(self.by_weekday), len(days)))
        column = {day: place for place, day in enumerate(days)}
        for account, mailings in self.recurring.items():
            for day, size in mailings:
                if day in column:
                    sizes[account, column[day]] += size
        sizes[:, :1] = np.maximum(sizes[:, :1] - sent_today[:, None], 0.0)
        return sizes


def fit_profile(history: DailyHistory) -> Profile:
    """Profile of every account from the days of its history."""
    recurring, usual = _split_recurring(history)
    recent = usual[:, -7 * _PROFILE_WEEKS :]
    weekdays = history.weekdays()[-7 * _PROFILE_WEEKS :]
    by_weekday = [recent[:, weekdays == weekday] for weekday in range(7)]
    mean = np.stack([mean_known(days) for days in by_weekday], axis=1)
    flat = np.nan_to_num(mean_known(recent[:, -28:]))[:, None]
    mean = np.where(np.isnan(mean), flat, mean)
    method = _methods(usual, recent, mean[:, weekdays], flat[:, 0])
    choices = (
        mean * _level(recent, mean[:, weekdays]),
        np.where(np.isnan(limited := _limited_means(by_weekday)), flat, limited),
        0.5 * flat + 0.5 * mean,
        np.broadcast_to(flat, mean.shape),
    )
    return Profile(
        np.choose(method[:, None], choices), method, recurring, DailyHistory(usual, history.end)
    )


def _methods(usual: Floats, recent: Floats, fitted: Floats, per_day: Floats) -> NDArray[np.int64]:
    known = (~np.isnan(usual)).sum(axis=1)
    deviation = np.sqrt(np.nan_to_num(mean_known((recent - fitted) ** 2)))
    is_bursty = deviation > _BURSTY * np.maximum(np.nan_to_num(mean_known(recent)), 1e-9)
    method = np.where((known < 42) | is_bursty, LIMITED, REGULAR)
    method = np.where(per_day < _SPARSE_PER_DAY, SPARSE, method)
    return np.where(known < 14, YOUNG, method)


def _level(recent: Floats, fitted: Floats) -> Floats:
    last, usual = recent[:, -_LEVEL_DAYS:], fitted[:, -_LEVEL_DAYS:]
    usual = np.where(np.isnan(last), np.nan, usual)
    level = sum_known(last) / np.maximum(sum_known(usual), 1e-9)
    return np.where(sum_known(usual) > 0, np.clip(level, 0.25, 4.0), 1.0)[:, None]


def _limited_means(by_weekday: list[Floats]) -> Floats:
    """Mean of the last six of each weekday, each limited to six times their median.

    The median alone is the robust choice but lies under the mean of skewed counts, and costs
    are sums. A weekday whose median is 0 keeps its mean.
    """
    means = []
    for days in by_weekday:
        last = days[:, -6:].T
        if not len(last):
            return np.full((by_weekday[0].shape[0], 7), np.nan)
        median = median_known(last)
        limit = np.where(median > 0, _MOST_MEDIANS * median, np.inf)
        means.append(mean_known(np.minimum(last, limit), axis=0))
    return np.stack(means, axis=1)


def _split_recurring(
    history: DailyHistory,
) -> tuple[dict[int, list[tuple[date, float]]], Floats]:
    """Mailings that came back in each of the last two months, and the history without them."""
    usual = history.values.copy()
    spikes = _spikes(history.values)
    days = [history.end - timedelta(days=back) for back in range(usual.shape[1], 0, -1)]
    found: dict[int, list[tuple[date, float]]] = {}
    for account in np.flatnonzero(spikes.any(axis=1)):
        dates = [days[column] for column in np.flatnonzero(spikes[account])]
        sizes = dict(zip(dates, usual[account, spikes[account]], strict=True))
        mailings, parts = _recurring(dates, sizes, days[0], history.end)
        if mailings:
            usual[account, [d in parts for d in days]] = np.nan
            found[int(account)] = mailings
    return found, usual


def _spikes(values: Floats) -> NDArray[np.bool_]:
    mean = np.nan_to_num(mean_known(values[:, -62:]))[:, None]
    spikes = np.nan_to_num(values) >= np.maximum(_SPIKE_RATIO * mean, _SPIKE_LEAST)
    busiest = max(-(-values.shape[1] // 30), 1) * _SPIKES_A_MONTH
    return np.where(spikes.sum(axis=1, keepdims=True) <= busiest, spikes, False)


def _recurring(
    dates: list[date], sizes: dict[date, float], first: date, today: date
) -> tuple[list[tuple[date, float]], set[date]]:
    """What came in each of the last months, two at least, and three when they are known.

    Returns the next dates with sizes, for fourteen months, and the days it was seen on.
    """
    this = (today.year, today.month)
    wanted = 3 if date(*_month_shift(this, -3), 1) >= first else 2
    mailings: list[tuple[date, float]] = []
    parts: set[date] = set()
    for day in (day for day in dates if (day.year, day.month) == _month_shift(this, -1)):
        same = [d for d in dates if _is_same_slot(day, d) and 0.4 <= sizes[d] / sizes[day] <= 2.5]
        months = {(d.year, d.month) for d in same}
        if not all(_month_shift(this, -back) in months for back in range(1, wanted + 1)):
            continue
        size = float(np.mean([sizes[d] for d in same][-3:]))
        mailings += _next_dates(day, size, today, is_done=this in months)
        parts.update(same)
    return mailings, parts


def _next_dates(day: date, size: float, today: date, *, is_done: bool) -> list[tuple[date, float]]:
    due = [_same_day(day, _month_shift((today.year, today.month), n)) for n in range(is_done, 15)]
    # A mailing may come two days late before it is given up for this month.
    late = today - timedelta(days=_DAYS_FROM_START)
    return [(max(d, today), size) for d in due if d >= late]


def _is_same_slot(day: date, other: date) -> bool:
    from_end = [monthrange(d.year, d.month)[1] - d.day for d in (day, other)]
    near_start = abs(day.day - other.day) <= _DAYS_FROM_START
    return near_start or (max(from_end) <= 5 and abs(from_end[0] - from_end[1]) <= _DAYS_FROM_END)


def _month_shift(month: tuple[int, int], by: int) -> tuple[int, int]:
    number = month[0] * 12 + month[1] - 1 + by
    return number // 12, number % 12 + 1


def _same_day(day: date, month: tuple[int, int]) -> date:
    length, here = monthrange(*month)[1], monthrange(day.year, day.month)[1]
    is_at_end = here - day.day <= _DAYS_FROM_END
    return date(*month, length - (here - day.day) if is_at_end else min(day.day, length))
