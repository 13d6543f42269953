"""Faults of the network and of an overloaded service, drawn per request from a seed."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass

KINDS = ("429", "503", "reset", "truncated", "expired_link")


@dataclass(frozen=True, slots=True)
class Faults:
    """Share of requests, 0 to 1, that meet each fault; at most one fault per request.

    `rate_expired_link` concerns requests for a following page only: other requests that draw it
    pass unharmed. Same seed and same order of requests, same faults.
    Raises: ValueError when the rates are no shares or sum to more than 1.
    """

    rate_429: float = 0.0
    rate_503: float = 0.0
    rate_reset: float = 0.0
    rate_truncated: float = 0.0
    rate_expired_link: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.rates) < 0 or sum(self.rates) > 1 + 1e-9:
            raise ValueError(f"{self.rates} are no shares that sum to 1 or less")

    @property
    def rates(self) -> tuple[float, ...]:
        """Rates in the order of `KINDS`."""
        first = (self.rate_429, self.rate_503, self.rate_reset)
        return (*first, self.rate_truncated, self.rate_expired_link)


@dataclass(frozen=True, slots=True)
class Fault:
    """One drawn fault; `variant` and `detail` in [0, 1) decide how it looks."""

    kind: str
    variant: float
    detail: float


class FaultDraws:
    """The faults of consecutive requests; every request uses up the same number of draws."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self._random = random.Random(faults.seed)
        self._drawing = threading.Lock()

    def next(self, *, follows_link: bool) -> Fault | None:
        """The fault of the next request; None for an undisturbed one."""
        with self._drawing:
            roll, variant, detail = (self._random.random() for _ in range(3))
        for kind, rate in zip(KINDS, self.faults.rates, strict=True):
            if roll < rate:
                harmless = kind == "expired_link" and not follows_link
                return None if harmless else Fault(kind, variant, detail)
            roll -= rate
        return None
