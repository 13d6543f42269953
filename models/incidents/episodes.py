"""Signals of one account close in time become one incident that opens, grows and closes.

Events are taken in the order in which they were known, so that an incident is opened by the same
event in every run and keeps its identity. What comes later joins it, up to a week.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from models.incident import CONTEXT, CONTEXT_REACH, RANK, VOLUME, Event, Incident, Severity
from models.incidents.severity import severity_of

_GAP = timedelta(hours=24)
_SOURCE_GAP = timedelta(days=7)  # a new source that sends now and then is one episode
_LOW_GAP = timedelta(hours=6)
_LONGEST = timedelta(days=7, hours=12)
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass
class Episode:
    """Events that belong together. `raised` holds when each severity was reached first."""

    account: str
    events: list[Event] = field(default_factory=list)
    levels: dict[str, int] = field(default_factory=dict)
    values: dict[str, float] = field(default_factory=dict)
    raised: dict[Severity, datetime] = field(default_factory=dict)
    rank: int = 0  # of the severity so far; 0 before any
    opened_at: datetime = _NEVER
    started_at: datetime = _NEVER
    last: datetime = _NEVER

    def take(self, event: Event) -> None:
        """Add an event; the first non-supporting one has opened the episode."""
        self.events.append(event)
        level, value = self.levels.get(event.signal, -1), self.values.get(event.signal, -1.0)
        if event.level > level or event.value > value:
            self.levels[event.signal] = max(level, event.level)
            self.values[event.signal] = max(value, event.value)
            severity = severity_of(self.levels, self.values)
            if severity is not None and RANK[severity] > self.rank:
                self.raised[severity], self.rank = event.known_at, RANK[severity]
        if not event.is_supporting or len(self.events) == 1:
            self.last = max(self.last, event.ended)

    @property
    def severity(self) -> Severity:
        """The severity reached."""
        return max(self.raised, key=lambda severity: RANK[severity])

    def takes(self, event: Event) -> bool:
        """Whether the event belongs to the episode."""
        if event.signal in CONTEXT:
            return abs(event.known_at - self.opened_at) <= CONTEXT_REACH
        if self.levels.keys() == {"growth"} and event.signal != "growth":
            return False  # it speaks of days: what happens at its end is a story of its own
        gap = _SOURCE_GAP if event.signal == "new_source" and "new_source" in self.levels else _GAP
        if self.rank <= RANK["low"]:
            gap = _LOW_GAP  # what was hardly worth a line must not swallow the real thing
        return event.began <= self.last + gap and event.known_at <= self.opened_at + _LONGEST


def _order(event: Event) -> tuple[datetime, bool, int, str]:
    """A source comes first: what else happens at the same time may belong to its earlier mail."""
    return event.known_at, event.signal != "new_source", event.window, event.signal


def episodes_of(account: str, events: Iterable[Event]) -> list[Episode]:
    """The episodes that the events of one account make, oldest first."""
    episodes: list[Episode] = []
    waiting: list[Event] = []
    for event in sorted(events, key=_order):
        if episodes and episodes[-1].takes(event):
            episodes[-1].take(event)
            continue
        waiting = [one for one in waiting if one.known_at >= event.known_at - one.reach]
        waiting.append(event)
        opened = Episode(account)
        for one in waiting:
            opened.take(one)
        if opened.raised:
            opened.opened_at, opened.started_at = event.known_at, event.began
            episodes.append(opened)
            waiting = []
    return episodes


def grouped(
    events: Iterable[tuple[str, Event]], volume: Sequence[Incident]
) -> Iterator[tuple[str, list[Event]]]:
    """Every account that has an event, with its events."""
    by_account: dict[str, list[Event]] = {}
    for account, event in events:
        by_account.setdefault(account, []).append(event)
    for incident in volume:
        by_account.setdefault(incident.account, []).append(_of_volume(incident))
    yield from sorted(by_account.items())


def _name_of(incident: Incident) -> str:
    if any(signal.name == "growth" for signal in incident.signals):
        return "growth"
    return incident.kind if incident.kind in VOLUME else "surge"


def _of_volume(incident: Incident) -> Event:
    ended = incident.ended_at or incident.detected_at
    return Event(
        _name_of(incident),
        RANK[incident.severity],
        incident.detected_at,
        incident.started_at,
        max(ended, incident.detected_at),
        float(incident.extra_recipients),
        incident.expected,
        volume=incident,
    )
