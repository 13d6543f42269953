"""Message traces of the HVE accounts: what is missing is read, newest windows first."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import pyarrow as pa

from hve_monitor.errors import AuthError, HveError, SourceUnavailable
from ingest.graph_traces import PAGE_ROWS, place
from ingest.source import Progress, SourceResult
from ingest.trace_buffer import SOURCE, TraceBuffer
from ingest.trace_pages import TraceRow, utc_times
from ingest.trace_plan import Step, finer, plan
from warehouse.state import Window, gaps, whole_second
from warehouse.store import Store
from warehouse.unsettled import oldest_unsettled

REMEMBERED_FOR = 86_400.0
UNSETTLED_FOR = timedelta(hours=48)


class TracePages(Protocol):
    """Where pages come from: Graph, or the Exchange cmdlet where Graph is refused."""

    def allowed(self, window: Window) -> Window:
        """The part of the window that the source answers for."""
        ...

    def pages(self, sender: str, window: Window) -> Iterator[list[TraceRow]]:
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
    everyone: bool = False
    _known: frozenset[str] = frozenset()
    _refused: set[str] = field(default_factory=set)
    _buffer: TraceBuffer = field(init=False)

    def read(self, addresses: Sequence[str], asked: Window | None = None) -> SourceResult:
        """Reads every missing window; one that fails leaves a gap and does not stop the others."""
        self._known = frozenset(addresses)
        self._refused = self.store.state.refused_plans(self.tenant, time.time() - REMEMBERED_FOR)
        missing = self._all_missing(addresses, asked)
        steps = deque(plan(missing, self._refused, everyone=self.everyone))
        self._buffer = TraceBuffer(self.store, self.tenant, self.now, self.result)
        try:
            self._read_steps(steps)
        finally:
            self._buffer.close()
        self.result.settle()
        return self.result

    def _read_steps(self, steps: deque[Step]) -> None:
        done = 0
        while steps:
            step = steps.popleft()
            self.progress(f"{self.tenant}: traces of {step.sender}", done, done + len(steps) + 1)
            try:
                if self._read_step(step):
                    done += 1
                else:
                    steps.extendleft(reversed(self._instead(step)))
            except (AuthError, SourceUnavailable) as error:
                self.result.note(error)
                return
            except HveError as error:
                self.result.note(error)

    def _read_step(self, step: Step) -> bool:
        """Reads one query; False when a shared one brings others or costs more than it saves."""
        where = place(step.sender, step.window)
        for number, rows in enumerate(self.pages.pages(step.sender, step.window)):
            if step.is_shared and not self._is_welcome(step, rows, first=number == 0):
                return False
            # Graph ignores filters that it does not know: what is not ours never gets further.
            self._buffer.add([row for row in rows if self._is_ours(row, step)], where)
        # Refusals may have moved the borders while it was read.
        for address in step.addresses:
            self._buffer.complete(address, self.pages.allowed(step.window))
        return True

    def _instead(self, step: Step) -> list[Step]:
        """Single steps for a shared one, which is not tried again for a day."""
        self._refused.add(step.sender)
        self.store.state.refuse_plan(self.tenant, step.sender, time.time())
        return finer(step, self._refused, everyone=self.everyone)

    def _is_welcome(self, step: Step, rows: Sequence[TraceRow], *, first: bool) -> bool:
        """Whether a shared query may go on: nobody else in it, and no dearer than single ones."""
        if not self.everyone and any(_sender(row) not in self._known for row in rows):
            return False
        return not first or pages_ahead(step.window, rows) <= len(step.addresses)

    def _is_ours(self, row: TraceRow, step: Step) -> bool:
        sender = _sender(row)
        return sender in self._known if step.is_shared else sender in (step.sender, "")

    def _all_missing(
        self, addresses: Sequence[str], asked: Window | None
    ) -> dict[str, list[Window]]:
        wanted = self.pages.allowed(asked or Window(self.now - timedelta(days=365), self.now))
        unsettled = oldest_unsettled(self.store, self.tenant, self.now - UNSETTLED_FOR)
        return {
            address: self._missing(address, wanted, unsettled, again=asked is not None)
            for address in addresses
        }

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


def pages_ahead(window: Window, rows: Sequence[TraceRow]) -> float:
    """Pages that the whole window should take, judged by how far the first one reaches back."""
    if len(rows) < PAGE_ROWS:
        return 1.0
    times = utc_times(pa.array([rows[-1].received_date_time]), SOURCE)
    oldest: datetime = times[0].as_py()
    span = max((window.end - oldest).total_seconds(), 1.0)
    return (window.end - window.start).total_seconds() / span


def _sender(row: TraceRow) -> str:
    return (row.sender_address or "").lower()
