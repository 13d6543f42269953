"""Incidents and the signals that explain them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Severity = Literal["high", "medium", "low"]
State = Literal["fired", "quiet", "unavailable"]


@dataclass(frozen=True)
class Signal:
    """One indication for or against an incident; score in 0 to 1, None when unavailable."""

    name: str
    score: float | None
    state: State
    reason: str


@dataclass(frozen=True)
class Incident:
    """One stretch of unusual sending ("surge", "drift", "ceiling") or of missing ("silence").

    Units:  observed, expected, interval, extra_recipients in recipients over the stretch;
            extra_recipients is 0 for a silence.
    """

    account: str
    kind: Literal["surge", "drift", "ceiling", "silence"]
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


def count(number: float, noun: str) -> str:
    """Number with its noun: "1 recipient", "1,240 recipients"."""
    whole = round(number)
    return f"{whole:,} {noun}" if whole == 1 else f"{whole:,} {noun}s"
