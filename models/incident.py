"""Incidents and the signals that explain them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Severity = Literal["high", "medium", "low"]
State = Literal["fired", "quiet", "unavailable"]
RANK: Mapping[str, int] = {"low": 1, "medium": 2, "high": 3}
# How long a signal can become part of a later incident.
SUPPORT_REACH = timedelta(hours=6)
CONTEXT_REACH = timedelta(days=3)
QUARTER = timedelta(minutes=15)
CONTEXT = ("config_change", "sign_ins")
VOLUME = ("surge", "drift", "ceiling")
# Supporting evidence: never an incident alone.
SUPPORTING = ("fan_out", "new_subject", "off_hours")
SIGNALS = (
    "new_recipients",
    "fan_out",
    "new_source",
    "new_subject",
    "off_hours",
    "failure_storm",
    "filtered_share",
    "external_attempts",
    "repeated_recipient",
    "dormant_account",
)


@dataclass(frozen=True)
class Signal:
    """One indication for or against an incident; score in 0 to 1, None when unavailable."""

    name: str
    score: float | None
    state: State
    reason: str


@dataclass(frozen=True)
class Incident:
    """One stretch of unusual sending or of missing sending ("silence").

    Units:  observed, expected, interval, extra_recipients in recipients over the stretch;
            extra_recipients is 0 for a silence.
    `opened_at` names the incident: when what began it was known, the same in every later run.
    """

    account: str
    kind: str
    severity: Severity
    started_at: datetime
    ended_at: datetime | None  # None = going on at the end of the grid
    detected_at: datetime  # end of the first quarter-hour whose run would have raised it
    observed: int
    expected: float
    interval: tuple[float, float]  # 95 %
    reasons: tuple[str, ...]
    signals: tuple[Signal, ...]
    extra_recipients: int
    learning: bool
    opened_at: datetime | None = None
    history: tuple[tuple[Severity, datetime], ...] = ()  # when each severity was reached first
    record: float | None = None  # of a surge: the account's largest excess of one hour before it
    support: tuple[str, ...] = ()  # of a surge: signals that fired in its hours


def by_start(incident: Incident) -> tuple[datetime, str, str]:
    """Order of incidents: by start, account and kind."""
    return incident.started_at, incident.account, incident.kind


@dataclass(frozen=True)
class Event:
    """One signal of one account, known at `known_at`; it speaks of began to ended."""

    signal: str
    level: int
    known_at: datetime
    began: datetime
    ended: datetime
    value: float
    usual: float
    window: int = 0
    volume: Incident | None = None
    reason: str = ""

    @property
    def reach(self) -> timedelta:
        """How long the event can become part of a later incident."""
        return CONTEXT_REACH if self.signal in CONTEXT else SUPPORT_REACH

    @property
    def is_supporting(self) -> bool:
        """Whether it makes no incident alone and keeps none open."""
        return self.signal in SUPPORTING or self.signal in CONTEXT
