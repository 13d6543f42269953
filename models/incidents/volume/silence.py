"""Silences: an account that usually sends has sent nothing for too long.

Each silent hour adds -log of its negative binomial probability of zero. The sum over the gap
must pass a fixed level and the account's own longest earlier gaps, so nights, weekends and
nightly batches explain themselves. Accounts whose whole week adds too little are left out.
In an hour that was not read mail may have gone out: what is not raised by then begins anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.baseline.baseline import DayForecast
from models.baseline.memory import Kept
from models.baseline.traffic import Traffic
from models.incident import Incident, Severity, Signal, count
from models.incidents.volume.stretch import Judgement, Quarters, stretch_incident
from models.statistics import Floats

_LEVEL = 9.0  # -log probability: 1 in 8,000 if hours were independent, which they are not
_OWN_GAPS = 1.5  # times the longest gap of its own past
_WEEK_LEVEL = 3.0 * _LEVEL
_LEAST_QUARTERS = 12
_LEAST_EXPECTED = 10.0
NO_VOLUME = "not enough volume to tell"


@dataclass
class _OpenSilence:
    first_quarter: int
    detected_quarter: int
    surprise: float
    bar: float
    cut_to: int
    unread: int = 0  # quarter-hours of it that were not read


class SilenceWatch:
    """Raises and closes the silences of some accounts, one local day after the other."""

    kept = Kept(
        days={"_days": 120},
        accounts=("_surprise", "_missed", "_since", "_own", "_is_heard"),
        open_as=_OpenSilence,
    )

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic
        accounts = len(traffic.accounts)
        self._surprise = np.zeros(accounts)
        self._missed = np.zeros(accounts)
        self._since = np.zeros(accounts, np.int64)  # quarter-hour after the last one with a row
        self._own = np.zeros(accounts)
        self._days = np.zeros((traffic.calendar.days, accounts))
        self._is_heard = np.zeros(accounts, np.bool_)
        self._open: dict[int, _OpenSilence] = {}
        self.incidents: list[Incident] = []

    def begin(self, day: int) -> None:
        """Take from the week before whether there is enough to miss."""
        self._is_heard = self.has_volume(day)

    def watch(self, day: int, forecast: DayForecast) -> None:
        """Look at one local day that has its forecast."""
        first, last = self._traffic.calendar.columns(day)
        known = self._traffic.is_known(first, last)
        # Without two weeks of the same weekday a weekend would look like an outage.
        expected = np.where(known & forecast.is_seasonal, forecast.expected, 0.0)
        size = forecast.size[:, None]
        surprise = size * np.log1p(expected / size)
        self._days[day] = surprise.sum(axis=1)
        may_raise = self._is_heard & (forecast.learning_day == 0)
        for hour in range(first, last):
            column = hour - first
            self._step(hour, surprise[:, column], expected[:, column], may_raise)
        self._cut(last)

    def learn(self, day: int) -> None:
        """The day is remembered while it is watched."""

    def has_volume(self, day: int) -> NDArray[np.bool_]:
        """Accounts whose last seven days carry enough expectation to miss it."""
        enough: NDArray[np.bool_] = self._days[max(day - 7, 0) : day].sum(axis=0) >= _WEEK_LEVEL
        return enough

    def signal(self, account: int, day: int) -> Signal:
        """The silence signal of an incident of another kind."""
        if not self.has_volume(day)[account]:
            return Signal("silence", None, "unavailable", NO_VOLUME)
        return Signal("silence", 0.0, "quiet", "the account is sending")

    def finish(self) -> None:
        """Report the silences that go on at the end of the grid."""
        end = self._traffic.grid.quarters_over
        for account, silence in sorted(self._open.items()):
            self.incidents.append(self._incident(account, silence, end, is_over=False))

    def _step(
        self, hour: int, surprise: Floats, expected: Floats, may_raise: NDArray[np.bool_]
    ) -> None:
        lead, trail, sent = self._edges(hour)
        whole = self._surprise + lead / 4.0 * surprise
        bar = np.maximum(_LEVEL, _OWN_GAPS * self._own)
        length = 4 * hour + lead - self._since
        due = may_raise & (lead > 0) & (whole >= bar) & (length >= _LEAST_QUARTERS)
        due &= self._missed + lead / 4.0 * expected >= _LEAST_EXPECTED
        unread = np.isnan(self._traffic.sent[:, hour])
        due &= ~unread
        for account in np.flatnonzero(due).tolist():
            if account not in self._open:
                self._raise(account, hour, int(lead[account]), surprise, expected, bar)
        for account in [account for account in self._open if sent[account]]:
            self._close(account, 4 * hour + int(lead[account]), float(whole[account]))
            whole[account] = 0.0  # what was raised must not become the account's own longest gap
        # Young baselines do not know weekends and nights yet: their gaps say nothing.
        ended = sent & (self._traffic.learning[:, hour] == 0)
        self._own = np.where(ended, np.maximum(self._own, whole), self._own)
        self._surprise = np.where(sent, trail / 4.0 * surprise, self._surprise + surprise)
        self._missed = np.where(sent, trail / 4.0 * expected, self._missed + expected)
        self._since = np.where(sent, 4 * hour + 4 - trail, self._since)
        self._begin_anew(hour, unread)

    def _begin_anew(self, hour: int, unread: NDArray[np.bool_]) -> None:
        """After an hour that was not read; a silence that was raised goes on without it."""
        if not unread.any():
            return
        for account, silence in self._open.items():
            silence.unread += 4 if unread[account] else 0
        lost = unread.copy()
        lost[[*self._open]] = False
        self._surprise[lost] = self._missed[lost] = 0.0
        self._since[lost] = 4 * hour + 4

    def _edges(self, hour: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """Empty quarter-hours at the start and the end of the hour, and whether it has any row."""
        rows = self._traffic.quarters[:, hour] > 0
        complete = (
            4 if hour < self._traffic.complete_hours else self._traffic.grid.complete_quarters
        )
        sent = np.asarray(rows.any(axis=1))
        lead = np.where(sent, rows.argmax(axis=1), complete)
        trail = np.where(sent, rows[:, ::-1].argmax(axis=1) - (4 - complete), complete)
        return lead, trail, sent

    def _raise(
        self,
        account: int,
        hour: int,
        lead: int,
        surprise: Floats,
        expected: Floats,
        bar: Floats,
    ) -> None:
        for quarter in range(1, lead + 1):
            share = quarter / 4.0
            reached = self._surprise[account] + share * surprise[account]
            missed = self._missed[account] + share * expected[account]
            length = 4 * hour + quarter - self._since[account]
            if reached >= bar[account] and length >= _LEAST_QUARTERS and missed >= _LEAST_EXPECTED:
                break
        since = int(self._since[account])
        self._open[account] = _OpenSilence(
            since, 4 * hour + quarter, float(reached), float(bar[account]), -(-since // 4)
        )
        # Each alarm asks a little more of the next one: an account that pauses often gets quieter.
        self._own[account] = max(self._own[account], bar[account] / _OWN_GAPS * 1.15)

    def _close(self, account: int, end: int, surprise: float) -> None:
        silence = self._open.pop(account)
        silence.surprise = surprise
        self._cut_one(account, silence, end // 4)
        self.incidents.append(self._incident(account, silence, end, is_over=True))

    def _cut(self, last: int) -> None:
        for account, silence in self._open.items():
            silence.surprise = float(self._surprise[account])
            self._cut_one(account, silence, min(last, self._traffic.complete_hours))

    def _cut_one(self, account: int, silence: _OpenSilence, last: int) -> None:
        start = -(-silence.first_quarter // 4)
        if last > silence.cut_to:
            self._traffic.cut(account, start, silence.cut_to, last)
            silence.cut_to = last

    def _incident(self, account: int, silence: _OpenSilence, end: int, is_over: bool) -> Incident:
        traffic = self._traffic
        first, last = -(-silence.first_quarter // 4), max(end // 4, silence.first_quarter // 4 + 1)
        size = replace(traffic.size(account, first, last), observed=0)
        hours = (end - silence.first_quarter - silence.unread) / 4.0
        were = "was" if round(size.expected) == 1 else "were"
        known = f"in the {hours:.0f} h that were read" if silence.unread else f"for {hours:.0f} h"
        reason = (
            f"nothing sent {known};"
            f" {count(size.expected, 'recipient')} {were} expected in that time"
        )
        severity = _severity(silence, hours, size.expected)
        score = silence.surprise / (silence.surprise + silence.bar)
        quarters = Quarters(silence.first_quarter, end, silence.detected_quarter)
        judgement = Judgement("silence", severity, score, reason)
        incident = stretch_incident(traffic, account, quarters, size, judgement, is_over=is_over)
        return replace(incident, signals=(*incident.signals, *_quiet_signals()))


def _severity(silence: _OpenSilence, hours: float, expected: float) -> Severity:
    ratio = silence.surprise / silence.bar
    if expected >= 1000.0 and ratio >= 3.0 and hours >= 6.0:
        return "high"
    if expected >= 50.0 and (ratio >= 1.5 or hours >= 24.0):
        return "medium"
    return "low"


def _quiet_signals() -> tuple[Signal, ...]:
    reason = "nothing was sent in that time"
    names = ("new_recipients", "new_source", "off_hours")
    surge = Signal("surge", 0.0, "quiet", reason)
    return (surge, *(Signal(name, None, "unavailable", reason) for name in names))
