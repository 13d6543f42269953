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
_WEEK_HOURS = np.int64(168)
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
    is_rare = sends_rarely(activity)
    first = activity.first_judged_day
    ranked = np.zeros(peaks.shape)
    for day in range(first, peaks.shape[1]):
        before = padded[:, day : day + width]
        recent = before[:, width - days :]
        ranked[:, day] = np.partition(recent, days - rank, axis=1)[:, days - rank]
        rare = is_rare[:, day]
        ranked[rare, day] = before[rare, width - MONTHLY_DAYS :].max(axis=1)
    return ranked


def sends_rarely(activity: QuarterHours) -> NDArray[np.bool_]:
    """Where an account sent on few of the four weeks' days before: (accounts, days)."""
    active = active_days_before(activity.daily("recipients"), 7 * QUIET_WEEKS)
    return np.asarray(active < LEAST_ACTIVE_DAYS)


def own_shares(activity: QuarterHours, part: str, whole: str, days: int) -> Floats:
    """A count's share of another over the `days` before each day; NaN without any:
    (accounts, days).
    """
    parts, wholes = (sums_before(activity.daily(name), days) for name in (part, whole))
    return np.where(wholes > 0, parts / np.maximum(wholes, 1.0), np.nan)


def sums_before(daily: Floats, days: int) -> Floats:
    """The sum over the `days` before each day: (accounts, days)."""
    running = np.pad(np.cumsum(daily, axis=1), ((0, 0), (1, 0)))
    day = np.arange(daily.shape[1])
    return np.asarray(running[:, day] - running[:, np.maximum(day - days, 0)])


def active_days_before(daily: Floats, days: int) -> Floats:
    """On how many of the `days` before each day values were above 0: (accounts, days)."""
    return sums_before(np.where(daily > 0, 1.0, 0.0), days)


def settled_days_before(
    activity: QuarterHours, name: str, days: int, settled: int = SETTLED
) -> Floats:
    """The same of a count without the account's first days, in which everything is new."""
    daily = activity.daily(name)
    is_settled = np.arange(daily.shape[1]) >= (activity.born_on + settled)[:, None]
    return active_days_before(np.where(is_settled, daily, 0.0), days)


def daily_peaks(activity: QuarterHours, values: Floats) -> Floats:
    """Largest value of each account and UTC day: (accounts, days); 0 on days without rows."""
    return activity.by_day(np.maximum(known_or_zero(values), 0.0), np.maximum)


def in_quiet_hours(activity: QuarterHours, rows: Ints) -> NDArray[np.bool_]:
    """Which of some rows lie in an hour of the local week that was nearly empty in the four weeks
    before: (rows,). The rows are in their order.

    Compared with the account's mean hour of these weeks, so a sender round the clock has none.
    The hours beside it count too, for jobs are moved a little and clocks change.
    """
    own = activity.account[rows] * ACCOUNT_STRIDE + activity.quarter[rows] // 4
    first = np.flatnonzero(np.diff(own, prepend=-1))  # row of each hour
    usual = np.repeat(_usual_of(activity, own[first]), np.diff(first, append=len(rows)))
    place = activity.account[rows], activity.day[rows]
    mean = sums_before(activity.daily("recipients"), 7 * QUIET_WEEKS)[place]
    mean /= QUIET_WEEKS * _WEEK_HOURS
    old = activity.since_start()[rows] >= 7 * QUIET_WEEKS * QUARTERS_PER_DAY
    # Where mail is rare nearly every hour of the week is empty: none of them is a quiet one.
    is_rare = sends_rarely(activity)[place]
    return np.asarray(old & ~is_rare & (usual <= _QUIET_SHARE * mean))


def _usual_of(activity: QuarterHours, own: Ints) -> Floats:
    """Mean recipients around some hours, as `hourly_recipients` numbers them, in the weeks before:
    (hours,).
    """
    hours, sums = activity.hourly_recipients
    usual = np.zeros(len(own))
    for weeks in range(1, QUIET_WEEKS + 1):
        for shift in (-1, 0, 1):
            earlier = own - weeks * _WEEK_HOURS + shift
            nearest = np.minimum(np.searchsorted(hours, earlier), len(hours) - 1)
            usual += np.where(hours[nearest] == earlier, sums[nearest], 0.0) / (3 * QUIET_WEEKS)
    return usual
