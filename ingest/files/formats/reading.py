"""One member of a file as trace rows, typed, with the reason where a row cannot be kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.columns import (
    exploded,
    recipient_statuses,
    recipients,
    senders,
    statuses,
    texts,
    trace_ids,
)
from ingest.files.formats.ahead import ahead
from ingest.files.formats.containers import Member, UnreadableError
from ingest.files.formats.contents import Choose, Collected, Contents, Table
from ingest.files.formats.dates import Order, Reading, has_written_days, iso_days, reading_of
from ingest.files.formats.layouts import TEXTS, recognise
from ingest.files.formats.records import Block
from ingest.files.formats.spreadsheet import without_cut_off
from ingest.files.formats.typed import parts, typed
from ingest.received import EARLIEST, latest
from ingest.statuses import outcomes
from warehouse.connection import arrow

ROWS_AT_ONCE = 200_000
MACROS = ("plausible", "instant", "pattern", "unread", "whole_number")
SQL = {path.stem: path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("*.sql")}


@dataclass
class Rows:
    """Typed rows, `reason` null for the good ones, and what was no row at all."""

    table: pa.Table
    broken: list[tuple[int | None, str]]


class Reader:
    """Reads members with one DuckDB connection. `choose` maps columns that no layout knows.

    now: business time, since no mail was received long after it. dates: the order of days that a
    file leaves open. requested: columns of a named format that have other names in the file.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        now: datetime,
        file_format: str = "auto",
        dates: Order | None = None,
        choose: Choose = lambda columns, _: recognise(columns),
        requested: Mapping[str, str] | None = None,
    ) -> None:
        """Raises: ConfigError when there is no format of that name."""
        self._contents = Contents(file_format, choose, requested or {})
        self._connection = connection
        self._latest = latest(now)
        self._dates = dates
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead")
        connection.execute("set preserve_insertion_order = true")
        connection.register("vocabulary", outcomes())
        connection.execute("create or replace table outcomes as select * from vocabulary")
        connection.execute("set variable earliest = $moment", {"moment": EARLIEST})
        connection.execute("set variable latest = $moment", {"moment": self._latest})
        for name in MACROS:
            connection.execute(SQL[name])

    def read(self, member: Member) -> Iterator[Rows | Collected]:
        """Rows of a member, in its order but for tracking events, which are collapsed.

        Raises: UnreadableError when nothing in it can be read, ConfigError when its columns do
        not fit the requested format.
        """
        content = self._contents.of(member)
        if isinstance(content, Collected):
            yield content
        else:
            yield from self._shaped(content)

    def _shaped(self, content: Table) -> Iterator[Rows]:
        shape = content.layout.shape
        if shape == "events":
            self._connection.execute("drop table if exists partial")
            self._keep_events(_complete(NO_LINES, shape))
        dated = Dated(content, self._latest, self._dates)
        # Closed in time when a block raises: the file is open in the other thread.
        with closing(content.read(content.texts)) as blocks:
            whole = without_cut_off(blocks)
            prepared = ((block, dated.of(_complete(block.rows, shape))) for block in whole)
            with closing(ahead(prepared, self._pool)) as pairs:
                yield from self._parts(pairs, shape)
        if shape == "events":
            yield from self._collapsed()

    def _parts(self, pairs: Iterator[tuple[Block, pa.Table]], shape: str) -> Iterator[Rows]:
        for block, table in pairs:
            if shape != "events":
                yield Rows(self._typed(table, shape), block.broken)
                continue
            self._keep_events(table)
            if block.broken:
                yield Rows(EMPTY, block.broken)

    def _typed(self, table: pa.Table, shape: str) -> pa.Table:
        texts = table.combine_chunks()
        rows = typed(self._connection, parts(texts) if shape == "summary" else texts, self._latest)
        place = rows.schema.get_field_index("status")
        rows = rows.set_column(place, "status", statuses(rows["status"]))
        if shape != "summary" or not _repeats_a_recipient(rows):
            return rows
        self._connection.register("typed", rows)
        return arrow(self._connection, SQL["best"])

    def _keep_events(self, table: pa.Table) -> None:
        self._connection.register("block", table)
        self._connection.execute(
            f"create temp table if not exists partial as select * from ({SQL['events']}) limit 0"
        )
        self._connection.execute(f"insert into partial by name {SQL['events']}")

    def _collapsed(self) -> Iterator[Rows]:
        """Rows of the kept events, once the last one is read."""
        self._connection.execute(f"create or replace temp table collapsed as {SQL['messages']}")
        self._connection.execute("create or replace temp view texts as select * from collapsed")
        reader = self._connection.sql(SQL["typed"]).to_arrow_reader(ROWS_AT_ONCE)
        for batch in reader:
            yield Rows(pa.Table.from_batches([batch]), [])


NO_LINES = pa.table({"line": pa.array([], pa.int64())})
EMPTY = pa.table({"reason": pa.array([], pa.string())})


@dataclass
class Dated:
    """Blocks of one table with their days in ISO 8601.

    The first day that is written otherwise makes all times of the table be read: they decide.
    """

    content: Table
    latest: datetime
    dates: Order | None
    reading: Reading | None = None
    is_begun: bool = False

    def of(self, rows: pa.Table) -> pa.Table:
        """The rows. Raises: UnreadableError when the order of day and month stays open."""
        if has_written_days(rows["received"]):
            self.reading = self.reading or self._reading()
            times = iso_days(rows["received"], self.reading)
            rows = rows.set_column(rows.column_names.index("received"), "received", times)
        self.is_begun = True
        return rows

    def _reading(self) -> Reading:
        try:
            with closing(self.content.read(["received"])) as blocks:
                times = (pc.ascii_trim_whitespace(block.rows["received"]) for block in blocks)
                return reading_of(times, self.latest.date(), self.dates)
        except UnreadableError:
            if self.is_begun:
                return Reading()  # earlier rows are kept already: those left open are rejected
            raise


def _complete(rows: pa.Table, shape: str) -> pa.Table:
    """The block with every column that a .sql file may ask for, in the forms that the store keeps.

    Unicode's spaces are looked for in addresses alone: elsewhere they do no harm.
    """
    absent = pa.nulls(rows.num_rows, pa.string())
    have = dict.fromkeys(TEXTS, absent) | {
        name: pc.utf8_trim_whitespace(rows[name])
        if name in ("sender", "recipient")
        else pc.ascii_trim_whitespace(rows[name])
        for name in rows.column_names
        if name != "line"
    }
    have["trace_id"] = trace_ids(have["trace_id"], have["message_id"])
    have["sender"] = senders(have["sender"])
    named = {
        **dict.fromkeys(("recipient", "related"), recipients),
        **dict.fromkeys(("message_id", "from_ip", "to_ip", "client_ip"), texts),
    }
    have |= {name: named[name](have[name]) for name in named.keys() & rows.column_names}
    if shape == "summary":
        have["status"] = recipient_statuses(have["status"])
    table = pa.table(have | {"line": rows["line"]})
    return exploded(table) if shape == "rows" else table


def _repeats_a_recipient(rows: pa.Table) -> bool:
    """Whether a line names a recipient twice; only lines with several rows, side by side, can."""
    if rows.num_rows < 2:
        return False
    lines = rows["line"].to_numpy()
    same = lines[1:] == lines[:-1]
    if not same.any():
        return False
    several = np.append(same, False) | np.append(False, same)
    lower = pc.utf8_lower(rows["recipient"].filter(pa.array(several)))
    names = lower.combine_chunks().dictionary_encode().indices.fill_null(-1).to_numpy()
    # Arrow's group_by would take the second core, on which the next block is read.
    pairs = np.sort((lines[several] << 32) + names)
    return bool((pairs[1:] == pairs[:-1]).any())
