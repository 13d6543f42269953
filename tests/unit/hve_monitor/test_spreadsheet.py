"""CSV files: whole or not there, and nothing in them runs."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from hve_monitor.errors import ConfigError, StoreError
from hve_monitor.spreadsheet import cell, sheet, write_csv, write_sheet
from tests.unit.formulas import FORMULAS, cells, may_run, running


def test_a_formula_is_a_text() -> None:
    assert [text for text in FORMULAS if cell(text) != f"'{text}"] == []


def test_every_writer_has_the_guard(tmp_path: Path) -> None:
    file, names = tmp_path / "rows.csv", ["text"]
    write_csv(file, names, ([text] for text in FORMULAS))
    assert cells(file.read_bytes()) == [f"'{text}" for text in FORMULAS]
    write_sheet(file, names, ({"text": text} for text in FORMULAS))
    assert cells(file.read_bytes()) == [f"'{text}" for text in FORMULAS]
    assert sheet(names, ({"text": text} for text in FORMULAS)) == file.read_bytes()
    assert running(file.read_bytes()) == []


def test_a_line_end_inside_a_cell_begins_no_row(tmp_path: Path) -> None:
    texts = ["x\r=1+1", "x\n=1+1", "x\r\n=1+1"]
    write_csv(tmp_path / "x.csv", ["text"], ([text] for text in texts))
    guarded = ["x\r'=1+1", "x\n'=1+1", "x\r\n'=1+1"]
    assert cells((tmp_path / "x.csv").read_bytes()) == guarded
    assert cells(sheet(["text"], ({"text": text} for text in texts))) == guarded


@pytest.mark.parametrize(
    ("value", "shown"),
    [("a=1", "a=1"), (" plain", " plain"), ("plain", "plain"), ("", ""), (-5, -5), (-0.5, -0.5),
     (Decimal("-0.25"), "-0.25"), (Decimal("1.50"), "1.5"), (Decimal(70), "70.0"),
     (Decimal("1E-9"), "0.000000001"), (Decimal("0.00"), "0.0"), (None, "")],
)  # fmt: skip
def test_everything_else_stays(value: object, shown: object) -> None:
    assert cell(value) == shown


def test_a_file_for_programs_is_plain_utf_8_with_every_cell_quoted(tmp_path: Path) -> None:
    file = tmp_path / "new" / "x.csv"
    write_csv(file, ["a", "b"], [["é", 1], [None, Decimal(2)], ["", -0.5], [True, 'x"y']])
    assert file.read_bytes() == ('"a","b"\n"é","1"\n,"2.0"\n"","-0.5"\n"True","x""y"\n'.encode())
    read = duckdb.execute("from read_csv($file)", {"file": str(file)}).fetchall()
    assert read[:2] == [("é", "1"), (None, "2.0")]


@pytest.mark.parametrize("separator", [",", ";"])
def test_nothing_runs_whichever_separator_a_country_has(tmp_path: Path, separator: str) -> None:
    file, names = tmp_path / "rows.csv", ["first", "text"]
    rows = [["x", f"a;{text};b"] for text in FORMULAS if "\r" not in text and "\n" not in text]
    write_csv(file, names, [*rows, ["x;=2+2", 'y";=2+2'], ["x", "plain; text - here"]])
    lines = file.read_text(encoding="utf-8").split("\n")[1:]
    cut = [cell for line in lines for cell in next(csv.reader([line], delimiter=separator), [])]
    assert len(cut) > 100
    assert [cell for cell in cut if cell and may_run(cell)] == []
    assert "plain; text - here" in file.read_text(encoding="utf-8")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize(
    "text",
    ['x;"=1+1;y', 'x;"=HYPERLINK("http://evil.example";"x")', 'x;"@SUM(1);', ';"";"=1+1;',
     'x; "" \u200b"=1+1;', 'x\t=1+1', 'x\t"=1+1\ty', 'x\t \t=1+1', 'x\t\ufeff＝1+1', 'x\n=1+1;y',
     'x\r\n"-1+1;y', 'x\r+1+1\ty', f"x;{' ' * 60}=1+1", f"x\t{' ' * 60}=1+1"],
)  # fmt: skip
def test_quotes_and_blanks_hide_no_formula_behind_a_separator(separator: str, text: str) -> None:
    document = sheet(["id", "text"], [{"id": "k", "text": text}]).decode("utf-8-sig")
    cut = csv.reader(io.StringIO(document, newline=""), delimiter=separator)
    assert [cell for row in cut for cell in row if cell.strip() and may_run(cell.strip())] == []


@pytest.mark.parametrize("text", ["a\tb\t\tc", "a\r\nb\n\nc", 'say "x"; then "y"', "a;b\tc=1"])
def test_tabs_and_line_ends_before_words_stay(text: str) -> None:
    assert cell(text) == text


@pytest.mark.parametrize("sign", ["\t", ";", "; ", '\t"', ';"', "\r\n"])
def test_separators_without_end_are_read_once(sign: str) -> None:
    began = time.process_time()
    cell(sign * 300_000)
    assert time.process_time() - began < 2


def test_a_file_for_people_has_a_mark_and_every_row(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    rows = ({"id": str(number), "subject": "=1+1"} for number in range(3))
    assert write_sheet(file, ("id", "subject", "none"), rows) == 3
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    with file.open(encoding="utf-8-sig", newline="") as opened:
        assert list(csv.reader(opened))[:2] == [["id", "subject", "none"], ["0", "'=1+1", ""]]
    assert list(tmp_path.iterdir()) == [file]


def test_quotes_line_breaks_and_half_letters_survive() -> None:
    row = {"subject": 'a "quoted", line\nbreak \ud83d', "id": "1"}
    data = sheet(["id", "subject"], [row])
    assert data.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(data.decode("utf-8-sig", "surrogatepass"), newline="")))
    assert read == [["id", "subject"], ["1", row["subject"]]]


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone/rows\.csv: cannot be written"):
        write_sheet(tmp_path / "gone" / "rows.csv", ("id",), [])


def test_a_search_that_breaks_leaves_the_old_file(tmp_path: Path) -> None:
    def broken() -> Iterator[dict[str, object]]:
        yield {"id": "1"}
        raise OSError(28, "No space left on device")

    file = tmp_path / "rows.csv"
    file.write_text("old")
    with pytest.raises(StoreError, match="No space left"):
        write_sheet(file, ("id",), broken())
    with pytest.raises(StoreError, match="No space left"):
        write_csv(file, ("id",), ([row["id"]] for row in broken()))
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]
