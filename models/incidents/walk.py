"""Baselines and incidents of every account of a grid.

The days are walked through once, in the tenant's local time, for a few hundred accounts at a
time: forecast the day, look for surges and silences in it, cut their hours out of the history,
then learn the day. An hour's output therefore never depends on a later day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from models.baseline.baseline import LocalCalendar, local_calendar
from models.baseline.grid import HourlyGrid
from models.baseline.traffic import Traffic
from models.incident import Incident, by_start
from models.incidents.verdicts import Feedback
from models.incidents.volume.ceiling import CeilingWatch
from models.incidents.volume.drift import DriftWatch
from models.incidents.volume.silence import SilenceWatch
from models.incidents.volume.supporting import Surroundings
from models.incidents.volume.surge import SurgeWatch
from models.statistics import Floats

_ACCOUNTS_AT_ONCE = 512  # keeps the working arrays in the processor's cache


@dataclass(frozen=True)
class Analysis:
    """Baseline of every account-hour and the incidents, ordered by start.

    Shape:  (accounts, hours) as in the grid.
    Units:  recipients per hour; NaN where there is no baseline yet. learning_day is n of 14
            while an account is learning, else 0.
    """

    expected: Floats
    lo80: Floats
    hi80: Floats
    lo95: Floats
    hi95: Floats
    learning_day: NDArray[np.int16]
    incidents: tuple[Incident, ...]


def analyse(
    grid: HourlyGrid,
    timezone: str,
    holidays: Iterable[date] = (),
    feedback: Feedback | None = None,
) -> Analysis:
    """Baselines, intervals and incidents of a grid, by the local hours of an IANA time zone.

    feedback: verdicts on earlier incidents, taken up on the day after they were given.
    Raises: zoneinfo.ZoneInfoNotFoundError for an unknown time zone.
    """
    calendar = local_calendar(grid.start, grid.hours, timezone, holidays)
    series = np.full((5, *grid.recipients.shape), np.nan)
    learning = np.zeros(grid.recipients.shape, np.int16)
    incidents: list[Incident] = []
    accounts = len(grid.accounts) if grid.hours else 0
    for first in range(0, accounts, _ACCOUNTS_AT_ONCE):
        rows = slice(first, min(first + _ACCOUNTS_AT_ONCE, accounts))
        traffic, raised = _walk_days(grid, rows, calendar, feedback or Feedback())
        series[0, rows] = traffic.expected
        series[1:, rows] = traffic.bounds
        learning[rows] = traffic.learning
        incidents.extend(raised)
    incidents.sort(key=by_start)
    expected, lo95, lo80, hi80, hi95 = series
    return Analysis(expected, lo80, hi80, lo95, hi95, learning, tuple(incidents))


def _walk_days(
    grid: HourlyGrid, rows: slice, calendar: LocalCalendar, feedback: Feedback
) -> tuple[Traffic, list[Incident]]:
    traffic = Traffic(grid, rows, calendar)
    surroundings = Surroundings(traffic)
    surges, silences = SurgeWatch(traffic, surroundings), SilenceWatch(traffic)
    drifts, ceilings = DriftWatch(traffic), CeilingWatch(traffic)
    watches = surges, silences, drifts, ceilings
    for day in range(calendar.days):
        feedback.apply(day, traffic, ceilings)
        for part in (traffic, surroundings, *watches):
            part.begin(day)
        forecast = traffic.forecast(day)
        for watch in watches:
            watch.watch(day, forecast)
        for part in (traffic, surroundings, *watches):
            part.learn(day)
    for watch in watches:
        watch.finish()
    raised = [_with_silence(incident, traffic, silences) for incident in surges.incidents]
    return traffic, raised + silences.incidents + drifts.incidents + ceilings.incidents


def _with_silence(incident: Incident, traffic: Traffic, silences: SilenceWatch) -> Incident:
    hour = int((incident.started_at - traffic.grid.start).total_seconds() // 3600)
    account = traffic.accounts.index(incident.account)
    silence = silences.signal(account, int(traffic.calendar.day[hour]))
    return replace(incident, signals=(*incident.signals, silence))
