"""The tenant's local time: Europe/Berlin with its daylight-saving changes."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from simulator.mail.instant import DAY, HOUR, moment_of

ZONE = ZoneInfo("Europe/Berlin")
_PAY_DAY = 28
_REMINDER_DAY = 14


def local(instant: int) -> datetime:
    """Local wall time of an instant."""
    return moment_of(instant).astimezone(ZONE)


@cache
def hours_of_week(day: int) -> NDArray[np.int64]:
    """Local hour of the week, Monday 00:00 = 0, for each of the 24 UTC hours of a day."""
    times = [local(day * DAY + hour * HOUR) for hour in range(24)]
    return np.array([time.weekday() * 24 + time.hour for time in times])


def is_off_hours(instant: int) -> bool:
    """Weekend, or between 20:00 and 06:00 local time."""
    time = local(instant)
    return time.weekday() >= 5 or time.hour >= 20 or time.hour < 6


def payroll_share(day: int) -> float:
    """Share of staff that gets pay-roll mail on a day: all at month's end, some before it."""
    today = local(day * DAY + 12 * HOUR).date()
    if today == _workday_before(today.replace(day=_PAY_DAY)):
        return 1.0
    return 0.15 if today == _workday_before(today.replace(day=_REMINDER_DAY)) else 0.0


def _workday_before(day: date) -> date:
    return day - timedelta(days=max(0, day.weekday() - 4))
