"""Trace rows on their way into the store, and the windows that are complete with them.

Landing goes on in a thread of its own while the next page is fetched and decoded. The order holds:
rows first, then the coverage of windows whose last row is among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa

from hve_monitor.errors import SourceContractError
from ingest.graph.trace_pages import TraceRow, arrow_rows
from ingest.received import MANY, latest
from ingest.source import SourceResult
from warehouse.records.coverage import record_coverage
from warehouse.records.message_traces import Landed, land
from warehouse.records.rejected_rows import reject
from warehouse.store import Store, refusals_in_one_line
from warehouse.windows import Window

SOURCE = "message_traces"
ROWS_PER_COMMIT = 100_000


@dataclass
class TraceBuffer:
    """Collects pages of one tenant and commits them in large batches; close() commits the rest."""

    store: Store
    tenant: str
    now: datetime
    result: SourceResult
    origin: str = "graph"
    _tables: list[pa.Table] = field(default_factory=list)
    _windows: list[tuple[str, Window]] = field(default_factory=list)
    _count: int = 0
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(max_workers=1))
    _landing: Future[tuple[Landed, int]] | None = None
    _opened: ExitStack = field(default_factory=ExitStack)
    _own: Store | None = None

    def add(self, rows: Sequence[TraceRow], where: str) -> None:
        """Takes a page. Raises: SourceContractError when none of its times can be read."""
        table = arrow_rows(rows, latest(self.now))
        if len(rows) >= MANY and not table["received_at"].is_valid().to_numpy().any():
            raise SourceContractError(f"{where}: no receivedDateTime of {len(rows)} rows is a time")
        self._tables.append(table)
        self._count += len(rows)
        if self._count >= ROWS_PER_COMMIT:
            self.commit()

    def complete(self, address: str, window: Window) -> None:
        """The window's last row is in; it is covered with the next commit."""
        if window.start < window.end:
            self._windows.append((address, window))

    def commit(self) -> None:
        """Hands over what is here, after the commit before has ended well."""
        self._wait()
        tables, windows = self._tables, self._windows
        self._tables, self._windows, self._count = [], [], 0
        if tables or windows:
            self._landing = self._pool.submit(self._land, tables, windows)

    def close(self) -> None:
        """Commits the rest and waits for it. Raises: what landing raised."""
        try:
            self.commit()
            self._wait()
        finally:
            self._pool.submit(self._opened.close).result()
            self._pool.shutdown()

    def _wait(self) -> None:
        landing, self._landing = self._landing, None
        if landing is None:
            return
        landed, rejected = landing.result()
        self.result.rows_read += landed.read + rejected
        self.result.rows_new += landed.new
        self.result.rows_changed += landed.changed
        self.result.rows_unchanged += landed.unchanged + landed.purged
        self.result.rows_rejected += rejected

    def _land(
        self, tables: list[pa.Table], windows: list[tuple[str, Window]]
    ) -> tuple[Landed, int]:
        rows = pa.concat_tables(tables) if tables else arrow_rows([], self.now)
        reasons = rows["reason"].drop_null().to_pylist()
        whole = rows.filter(rows["reason"].is_null()) if reasons else rows
        with refusals_in_one_line(self.store.root):
            store = self._own_store()
            reject(store, self.tenant, SOURCE, [(None, reason) for reason in reasons], self.now)
            landed = land(store, self.tenant, whole, self.now, self.origin)
            for address, window in windows:
                record_coverage(store.state, self.tenant, SOURCE, address, window)
        return landed, len(reasons)

    def _own_store(self) -> Store:
        """The store as the landing thread has opened it: SQLite connections belong to a thread."""
        if self._own is None:
            self._own = self._opened.enter_context(self.store.reopened())
        self._own.forget_masks()  # somebody may have been erased meanwhile
        return self._own
