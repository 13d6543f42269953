"""Delimited text: one bad line costs itself alone, and every line has its own number."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.files.formats import encoding
from ingest.files.formats import records as module
from ingest.files.formats.containers import UnreadableError
from ingest.files.formats.encoding import Text
from ingest.files.formats.records import Records

Rows = list[tuple[int, str, str]]
Broken = list[tuple[int | None, str]]


def parsed(content: bytes, wanted: tuple[str, str] = ("a", "b")) -> tuple[Rows, Broken]:
    """Two columns of a text with their lines, and what is broken."""
    records = Records(Text(io.BytesIO(content)))
    rows: Rows = []
    broken: Broken = []
    for block in records.blocks({"a": wanted[0], "b": wanted[1]}):
        columns = [block.rows[name].to_pylist() for name in ("line", "a", "b")]
        rows += list(zip(*columns, strict=True))
        broken += block.broken
    return rows, broken


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_and_line_ends(delimiter: str, end: str) -> None:
    lines = ["a{0}b", "1{0}2", '"x{0}""y"""{0}', ""]
    content = end.join(lines).format(delimiter).encode()
    assert parsed(content) == ([(2, "1", "2"), (3, f'x{delimiter}"y"', "")], [])


@pytest.mark.parametrize("start", ["", "\n\n", "#TYPE Deserialized.Trace\n", "sep=,\n"])
def test_lines_above_the_header(start: str) -> None:
    first = start.count("\n") + 2
    assert parsed(f"{start}a,b\n1,2\n".encode()) == ([(first, "1", "2")], [])


def test_a_line_break_in_a_cell_keeps_the_line_numbers_right() -> None:
    content = b'a,b\n"one\ntwo",2\n\n\n3,4\nshort\n5,6'
    assert parsed(content) == (
        [(2, "one\ntwo", "2"), (6, "3", "4"), (8, "5", "6")],
        [(7, "has 1 cells where the header has 2")],
    )


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ('5" pipe,2', ('5" pipe', "2")),
        ('"never closed,2', ('"never closed', "2")),
        ('"a" b,2', ('"a" b', "2")),
        ('x"y,z"', ('x"y', 'z"')),
        ('"",2', ("", "2")),
    ],
)
def test_a_quote_that_is_none_costs_no_row(line: str, cells: tuple[str, str]) -> None:
    content = f'a,b\n0,1\n{line}\n"x",y\n'.encode()
    rows, broken = parsed(content)
    assert broken == []
    assert [row[1:] for row in rows] == [("0", "1"), cells, ("x", "y")] or cells == ('"a" b', "2")
    assert [row[0] for row in rows] == [2, 3, 4]


def test_an_endless_line_is_one_broken_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK", 1000)
    monkeypatch.setattr(module, "LONGEST_RECORD", 500)
    content = b"a,b\n1,2\n" + b"x" * 9_000_000 + b"\n3,4\n" + b"y," * 400 + b"\n5,6\n"
    rows, broken = parsed(content)
    assert [row[0] for row in rows] == [2, 4, 6]
    assert broken == [(3, module.TOO_LONG), (5, module.TOO_LONG)]


@pytest.mark.parametrize("size", [70_000, 1_500_000])
@pytest.mark.parametrize("odd", ['"one\ntwo",2', "short", '"never closed,2'])
def test_a_wide_cell_beside_an_odd_line_is_whole(size: int, odd: str) -> None:
    wide = "a@x.com##Receive, Deliver;" * (size // 26)
    rows, broken = parsed(f'a,b\n"{wide}",1\n{odd}\n"x",y\n'.encode())
    assert (rows[0], rows[-1][1:]) == ((2, wide, "1"), ("x", "y"))
    assert len(broken) == (odd == "short")


def test_a_quote_that_is_none_swallows_no_lines_below_it() -> None:
    lines = [f"{number},monitor" for number in range(9_000)]
    content = "\n".join(["a,b", '"never closed,1', *lines, '27",x', "last,y", '"odd\none",z', ""])
    rows, broken = parsed(content.encode())
    assert (len(rows), broken) == (9_004, [])
    assert rows[0][1] == '"never closed'


def test_many_quotes_that_are_none_take_no_time() -> None:
    content = "a,b\n" + '"x,1\n' * 5_000 + '"odd\none",z\n' + "2,3\n" * 20_000
    rows, _ = parsed(content.encode())
    assert len(rows) == 25_001


@pytest.mark.parametrize("odd", [b"", b'"one\ntwo",x\n', b"short\n"])
def test_a_header_that_comes_again_is_no_row(odd: bytes) -> None:
    rows, broken = parsed(b"a,b\n1,2\n" + odd + b'#TYPE x\n"a","b"\n3,4\na,x\n')
    assert [row[1:] for row in rows if "one" not in row[1]] == [("1", "2"), ("3", "4"), ("a", "x")]
    assert len(broken) == (odd == b"short\n")


@pytest.mark.parametrize("odd", [b"", b'"one\ntwo",x\n'])
@pytest.mark.parametrize("size", [12, 30, 1 << 20])
def test_a_header_in_another_order_holds_for_the_rows_below_it(
    odd: bytes, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BLOCK", size)
    monkeypatch.setattr(module, "LONGEST_HEADER", 4)
    monkeypatch.setattr(encoding, "CHUNK", size)
    content = b"a,b\n1,2\n" + odd + b"B,a\n4,3\n6,5\na,b\n7,8\nb,a\n10,9"
    rows, broken = parsed(content)
    assert [row[1:] for row in rows if "one" not in row[1]] == [
        ("1", "2"), ("3", "4"), ("5", "6"), ("7", "8"), ("9", "10"),
    ]  # fmt: skip
    assert broken == []
    assert [row[0] for row in rows][-1] == content.count(b"\n") + 1


@pytest.mark.parametrize("odd", [b"", b'"one\ntwo",x,x,x\n'])
def test_a_header_with_other_columns_holds_for_the_rows_below_it(odd: bytes) -> None:
    first = b"a,b,c,d\n1,2,3,4\n" + odd
    rows, broken = parsed(first + b"Size,b,a,c\n9,2,1,3\n")
    assert [row[1:] for row in rows if "two" not in str(row[1])] == [("1", "2"), ("1", "2")]
    rows, broken_of_fewer = parsed(first + b"b,c,d\n2,3,4\n2,3\n#Fields: b,a\n6,5\n")
    assert [row[1:] for row in rows if "two" not in str(row[1])] == [
        ("1", "2"),
        (None, "2"),
        ("5", "6"),
    ]
    assert (broken, len(broken_of_fewer)) == ([], 1)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"#TYPE x\n", b"," * 5000])
def test_no_header_is_told(content: bytes) -> None:
    with pytest.raises(UnreadableError, match="header line"):
        parsed(content)


def test_equal_columns_and_columns_in_any_order() -> None:
    assert parsed(b"b,a,a\n1,2,3\n") == ([(2, "2", "1")], [])


def test_blocks_of_any_size_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    odd = ["x,y", '"q\n,",z', "short", 'st"ray,1', "", '"never,2']
    content = "\n".join(["a,b", *odd * 50]).encode()
    whole = parsed(content)
    assert len(whole[0]) + len(whole[1]) >= 200
    monkeypatch.setattr(module, "LONGEST_HEADER", 10)
    for size in (40, 97, 333, 1000):
        monkeypatch.setattr(module, "BLOCK", size)
        monkeypatch.setattr(encoding, "CHUNK", size)
        assert parsed(content) == whole


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff"), max_size=8)


@settings(deadline=None, database=None, max_examples=100)
@given(
    st.lists(st.tuples(cells, cells), max_size=6),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le"]),
)
def test_whatever_a_writer_writes_is_read_back(
    rows: list[tuple[str, str]], quoting: int, end: str, encoding: str
) -> None:
    sink = io.StringIO()
    writer = csv.writer(sink, quoting=quoting, lineterminator=end)
    writer.writerow(["a", "b"])
    writer.writerow(["first", "row"])
    for row in rows:
        sink.write(end.join([",".join('"' + cell.replace('"', '""') + '"' for cell in row), ""]))
    found, broken = parsed(sink.getvalue().encode(encoding))
    assert broken == []
    assert [row[1:] for row in found] == [("first", "row"), *rows]


@settings(deadline=None, database=None, max_examples=200)
@given(st.text(alphabet='a,"\n\r;x', max_size=60), st.sampled_from([7, 20, 1 << 20]))
def test_any_text_keeps_the_good_line_below_it(text: str, size: int) -> None:
    content = f"a,b\n1,2\n{text}".encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", size)
        rows, broken = parsed(content)
    assert rows[0] == (2, "1", "2")
    numbers = [row[0] for row in rows]
    assert numbers == sorted(set(numbers))
    assert all(line not in numbers for line, _ in broken)
