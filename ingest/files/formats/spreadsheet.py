"""What a spreadsheet cut off: it keeps 32,767 signs of a cell and 1,048,576 rows, no more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from ingest.files.formats.records import Block

LONGEST_CELL = 32_767
MOST_ROWS = 1_048_576
LISTS = ("recipient", "status", "related")  # of which one cell may name many recipients
REASON = (
    f"a spreadsheet has cut this cell at {LONGEST_CELL:,} signs and lost the recipients behind;"
    " import the export as it was"
)
FULL = (
    f"is the last of the {MOST_ROWS:,} rows that a spreadsheet keeps: it has lost the rows below;"
    " import the export as it was"
)


def without_cut_off(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks without the cut ends of cells; the end tells where a sheet is full."""
    rows = 1  # the header
    for block in blocks:
        rows += block.rows.num_rows + len(block.broken)
        yield without_cut_ends(block)
    if rows == MOST_ROWS:
        yield Block(block.rows.slice(0, 0), [(rows, FULL)])


def without_cut_ends(block: Block) -> Block:
    """The block with cut lists of recipients up to their last `;`, each of them told as broken."""
    rows, broken = block.rows, list(block.broken)
    for name in LISTS:
        if name not in rows.column_names or not _is_any_long(rows[name]):
            continue
        cells, lines = rows[name].to_pylist(), rows["line"].to_pylist()
        for index, cell in enumerate(cells):
            if cell is not None and len(cell) == LONGEST_CELL:
                cells[index] = cell[: cell.rfind(";") + 1]
                broken.append((lines[index], REASON))
        place = rows.column_names.index(name)
        rows = rows.set_column(place, name, pa.array(cells, pa.string()))
    return Block(rows, broken)


def _is_any_long(cells: pa.ChunkedArray) -> bool:
    longest = pc.max(pc.binary_length(cells)).as_py()
    return longest is not None and longest >= LONGEST_CELL
