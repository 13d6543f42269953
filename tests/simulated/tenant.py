"""A simulated tenant that can be disturbed and keeps a log of its answered requests."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

import msgspec

from simulator import SimulatedTenant
from tests.simulated.fault import Fault, FaultDraws, Faults

NO_FAULTS = Faults()


class ServedRequest(msgspec.Struct, frozen=True):
    """One answered request; `at` is real time, `path` carries no query, `fault` as a rule empty."""

    method: str
    path: str
    query: str
    status: int
    at: datetime
    fault: str = ""


class FaultyTenant(SimulatedTenant):
    """A simulated tenant whose services meet faults.

    Args:
        faults: rates of disturbed requests; may be replaced while serving.
        options: those of `SimulatedTenant`.
    Raises: ValueError as `SimulatedTenant`.
    """

    def __init__(self, *, faults: Faults = NO_FAULTS, **options: Any) -> None:
        super().__init__(**options)
        self.requests: list[ServedRequest] = []
        self.fault_counts: Counter[str] = Counter()
        self.faults = faults

    @property
    def faults(self) -> Faults:
        """Rates in force; setting them starts a new series of draws, the counts go on."""
        return self._draws.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._draws = FaultDraws(faults)

    def draw_fault(self, *, follows_link: bool) -> Fault | None:
        """The fault that befalls the next request; None for an undisturbed one."""
        return self._draws.next(follows_link=follows_link)
