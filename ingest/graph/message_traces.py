"""Message traces of the HVE accounts: what is missing is read, newest windows first."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from hve_monitor.addresses import address_of
from hve_monitor.errors import AuthError, HveError, SourceUnavailable
from ingest.graph.postponed import without_postponed
from ingest.graph.trace_buffer import SOURCE, TraceBuffer
from ingest.graph.trace_pages import TraceRow, oldest_time, row_keys
from ingest.graph.trace_plan import Sharing, TraceQuery, finer, plan
from ingest.graph.traces import PAGE_ROWS, place
from ingest.pace import Pace, QuotaUse, span
from ingest.source import Progress, SourceResult
from ingest.unread import unread_windows
from warehouse.records.coverage import covered_windows, plan_backfill, shorten_backfills
from warehouse.records.known_keys import known_keys
from warehouse.records.unsettled import oldest_unsettled
from warehouse.store import Store
from warehouse.windows import Window, whole_second

log = logging.getLogger(__name__)
REFUSED_SECONDS, TRUSTED_SECONDS = 86_400.0, 7 * 86_400.0
LONG_SECONDS = 3600.0
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
    sharing: Sharing = "domain"
    origin: str = "graph"
    quota: QuotaUse | None = None
    window_seconds: float = 300.0
    _addresses: frozenset[str] = frozenset()
    _refused: set[str] = field(default_factory=set)
    _trusted: set[str] = field(default_factory=set)
    _buffer: TraceBuffer = field(init=False)
    _pace: Pace = field(init=False)
    _planned_from: datetime = field(init=False)

    def read(self, addresses: Sequence[str], requested: Window | None = None) -> SourceResult:
        """Reads every missing window; one that fails leaves a gap and does not stop the others."""
        self._addresses = frozenset(addresses)
        self._recall_verdicts()
        period = self._plan_backfill(addresses, requested)
        missing = self._all_missing(addresses, period, is_requested=requested is not None)
        planned = plan(missing, self._refused, self.sharing)
        if requested is None:
            planned = without_postponed(
                self.store, self.tenant, planned, self.look_back, period.end
            )
        queries = deque(planned)
        self._announce(len(queries), len(addresses))
        self._pace = Pace(sum(_work(query) for query in queries), self.quota)
        self._buffer = TraceBuffer(self.store, self.tenant, self.now, self.result, self.origin)
        try:
            self._read_queries(queries)
        finally:
            self._buffer.close()
        self.result.settle()
        return self.result

    def _announce(self, requests: int, addresses: int) -> None:
        """Says before it starts how long a long reading will be: a list may be mistyped."""
        _, allowed = self.quota() if self.quota else (0, requests)
        seconds = (requests / max(1, allowed) - 1) * self.window_seconds
        if seconds >= LONG_SECONDS:
            log.warning(
                "%s: %s addresses take at least %s requests, which the quota lets through in %s",
                self.tenant, f"{addresses:,}", f"{requests:,}", span(seconds),
            )  # fmt: skip

    def _read_queries(self, queries: deque[TraceQuery]) -> None:
        while queries:
            query = queries.popleft()
            self._report(query)
            try:
                if query.is_shared and not self._read_shared(query):
                    queries.extendleft(reversed(finer(query, self._refused)))
                    continue
                if not query.is_shared:
                    self._read_single(query)
                self._pace.done += _work(query)
            except (AuthError, SourceUnavailable) as error:
                self.result.note(error)
                return
            except HveError as error:
                self.result.note(error)

    def _read_single(self, query: TraceQuery) -> None:
        for rows in self.pages.pages(query.sender, query.window):
            # Graph ignores filters that it does not know: what is not ours never gets further.
            self._keep(query, [row for row in rows if _sender(row) in (query.sender, "")])
        self._complete(query)

    def _read_shared(self, query: TraceQuery) -> bool:
        """Reads a query for several addresses; False when it cannot be relied on.

        Nothing documents that such a query answers for all of them: it counts only while its
        answer holds every row that is stored already, and no rows of other senders.
        """
        stored = known_keys(
            self.store, self.tenant, self._buffer.origin, query.addresses, query.window
        )
        if not stored and query.sender not in self._trusted:
            return False
        seen: set[tuple[str, str]] = set()
        mask = self.store.mask(self.tenant)
        for number, rows in enumerate(self.pages.pages(query.sender, query.window)):
            if not self._may_go_on(query, rows, first=number == 0):
                return self._remember(query, is_trusted=False)
            ours = [row for row in rows if _sender(row) in self._addresses]
            seen |= stored & {mask.key_of(*key) for key in row_keys(ours)}
            self._keep(query, ours)
        if seen != stored:
            return self._remember(query, is_trusted=False)
        self._complete(query)
        return self._remember(query, is_trusted=True) if stored else True

    def _report(self, query: TraceQuery) -> None:
        what = f"{self.tenant}: traces of {query.sender}: {self._pace.text()}"
        self.progress(what, round(self._pace.done), max(1, round(self._pace.total)))

    def _keep(self, query: TraceQuery, rows: Sequence[TraceRow]) -> None:
        self._pace.rows += len(rows)
        self._report(query)
        self._buffer.add(rows, place(query.sender, query.window))

    def _complete(self, query: TraceQuery) -> None:
        # Refusals may have moved the borders while it was read.
        window = self.pages.allowed(query.window)
        if query.window.start == self._planned_from < window.start:
            # Microsoft never answers for the time before: it was never meant to be read.
            state = self.store.state
            shorten_backfills(state, self.tenant, SOURCE, self._planned_from, window.start)
        for address in query.addresses:
            self._buffer.complete(address, window)

    def _may_go_on(self, query: TraceQuery, rows: Sequence[TraceRow], *, first: bool) -> bool:
        """Whether a shared query may go on: nobody else in it, and no dearer than single ones."""
        if self.sharing != "everyone" and any(_sender(row) not in self._addresses for row in rows):
            return False
        return not first or pages_ahead(query.window, rows) <= len(query.addresses)

    def _remember(self, query: TraceQuery, *, is_trusted: bool) -> bool:
        """Remembers the verdict; a refused query is not tried again for a day."""
        (self._trusted if is_trusted else self._refused).add(query.sender)
        self.store.state.judge_query(self.tenant, query.sender, time.time(), is_trusted=is_trusted)
        return is_trusted

    def _recall_verdicts(self) -> None:
        now, state = time.time(), self.store.state
        self._refused = state.judged_queries(self.tenant, now - REFUSED_SECONDS, is_trusted=False)
        self._trusted = state.judged_queries(self.tenant, now - TRUSTED_SECONDS, is_trusted=True)

    def _plan_backfill(self, addresses: Sequence[str], requested: Window | None) -> Window:
        """The period to read, noted before its first request: what fails then leaves a gap."""
        period = self.pages.allowed(requested or Window(self.now - timedelta(days=365), self.now))
        self._planned_from = period.start
        if period.start < period.end:
            plan_backfill(self.store.state, self.tenant, SOURCE, addresses, period.start)
        return period

    def _all_missing(
        self, addresses: Sequence[str], period: Window, *, is_requested: bool
    ) -> dict[str, list[Window]]:
        if is_requested:
            return {address: unread_windows([], period) for address in addresses}
        unsettled = oldest_unsettled(self.store, self.tenant, self.now - UNSETTLED_FOR)
        return {
            address: unread_windows(
                covered_windows(self.store.state, self.tenant, SOURCE, address),
                period,
                self.look_back,
                whole_second(unsettled.get(address, self.now)),
            )
            for address in addresses
        }


def _work(query: TraceQuery) -> float:
    """Seconds of mail that a query reads, over its addresses: finer queries add up to the same."""
    return len(query.addresses) * (query.window.end - query.window.start).total_seconds()


def pages_ahead(window: Window, rows: Sequence[TraceRow]) -> float:
    """Pages that the whole window should take, judged by how far the first one reaches back."""
    if len(rows) < PAGE_ROWS:
        return 1.0
    oldest = oldest_time(rows, window)
    if oldest is None:
        return 1.0
    span = max((window.end - oldest).total_seconds(), 1.0)
    return (window.end - window.start).total_seconds() / span


def _sender(row: TraceRow) -> str:
    return address_of(row.sender_address or "").lower()
