"""Records of delimited text, block by block, as columns of text.

A block of well-formed lines is parsed by Arrow. A block with anything odd in it (a line break
inside a cell, a quote that is never closed, too few cells, bytes that are no UTF-8) is read again
record by record, so that one bad line costs itself and not its neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from ingest.files.formats.containers import UnreadableError
from ingest.files.formats.encoding import NOTE_REASON, Text, as_text, is_note
from ingest.files.formats.layouts import plain

BLOCK = 8 << 20
LONGEST_CELL = 1 << 16  # of a cell with line breaks, where another reading is as good
LONGEST_RECORD = BLOCK
LONGEST_HEADER = 1 << 20
TOO_LONG = "the line is longer than 8 MiB"
MOST_AT_ONCE = 100_000
MOST_COLUMNS = 1000
DELIMITERS = ",;\t|"
NEWLINE = ord("\n")
NOTE = b"#"  # `#TYPE` above a header that comes again
PROPERTY = re.compile(r"\w+\s+: ")
FEWEST_NAMES = 2
EMPTY_LINES = re.compile(rb"(?:\r?\n)+")
Places = dict[str, int | None]  # of our names in a record; None where its header has none


@dataclass
class Block:
    """Rows as columns of text with their `line`, and what could not be read."""

    rows: pa.Table
    broken: list[tuple[int | None, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Header:
    """What the lines before the first record say."""

    columns: list[str]
    delimiter: str
    line: int


class Records:
    """One delimited text. `columns` is there at once; `blocks` reads the rest."""

    def __init__(self, text: Text, delimiter: str | None = None) -> None:
        """Reads the header. Raises: UnreadableError when there is none."""
        self._text = text
        self._chunks = _with_line_ends(iter(text))
        self._pending = b""
        self._notes: list[tuple[int | None, str]] = []
        self.header = self._read_header(delimiter)
        self._line = self.header.line + 1
        self._spelled = {plain(column): column for column in reversed(self.columns)}
        self._names = {name for column in self.columns for name in _spellings(column)}
        self._patterns = _Patterns(self.header.delimiter)

    @property
    def columns(self) -> list[str]:
        """Names of the columns as the file spells them."""
        return self.header.columns

    def blocks(self, columns: dict[str, str]) -> Iterator[Block]:
        """Rows in the order of the file. columns: the file's column for each of our names.

        A header that comes again, as where files were appended, is no row, and the rows below it
        have its columns: in another order, or without some of these, which are null then.
        """
        if self._notes:
            yield Block(_table(dict.fromkeys(columns), [], []), self._notes)
        final = False
        while self._pending or not final:
            places = {name: self._place(column) for name, column in columns.items()}
            final = self._fill(BLOCK)
            block = self._cut(final)
            if block:
                yield self._parsed(block, places, final=final)
            elif not final:
                yield Block(_table(places, [], []), [self._endless_line()])
                final = not self._pending
        if self._text.damage:
            yield Block(_table(places, [], []), [(self._line, self._text.damage)])

    def _place(self, column: str) -> int | None:
        return self.columns.index(column) if column in self.columns else None

    def _read_header(self, requested: str | None) -> Header:
        delimiter = requested
        self._fill(2 * LONGEST_HEADER)
        for line in range(1, 100):
            start, _, self._pending = self._pending.partition(b"\n")
            header = as_text(start[:LONGEST_HEADER]).strip("\ufeff\r\n \x1a")
            if header.lower().startswith("sep=") and header[4:] in DELIMITERS:
                delimiter = requested or header[4:] or None
            elif header.lower().startswith("#fields:"):
                return _header(header[8:].strip(), delimiter, line)
            elif is_note(header):
                self._notes.append((line, NOTE_REASON))
            elif PROPERTY.match(header):
                raise UnreadableError(
                    "has no header line but properties one below the other, as Format-List writes"
                    " them; use Export-Csv or ConvertTo-Json"
                )
            elif header and not header.startswith("#"):
                return _header(header, delimiter, line)
        nothing = "holds messages of PowerShell alone" if self._notes else "is empty"
        raise UnreadableError(self._text.damage or f"{nothing}, it has no header line")

    def _fill(self, size: int) -> bool:
        """Reads until that much is pending; true when the text has ended."""
        parts, length = [self._pending], len(self._pending)
        while length < size:
            chunk = next(self._chunks, None)
            if chunk is None:
                self._pending = b"".join(parts)
                return True
            parts.append(chunk)
            length += len(chunk)
        self._pending = b"".join(parts)
        return False

    def _cut(self, final: bool) -> bytes:
        """The pending lines that are complete."""
        if final:
            block, self._pending = self._pending.rstrip(b"\r\n\x1a"), b""
            return block
        end = self._pending.rfind(b"\n") + 1
        block, self._pending = self._pending[:end], self._pending[end:]
        return block

    def _endless_line(self) -> tuple[int, str]:
        """Skips a line that is longer than a block, however long it is."""
        line, ended = self._line, False
        while not ended and b"\n" not in self._pending:
            self._pending = b""
            ended = self._fill(1)
        self._pending = self._pending.partition(b"\n")[2]
        self._line += 1
        return line, TOO_LONG

    def _parsed(self, block: bytes, places: Places, *, final: bool) -> Block:
        lines = block.count(b"\n") + (not block.endswith(b"\n"))
        rows = self._by_arrow(block, places)
        # A line break inside a cell makes fewer rows than lines, unless the block ends in it.
        last = block[block.rfind(b"\n", 0, -1) + 1 :]
        if rows is not None and rows.num_rows == lines and last.count(b'"') % 2 == 0:
            numbers = pa.array(np.arange(self._line, self._line + lines))
            return Block(self._without_headers(rows.append_column("line", numbers), block))
        return self._by_record(block, places, final=final)

    def _without_headers(self, rows: pa.Table, block: bytes) -> pa.Table:
        """The rows of whole lines, of which those below a header of another kind stay pending."""
        likely = self._likely_headers(rows)
        end, is_row = rows.num_rows, np.ones(rows.num_rows, bool)
        ends = np.flatnonzero(np.frombuffer(block if likely.size else b"", np.uint8) == NEWLINE)
        for index in likely:
            start = ends[index - 1] + 1 if index else 0
            after, cells = self._patterns.record(block, start, final=True)
            columns = self._header_in(cells)
            is_row[index] = columns is None
            if columns is not None and columns != self.columns:
                self.header = replace(self.header, columns=columns)
                self._pending = block[after:] + self._pending
                end = index + 1
                break
        self._line += end
        return rows if is_row.all() else rows.slice(0, end).filter(pa.array(is_row[:end]))

    def _likely_headers(self, rows: pa.Table) -> npt.NDArray[np.intp]:
        """Indexes of the rows that have the name of a column in one of their first cells."""
        names = pa.array(sorted(self._names), pa.string())
        first = rows.columns[: min(2, rows.num_columns - 1)]
        are_names = (pc.is_in(pc.ascii_lower(cells), value_set=names).to_numpy() for cells in first)
        return np.flatnonzero(np.logical_or.reduce(list(are_names)))

    def _header_in(self, cells: list[bytes]) -> list[str] | None:
        """The columns of a header that comes again; None for any other record."""
        firsts = (cell.strip(b'" ').lower().decode("utf-8", "replace") for cell in cells[:3])
        if not any(first.removeprefix("#fields: ") in self._names for first in firsts):
            return None
        names = [plain(_unquoted(cell.strip())) for cell in cells]
        names[0] = names[0].removeprefix("#fields:")
        known = len(self._spelled.keys() & set(names))
        if known < FEWEST_NAMES or 2 * known < len(names):
            return None
        return [self._spelled.get(name, name) for name in names]

    def _by_arrow(self, block: bytes, places: Places) -> pa.Table | None:
        names = [str(place) for place in range(len(self.columns))]
        kept = sorted({str(place) for place in places.values() if place is not None})
        try:
            table = pa.csv.read_csv(
                pa.BufferReader(block),
                pa.csv.ReadOptions(column_names=names, block_size=4 << 20),
                pa.csv.ParseOptions(delimiter=self.header.delimiter),
                pa.csv.ConvertOptions(
                    column_types=dict.fromkeys(kept, pa.string()),
                    include_columns=kept,
                    check_utf8=not self._text.is_recoded,
                ),
            )
        except pa.ArrowInvalid:
            return None
        absent = pa.nulls(table.num_rows, pa.string())
        return pa.table(
            {name: absent if place is None else table[str(place)] for name, place in places.items()}
        )

    def _by_record(self, block: bytes, places: Places, *, final: bool) -> Block:
        lines: list[int] = []
        rows: list[list[str | None]] = []
        broken: list[tuple[int | None, str]] = []
        position, end = 0, len(block)
        while position < end and len(rows) + len(broken) < MOST_AT_ONCE:
            after, cells, reason = self._record(block, position, final=final or position == 0)
            if after == position:
                break
            header = self._header_in(cells)
            if header is None and reason and not block.startswith(NOTE, position):
                broken.append((self._line, reason))
            elif header is None and cells and not reason:
                lines.append(self._line)
                rows.append([_cell(cells, place) for place in places.values()])
            self._line += block.count(b"\n", position, after)
            position = after
            if header is not None and header != self.columns:
                self.header = replace(self.header, columns=header)
                break
        self._pending = block[position:] + self._pending
        return Block(_table(places, lines, rows), broken)

    def _record(
        self, block: bytes, start: int, *, final: bool
    ) -> tuple[int, list[bytes], str | None]:
        """Where the record ends, its cells (none: an empty line) and what is wrong with it.

        It ends where it starts when only the next block can tell.
        """
        empty = EMPTY_LINES.match(block, start)
        if empty:
            return empty.end(), [], None
        if (
            block.find(b"\n", start, start + LONGEST_RECORD)
            < 0
            < len(block) - LONGEST_RECORD - start
        ):
            return (block.find(b"\n", start) + 1) or len(block), [], TOO_LONG
        width = len(self.columns)
        end, cells = self._patterns.record(block, start, final=final)
        if end - start > LONGEST_CELL:
            # Where a quote that is none swallows lines, the line alone is as good a reading.
            near = self._patterns.record(block, start, final=True, longest_cell=LONGEST_CELL)
            if len(near[1]) == width or len(cells) != width:
                end, cells = near
        if cells and len(cells) != width:
            return end, cells, f"has {len(cells)} cells where the header has {width}"
        return end, cells, None


class _Patterns:
    """Finds records by the rules of RFC 4180, and a way on where a file breaks them."""

    def __init__(self, delimiter: str) -> None:
        d = re.escape(delimiter.encode())
        # A quoted cell ends at the first single quote, and only before a delimiter or line end;
        # else the opening quote is a sign like any other.
        self._quoted = re.compile(rb'"[^"]*+(?:""[^"]*+)*+"')
        self._end = re.compile(d + rb"|\r?\n|\r?\Z")
        self._bare = re.compile(rb"[^\n" + d + rb"]*")
        self._delimiter = delimiter.encode()

    def record(
        self, block: bytes, start: int, *, final: bool, longest_cell: int | None = None
    ) -> tuple[int, list[bytes]]:
        """Where the record ends, and its cells; where it starts when more text must tell."""
        cells: list[bytes] = []
        position, size = start, len(block)
        while True:
            match = None
            if block.startswith(b'"', position):
                match = self._quoted.match(block, position)
                if (match is None or match.end() == size) and not final:
                    return start, []
                if match and not self._end.match(block, match.end()):
                    match = None
                if match and longest_cell and len(match[0]) > longest_cell:
                    match = None
            if match is None:
                match = self._bare.match(block, position)
            assert match is not None  # noqa: S101 - the bare pattern matches everywhere
            cells.append(match[0])
            position = match.end()
            if not block.startswith(self._delimiter, position):
                break
            position += 1
        cells[-1] = cells[-1].removesuffix(b"\r")
        if block.startswith(b"\r\n", position):
            return position + 2, cells
        return min(position + 1, size), cells


def _spellings(column: str) -> set[str]:
    """A column's name as other programs write it, in lower case."""
    words = re.split(r"[\s_-]+|(?<=[a-z])(?=[A-Z])", column)
    return {column.lower(), *(sign.join(words).lower() for sign in ("", " ", "_", "-"))}


def _unquoted(cell: bytes) -> str:
    if len(cell) > 1 and cell.startswith(b'"') and cell.endswith(b'"'):
        cell = cell[1:-1].replace(b'""', b'"')
    return as_text(cell)


def _cell(cells: list[bytes], place: int | None) -> str | None:
    return None if place is None else _unquoted(cells[place])


def _table(places: Places, lines: list[int], rows: list[list[str | None]]) -> pa.Table:
    columns: dict[str, pa.Array] = {
        name: pa.array([row[at] for row in rows], pa.string()) for at, name in enumerate(places)
    }
    return pa.table(columns | {"line": pa.array(lines, pa.int64())})


def _header(text: str, delimiter: str | None, line: int) -> Header:
    delimiter = delimiter or max(DELIMITERS, key=text.count)
    cells = _Patterns(delimiter).record(text.encode(), 0, final=True)[1]
    if len(cells) > MOST_COLUMNS:
        raise UnreadableError(f"has no header line (the first line has {len(cells)} cells)")
    return Header([_unquoted(cell.strip()).strip() for cell in cells], delimiter, line)


def _with_line_ends(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks; where the first one ends its lines by a lone CR, so do all, and they get LF."""
    first = next(chunks, b"")
    old = b"\r" in first and b"\n" not in first
    yield first.replace(b"\r", b"\n") if old else first
    for chunk in chunks:
        yield chunk.replace(b"\r", b"\n") if old else chunk
