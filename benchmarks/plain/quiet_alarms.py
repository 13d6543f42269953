"""Two plain alarms for silence: no mail for a day, and none for twice the mean interval."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from models.baseline.grid import HourlyGrid

_DAY = 24
_DAYS_BEFORE = 56
_LEAST_INTERVALS = 2
_TIMES_MEAN = 2.0
Patience = Callable[[NDArray[np.intp]], float]  # hours, from the hours with mail so far


@dataclass(frozen=True)
class QuietAlarm:
    """An account that has sent nothing for too long; `ended_at` is its next mail, if any."""

    account: str
    raised_at: datetime
    ended_at: datetime


def day_without_mail(grid: HourlyGrid) -> list[QuietAlarm]:
    """An alarm for every 24 hours without mail, once until there is mail again."""
    return list(_alarms(grid, lambda _before: _DAY))


def twice_the_mean_interval(grid: HourlyGrid) -> list[QuietAlarm]:
    """An alarm after twice the mean interval of the days with mail, of the 56 days before."""
    return list(_alarms(grid, _twice_the_mean))


def _twice_the_mean(before: NDArray[np.intp]) -> float:
    """Hours; without enough intervals there is no mean, and never an alarm."""
    days = np.unique(before[before >= before[-1] - _DAY * _DAYS_BEFORE] // _DAY)
    if len(days) <= _LEAST_INTERVALS:
        return np.inf
    return float(_TIMES_MEAN * _DAY * np.diff(days).mean())


def _alarms(grid: HourlyGrid, patience_of: Patience) -> Iterator[QuietAlarm]:
    for row, account in enumerate(grid.accounts):
        busy = np.flatnonzero(np.nan_to_num(grid.recipients[row]) > 0.0)
        ends = [*busy[1:].tolist(), grid.hours]
        for place, (last, end) in enumerate(zip(busy.tolist(), ends, strict=True)):
            if end - last <= _DAY:
                continue
            raised = last + 1 + patience_of(busy[: place + 1])
            if raised < end:
                yield QuietAlarm(account, _at(grid, raised), _at(grid, end))


def _at(grid: HourlyGrid, hour: float) -> datetime:
    return grid.start + timedelta(hours=hour)
