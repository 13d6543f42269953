"""What a member holds: a table in the columns of one export, or a document of collect.ps1."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from hve_monitor.errors import ConfigError
from ingest.files.formats import objects, values
from ingest.files.formats.containers import DAMAGE, Member, Stream, UnreadableError, unpacked
from ingest.files.formats.encoding import Text, as_text, is_note
from ingest.files.formats.layouts import LAYOUTS, NAMES, Layout, asked_layout, plain, shown
from ingest.files.formats.records import Block, Records
from ingest.http import JsonObject
from ingest.powershell.collected import is_collection

SYNTAXES = ("csv", "tsv", "json", "jsonl", "parquet")
FORMATS = ("auto", *SYNTAXES, *NAMES, "collect")
ROWS_AT_ONCE = 200_000
UNPACKED_AT_ONCE, MOST_UNPACKED = 64 << 20, 512 << 20  # bytes of a part, of a batch of Parquet
FIRST_RECORDS = 100
JSON_LINE = re.compile(r"^[^\S\n]*[\[{]\s*(?:$|[\"\[{])", re.MULTILINE)
JSON = ("json", "jsonl", "graph", "collect")
Chosen = tuple[Layout, dict[str, str]]
Choose = Callable[[Sequence[str], str], Chosen | None]  # columns, name of the member


@dataclass(frozen=True)
class Table:
    """A table: the export that it is, which of our texts it has, and its rows as often as needed.

    `read` opens the member, gives the named texts of every row, and closes it.
    """

    layout: Layout
    texts: Sequence[str]
    read: Callable[[Sequence[str]], Generator[Block, None, None]]


@dataclass
class Collected:
    """A document of collect.ps1."""

    document: JsonObject


class Contents:
    """Contents of members in one format. `choose` maps columns that no layout knows.

    requested: columns of a named format by our names; one of them for events names that format.
    """

    def __init__(self, file_format: str, choose: Choose, requested: Mapping[str, str]) -> None:
        """Raises: ConfigError when there is no format of that name."""
        if file_format not in FORMATS:
            raise ConfigError(f"--format {file_format}: use one of {', '.join(FORMATS)}")
        self._format = file_format
        self._layout_name = file_format if file_format in NAMES else None
        if "event" in requested:
            self._layout_name = self._layout_name or "extended"
        self._choose = choose
        self._requested = requested

    def of(self, member: Member) -> Table | Collected:
        """What the member holds.

        Raises: UnreadableError when nothing in it can be read, ConfigError when its columns do
        not fit the requested format.
        """
        with _opened(member) as chunks:
            if chunks.start.startswith(b"PAR1") or self._format == "parquet":
                return self._parquet(member)
            text = Text(chunks)
            if self._is_json(text):
                return self._json(text, member)
            return self._delimited(text, member)

    def _is_json(self, text: Text) -> bool:
        """Raises: UnreadableError when it is XML."""
        head = as_text(text.sample).lstrip("\ufeff \t\r\n")
        if head.startswith("<"):
            raise UnreadableError("is XML or HTML; export it as CSV or JSON")
        if self._format in ("csv", "tsv"):
            return False
        if is_note(head) and JSON_LINE.search(head):
            return True
        return self._format in JSON or head.startswith(("{", "["))

    def _delimited(self, text: Text, member: Member) -> Table:
        delimiter = "\t" if self._format == "tsv" else None
        layout, columns = self._layout(Records(text, delimiter).columns, member.name)

        def read(texts: Sequence[str]) -> Generator[Block, None, None]:
            with _opened(member) as chunks:
                records = Records(Text(chunks), delimiter)
                yield from records.blocks({text: columns[text] for text in texts})

        return Table(layout, list(columns), read)

    def _json(self, text: Text, member: Member) -> Table | Collected:
        records = objects.numbered(text)
        first = list(itertools.islice(records, FIRST_RECORDS))
        if first and is_collection(first[0][1]):
            return Collected(cast("JsonObject", first[0][1]))
        if self._format == "collect":
            raise UnreadableError("is no output of collect.ps1")
        layout, keys = self._keys(first, records, member.name)

        def read(texts: Sequence[str]) -> Generator[Block, None, None]:
            with _opened(member) as chunks:
                records = objects.numbered(Text(chunks))
                yield from objects.blocks(records, {text: keys[text] for text in texts})

        return Table(layout, list(keys), read)

    def _keys(
        self, first: Sequence[objects.Numbered], rest: Iterator[objects.Numbered], name: str
    ) -> tuple[Layout, dict[str, Sequence[str]]]:
        """The export and, for each of our texts, the keys under which a record may have it.

        A writer may leave out what is null: where the first records do not tell the export, all do.
        """
        keys = _all_keys(first)
        try:
            layout, chosen = self._layout(keys, name)
        except (ConfigError, UnreadableError):
            keys = _all_keys(itertools.chain(first, rest))
            # Without any record there is nothing to recognise: each line says what is wrong.
            layout, chosen = self._layout(keys, name) if keys else (LAYOUTS[-1], {})
        named: dict[str, Sequence[str]] = {text: (key,) for text, key in chosen.items()}
        own = {
            text: names
            for text, names in layout.columns.items()
            if text not in chosen or plain(chosen[text]) in names
        }
        return layout, named | own

    def _parquet(self, member: Member) -> Table:
        if member.archived:
            raise UnreadableError("is Parquet inside an archive; unpack it")
        with _whole_parquet():
            file = _parquet_file(member.name)
        layout, columns = self._layout(file.schema_arrow.names, member.name)

        def read(texts: Sequence[str]) -> Generator[Block, None, None]:
            with _whole_parquet():
                yield from _parquet_blocks(file, {text: columns[text] for text in texts})

        return Table(layout, list(columns), read)

    def _layout(self, columns: Sequence[str], name: str) -> Chosen:
        if self._layout_name:
            return asked_layout(self._layout_name, columns, name, self._requested)
        chosen = self._choose(columns, name)
        if chosen is None:
            names = shown(columns)
            raise UnreadableError(f"is no known export (columns: {names}); name them by --map")
        return chosen


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


@contextmanager
def _opened(member: Member) -> Iterator[Replayed]:
    with member.open() as stream, unpacked(stream) as plainly:
        yield Replayed(plainly)


def _all_keys(records: Iterable[objects.Numbered]) -> list[str]:
    return list(dict.fromkeys(key for _, row in records if isinstance(row, dict) for key in row))


@contextmanager
def _whole_parquet() -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        line = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise UnreadableError(f"is damaged or no Parquet ({line})") from None


def _parquet_file(name: str) -> Any:
    """The file, its texts as places in a dictionary: a text that is repeated is there once."""
    file = pa.parquet.ParquetFile(name)
    leaves = (file.schema.column(place) for place in range(len(file.schema.names)))
    texts = [leaf.path for leaf in leaves if leaf.physical_type == "BYTE_ARRAY"]
    return pa.parquet.ParquetFile(name, read_dictionary=texts)


def _parquet_blocks(file: Any, columns: Mapping[str, str]) -> Iterator[Block]:
    """Rows, so many at once as are no more than UNPACKED_AT_ONCE."""
    line = 1
    for batch in file.iter_batches(ROWS_AT_ONCE, columns=list(dict.fromkeys(columns.values()))):
        for start, end in _bounded(values.total_sizes(batch.columns, batch.num_rows)):
            part = batch.slice(start, end - start)
            texts = {name: values.as_text(part[column]) for name, column in columns.items()}
            numbers = pa.array(range(line, line + part.num_rows), pa.int64())
            line += part.num_rows
            yield Block(pa.table(texts | {"line": numbers}))


def _bounded(sizes: values.Sizes) -> Iterator[tuple[int, int]]:
    """Begin and end of parts of a batch. Raises: UnreadableError for a bomb."""
    ends = np.cumsum(sizes)
    if len(ends) and ends[-1] > MOST_UNPACKED:
        raise UnreadableError(
            f"a row group holds {ends[-1] >> 20:,} MiB when unpacked in {len(ends):,} rows;"
            " no export does; write it again with shorter texts"
        )
    start = 0
    while start < len(ends):
        before = ends[start - 1] if start else 0
        end = int(np.searchsorted(ends, before + UNPACKED_AT_ONCE, "right"))
        yield start, (end := max(end, start + 1))
        start = end
