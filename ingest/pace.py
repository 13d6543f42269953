"""How a long read is going: rows per second, quota used, time left."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

QuotaUse = Callable[[], tuple[int, int]]  # requests used in the running window, requests allowed
SURE_AFTER_SECONDS = 2.0  # a rate over less is noise


@dataclass
class Pace:
    """Measures from its making on; `total` is the work in any unit, e.g. seconds of windows."""

    total: float = 0.0
    quota: QuotaUse | None = None
    clock: Callable[[], float] = time.monotonic
    done: float = 0.0
    rows: int = 0
    _started: float = field(init=False)

    def __post_init__(self) -> None:
        self._started = self.clock()

    def text(self) -> str:
        """`1,200 rows, 400 rows/s, quota 12 of 50, about 3 min left`, as far as measured."""
        elapsed = self.clock() - self._started
        parts = [f"{self.rows:,} rows"]
        if elapsed >= SURE_AFTER_SECONDS:
            parts.append(f"{self.rows / elapsed:,.0f} rows/s")
        if self.quota is not None:
            used, allowed = self.quota()
            parts.append(f"quota {used} of {allowed}")
        if elapsed >= SURE_AFTER_SECONDS and 0 < self.done < self.total:
            parts.append(f"about {span(elapsed * (self.total / self.done - 1))} left")
        return ", ".join(parts)


def span(seconds: float) -> str:
    """A length of time as people say it."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes / 60:.1f} h"
