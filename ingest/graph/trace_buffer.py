"""Trace rows on their way into the store, and the windows that are complete with them.

Landing goes on in a thread of its own while the next page is fetched and decoded. The order holds:
rows first, then the coverage of windows whose last row is among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from ingest.graph.trace_pages import COLUMNS, TraceRow, arrow_rows
from ingest.source import SourceResult
from warehouse.records.message_traces import Landed, land
from warehouse.records.rejected_rows import reject
from warehouse.store import Store
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

    def add(self, rows: Sequence[TraceRow], where: str) -> None:
        """Takes a page. Raises: SourceContractError when a time cannot be read."""
        self._tables.append(arrow_rows(rows, where))
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
            self._pool.shutdown()

    def _wait(self) -> None:
        landing, self._landing = self._landing, None
        if landing is None:
            return
        landed, rejected = landing.result()
        self.result.rows_read += landed.read + rejected
        self.result.rows_new += landed.new
        self.result.rows_changed += landed.changed
        self.result.rows_unchanged += landed.unchanged
        self.result.rows_rejected += rejected

    def _land(
        self, tables: list[pa.Table], windows: list[tuple[str, Window]]
    ) -> tuple[Landed, int]:
        whole, broken = _parted(pa.concat_tables(tables) if tables else COLUMNS.empty_table())
        # SQLite connections belong to the thread that opened them.
        with self.store.reopened() as store:
            reasons = [(None, "id, senderAddress or recipientAddress is missing")]
            reject(store, self.tenant, SOURCE, reasons * broken.num_rows, self.now)
            landed = land(store, self.tenant, whole, self.now, self.origin)
            for address, window in windows:
                store.state.cover(self.tenant, SOURCE, address, window)
        return landed, broken.num_rows


def _parted(table: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Rows that can be stored, and rows without an id or an address."""
    complete = pc.and_kleene(
        pc.and_(pc.is_valid(table["trace_id"]), pc.is_valid(table["recipient"])),
        pc.is_valid(table["sender"]),
    )
    return table.filter(complete), table.filter(pc.invert(complete))
