"""Incidents of one tenant beside its labels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from benchmarks.inputs.incident import RehearsedIncident
from benchmarks.inputs.rehearsal import Rehearsal
from benchmarks.inputs.rehearsal_store import end_of
from benchmarks.plain.naive_alarms import THRESHOLDS, alarms, week_scores, z_scores
from benchmarks.plain.quiet_alarms import QuietAlarm, day_without_mail, twice_the_mean_interval
from benchmarks.rehearsed.tally import Tally
from models.baseline.grid import HourlyGrid
from models.incident import RANK, Incident

HOUR, RUN = timedelta(hours=1), timedelta(minutes=15)
LEARNING = timedelta(days=14)
REACH = frozenset({"surge", "new_recipients", "new_source", "external_attempts"})
FITTING = {
    **dict.fromkeys(("smash", "lateral", "contacts", "two_phase"), REACH),
    "drip": REACH | {"drift"},
    "runaway": frozenset({"surge", "drift"}),
    "ramp": frozenset({"surge", "drift"}),
    "silence": frozenset({"silence"}),
    "outage": frozenset({"silence"}),
    "failure_storm": frozenset({"failure_storm"}),
    "relay_swap": frozenset({"new_source"}),
}
NAIVE = {"z-score": z_scores, "hour of week": week_scores}
NAIVE_QUIET = {"24 h without": day_without_mail, "2 × mean interval": twice_the_mean_interval}
QUIET = ("silence", "outage", "holiday_dip", "holiday_stop")


class Examiner:
    """Compares incidents of one tenant with its labels."""

    def __init__(self, rehearsal: Rehearsal, traffic: pd.DataFrame) -> None:
        self.accounts = [account.primary for account in rehearsal.traffic.accounts]
        self.habits = {account.primary: account.kind for account in rehearsal.traffic.accounts}
        self.labels = sorted(rehearsal.incidents, key=lambda item: (item.benign, item.start))
        self.until = end_of(rehearsal)
        self.judged_from = self.until - timedelta(days=len(rehearsal.days)) + LEARNING
        self._rows = dict(iter(traffic.groupby("account")))

    def examine(self, incidents: Sequence[Incident]) -> Tally:
        """The tally of the product's incidents."""
        tally = self._empty()
        left = [incident for incident in incidents if RANK[incident.severity] >= RANK["medium"]]
        for label in self.labels:
            own = [one for one in left if one.account == self.accounts[label.account]]
            if label.benign:
                used = self._look_alike(tally, label, own)
            else:
                used = self._labelled(tally, label, own)
            left = [incident for incident in left if incident not in used]
        for incident in left:
            if incident.started_at >= self.judged_from:
                tally.beyond[incident.severity] += 1
                what = "silence" if incident.kind == "silence" else "other"
                tally.habit_beyond[self.habits[incident.account], what, incident.severity] += 1
        return tally

    def _labelled(
        self, tally: Tally, label: RehearsedIncident, own: list[Incident]
    ) -> list[Incident]:
        """Counts a label; returns the incident that finds it, and what else an outage explains."""
        key = (label.family, label.strength)
        tally.labels[key] += 1
        used = [incident for incident in own if self._finds(label, incident)][:1]
        for incident in used:
            tally.found[key] += 1
            tally.high[key] += incident.severity == "high"
            tally.delays[key].append(self._delay(label, incident))
        if label.family == "outage":
            silences = (incident for incident in own if incident.kind == "silence")
            during = [silence for silence in silences if self._overlaps(label, silence)]
            tally.late[key] += not used and bool(during)
            used += during
        return used

    def compare(self, tally: Tally, grid: HourlyGrid) -> None:
        """Adds what the naive alarms find; their kind does not matter."""
        for name, score in NAIVE.items():
            scores = score(grid)
            for threshold in THRESHOLDS:
                raised = alarms(grid, scores, threshold)
                left = {alarm for alarm in raised if alarm[1] >= self.judged_from}
                for label in self.labels:
                    account, key = self.accounts[label.account], (label.family, label.strength)
                    start, end = instant(label.start), self._deadline(label)
                    hits = {
                        alarm for alarm in left if alarm[0] == account and start < alarm[1] <= end
                    }
                    if hits and not label.benign:
                        tally.naive_found[name, threshold, key] += 1
                        hits = {min(hits, key=lambda alarm: alarm[1])}
                    left -= hits
                tally.naive_beyond[name, threshold] += len(left)

    def compare_quiet(self, tally: Tally, grid: HourlyGrid) -> None:
        """Adds what the naive alarms for silence find, by the habit of the account."""
        for name, alarms_of in NAIVE_QUIET.items():
            left = alarms_of(grid)
            for label in self.labels:
                during = [alarm for alarm in left if self._is_during(label, alarm)]
                if label.family == "outage":
                    in_time = any(alarm.raised_at <= self._deadline(label) for alarm in during)
                    tally.quiet_found[name, label.strength] += in_time
                left = [alarm for alarm in left if alarm not in during]
            for alarm in left:
                beyond = alarm.raised_at >= self.judged_from
                tally.quiet_beyond[name, self.habits[alarm.account]] += beyond

    def _is_during(self, label: RehearsedIncident, alarm: QuietAlarm) -> bool:
        return (
            label.family in QUIET
            and alarm.account == self.accounts[label.account]
            and alarm.ended_at >= instant(label.start)
            and alarm.raised_at <= instant(label.end)
        )

    def _empty(self) -> Tally:
        months = (self.until - self.judged_from) / timedelta(days=30)
        tally = Tally(account_months=months * len(self.accounts), tenant_months=months)
        for habit in self.habits.values():
            tally.habit_months[habit] += months
        return tally

    def _finds(self, label: RehearsedIncident, incident: Incident) -> bool:
        start, end = instant(label.start), self._deadline(label)
        raised = [at for level, at in incident.history if RANK[level] >= RANK["medium"]]
        if label.family == "outage":
            goes_on = incident.ended_at is None or incident.ended_at > start
            return incident.kind == "silence" and goes_on and min(raised) <= end
        in_time = any(start <= at <= end for at in raised)
        earliest = (
            datetime.min.replace(tzinfo=UTC) if label.family == "silence" else start - 24 * HOUR
        )
        fits = incident.kind in FITTING[label.family]
        return fits and in_time and incident.started_at >= earliest

    def _deadline(self, label: RehearsedIncident) -> datetime:
        start, end = instant(label.start), instant(label.end)
        if label.deadline:
            return instant(label.deadline)
        if label.family in ("relay_swap", "ramp"):
            return end
        if label.family == "two_phase":
            return end + 24 * HOUR
        if label.family == "silence":
            return start + (6 if label.strength == "hourly" else 72) * HOUR
        return start + (7 * 24 if label.family == "drip" else 24) * HOUR

    def _delay(self, label: RehearsedIncident, incident: Incident) -> float:
        """Hours until the first run that lists the incident as serious.

        A run sees the rows that are visible by then: nine tenths of those that led to it.
        """
        start = instant(label.start)
        if label.family == "outage":
            return (incident.detected_at - start) / HOUR
        detected = min(at for level, at in incident.history if RANK[level] >= 2 and at >= start)
        rows = self._rows[label.account]
        inside = rows[rows["received"].between(label.start, int(detected.timestamp() * 1e6))]
        if label.family != "silence" and len(inside):
            seen = instant(int(np.quantile(inside["visible"], 0.9)))
            detected = max(detected, start + -((start - seen) // RUN) * RUN)
        return (detected - start) / HOUR

    def _look_alike(
        self, tally: Tally, label: RehearsedIncident, own: list[Incident]
    ) -> list[Incident]:
        """Counts a look-alike; returns the incidents that it explains."""
        during = [incident for incident in own if self._overlaps(label, incident)]
        tally.alike[label.family] += 1
        tally.alike_high[label.family] += any(one.severity == "high" for one in during)
        tally.alike_medium[label.family] += bool(during)
        tally.alike_again[label.family] += len(during) > 1
        return during

    def _overlaps(self, label: RehearsedIncident, incident: Incident) -> bool:
        ended = incident.ended_at or self.until
        return (
            ended >= instant(label.start) and incident.started_at <= instant(label.end) + 24 * HOUR
        )


def instant(microseconds: int) -> datetime:
    """The aware datetime of microseconds since 1970."""
    return datetime.fromtimestamp(microseconds / 1e6, UTC)
