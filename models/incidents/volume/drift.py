"""Drifts and loops: a little too much, hour after hour.

The mean of log residuals, the last day counting most, must pass a fixed level and the account's
own record of eight weeks. One mailing of one hour hardly moves it; a script that sends the same
notice every few minutes does, and so does an account that has begun to send more than it should.

Source: Roberts, "Control chart tests based on geometric moving averages", 1959.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hve_monitor.plural import agreeing, plural
from models.baseline.baseline import DayForecast
from models.baseline.memory import Kept
from models.baseline.scores import trailing
from models.baseline.size import Size
from models.baseline.traffic import Traffic
from models.incident import Incident, Severity
from models.incidents.volume.stretch import Judgement, Stretch, stretch_incident
from models.statistics import Floats, blank, known_or_zero

_MEMORY = 0.88  # what one hour leaves to the next: eight hours on average
_REACH = 64
_LEVEL = 0.5  # of the mean log residual: half as much again, hour after hour
_RECORD = 1.25
_RECORD_DAYS = 56
_LEAST_EXCESS = 100.0  # recipients over the last day
_PRIOR = 5.0  # recipients: a few mails at night are no drift
_MOST_RESIDUAL = 1.5  # an hour counts as 4.5 times too much at most: a batch is no drift
_CALM_HOURS = 6
_LARGE, _TIMES_LARGE = 1000.0, 3.0  # recipients and times the expected: worth a look at any level


@dataclass
class _OpenDrift(Stretch):
    level: float
    bar: float


class DriftWatch:
    """Raises and closes the drifts of some accounts, one local day after the other.

    Hours that a surge or a silence has cut out are theirs and count as usual here.
    """

    kept = Kept(
        days={"_records": _RECORD_DAYS},
        hours=("_residual", "_excess"),
        accounts=("_bar",),
        open_as=_OpenDrift,
    )

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic
        self._residual = blank(traffic.sent.shape)
        self._excess = blank(traffic.sent.shape)
        self._records = np.zeros((traffic.calendar.days, len(traffic.accounts)))
        self._bar = np.zeros(len(traffic.accounts))
        self._open: dict[int, _OpenDrift] = {}
        self.incidents: list[Incident] = []

    def begin(self, day: int) -> None:
        """Take the level that the day must pass from the days before it."""
        before = self._records[max(day - _RECORD_DAYS, 0) : day]
        self._bar = np.maximum(_LEVEL, _RECORD * before.max(axis=0, initial=0.0))

    def watch(self, day: int, forecast: DayForecast) -> None:
        """Look at one local day that has its forecast."""
        first, last = self._traffic.calendar.columns(day)
        if first == last:
            return
        sent = self._traffic.baseline.values[:, first:last]
        usual = np.where(forecast.is_seasonal, forecast.own_hour, np.nan)
        excess = known_or_zero(sent - usual)
        residual = known_or_zero(np.log((sent + _PRIOR) / (usual + _PRIOR)))
        self._excess[:, first:last] = excess
        self._residual[:, first:last] = np.minimum(residual, _MOST_RESIDUAL)
        level = self._levels(first, last)
        self._records[day] = level.max(axis=1)
        self._find(first, last, level)

    def learn(self, day: int) -> None:
        """The day is remembered while it is watched."""

    def finish(self) -> None:
        """Report the drifts that go on at the end of the grid."""
        for account in sorted(self._open):
            self._close(account, is_over=False)

    def _levels(self, first: int, last: int) -> Floats:
        begin = max(first - _REACH, 0)
        level = trailing((1.0 - _MEMORY) * self._residual[:, begin:last], _MEMORY, np.add, _REACH)
        return level[:, first - begin :]

    def _find(self, first: int, last: int, level: Floats) -> None:
        over = (level > self._bar[:, None]) & (self._traffic.learning[:, first:last] == 0)
        over &= ~self._traffic.baseline.is_sparse[:, None]  # a day of mail is its habit, no drift
        accounts = set(np.flatnonzero(over.any(axis=1)).tolist()) | set(self._open)
        for account in sorted(accounts):
            for hour in range(first, min(last, self._traffic.complete_hours)):
                at = hour - first
                if account in self._open:
                    self._grow(account, hour, float(level[account, at]))
                elif over[account, at]:
                    self._raise(account, hour, float(level[account, at]))

    def _raise(self, account: int, hour: int, level: float) -> None:
        day = self._excess[account, max(hour - 23, 0) : hour + 1]
        if self._excess[account, hour] <= 0 or day.sum() < _LEAST_EXCESS:
            return
        # It began where the excess since then is largest.
        begin = hour - int(np.cumsum(day[::-1]).argmax())
        bar = float(self._bar[account])
        self._open[account] = _OpenDrift(begin, hour, 4 * hour + 4, level, bar)
        self._traffic.cut(account, begin, begin, hour + 1)

    def _grow(self, account: int, hour: int, level: float) -> None:
        drift = self._open[account]
        if self._excess[account, hour] > 0 and level > 0.5 * drift.bar:
            drift.last, drift.level = hour, max(drift.level, level)
            self._traffic.cut(account, drift.first, hour, hour + 1)
        elif hour - drift.last >= _CALM_HOURS:
            self._close(account, is_over=True)

    def _close(self, account: int, *, is_over: bool) -> None:
        drift, traffic = self._open.pop(account), self._traffic
        first, end = drift.first, drift.last + 1
        size = traffic.size(account, first, end)
        reason = (
            f"{plural(size.observed, 'recipient')} in {end - first} h, more than usual hour after"
            f" hour; {size.expected:,.0f} {agreeing(size.expected, 'was', 'were')} expected"
        )
        severity = _severity(drift, size)
        judgement = Judgement("drift", severity, drift.level / (drift.level + drift.bar), reason)
        self.incidents.append(
            stretch_incident(traffic, account, drift.quarters, size, judgement, is_over=is_over)
        )


def _severity(drift: _OpenDrift, size: Size) -> Severity:
    extra = size.observed - size.expected
    is_large = extra >= _LARGE and size.observed >= _TIMES_LARGE * size.expected
    return "medium" if drift.level >= 2.0 * drift.bar or is_large else "low"
