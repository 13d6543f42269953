"""Message traces of the HVE accounts from Microsoft Graph.

One query per address and window of at most 10 days: Graph accepts `or` and `in` and then ignores
all but the last value. Newest windows first, so that today is known before the past is filled.
Source: Microsoft Graph, messageTraces (v1.0): at most 10 days a query, 90 days back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from hve_monitor.clock import iso, midnight
from hve_monitor.errors import AuthError, HveError, SourceContractError, SourceUnavailable
from ingest.http import Api, RequestRefused
from ingest.source import Progress, SourceResult
from ingest.trace_pages import TracePage, TraceRow, arrow_rows, utc_times
from warehouse.landing import Landed, land
from warehouse.rejected import reject
from warehouse.state import Window, gaps, whole_second
from warehouse.store import Store
from warehouse.unsettled import oldest_unsettled

SOURCE = "message_traces"
PATH = "/v1.0/admin/exchange/tracing/messageTraces"
PAGE_ROWS = 5000
ROWS_PER_COMMIT = 50_000
LONGEST_WINDOW = timedelta(days=10)
OLDEST = timedelta(days=90)
UNSETTLED_FOR = timedelta(hours=48)
RESTARTS = 20


@dataclass
class TraceReader:
    """Reads what is missing of one tenant's addresses and records what was covered."""

    store: Store
    tenant: str
    api: Api
    now: datetime
    look_back: timedelta
    progress: Progress
    result: SourceResult
    earliest: datetime = field(init=False)
    latest: datetime = field(init=False)
    _rows: list[TraceRow] = field(default_factory=list)
    _read: list[tuple[str, Window]] = field(default_factory=list)
    _later_starts: list[datetime] = field(init=False)

    def __post_init__(self) -> None:
        # A lab saw the 90 days cut at midnight; Microsoft says only "90 days". What is refused
        # moves on to the next start: a minute or a day is given up, never the window.
        self.earliest = midnight(self.now) - OLDEST
        self.latest = whole_second(self.now)
        self._later_starts = [
            whole_second(self.now) - OLDEST + timedelta(minutes=1),
            self.earliest + timedelta(days=1),
        ]

    def read(self, addresses: Sequence[str], asked: Window | None = None) -> SourceResult:
        """Reads every missing window; one that fails leaves a gap and does not stop the others."""
        plan = self._plan(addresses, asked)
        try:
            self._read_plan(plan)
        finally:
            self._commit()
        self.result.requests = self.api.requests
        self.result.throttled = self.api.throttled
        return self.result

    def _read_plan(self, plan: Sequence[tuple[str, Window]]) -> None:
        for number, (address, window) in enumerate(plan, start=1):
            self.progress(f"{self.tenant}: traces of {address}", number, len(plan))
            try:
                self._read_window(address, window)
            except HveError as error:
                self.result.note(error)
                if isinstance(error, (AuthError, SourceUnavailable)):
                    return

    def _plan(self, addresses: Sequence[str], asked: Window | None) -> list[tuple[str, Window]]:
        wanted = asked or Window(self.earliest, self.latest)
        wanted = self._allowed(wanted)
        settled = oldest_unsettled(self.store, self.tenant, self.now - UNSETTLED_FOR)
        plan = [
            (address, window)
            for address in addresses
            for missing in self._missing(address, wanted, settled, again=asked is not None)
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

    def _read_window(self, address: str, window: Window) -> None:
        for rows in self._pages(address, self._allowed(window)):
            self._rows.extend(rows)
            if len(self._rows) >= ROWS_PER_COMMIT:
                self._commit()
        # Refusals may have moved the borders while it was read.
        self._read.append((address, self._allowed(window)))

    def _allowed(self, window: Window) -> Window:
        """The part of the window that Microsoft answers for."""
        return Window(max(window.start, self.earliest), min(window.end, self.latest))

    def _commit(self) -> None:
        """Lands the rows at hand, then records the windows that are complete with them."""
        rows, self._rows = self._rows, []
        self._land(rows)
        read, self._read = self._read, []
        for address, window in read:
            if window.start < window.end:
                self.store.state.cover(self.tenant, SOURCE, address, window)

    def _pages(self, address: str, window: Window) -> Iterator[list[TraceRow]]:
        """Every page of the window; a refused link starts anew at the last row that came."""
        link: str | None = None
        for _ in range(RESTARTS):
            try:
                for page in self._chain(address, window, link):
                    yield page.value
                    link, window = page.next_link, _rest(window, page)
                return
            except RequestRefused as error:
                window, link = self._moved(error, window, link), None
                if window.start >= window.end:
                    return
        raise SourceContractError(
            f"{self._where(address, window)}: {RESTARTS} links in a row expired"
        )

    def _chain(self, address: str, window: Window, link: str | None) -> Iterator[TracePage]:
        """Pages as the links lead."""
        where = self._where(address, window)
        page = self.api.decoded(TracePage, self._fetch(address, window, link), where)
        yield page
        while page.next_link is not None:
            page = self.api.decoded(TracePage, self._fetch(address, window, page.next_link), where)
            yield page

    def _where(self, address: str, window: Window) -> str:
        return f"{SOURCE} of {address} from {iso(window.start)} to {iso(window.end)}"

    def _fetch(self, address: str, window: Window, link: str | None) -> Callable[[], bytes]:
        if link is not None:
            return lambda: self.api.get(link)
        quoted = address.replace("'", "''")
        params = {
            "$filter": f"senderAddress eq '{quoted}' and receivedDateTime ge {iso(window.start)}"
            f" and receivedDateTime le {iso(window.end)}",
            "$top": str(PAGE_ROWS),
        }
        return lambda: self.api.get(self.api.base + PATH, params)

    def _moved(self, error: RequestRefused, window: Window, link: str | None) -> Window:
        """The window to go on with after a refusal. Raises the refusal when it is meant."""
        if link is not None:
            return window
        if "90 days" in error.message and self._later_starts:
            self.earliest = self._later_starts.pop(0)
        elif "future" in error.message and window.end >= self.latest:
            # Our clock is ahead of Microsoft's.
            self.latest -= timedelta(minutes=1)
        else:
            raise error
        return self._allowed(window)

    def _land(self, rows: list[TraceRow]) -> None:
        table = arrow_rows(rows, f"{SOURCE} of tenant '{self.tenant}'")
        whole, broken = _parted(table)
        reasons = [(None, "id, senderAddress or recipientAddress is missing")] * broken.num_rows
        reject(self.store, self.tenant, SOURCE, reasons, self.now)
        landed = land(self.store, self.tenant, whole, self.now, "graph")
        self._count(landed, broken.num_rows)

    def _count(self, landed: Landed, rejected: int) -> None:
        self.result.rows_read += landed.read + rejected
        self.result.rows_new += landed.new
        self.result.rows_changed += landed.changed
        self.result.rows_unchanged += landed.unchanged
        self.result.rows_rejected += rejected


def split(window: Window) -> list[Window]:
    """Parts of at most 10 days that share their borders: no fraction of a second is lost."""
    parts, start = [], window.start
    while start < window.end:
        end = min(start + LONGEST_WINDOW, window.end)
        parts.append(Window(start, end))
        start = end
    return parts


def _rest(window: Window, page: TracePage) -> Window:
    """What is left below the page's last row: pages come newest first."""
    if not page.value:
        return window
    texts = pa.array([page.value[-1].received_date_time])
    last = utc_times(texts, SOURCE)[0].as_py()
    return Window(window.start, min(window.end, whole_second(last, up=True)))


def _parted(table: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Rows that can be stored, and rows without an id or an address."""
    required = ("trace_id", "recipient", "sender")
    complete = pc.and_kleene(
        pc.and_(pc.is_valid(table[required[0]]), pc.is_valid(table[required[1]])),
        pc.is_valid(table[required[2]]),
    )
    return table.filter(complete), table.filter(pc.invert(complete))
