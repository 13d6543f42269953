"""Detection on simulated tenants with known incidents, beside two naive alarms.

python benchmarks/incidents.py [--seeds 20 --first-seed 1001 --accounts 60 --days 120 --jobs 2]
Runs the product's own marts and models over each tenant, with and without source addresses, and
counts: an incident finds a label when it is of a fitting kind, was raised high or medium in time,
and began no earlier than a day before it (a silence begins with the last mail). One incident finds
one label; what is left counts as beyond the labels. Thresholds of the naive alarms are the best
at no more than one alarm beyond the labels per account-month, chosen with the labels.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import repeat
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.inputs.incident import RehearsedIncident
from benchmarks.inputs.rehearsal import Rehearsal, draw_rehearsal
from benchmarks.inputs.rehearsal_store import computed, end_of
from benchmarks.measure import table
from benchmarks.plain.naive_alarms import THRESHOLDS, alarms, week_scores, z_scores
from models.baseline.grid import HourlyGrid, grid_from_hours
from models.incident import RANK, Incident
from models.incidents.assemble import judge
from models.incidents.signals.quarter_hours import activity_of

ZONE = "Europe/Berlin"
HOUR, RUN = timedelta(hours=1), timedelta(minutes=15)
LEARNING = timedelta(days=14)
REACH = frozenset({"surge", "new_recipients", "new_source", "external_attempts"})
FITTING = {
    **dict.fromkeys(("smash", "lateral", "contacts", "two_phase"), REACH),
    "drip": REACH | {"drift"},
    "runaway": frozenset({"surge", "drift"}),
    "ramp": frozenset({"surge", "drift"}),
    "silence": frozenset({"silence"}),
    "failure_storm": frozenset({"failure_storm"}),
    "relay_swap": frozenset({"new_source"}),
}
NAIVE = {"z-score": z_scores, "hour of week": week_scores}
Key = tuple[str, str]


@dataclass
class Tally:
    """Counts of one or several tenants. Units: labels, incidents, account-months, hours."""

    labels: Counter[Key] = field(default_factory=Counter)
    found: Counter[Key] = field(default_factory=Counter)
    high: Counter[Key] = field(default_factory=Counter)
    delays: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    alike: Counter[str] = field(default_factory=Counter)
    alike_medium: Counter[str] = field(default_factory=Counter)
    alike_high: Counter[str] = field(default_factory=Counter)
    beyond: Counter[str] = field(default_factory=Counter)
    account_months: float = 0.0
    tenant_months: float = 0.0
    naive_found: Counter[tuple[str, float, Key]] = field(default_factory=Counter)
    naive_beyond: Counter[tuple[str, float]] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Add the counts of another tenant."""
        for name, value in vars(other).items():
            own = getattr(self, name)
            if isinstance(own, Counter):
                own.update(value)
            elif isinstance(own, float):
                setattr(self, name, own + value)
            else:
                for family, hours in value.items():
                    own[family].extend(hours)


class Examiner:
    """Compares incidents of one tenant with its labels."""

    def __init__(self, rehearsal: Rehearsal, traffic: pd.DataFrame) -> None:
        self.accounts = [account.primary for account in rehearsal.traffic.accounts]
        self.labels = sorted(rehearsal.incidents, key=lambda item: (item.benign, item.start))
        self.until = end_of(rehearsal)
        self.judged_from = self.until - timedelta(days=len(rehearsal.days)) + LEARNING
        self._rows = dict(iter(traffic.groupby("account")))

    def examine(self, incidents: Sequence[Incident]) -> Tally:
        """The tally of the product's incidents."""
        tally = self._empty()
        serious = [incident for incident in incidents if RANK[incident.severity] >= RANK["medium"]]
        used: set[int] = set()
        for label in self.labels:
            places = [
                place
                for place, incident in enumerate(serious)
                if place not in used and incident.account == self.accounts[label.account]
            ]
            if label.benign:
                self._look_alike(tally, label, [serious[place] for place in places])
                used |= {place for place in places if self._overlaps(label, serious[place])}
                continue
            key = (label.family, label.strength)
            tally.labels[key] += 1
            hit = next((place for place in places if self._finds(label, serious[place])), None)
            if hit is not None:
                used.add(hit)
                tally.found[key] += 1
                tally.high[key] += serious[hit].severity == "high"
                tally.delays[label.family].append(self._delay(label, serious[hit]))
        left = (incident for place, incident in enumerate(serious) if place not in used)
        judged = (incident for incident in left if incident.started_at >= self.judged_from)
        tally.beyond.update(incident.severity for incident in judged)
        return tally

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

    def _empty(self) -> Tally:
        months = (self.until - self.judged_from) / timedelta(days=30)
        return Tally(account_months=months * len(self.accounts), tenant_months=months)

    def _finds(self, label: RehearsedIncident, incident: Incident) -> bool:
        start, end = instant(label.start), self._deadline(label)
        raised = [at for level, at in incident.history if RANK[level] >= RANK["medium"]]
        in_time = any(start <= at <= end for at in raised)
        earliest = (
            datetime.min.replace(tzinfo=UTC) if label.family == "silence" else start - 24 * HOUR
        )
        fits = incident.kind in FITTING[label.family]
        return fits and in_time and incident.started_at >= earliest

    def _deadline(self, label: RehearsedIncident) -> datetime:
        start, end = instant(label.start), instant(label.end)
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
        detected = min(at for level, at in incident.history if RANK[level] >= 2 and at >= start)
        rows = self._rows[label.account]
        inside = rows[rows["received"].between(label.start, int(detected.timestamp() * 1e6))]
        if label.family != "silence" and len(inside):
            seen = instant(int(np.quantile(inside["visible"], 0.9)))
            detected = max(detected, start + -((start - seen) // RUN) * RUN)
        return (detected - start) / HOUR

    def _look_alike(
        self, tally: Tally, label: RehearsedIncident, incidents: list[Incident]
    ) -> None:
        raised = {incident.severity for incident in incidents if self._overlaps(label, incident)}
        tally.alike[label.family] += 1
        tally.alike_high[label.family] += "high" in raised
        tally.alike_medium[label.family] += bool(raised)

    def _overlaps(self, label: RehearsedIncident, incident: Incident) -> bool:
        ended = incident.ended_at or self.until
        return (
            ended >= instant(label.start) and incident.started_at <= instant(label.end) + 24 * HOUR
        )


def instant(microseconds: int) -> datetime:
    """The aware datetime of microseconds since 1970."""
    return datetime.fromtimestamp(microseconds / 1e6, UTC)


def examine_seed(seed: int, accounts: int, days: int) -> tuple[Tally, Tally]:
    """Tallies of one tenant with and without source addresses."""
    rehearsal = draw_rehearsal(seed, accounts, days)
    marts = computed(rehearsal)
    examiner = Examiner(rehearsal, marts["traffic"])
    hours, activity = marts["hve_usage_hourly"], marts["hve_activity"]
    tallies = []
    for with_source in (True, False):
        if not with_source:  # what the marts hold where every address is blank
            hours = hours.assign(new_sources=np.nan)
            activity = activity.assign(known_source_recipients=0, young_source_recipients=0)
        grid = grid_from_hours(hours, examiner.until)
        _, incidents = judge(grid, activity_of(activity, examiner.until), ZONE)
        tallies.append(examiner.examine(incidents))
    examiner.compare(tallies[0], grid)
    return tallies[0], tallies[1]


def report(tally: Tally, blank: Tally) -> None:
    """Prints the tables."""
    print(table(recall_rows(tally, blank)))
    print("\n" + table(alike_rows(tally, blank)))
    print("\n" + table(rate_rows(tally, blank)))


def recall_rows(tally: Tally, blank: Tally) -> list[tuple[str, ...]]:
    """Recall per family and strength, with delay, beside the naive alarms."""
    best = {name: best_threshold(tally, name) for name in NAIVE}
    head = ("family", "strength", "labels", "recall", "high", "recall without source")
    rows = [(*head, "median delay (h)", *(f"{name} > {best[name]:g}" for name in NAIVE))]
    for key in sorted(tally.labels):
        labels = tally.labels[key]
        delays = tally.delays[key[0]]
        naive = (tally.naive_found[name, best[name], key] / labels for name in NAIVE)
        rows.append(
            (
                *key,
                str(labels),
                f"{tally.found[key] / labels:.2f}",
                f"{tally.high[key] / labels:.2f}",
                f"{blank.found[key] / labels:.2f}",
                f"{statistics.median(delays):.2f}" if delays else "–",
                *(f"{share:.2f}" for share in naive),
            )
        )
    return rows


def best_threshold(tally: Tally, name: str) -> float:
    """The lowest threshold with at most one alarm beyond the labels per account-month."""
    return next(
        (
            threshold
            for threshold in THRESHOLDS
            if tally.naive_beyond[name, threshold] <= tally.account_months
        ),
        THRESHOLDS[-1],
    )


def alike_rows(tally: Tally, blank: Tally) -> list[tuple[str, ...]]:
    """Benign look-alikes and how they were raised."""
    rows = [("look-alike", "labels", "raised high", "high without source", "raised at all")]
    for family, labels in sorted(tally.alike.items()):
        high = (str(counts.alike_high[family]) for counts in (tally, blank))
        rows.append((family, str(labels), *high, str(tally.alike_medium[family])))
    return rows


def rate_rows(tally: Tally, blank: Tally) -> list[tuple[str, ...]]:
    """Incidents beyond the labels."""
    rows = [("incidents beyond the labels", "with source", "without source")]
    both = (tally, blank)
    medium = (f"{sum(counts.beyond.values()) / counts.account_months:.2f}" for counts in both)
    high = (f"{counts.beyond['high'] / counts.tenant_months:.2f}" for counts in both)
    rows.append(("high and medium per account-month", *medium))
    rows.append(("high per tenant-month", *high))
    return rows


def main() -> None:
    """Examines the seeds, several at a time."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=1001)
    parser.add_argument("--accounts", type=int, default=60)
    parser.add_argument("--days", type=int, default=120)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    tally, blank = Tally(), Tally()
    with ProcessPoolExecutor(options.jobs) as pool:
        done = pool.map(examine_seed, seeds, repeat(options.accounts), repeat(options.days))
        for number, (with_source, without) in enumerate(done, 1):
            tally.add(with_source)
            blank.add(without)
            print(f"{number} of {options.seeds} tenants", file=sys.stderr)
    report(tally, blank)


if __name__ == "__main__":
    main()
