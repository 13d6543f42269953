"""A cell that a spreadsheet cut is told; its last half is no recipient, the others stay."""

from __future__ import annotations

import pyarrow as pa
import pytest

from ingest.files.formats.records import Block
from ingest.files.formats.spreadsheet import (
    FULL,
    LONGEST_CELL,
    MOST_ROWS,
    REASON,
    without_cut_ends,
    without_cut_off,
)

WHOLE = "user@fabrikam.com##Receive, Deliver;"


def cut(cell: str | None, name: str = "status") -> tuple[str | None, list[tuple[int | None, str]]]:
    rows = pa.table({name: pa.array([cell, "b@x.com"], pa.string()), "line": [2, 3]})
    block = without_cut_ends(Block(rows, [(9, "short")]))
    assert block.rows[name][1].as_py() == "b@x.com"
    assert block.broken[0] == (9, "short")
    return block.rows[name][0].as_py(), block.broken[1:]


@pytest.mark.parametrize("name", ["status", "recipient", "related"])
def test_a_cut_list_ends_at_its_last_whole_part(name: str) -> None:
    cell = (WHOLE * 1000)[:LONGEST_CELL]
    kept, broken = cut(cell, name)
    assert (kept, broken) == (WHOLE * (LONGEST_CELL // len(WHOLE)), [(2, REASON)])


@pytest.mark.parametrize("length", [0, 40, LONGEST_CELL - 1, LONGEST_CELL + 1, 40_000])
def test_a_cell_of_any_other_length_is_whole(length: int) -> None:
    cell = (WHOLE * 2000)[:length]
    assert cut(cell) == (cell, [])


def test_a_cell_without_parts_names_nobody() -> None:
    assert cut("x" * LONGEST_CELL) == ("", [(2, REASON)])


def test_unknown_cells_and_long_subjects_are_left_alone() -> None:
    assert cut(None) == (None, [])
    assert cut("x" * LONGEST_CELL, "subject") == ("x" * LONGEST_CELL, [])


def test_characters_count_and_not_their_bytes() -> None:
    cell = "é" * (LONGEST_CELL - 1) + ";"
    assert cut(cell) == (cell, [(2, REASON)])
    assert cut("é" * 20_000)[1] == []


@pytest.mark.parametrize(("rows", "is_full"), [(MOST_ROWS - 2, False), (MOST_ROWS - 1, True)])
def test_a_full_sheet_is_told(rows: int, is_full: bool) -> None:
    columns = {"line": pa.array(range(rows - 10))}
    blocks = [Block(pa.table(columns)), Block(pa.table(columns).slice(0, 9), [(9, "short")])]
    *_, last = without_cut_off(blocks)
    assert (last.broken == [(MOST_ROWS, FULL)]) == is_full
    assert last.rows.num_rows == (0 if is_full else 9)
