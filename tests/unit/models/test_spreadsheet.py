"""Files of rows: whole or not there, and nothing in them runs."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from hve_monitor.errors import ConfigError
from models.spreadsheet import write_csv


def test_rows_are_written_as_they_come(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    rows = ({"id": str(number), "subject": "=1+1"} for number in range(3))
    assert write_csv(file, rows, ("id", "subject", "none")) == 3
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    with file.open(encoding="utf-8-sig", newline="") as opened:
        assert list(csv.reader(opened))[:2] == [["id", "subject", "none"], ["0", "'=1+1", ""]]
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--out .*cannot be written"):
        write_csv(tmp_path / "gone" / "rows.csv", [], ("id",))


def test_a_search_that_breaks_leaves_the_old_file(tmp_path: Path) -> None:
    def broken() -> Iterator[dict[str, object]]:
        yield {"id": "1"}
        raise OSError(28, "No space left on device")

    file = tmp_path / "rows.csv"
    file.write_text("old")
    with pytest.raises(ConfigError, match="No space left"):
        write_csv(file, broken(), ("id",))
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]
