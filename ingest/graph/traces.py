"""Message trace pages of Microsoft Graph for one sender and window.

Source: Microsoft Graph, list messageTraces (v1.0): at most 10 days a query, 90 days back, pages of
at most 5,000 rows behind opaque links, newest first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hve_monitor.clock import iso, midnight
from hve_monitor.errors import SourceContractError
from ingest.graph.trace_pages import TracePage, TraceRow, lenient_page, oldest_time
from ingest.graph.trace_plan import EVERYONE
from ingest.http import Api, RequestRefused, ServiceClock
from warehouse.windows import Window, whole_second

PATH = "/v1.0/admin/exchange/tracing/messageTraces"
PAGE_ROWS = 5000
OLDEST = timedelta(days=90)
RESTARTS = 20
# Graph may answer with an empty page before the rows go on; so many have no end.
IDLE_PAGES = 20


@dataclass
class GraphTraces:
    """Reads pages; `earliest` and `latest` are the borders that Microsoft answers for."""

    api: Api
    now: datetime
    clock: ServiceClock = field(default_factory=ServiceClock)
    earliest: datetime = field(init=False)
    latest: datetime = field(init=False)
    _later_starts: list[datetime] = field(init=False)

    def __post_init__(self) -> None:
        # A lab saw the 90 days cut at midnight; Microsoft says only "90 days". What is refused
        # moves on to the next start: a minute or a day is given up, never the window.
        self.earliest = midnight(self.now) - OLDEST
        self.latest = whole_second(self.now)
        self._later_starts = [
            self.latest - OLDEST + timedelta(minutes=1),
            self.earliest + timedelta(days=1),
        ]

    def allowed(self, window: Window) -> Window:
        """The part of the window that Microsoft answers for: never beyond its own time."""
        latest = self.clock.not_after(self.latest)
        return Window(max(window.start, self.earliest), min(window.end, latest))

    def pages(self, sender: str, window: Window) -> Iterator[list[TraceRow]]:
        """Every page of the window; a refused link starts anew at the last row that came.

        sender: an address, `*@domain`, or `*` for every sender of the tenant.
        Raises: SourceContractError, AuthError, SourceUnavailable.
        """
        link: str | None = None
        window = self.allowed(window)
        if window.start >= window.end:
            return
        for _ in range(RESTARTS):
            try:
                for page in self._chain(sender, window, link):
                    yield page.value
                    link, window = page.next_link or None, _rest(window, page)
                return
            except RequestRefused as error:
                window, link = self._moved(error, window, link), None
                if window.start >= window.end:
                    return
        raise SourceContractError(f"{place(sender, window)}: {RESTARTS} links in a row expired")

    def _chain(self, sender: str, window: Window, link: str | None) -> Iterator[TracePage]:
        """Pages as the links lead. Raises: SourceContractError where they lead on without end."""
        page = self._page(sender, window, link)
        yield page
        read, seen = {link}, _RowsSeen()
        while page.next_link:  # Graph has ended lists with an empty link as well
            if page.next_link in read:
                raise SourceContractError(
                    f"{place(sender, window)}: a link leads back to a page that was read"
                )
            if seen.idle_pages_after(page) == IDLE_PAGES:
                raise SourceContractError(
                    f"{place(sender, window)}: the last {IDLE_PAGES} pages bring nothing new"
                )
            read.add(page.next_link)
            page = self._page(sender, window, page.next_link)
            yield page

    def _page(self, sender: str, window: Window, link: str | None) -> TracePage:
        fetch, where = self._fetch(sender, window, link), place(sender, window)
        page = self.api.decoded(TracePage, fetch, where, lenient_page)
        if page.error is not None:
            raise SourceContractError(
                f"{where}: an error instead of an answer ({page.error!s:.200})"
            )
        return page

    def _fetch(self, sender: str, window: Window, link: str | None) -> Callable[[], bytes]:
        if link is not None:
            return lambda: self.api.get(link)
        period = (
            f"receivedDateTime ge {iso(window.start)} and receivedDateTime le {iso(window.end)}"
        )
        if sender != EVERYONE:
            quoted = sender.replace("'", "''")
            period = f"senderAddress eq '{quoted}' and {period}"
        params = {"$filter": period, "$top": str(PAGE_ROWS)}
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
        return self.allowed(window)


@dataclass
class _RowsSeen:
    """Whether pages bring rows that the page before them did not have."""

    _rows: set[tuple[str | None, str | None]] = field(default_factory=set)
    _idle: int = 0

    def idle_pages_after(self, page: TracePage) -> int:
        """How many pages in a row brought nothing, this one included."""
        rows = {(row.id, row.recipient_address) for row in page.value}
        self._idle = 0 if rows - self._rows else self._idle + 1
        self._rows = rows or self._rows
        return self._idle


def place(sender: str, window: Window) -> str:
    """What was being read, for messages."""
    return f"message_traces of {sender} from {iso(window.start)} to {iso(window.end)}"


def _rest(window: Window, page: TracePage) -> Window:
    """What is left below the page's last row: pages come newest first."""
    last = oldest_time(page.value, window)
    if last is None:
        return window
    return Window(window.start, min(window.end, whole_second(last, up=True)))
