"""The request quota of message traces: so many requests in a running window of real time."""

from __future__ import annotations

import math
import threading
import time
from collections import deque


class Quota:
    """One quota for the tenant, shared by lists and details. Refused requests cost nothing."""

    def __init__(self, requests: int, window_seconds: float) -> None:
        self.requests = requests
        self.window_seconds = window_seconds
        self._taken: deque[float] = deque()
        self._counting = threading.Lock()

    def take(self) -> int | None:
        """None when the request may pass, else the whole seconds until one may."""
        with self._counting:
            now = time.monotonic()
            while self._taken and self._taken[0] <= now - self.window_seconds:
                self._taken.popleft()
            if len(self._taken) < self.requests:
                self._taken.append(now)
                return None
            # With a quota of nothing there is no oldest request to wait for.
            oldest = self._taken[0] if self._taken else now
            return max(1, math.ceil(oldest + self.window_seconds - now))
