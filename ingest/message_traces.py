"""Message traces of the HVE accounts: what is missing is read, newest windows first.

One query per address and window: Graph accepts `or` and `in` and then ignores all but the last
value. Today is known before the past is filled.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from hve_monitor.errors import AuthError, HveError, SourceUnavailable
from ingest.graph_traces import place
from ingest.source import Progress, SourceResult
from ingest.trace_buffer import SOURCE, TraceBuffer
from ingest.trace_pages import TraceRow
from warehouse.state import Window, gaps, whole_second
from warehouse.store import Store
from warehouse.unsettled import oldest_unsettled

LONGEST_WINDOW = timedelta(days=10)
UNSETTLED_FOR = timedelta(hours=48)


class TracePages(Protocol):
    """Where pages come from: Graph, or the Exchange cmdlet where Graph is refused."""

    def allowed(self, window: Window) -> Window:
        """The part of the window that the source answers for."""
        ...

    def pages(self, sender: str | None, window: Window) -> Iterator[list[TraceRow]]:
        """Every page of the window, newest rows first."""
        ...


@dataclass
class TraceReader:
    """Reads what is missing of one tenant's addresses and records what was covered."""

    store: Store
    tenant: str
    pages: TracePages
    now: datetime
    look_back: timedelta
    progress: Progress
    result: SourceResult
    _buffer: TraceBuffer = field(init=False)

    def read(self, addresses: Sequence[str], asked: Window | None = None) -> SourceResult:
        """Reads every missing window; one that fails leaves a gap and does not stop the others."""
        plan = self._plan(addresses, asked)
        self._buffer = TraceBuffer(self.store, self.tenant, self.now, self.result)
        try:
            self._read_plan(plan)
        finally:
            self._buffer.close()
        return self.result

    def _read_plan(self, plan: Sequence[tuple[str, Window]]) -> None:
        for number, (address, window) in enumerate(plan, start=1):
            self.progress(f"{self.tenant}: traces of {address}", number, len(plan))
            try:
                self._read_window(address, window)
            except (AuthError, SourceUnavailable) as error:
                self.result.note(error)
                return
            except HveError as error:
                self.result.note(error)

    def _read_window(self, address: str, window: Window) -> None:
        for rows in self.pages.pages(address, window):
            self._buffer.add(rows, place(address, window))
        # Refusals may have moved the borders while it was read.
        self._buffer.complete(address, self.pages.allowed(window))

    def _plan(self, addresses: Sequence[str], asked: Window | None) -> list[tuple[str, Window]]:
        wanted = self.pages.allowed(asked or Window(self.now - timedelta(days=365), self.now))
        unsettled = oldest_unsettled(self.store, self.tenant, self.now - UNSETTLED_FOR)
        plan = [
            (address, window)
            for address in addresses
            for missing in self._missing(address, wanted, unsettled, again=asked is not None)
            for window in split(missing)
        ]
        return sorted(plan, key=lambda step: step[1].end, reverse=True)

    def _missing(
        self, address: str, wanted: Window, unsettled: dict[str, datetime], *, again: bool
    ) -> list[Window]:
        """Unread windows, and the end of every read one: its rows may have come late or changed."""
        if again or wanted.start >= wanted.end:
            return [wanted] if wanted.start < wanted.end else []
        provisional = whole_second(unsettled.get(address, self.now))
        sure = [
            Window(window.start, min(window.end - self.look_back, provisional))
            for window in self.store.state.covered(self.tenant, SOURCE, address)
        ]
        return gaps([window for window in sure if window.start < window.end], wanted)


def split(window: Window) -> list[Window]:
    """Parts of at most 10 days that share their borders: no fraction of a second is lost."""
    parts, start = [], window.start
    while start < window.end:
        end = min(start + LONGEST_WINDOW, window.end)
        parts.append(Window(start, end))
        start = end
    return parts
