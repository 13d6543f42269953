"""Tenants are read side by side: one thread per tenant, none waits for another."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from types import TracebackType

from hve_monitor.config import Tenant
from ingest.source import SourceResult

Reading = Future[list[SourceResult]]
MOST_AT_ONCE = 32
# Tenants that end about the same time are built and published together.
TOGETHER_SECONDS = 2.0


class Readers(AbstractContextManager["Readers"]):
    """Readings that go on. A schedule keeps one over its runs: who is slow is not started twice."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="tenant")
        self._running: dict[str, Reading] = {}

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(wait=True)

    def start(
        self, tenants: Iterable[Tenant], read: Callable[[Tenant], list[SourceResult]]
    ) -> None:
        """Begins to read those that are not being read yet."""
        for tenant in tenants:
            if tenant.name not in self._running:
                self._running[tenant.name] = self._pool.submit(read, tenant)

    def ended(self, patience: float | None = None) -> Iterator[dict[str, Reading]]:
        """Readings by tenant as they end, in groups; after so many seconds no more of them."""
        until = None if patience is None else time.monotonic() + patience
        while self._running:
            left = None if until is None else max(0.0, until - time.monotonic())
            wait(self._running.values(), left, FIRST_COMPLETED)
            wait(self._running.values(), min(TOGETHER_SECONDS, left or TOGETHER_SECONDS))
            done = {name: reading for name, reading in self._running.items() if reading.done()}
            for name in done:
                del self._running[name]
            if done:
                yield done
            elif left == 0.0:
                return

    @property
    def slow(self) -> list[str]:
        """Tenants that are still being read."""
        return list(self._running)
