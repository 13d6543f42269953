"""By when an account always sends on this day of the week: its own clock.

Neither the length of a pause nor the mail that is missing shows one missed batch of an account that
sends once a day. Here the evidence are four weeks in which it never missed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.statistics import Floats

_WEEKS = 4
PAST_DAYS = 7 * _WEEKS
_LEAST_DAYS = 12  # expected days of four weeks
_SLACK_HOURS = 2
_REGULAR_HOURS = 3  # between the usual and the latest first send
_LEAST_SENT = 10.0  # recipients, on each of the same weekdays
NEVER = 99
Hours = NDArray[np.int64]


class Deadlines(NamedTuple):
    """By account: the local hour by whose start it always has sent, and what a usual day sends.

    hour: NEVER where it has no such clock on this day.
    """

    hour: Hours
    amount: Floats


def deadlines(first: Hours, amounts: Floats) -> Deadlines:
    """The deadlines of the local day that follows some days; none after fewer than PAST_DAYS.

    Shape:  first (days, accounts): local hour of the first mail of a day, NEVER without any;
            amounts (days, accounts): recipients of the day.
    """
    if len(first) < PAST_DAYS:
        return Deadlines(np.full(first.shape[1], NEVER), np.zeros(first.shape[1]))
    hour, amount = np.full(first.shape[1], NEVER), np.zeros(first.shape[1])
    by_weekday = first.reshape(_WEEKS, 7, -1) < NEVER
    least = amounts.reshape(_WEEKS, 7, -1)[:, 0].min(axis=0)
    may = by_weekday[:, 0].all(axis=0) & (least >= _LEAST_SENT)
    may &= _WEEKS * by_weekday.all(axis=0).sum(axis=0) >= _LEAST_DAYS
    rows = np.flatnonzero(may)
    expected = np.tile(by_weekday[:, :, rows].all(axis=0), (_WEEKS, 1))
    latest = np.where(expected, first[:, rows], 0).max(axis=0)
    is_regular = latest - _middle(first[:, rows], expected) <= _REGULAR_HOURS
    is_regular &= latest + _SLACK_HOURS < 24
    hour[rows] = np.where(is_regular, latest + _SLACK_HOURS, NEVER)
    amount[rows] = _middle(amounts[:, rows], expected)
    return Deadlines(hour, amount)


def _middle(values: Floats | Hours, kept: NDArray[np.bool_]) -> Floats:
    """The lower median of the kept values along the first axis; infinite without any."""
    ordered = np.sort(np.where(kept, values, np.inf), axis=0)
    middle = np.maximum(kept.sum(axis=0) - 1, 0) // 2
    return np.asarray(np.take_along_axis(ordered, middle[None], axis=0)[0])
