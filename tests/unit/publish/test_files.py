"""Files are whole or not there, and run nothing."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from hve_monitor.errors import ConfigError
from publish.files import harmless, replaced, write_csv


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\u00a0=1", "＝1"]
)
def test_a_formula_is_a_text(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "shown"),
    [("a=1", "a=1"), (-5, -5), (Decimal("-0.25"), "-0.25"), (Decimal(7), "7.0"), (None, "")],
)
def test_everything_else_stays(value: object, shown: object) -> None:
    assert harmless(value) == shown


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    write_csv(file, ["a"], [["1"]])

    def rows() -> object:
        yield ["2"]
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - the test's own
        write_csv(file, ["a"], rows())  # type: ignore[arg-type] # a generator that breaks
    assert file.read_text() == "a\n1\n"
    assert list(tmp_path.iterdir()) == [file]


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be written"), replaced(tmp_path / "file" / "x"):
        pass
