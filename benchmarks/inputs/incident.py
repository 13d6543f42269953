"""An incident of a rehearsal, or something that only looks like one."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.mail.incident import InjectedIncident


@dataclass(frozen=True, slots=True)
class RehearsedIncident(InjectedIncident):
    """An injected incident with what its family and a report need.

    `share` is the part that is new (recipients of what is added) or hit (of what is distorted);
    `strength` names the class of size that a report groups by. A `benign` one only looks like it.
    `deadline`, in microseconds, is by when it must be noticed; 0 where its family says it.
    """

    share: float = 1.0
    strength: str = ""
    benign: bool = False
    deadline: int = 0
