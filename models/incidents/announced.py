"""Announced sends against what was sent: a plan mutes volume, and nothing else.

It holds for its accounts, its window (whole hours) and its size. More than announced, sending
outside the window, the ceiling and every signal that is not about volume fire as ever, and the
incident then says what was planned. A plan never mutes what was raised before it was announced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from hve_monitor.clock import minute_words
from hve_monitor.plural import agreeing, plural
from models.baseline.grid import HourlyGrid
from models.baseline.traffic import nothing_older
from models.incident import Event, Incident, Severity, Signal
from models.incidents.volume.ceiling import breaks_ceiling
from models.statistics import Floats, known_or_zero
from warehouse.records.plans import Plan

HOUR = timedelta(hours=1)
_TO_HOUR = HOUR - timedelta(microseconds=1)
VOLUME_KINDS = ("surge", "drift")  # a ceiling is volume that no plan mutes
# What says "more than usual", and what only stands beside other signals.
VOLUME_SIGNALS = ("surge", "drift", "growth", "off_hours", "silence", "fan_out", "new_subject")
KINDS_WITHOUT_PLANS = ("silence", "idle_account")
SMALL_SHARE, SMALL_RECIPIENTS = 0.1, 500.0


@dataclass(frozen=True)
class SentAndExpected:
    """What was sent and expected: the grid, and (accounts, hours) of the baseline."""

    grid: HourlyGrid
    expected: Floats
    hi95: Floats
    recall: Callable[[int], None] = nothing_older

    def columns(self, start: datetime, end: datetime) -> tuple[int, int]:
        """Hours of the grid that the time touches."""
        first = int(np.floor((start - self.grid.start) / HOUR))
        last = int(np.ceil((end - self.grid.start) / HOUR))
        if last > 0:
            self.recall(max(first, 0))
        return max(first, 0), max(min(last, self.grid.hours), 0)

    @property
    def end(self) -> datetime:
        """End of the last hour."""
        return self.grid.start + self.grid.hours * HOUR


@dataclass(frozen=True)
class Spent:
    """What a plan's accounts sent beyond their baseline in its window, quarter by quarter."""

    plan: Plan
    extra: float
    noise: float  # what the baseline's own uncertainty allows on top
    passed_at: datetime | None  # end of the quarter-hour in which the announced size was passed

    @property
    def beyond(self) -> float:
        """Recipients beyond the announced ones; 0 within."""
        return max(self.extra - self.plan.recipients, 0.0) if self.passed_at else 0.0


def part_of(plan: Plan, traffic: SentAndExpected) -> SentAndExpected:
    """What `spent` looks at: the accounts of a plan in the hours of its window."""
    hours, grid = slice(*traffic.columns(plan.start, plan.end)), traffic.grid
    rows = [row for row, account in enumerate(grid.accounts) if plan.covers(account)]
    recipients, quarters, new_recipients, new_sources = (
        whole[rows, hours]
        for whole in (grid.recipients, grid.quarters, grid.new_recipients, grid.new_sources)
    )
    part = replace(
        grid,
        accounts=tuple(grid.accounts[row] for row in rows),
        start=grid.start + hours.start * HOUR,
        recipients=recipients,
        quarters=quarters,
        new_recipients=new_recipients,
        new_sources=new_sources,
    )
    return SentAndExpected(part, traffic.expected[rows, hours], traffic.hi95[rows, hours])


def spent(plan: Plan, *parts: SentAndExpected) -> Spent:
    """How much of a plan was used so far, by all parts of the accounts together."""
    grid = parts[0].grid
    first, last = parts[0].columns(plan.start, plan.end)
    rows = sorted(
        (account, part, row)
        for part, traffic in enumerate(parts)
        for row, account in enumerate(traffic.grid.accounts)
        if plan.covers(account)
    )
    if not rows or first >= last:
        return Spent(plan, 0.0, 0.0, None)
    for part in {part for _, part, _ in rows}:
        parts[part].recall(first)
    expected = np.stack([parts[part].expected[row, first:last] for _, part, row in rows])
    high = np.stack([parts[part].hi95[row, first:last] for _, part, row in rows])
    sent = np.stack([parts[part].grid.quarters[row, first:last] for _, part, row in rows])
    expected = known_or_zero(expected)
    above = known_or_zero(high) - expected
    noise = float(np.sqrt((np.maximum(above, 0.0) ** 2 + expected).sum()))
    quarters = known_or_zero(sent).sum(axis=0).ravel()
    # Within its hour the usual traffic may come in any quarter.
    usual = np.repeat(np.cumsum(expected.sum(axis=0)), 4)
    extra = np.cumsum(quarters) - usual
    over = np.flatnonzero(extra > plan.recipients + noise)
    passed = grid.time_of_quarter(4 * first + int(over[0]) + 1) if len(over) else None
    return Spent(plan, float(extra.max(initial=0.0)), noise, passed)


@dataclass(frozen=True)
class Announced:
    """The plans of a tenant against its traffic."""

    used: tuple[Spent, ...]
    traffic: SentAndExpected

    def volume(self, incidents: Sequence[Incident]) -> list[Incident]:
        """Incidents of volume without those that plans explain."""
        left = (_unexplained(incident, self.used, self.traffic) for incident in incidents)
        return [incident for incident in left if incident is not None]

    def events(self, events: Iterable[tuple[str, Event]]) -> Iterator[tuple[str, Event]]:
        """Events without those of volume in the window of a plan, until its size is passed."""
        for account, event in events:
            if not any(_covers(spent, account, event) for spent in self.used):
                yield account, event

    def with_plans(self, incidents: Sequence[Incident]) -> list[Incident]:
        """Incidents of sending say what was planned for their account and time, and what came."""
        return [self._with_plans(incident) for incident in incidents]

    def _with_plans(self, incident: Incident) -> Incident:
        if incident.kind in KINDS_WITHOUT_PLANS:
            return incident
        near = [one for one in self.used if _speaks_of(one.plan, incident, self.traffic.end)]
        return replace(incident, reasons=(*incident.reasons, *map(_sentence, near)))


def announced(plans: Sequence[Plan], traffic: SentAndExpected) -> Announced:
    """How far each plan was used."""
    return Announced(tuple(spent(plan, traffic) for plan in plans), traffic)


def _unexplained(
    incident: Incident, used: Sequence[Spent], traffic: SentAndExpected
) -> Incident | None:
    """The incident, changed where plans explain a part of it; None where they explain it all."""
    if incident.kind not in VOLUME_KINDS:
        return incident
    near = [one for one in used if _speaks_of(one.plan, incident, traffic.end)]
    if not near:
        return incident
    if _is_outside(incident, near, traffic) or _above_ceiling(incident, traffic):
        return incident
    if stands_by_itself(incident, traffic):
        return replace(incident, signals=tuple(_muted(signal) for signal in incident.signals))
    over = [one for one in near if one.beyond]
    return _overspilt(incident, over) if len(over) == len(near) else None


def stands_by_itself(
    incident: Incident, traffic: SentAndExpected, volume: Sequence[str] = VOLUME_SIGNALS
) -> bool:
    """Whether more than volume speaks for the incident: its kind, another signal, the ceiling.

    volume: the signals that say no more than "more than usual".
    """
    if incident.kind == "silence":
        return False
    fired = {signal.name for signal in incident.signals if signal.state == "fired"}
    others = (fired | set(incident.support)) - set(volume)
    return incident.kind not in VOLUME_KINDS or bool(others) or _above_ceiling(incident, traffic)


def _covers(used: Spent, account: str, event: Event) -> bool:
    """Whether an event is volume that was announced: within accounts, window (hours) and size."""
    plan, known = used.plan, event.known_at
    if event.signal not in VOLUME_SIGNALS or not plan.covers(account):
        return False
    holds = plan.created_at <= known and (plan.removed_at is None or known < plan.removed_at)
    inside = _hour(plan.start) <= event.began and known <= _hour(plan.end + _TO_HOUR)
    return holds and inside and (used.passed_at is None or known < used.passed_at)


def _hour(moment: datetime) -> datetime:
    """The beginning of the hour."""
    return moment.replace(minute=0, second=0, microsecond=0)


def _above_ceiling(incident: Incident, traffic: SentAndExpected) -> bool:
    if incident.account not in traffic.grid.accounts:
        return False
    row = traffic.grid.accounts.index(incident.account)
    hours = traffic.columns(incident.started_at, incident.ended_at or traffic.end)
    return breaks_ceiling(traffic.grid.recipients[row], *hours)


def _speaks_of(plan: Plan, incident: Incident, end: datetime) -> bool:
    was_announced = plan.created_at <= incident.detected_at
    is_kept = plan.removed_at is None or incident.detected_at < plan.removed_at
    overlaps = plan.start < (incident.ended_at or end) and incident.started_at < plan.end
    return was_announced and is_kept and overlaps and plan.covers(incident.account)


def _is_outside(incident: Incident, used: Sequence[Spent], traffic: SentAndExpected) -> bool:
    """Whether hours of the incident outside of every window are above their range."""
    row = traffic.grid.accounts.index(incident.account)
    first, last = traffic.columns(incident.started_at, incident.ended_at or traffic.end)
    sent = known_or_zero(traffic.grid.recipients[row, first:last])
    above = sent > known_or_zero(traffic.hi95[row, first:last])
    for one in used:
        start, end = traffic.columns(one.plan.start, one.plan.end)
        above[max(start - first, 0) : max(end - first, 0)] = False
    return bool(above.any())


def _is_other(signal: Signal) -> bool:
    return signal.name not in VOLUME_SIGNALS


def _muted(signal: Signal) -> Signal:
    if _is_other(signal) or signal.state != "fired":
        return signal
    return replace(signal, state="quiet", reason=f"announced: {signal.reason}")


def _overspilt(incident: Incident, over: Sequence[Spent]) -> Incident:
    """The incident as what it is beyond the plan, raised when the plan was passed."""
    beyond = min(one.beyond for one in over)
    announced = sum(one.plan.recipients for one in over)
    is_small = beyond < max(SMALL_SHARE * announced, 1.0) and beyond < SMALL_RECIPIENTS
    severity: Severity = "low" if is_small else incident.severity
    passed = min(one.passed_at for one in over if one.passed_at)
    return replace(
        incident,
        severity=severity,
        detected_at=max(incident.detected_at, passed),
        extra_recipients=round(min(beyond, incident.extra_recipients)),
    )


def _sentence(spent: Spent) -> str:
    plan = spent.plan
    announced = (
        f"{plan.author} announced {plural(plan.recipients, 'recipient')} from"
        f" {minute_words(plan.start)} to {minute_words(plan.end)}"
    )
    if spent.beyond:
        were = agreeing(spent.beyond, "was", "were")
        return f"{announced}; {spent.beyond:,.0f} more than announced {were} sent"
    usual = max(spent.extra, 0.0)
    return f"{announced}; {usual:,.0f} beyond the usual {agreeing(usual, 'was', 'were')} sent"
