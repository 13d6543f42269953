"""Ceilings: an hour far above anything the account sent in three months.

The last line of defence: it knows no baseline and no announced sends and is high, so that nothing
that was taught to the other channels can hide it. While an account is still learning it is medium:
the first mailing of a new account looks the same, and is no page unless another signal speaks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hve_monitor.plural import plural
from models.baseline.baseline import DayForecast
from models.baseline.memory import Kept
from models.baseline.traffic import Traffic
from models.incident import Incident, Severity
from models.incidents.volume.stretch import Judgement, Stretch, stretch_incident
from models.statistics import Floats, known_or_zero

LEAST = 1000.0  # recipients per hour
TIMES_RECORD = 5.0
HISTORY_DAYS = 90
_MERGE_HOURS = 6
_STEADY_DAYS = 2  # with mail and without a new source, before a source can be new


@dataclass
class _OpenCeiling(Stretch):
    ceiling: float
    largest: float  # hour of the days before
    is_fresh: bool  # whether a source came that is new after days of known ones


class CeilingWatch:
    """Raises and closes ceiling incidents of some accounts, one local day after the other."""

    kept = Kept(
        days={"_largest": HISTORY_DAYS}, accounts=("_past", "_steady"), open_as=_OpenCeiling
    )

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic
        # Largest hour of each local day; NaN where nothing was read.
        self._largest = np.full((traffic.calendar.days, len(traffic.accounts)), np.nan)
        self._past = np.full(len(traffic.accounts), -np.inf)
        # Days with mail since the last one with a new source.
        self._steady = np.zeros(len(traffic.accounts), np.int64)
        self._open: dict[int, _OpenCeiling] = {}
        self.incidents: list[Incident] = []

    def begin(self, day: int) -> None:
        """Take the largest hour of the days before."""
        past = self._largest[max(day - HISTORY_DAYS, 0) : day]
        self._past = np.fmax.reduce(past, axis=0, initial=-np.inf)

    def watch(self, day: int, _: DayForecast) -> None:
        """Look at one local day."""
        first, last = self._traffic.calendar.columns(day)
        if first == last:
            return
        sent = self._traffic.sent[:, first:last]
        ceiling = np.maximum(LEAST, TIMES_RECORD * self._past)
        # No past, no maximum; an unread hour is above nothing.
        over = (sent > ceiling[:, None]) & np.isfinite(self._past)[:, None]
        self._largest[day] = np.fmax.reduce(sent, axis=1)
        for account in np.flatnonzero(over.any(axis=1)).tolist():
            for hour in (first + np.flatnonzero(over[account])).tolist():
                self._take(account, hour, first, float(ceiling[account]))
        for account, stretch in list(self._open.items()):
            if last - stretch.last > _MERGE_HOURS:
                self._close(account, is_over=True)

    def learn(self, day: int) -> None:
        """Count the days with mail on which every source was known."""
        first, last = self._traffic.calendar.columns(day)
        sources = self._traffic.new_sources[:, first:last]
        has_mail = (known_or_zero(self._traffic.sent[:, first:last]) > 0.0).any(axis=1)
        has_mail &= ~np.isnan(sources).all(axis=1) if first < last else False
        is_new = (known_or_zero(sources) > 0.0).any(axis=1)
        self._steady = np.where(is_new, 0, self._steady + has_mail)

    def forget(self, account: int, first: int, last: int) -> None:
        """Leaves hours out of what later ceilings are measured by: no attack may raise them."""
        calendar, sent = self._traffic.calendar, self._traffic.sent[account].copy()
        sent[first:last] = np.nan
        for day in np.unique(calendar.day[first:last]).tolist():
            begin, end = calendar.columns(day)
            self._largest[day, account] = np.fmax.reduce(sent[begin:end], initial=np.nan)

    def finish(self) -> None:
        """Report what goes on at the end of the grid."""
        for account, stretch in sorted(self._open.items()):
            hours = self._traffic.complete_hours - stretch.last
            self._close(account, is_over=hours > _MERGE_HOURS)

    def _take(self, account: int, hour: int, midnight: int, ceiling: float) -> None:
        stretch = self._open.get(account)
        if stretch is not None and hour - stretch.last > _MERGE_HOURS:
            self._close(account, is_over=True)
            stretch = None
        if stretch is None:
            detected = self._detected(account, hour, ceiling)
            largest = float(self._past[account])
            sources = known_or_zero(self._traffic.new_sources[account, midnight : hour + 1])
            is_fresh = bool(sources.any()) and bool(self._steady[account] >= _STEADY_DAYS)
            self._open[account] = _OpenCeiling(hour, hour, detected, ceiling, largest, is_fresh)
        else:
            stretch.last = hour

    def _detected(self, account: int, hour: int, ceiling: float) -> int:
        """The quarter-hour after the one that passed the ceiling."""
        sent = np.nancumsum(self._traffic.quarters[account, hour])
        above: NDArray[np.intp] = np.flatnonzero(sent > ceiling)
        return 4 * hour + (int(above[0]) if len(above) else 3) + 1

    def _close(self, account: int, *, is_over: bool) -> None:
        stretch, traffic = self._open.pop(account), self._traffic
        first, end = stretch.first, stretch.last + 1
        traffic.recall(first)
        most = float(np.nanmax(traffic.sent[account, first:end]))
        ratio = most / stretch.ceiling
        learning = bool(traffic.learning[account, first] > 0)
        past = f"never more than {stretch.largest:,.0f}" if round(stretch.largest) else "never any"
        since = "its first days" if learning else f"the {HISTORY_DAYS} days before"
        reason = f"{plural(most, 'recipient')} in one hour; {past} in {since}"
        severity: Severity = "medium" if learning else "high"
        judgement = Judgement("ceiling", severity, ratio / (ratio + 1.0), reason, learning)
        size = traffic.size(account, first, end)
        incident = stretch_incident(
            traffic, account, stretch.quarters, size, judgement, is_over=is_over
        )
        support = ("new_source",) if stretch.is_fresh else ()
        self.incidents.append(replace(incident, support=support))


def breaks_ceiling(sent: Floats, first: int, last: int) -> bool:
    """Whether an hour from first to last - 1 is above the ceiling of the days before it.

    Shape:  sent (hours,) of one account; NaN where an hour was not read.
    """
    before = sent[max(first - HISTORY_DAYS * 24, 0) : first]
    largest = float(known_or_zero(before).max(initial=0.0))
    within = known_or_zero(sent[first:last])
    return bool((within > max(LEAST, TIMES_RECORD * largest)).any())
