"""What was the most of something in an account's own days, so that a signal can exceed it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.incidents.signals.quarter_hours import (
    ACCOUNT_STRIDE,
    QUARTERS_PER_DAY,
    Floats,
    Ints,
    QuarterHours,
)
from models.statistics import known_or_zero

SETTLED = 14  # days after which an account's recipients, sources and subjects mean something
QUIET_WEEKS = 4
_QUIET_SHARE = 0.25
LEAST_ACTIVE_DAYS = 12  # of four weeks: an account with fewer sends rarely
MONTHLY_DAYS = 63  # hold two monthly mailings, so that the third is no news


def own_records(
    activity: QuarterHours, values: Floats, *, days: int, gap: int, rank: int, settled: int
) -> Floats:
    """The `rank`-th highest daily maximum of the `days` before each judged day: (accounts, days).

    gap: days right before the row that are left out, since their windows overlap the row's.
    rank: 2 forgives one earlier incident; it must not hide the next one. An account that sends
        rarely has too few days to forgive one: its highest of two months counts.
    settled: first days of an account that are left out: everything is new to it then.
    """
    peaks = daily_peaks(activity, values)
    allowed = np.arange(peaks.shape[1]) >= (activity.born_on + settled)[:, None]
    width = max(days, MONTHLY_DAYS)
    padded = np.pad(np.where(allowed, peaks, 0.0), ((0, 0), (width + gap, 0)))
    is_rare = _is_rare(activity)
    first = activity.first_judged_day
    ranked = np.zeros(peaks.shape)
    for day in range(first, peaks.shape[1]):
        before = padded[:, day : day + width]
        recent = before[:, width - days :]
        ranked[:, day] = np.partition(recent, days - rank, axis=1)[:, days - rank]
        rare = is_rare[:, day]
        ranked[rare, day] = before[rare, width - MONTHLY_DAYS :].max(axis=1)
    return ranked


def _is_rare(activity: QuarterHours) -> NDArray[np.bool_]:
    """Where an account sent on few of the four weeks' days before: (accounts, days)."""
    sums = daily_sums(activity, activity.counts["recipients"])
    running = np.pad(np.cumsum(sums > 0, axis=1), ((0, 0), (1, 0)))
    day = np.arange(sums.shape[1])
    active: Ints = running[:, day] - running[:, np.maximum(day - 7 * QUIET_WEEKS, 0)]
    return np.asarray(active < LEAST_ACTIVE_DAYS)


def sends_rarely(activity: QuarterHours) -> NDArray[np.bool_]:
    """Rows of accounts that sent on few of the four weeks' days before."""
    return np.asarray(_is_rare(activity)[activity.account, activity.day])


def own_shares(activity: QuarterHours, part: str, whole: str, days: int) -> Floats:
    """For every row, a count's share of another over the `days` before its day; NaN without any."""
    parts, wholes = (sums_before(activity, activity.counts[name], days) for name in (part, whole))
    return np.where(wholes > 0, parts / np.maximum(wholes, 1.0), np.nan)


def sums_before(activity: QuarterHours, values: Floats, days: int) -> Floats:
    """For every row, the sum over the `days` before its day."""
    return _sums_before(activity, daily_sums(activity, values), days)


def active_days_before(activity: QuarterHours, values: Floats, days: int) -> Floats:
    """For every row, on how many of the `days` before its day values were above 0."""
    active = daily_sums(activity, values) > 0
    return _sums_before(activity, np.where(active, 1.0, 0.0), days)


def settled_days_before(
    activity: QuarterHours, values: Floats, days: int, settled: int = SETTLED
) -> Floats:
    """The same without the account's first days, in which everything is new."""
    active = daily_sums(activity, values) > 0
    counted = active & (np.arange(active.shape[1]) >= (activity.born_on + settled)[:, None])
    return _sums_before(activity, np.where(counted, 1.0, 0.0), days)


def _sums_before(activity: QuarterHours, daily: Floats, days: int) -> Floats:
    running = np.pad(np.cumsum(daily, axis=1), ((0, 0), (1, 0)))
    day = np.arange(daily.shape[1])
    sums = running[:, day] - running[:, np.maximum(day - days, 0)]
    return np.asarray(sums[activity.account, activity.day])


def daily_peaks(activity: QuarterHours, values: Floats) -> Floats:
    """Largest value of each account and UTC day: (accounts, days); 0 on days without rows."""
    return activity.by_day(np.maximum(known_or_zero(values), 0.0), np.maximum)


def daily_sums(activity: QuarterHours, values: Floats) -> Floats:
    """Sum of each account and UTC day: (accounts, days)."""
    return activity.by_day(values, np.add)


def in_quiet_hours(activity: QuarterHours) -> NDArray[np.bool_]:
    """Rows in an hour of the local week that was nearly empty in the four weeks before.

    Compared with the account's mean hour of these weeks, so a sender round the clock has none.
    The hours beside it count too, for jobs are moved a little and clocks change.
    """
    week = np.int64(168)
    hour = activity.quarter // 4
    keys, place = np.unique(activity.account * ACCOUNT_STRIDE + hour, return_inverse=True)
    sums = np.bincount(place, known_or_zero(activity.counts["recipients"]), len(keys))
    usual = np.zeros(len(keys))
    for weeks in range(1, QUIET_WEEKS + 1):
        for shift in (-1, 0, 1):
            earlier = keys - weeks * week + shift
            nearest = np.minimum(np.searchsorted(keys, earlier), len(keys) - 1)
            usual += np.where(keys[nearest] == earlier, sums[nearest], 0.0) / (3 * QUIET_WEEKS)
    month = sums_before(activity, activity.counts["recipients"], 7 * QUIET_WEEKS)
    mean = month / (QUIET_WEEKS * week)
    old = activity.since_start() >= 7 * QUIET_WEEKS * QUARTERS_PER_DAY
    # Where mail is rare nearly every hour of the week is empty: none of them is a quiet one.
    return np.asarray(old & ~sends_rarely(activity) & (usual[place] <= _QUIET_SHARE * mean))
