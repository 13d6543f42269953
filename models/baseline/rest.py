"""Hours in which the organisation rests: most accounts that usually have sent by then have not.

Holidays that nobody has entered look like an outage of every office account at once. Only accounts
that begin in the morning are asked, and only while somebody sends: where nobody does, the way out
may be broken. By night and at weekends, when nobody is awaited, the last answer holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.baseline.baseline import LocalCalendar
from models.baseline.hours import first_mails
from models.statistics import Floats, known_or_zero
from warehouse.store import StoredFiles

NEVER = 99
PAST_DAYS = 28
_MORNING = 5  # local hour: who begins before is a machine, or as good as one
_LEAST_AWAITED = 5  # accounts, and half of those of the day, before they are asked
_MOST_CAME = 0.5  # share of them while the organisation rests
_LONGEST_MEMORY = 4 * 24  # hours for which an answer holds: a long weekend
_BEFORE = timedelta(days=PAST_DAYS + 6)  # that an answer may depend on
Hours = NDArray[np.int64]


def rest_hours(first: Hours, calendar: LocalCalendar) -> frozenset[int]:
    """Columns of the calendar before which it is known that the organisation rests.

    Shape:  first (local days, accounts): local hour of the first mail of a day, NEVER without
            any.
    """
    after = np.flatnonzero(_rests(first)[calendar.day, calendar.hour])
    return frozenset((after + 1).tolist())


def rest_of(
    store: StoredFiles, tenant: str, calendar: LocalCalendar, start: datetime, since: datetime
) -> frozenset[int]:
    """The same for a tenant, right from `since` on; start: of the calendar's first hour."""
    count = len(calendar.day)
    times = pd.date_range(start, periods=count, freq="h")
    local = pd.DataFrame({"hour_utc": times, "day": calendar.day, "hour": calendar.hour})
    begin, until = max(start, since - _BEFORE), start + timedelta(hours=count)
    frame = first_mails(store, tenant, begin, until, local)
    accounts, names = pd.factorize(frame["account"])
    first = np.full((calendar.days, len(names)), NEVER)
    first[frame["day"].to_numpy(), accounts] = frame["hour"].to_numpy()
    return rest_hours(first, calendar)


def first_hours(recipients: Floats, calendar: LocalCalendar) -> Hours:
    """Local hour of the first mail of every day, NEVER without any: (local days, accounts)."""
    first = np.full((calendar.days, len(recipients)), NEVER)
    account, hour = np.nonzero(known_or_zero(recipients))
    np.minimum.at(first, (calendar.day[hour], account), calendar.hour[hour])
    return first


def _rests(first: Hours) -> NDArray[np.bool_]:
    """Whether it rests, by local day and hour."""
    answers = np.zeros((len(first), 24), np.bool_)
    known, age = False, 0
    for day in range(PAST_DAYS, len(first)):
        for hour, answer in enumerate(_answers(first, day)):
            age = age + 1 if answer is None else 0
            known = known and age <= _LONGEST_MEMORY if answer is None else answer
            answers[day, hour] = known
    return answers


def _answers(first: Hours, day: int) -> Iterator[bool | None]:
    """By the end of each hour of the day; None where too few are awaited by then."""
    month = first[day - PAST_DAYS : day]
    # By when an account has sent on three of the four same weekdays.
    usual = np.sort(month[::7], axis=0)[2]
    usual[usual < _MORNING] = NEVER
    awaited = np.searchsorted(np.sort(usual), np.arange(24), side="right")
    both = np.sort(np.maximum(usual, first[day]))
    came = np.searchsorted(both, np.arange(24), side="right")
    anybody = np.searchsorted(np.sort(first[day]), np.arange(24), side="right")
    least = max(_LEAST_AWAITED, awaited[-1] / 2)
    for hour in range(24):
        if awaited[hour] < least:
            yield None
        else:
            yield bool(came[hour] < _MOST_CAME * awaited[hour] and anybody[hour] > 0)
