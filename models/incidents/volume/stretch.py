"""A stretch of time that a watcher follows, and the incident that it becomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from models.baseline.size import Size
from models.baseline.traffic import Traffic
from models.incident import Incident, Severity, Signal


class Quarters(NamedTuple):
    """Quarter-hours of a stretch, counted from the start of the grid."""

    first: int
    end: int  # the first one after it
    detected: int  # the first one by whose start it was known


@dataclass
class Stretch:
    """Hours `first` to `last` of one account, as columns of the grid, that go on."""

    first: int
    last: int
    detected_quarter: int

    @property
    def quarters(self) -> Quarters:
        """The same in quarter-hours."""
        return Quarters(4 * self.first, 4 * (self.last + 1), self.detected_quarter)


@dataclass(frozen=True)
class Judgement:
    """What a watcher says of a stretch: its kind, how serious it is, its score, and why."""

    kind: str
    severity: Severity
    score: float  # in 0 to 1
    reason: str
    learning: bool = False
    signal: str = ""  # its name, where it is not the kind


def stretch_incident(
    traffic: Traffic,
    account: int,
    quarters: Quarters,
    size: Size,
    judgement: Judgement,
    *,
    is_over: bool,
) -> Incident:
    """The incident of a stretch; it has no end while the stretch goes on."""
    started, ended, detected = map(traffic.grid.time_of_quarter, quarters)
    return Incident(
        account=traffic.accounts[account],
        kind=judgement.kind,
        severity=judgement.severity,
        started_at=started,
        ended_at=ended if is_over else None,
        detected_at=detected,
        observed=size.observed,
        expected=round(size.expected, 1),
        interval=size.interval,
        reasons=(judgement.reason,),
        signals=(_signal(judgement),),
        extra_recipients=size.extra,
        learning=judgement.learning,
    )


def _signal(judgement: Judgement) -> Signal:
    name = judgement.signal or judgement.kind
    return Signal(name, round(judgement.score, 3), "fired", judgement.reason)
