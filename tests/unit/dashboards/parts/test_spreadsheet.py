"""CSV that runs nothing when it is opened."""

from __future__ import annotations

import csv
import io

import pytest

from dashboards.parts.spreadsheet import csv_bytes
from models.spreadsheet import cell


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_formula_gets_an_apostrophe(start: str) -> None:
    assert cell(f"{start}1+1") == f"'{start}1+1"


def test_numbers_and_nulls_stay() -> None:
    assert [cell(-3), cell(None), cell("plain")] == ["-3", "", "plain"]


def test_quotes_and_line_breaks_survive() -> None:
    row = {"subject": 'a "quoted", line\nbreak', "id": "1"}
    data = csv_bytes([row], ["id", "subject"])
    assert data.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert read == [["id", "subject"], ["1", row["subject"]]]
