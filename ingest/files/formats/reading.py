"""One member of a file as trace rows, typed, with the reason where a row cannot be kept."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from hve_monitor.errors import ConfigError
from ingest.files.formats import objects
from ingest.files.formats.ahead import ahead
from ingest.files.formats.containers import DAMAGE, Member, Stream, UnreadableError, unpacked
from ingest.files.formats.encoding import Text, as_text
from ingest.files.formats.layouts import NAMES, TEXTS, Layout, asked_layout, recognise, shown
from ingest.files.formats.records import Block, Records
from ingest.http import JsonObject
from ingest.powershell.collected import is_collection
from warehouse.connection import arrow

SYNTAXES = ("csv", "tsv", "json", "jsonl", "parquet")
FORMATS = ("auto", *SYNTAXES, *NAMES, "collect")
ROWS_AT_ONCE = 200_000
SQL = {path.stem: path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("*.sql")}
SLASHED = r"^\d{1,2}/\d{1,2}/\d{4}"
Chosen = tuple[Layout, dict[str, str]]
Choose = Callable[[Sequence[str], str], Chosen | None]  # columns, name of the member


@dataclass
class Rows:
    """Typed rows, `reason` null for the good ones, and what was no row at all."""

    table: pa.Table
    broken: list[tuple[int | None, str]]


@dataclass
class Collected:
    """A document of collect.ps1."""

    document: JsonObject


class Reader:
    """Reads members with one DuckDB connection. `choose` maps columns that no layout knows."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        file_format: str = "auto",
        choose: Choose = lambda columns, _: recognise(columns),
    ) -> None:
        """Raises: ConfigError when there is no format of that name."""
        if file_format not in FORMATS:
            raise ConfigError(f"--format {file_format}: use one of {', '.join(FORMATS)}")
        self._connection = connection
        self._format = file_format
        self._choose = choose
        connection.execute("set preserve_insertion_order = true")
        connection.execute(f"create or replace table outcomes as {SQL['outcomes']}")
        connection.execute(
            "set variable ranks = (select map(list(word), list(rank)) from outcomes);"
            "set variable statuses = (select map(list(rank), list(status)) from"
            " (select distinct rank, status from outcomes))"
        )
        for name in ("address", "calendar", "instant", "pattern", "ranks", "statuses"):
            connection.execute(SQL[name])

    def read(self, member: Member) -> Iterator[Rows | Collected]:
        """Rows of a member, in its order but for tracking events, which are collapsed.

        Raises: UnreadableError when nothing in it can be read, ConfigError when its columns do
        not fit the requested format.
        """
        with member.open() as stream, unpacked(stream) as plainly:
            yield from self._of_stream(plainly, member)

    def _of_stream(self, stream: Stream, member: Member) -> Iterator[Rows | Collected]:
        chunks = Replayed(stream)
        if chunks.start.startswith(b"PAR1") or self._format == "parquet":
            yield from self._parquet(member)
            return
        text = Text(chunks)
        head = as_text(text.sample).lstrip("\ufeff \t\r\n")
        if head.startswith("<"):
            raise UnreadableError("is XML or HTML; export it as CSV or JSON")
        is_json = self._format in ("json", "jsonl", "graph", "collect") or head.startswith(
            ("{", "[")
        )
        if is_json and self._format not in ("csv", "tsv"):
            yield from self._json(text, member.name)
        else:
            yield from self._delimited(text, member.name)

    def _delimited(self, text: Text, name: str) -> Iterator[Rows]:
        records = Records(text, "\t" if self._format == "tsv" else None)
        layout, columns = self._layout(records.columns, name)
        yield from self._shaped(layout, records.blocks(columns))

    def _json(self, text: Text, name: str) -> Iterator[Rows | Collected]:
        entries = objects.numbered(text)
        first = list(itertools.islice(entries, 100))
        if first and is_collection(first[0][1]):
            yield Collected(cast("JsonObject", first[0][1]))
            return
        if self._format == "collect":
            raise UnreadableError("is no output of collect.ps1")
        keys = dict.fromkeys(key for _, row in first if isinstance(row, dict) for key in row)
        if not keys:
            rows = objects.blocks(itertools.chain(first, entries), {})
            yield from (Rows(EMPTY, block.broken) for block in rows)
            return
        layout, chosen = self._layout(list(keys), name)
        spelled = {text: layout.columns.get(text) or (column,) for text, column in chosen.items()}
        blocks = objects.blocks(itertools.chain(first, entries), spelled)
        yield from self._shaped(layout, blocks)

    def _parquet(self, member: Member) -> Iterator[Rows]:
        if member.archived:
            raise UnreadableError("is Parquet inside an archive; unpack it")
        try:
            file = pa.parquet.ParquetFile(member.name)
            layout, columns = self._layout(file.schema_arrow.names, member.name)
            yield from self._shaped(layout, _parquet_blocks(file, columns))
        except (pa.ArrowException, OSError) as error:
            raise UnreadableError(f"is damaged or no Parquet ({_line(error)})") from None

    def _layout(self, columns: Sequence[str], name: str) -> Chosen:
        if self._format in NAMES:
            return asked_layout(self._format, columns, name)
        chosen = self._choose(columns, name)
        if chosen is None:
            names = shown(columns)
            raise UnreadableError(f"is no known export (columns: {names}); name them by --map")
        return chosen

    def _shaped(self, layout: Layout, blocks: Iterator[Block]) -> Iterator[Rows]:
        self._connection.execute("set variable day_first = false; drop table if exists partial")
        if layout.shape == "events":
            self._keep_events(_complete(NO_LINES))
        first = True
        for block, table in ahead((block, _complete(block.rows)) for block in blocks):
            if first and block.rows.num_rows:
                self._decide_day_first(block.rows)
                first = False
            if layout.shape != "events":
                yield Rows(self._typed(table, layout.shape), block.broken)
                continue
            self._keep_events(table)
            if block.broken:
                yield Rows(EMPTY, block.broken)
        if layout.shape == "events":
            yield from self._collapsed()

    def _typed(self, table: pa.Table, shape: str) -> pa.Table:
        self._connection.register("block", table)
        self._connection.execute(f"create or replace temp view texts as {SQL[shape]}")
        rows = in_order(arrow(self._connection, SQL["typed"]))
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

    def _decide_day_first(self, rows: pa.Table) -> None:
        """Whether 5/11/2026 is in November: a part above 12 decides, else AM and PM.

        Raises: UnreadableError when the file leaves it open.
        """
        if "received" not in rows.column_names or rows["received"].type != pa.string():
            return
        received = rows["received"]
        slashed = received.filter(pc.match_substring_regex(received, SLASHED).fill_null(False))
        day_first = day_comes_first(slashed.to_pylist())
        if day_first is None:
            raise UnreadableError(
                "has times such as 5/11/2026 whose day and month cannot be told apart;"
                " export them as ISO 8601, e.g. $_.Received.ToString('o')"
            )
        self._connection.execute(f"set variable day_first = {str(day_first).lower()}")


NO_LINES = pa.table({"line": pa.array([], pa.int64())})
EMPTY = pa.table({"reason": pa.array([], pa.string())})


class Replayed:
    """A stream whose first bytes were looked at."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        try:
            self.start = stream.read(4)
        except DAMAGE as error:
            raise UnreadableError(f"is damaged ({type(error).__name__})") from None
        self._pending = self.start

    def read1(self, size: int) -> bytes:
        """Some of the next bytes, the first ones again.

        One step at a time, so that what an archive holds before its damage is not lost with it.
        """
        if self._pending:
            start, self._pending = self._pending, b""
            return start
        return cast("io.BufferedReader", self._stream).read1(size)


def day_comes_first(times: Sequence[str]) -> bool | None:
    """The order that the times tell; null when they could be read both ways."""
    if not times:
        return False
    parts = [re.split(r"\D+", time, maxsplit=2)[:2] for time in times]
    if any(int(first) > 12 for first, _ in parts):
        return True
    if any(int(second) > 12 for _, second in parts):
        return False
    return False if any(re.search(r"[AP]M$", time.strip()) for time in times) else None


def in_order(rows: pa.Table) -> pa.Table:
    """The rows by line: of two that say the same, the last one holds.

    DuckDB's unnest does not keep the order when it runs in several threads.
    """
    lines = rows["line"].to_numpy()
    if (lines[1:] >= lines[:-1]).all():
        return rows
    return rows.take(pa.array(np.argsort(lines, kind="stable")))


def _complete(rows: pa.Table) -> pa.Table:
    """The block with every column that a .sql file may ask for, without white space around texts.

    Unicode's spaces are looked for in addresses alone: elsewhere they do no harm.
    """
    columns = {
        name: pc.utf8_trim_whitespace(rows[name])
        if name in ("sender", "recipient")
        else pc.ascii_trim_whitespace(rows[name])
        for name in rows.column_names
        if name != "line"
    } | {"line": rows["line"]}
    absent = pa.nulls(rows.num_rows, pa.string())
    return pa.table({name: absent for name in TEXTS if name not in columns} | columns)


def _repeats_a_recipient(rows: pa.Table) -> bool:
    """Whether a line names a recipient twice; only lines with several rows, side by side, can."""
    if rows.num_rows < 2:
        return False
    lines = rows["line"].to_numpy()
    same = lines[1:] == lines[:-1]
    several = pa.array(np.append(same, False) | np.append(False, same))
    pairs = rows.select(["line", "recipient"]).filter(several)
    lower = pc.utf8_lower(pairs["recipient"])
    distinct = pa.table({"line": pairs["line"], "recipient": lower}).group_by(["line", "recipient"])
    return bool(distinct.aggregate([]).num_rows < pairs.num_rows)


def _parquet_blocks(file: Any, columns: Mapping[str, str]) -> Iterator[Block]:
    line = 1
    for batch in file.iter_batches(ROWS_AT_ONCE, columns=list(dict.fromkeys(columns.values()))):
        texts = {name: _as_text(batch[column]) for name, column in columns.items()}
        numbers = pa.array(range(line, line + batch.num_rows), pa.int64())
        line += batch.num_rows
        yield Block(pa.table(texts | {"line": numbers}))


def _as_text(values: pa.Array) -> pa.Array:
    try:
        return values.cast(pa.string())
    except pa.ArrowException:
        return objects.texts(
            [None if value is None else str(value) for value in values.to_pylist()]
        )


def _line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
