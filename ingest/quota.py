"""The message trace quota of a tenant: requests per running window, shared by every source.

Use is kept in state.db, so that a run knows what the run before it has spent. The clock is the real
one: Microsoft counts real seconds, whatever `--now` says.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from hve_monitor.config import Limits
from warehouse.state import State

MARGIN_SECONDS = 0.25


class Quota:
    """Waits until the next request fits into our share of the published quota."""

    def __init__(
        self,
        tenant: str,
        limits: Limits,
        state: State,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._tenant, self._state = tenant, state
        # A request arrives after it was counted here: without a margin the last one of a full
        # window would arrive inside Microsoft's.
        self._window = limits.message_trace_window_seconds * 1.01 + MARGIN_SECONDS
        self.allowed = max(1, int(limits.message_trace_requests * limits.share))
        self._clock, self._sleep = clock, sleep

    def acquire(self) -> None:
        """Returns when a request may be sent, and counts it."""
        while True:
            now = self._clock()
            used = self._used(now)
            if len(used) < self.allowed:
                self._state.use_quota(self._tenant, now, self._window)
                return
            self._sleep(max(0.01, used[len(used) - self.allowed] + self._window - now))

    def used(self) -> int:
        """Requests counted in the running window."""
        return len(self._used(self._clock()))

    def _used(self, now: float) -> list[float]:
        """Times of the requests in the window; later ones were noted by a wrong clock."""
        times = self._state.quota_use(self._tenant, now - self._window)
        return [at for at in times if at <= now + self._window]
