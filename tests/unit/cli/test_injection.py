"""Whatever stands in an argument is a value: no SQL, no pattern, no path comes of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.unit.conftest import CSV, NOW, Hve

AT = ("--now", NOW.isoformat())
HOSTILE = (
    "' or '1'='1",
    "x') union select content from read_text('/etc/passwd') --",
    "\"; drop table audit; -- '); attach '/etc/passwd' as p; {{files}} {before} $tenant ?",
)
SEARCHES = [
    ("trace", "--sender"), ("trace", "--recipient"), ("trace", "--message-id"),
    ("trace", "--id"), ("trace", "--subject"), ("trace", "--status"), ("trace", "--from-ip"),
    ("trace", "--tenant"), ("trace", "--since"), ("usage", "--by"), ("usage", "--tenant"),
    ("usage", "--since"), ("cost", "--month"), ("cost", "--tenant"), ("cost", "--close"),
    ("incidents", "--status"), ("incidents", "--since"), ("whatif", "--account"),
    ("plan", "remove"), ("incidents",), ("verdict",), ("reveal",), ("erase",), ("explain",),
]  # fmt: skip


@pytest.fixture
def filled(hve: Hve) -> Path:
    """A store with two rows, in the current folder."""
    Path("export.csv").write_text(CSV, encoding="utf-8")
    assert hve("import", "export.csv", *AT).code == 0
    return Path("data/local")


def arguments(search: tuple[str, ...], text: str) -> list[str]:
    more = {
        "verdict": ["confirmed", "--reason", text],
        "reveal": ["--reason", text],
        "erase": ["--reason", text],
    }
    if search[0] == "whatif":
        return [*search, text, "--recipients", "1", "--sends", "1"]
    return [*search, text, *more.get(search[0], [])]


def test_an_argument_is_a_value(hve: Hve, filled: Path) -> None:
    before = hve("usage", "--json", *AT).json
    for search in SEARCHES:
        for text in HOSTILE:
            ended = hve(*arguments(search, text), *([] if search[0] == "explain" else AT))
            assert ended.code in (0, 2), (search, text, ended.err)
            assert "Traceback" not in ended.err
            assert "root:" not in ended.out + ended.err
            assert "reader@fabrikam.com" not in ended.out, (search, text)
    assert hve("usage", "--json", *AT).json == before
    assert hve("verify", "--json").code == 0
    assert {path.name for path in filled.iterdir()} >= {"state.db", "hve.duckdb"}


def test_a_row_is_found_by_its_value(hve: Hve, filled: Path) -> None:
    """The searches above would find something if what they ask for were there."""
    assert filled.exists()
    rows = hve("trace", "--recipient", "reader@fabrikam.com", "--json", *AT).json["rows"]
    assert [row["recipient"] for row in rows] == ["reader@fabrikam.com"]
    shutil.rmtree(filled)
