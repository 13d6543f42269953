"""Small stores that earlier releases wrote open, run, and can go back.

tests/data/stores holds one per schema: the store, the file that was imported into it, and what the
commands of that release answered.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path
from types import NoneType

import pytest

from tests.places import ROOT
from tests.unit.conftest import Hve
from warehouse.connection import Row
from warehouse.records.stored import stored_rows
from warehouse.schema import SCHEMA_VERSION, old_states
from warehouse.store import open_store
from warehouse.tables import SMALL_TABLES

STORES = ROOT / "tests/data/stores"
NOW = ("--now", "2026-11-24T21:00:00Z")
VERSIONS = range(1, SCHEMA_VERSION)


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest, hve: Hve) -> int:
    """The schema of the store in data/local."""
    with tarfile.open(STORES / f"schema-{request.param}.tar.xz") as archive:
        archive.extractall("data", filter="data")
    return int(request.param)


def columns(state: Path) -> set[tuple[str, str, str]]:
    """Table, column and type of everything in a state.db."""
    with closing(sqlite3.connect(state)) as connection:
        rows = connection.execute(
            "select t.name, c.name, c.type from sqlite_schema as t, pragma_table_info(t.name) as c"
            " where t.type = 'table'"
        ).fetchall()
    return set(rows)


def shown(rows: list[Row]) -> list[Row]:
    """Rows in the order of their batches, their values as JSON holds them."""
    rows = sorted(rows, key=lambda row: (row["batch"], str(row)))
    plain = (str, int, list, bool, NoneType)
    return [
        {name: value if isinstance(value, plain) else str(value) for name, value in row.items()}
        for row in rows
    ]


def test_every_schema_of_before_has_its_store() -> None:
    assert {int(file.name[7:-7]) for file in STORES.glob("schema-*.tar.xz")} == set(VERSIONS)


def test_a_store_of_an_earlier_release_answers_as_it_did_and_runs_on(
    hve: Hve, version: int
) -> None:
    answers = json.loads((STORES / f"schema-{version}.json").read_text(encoding="utf-8"))
    assert hve("build", *NOW).code == 0
    rows = hve("usage", "--by", "account,day", "--json", *NOW).json["rows"]
    pairs = zip(rows, answers["usage"], strict=True)
    assert [{name: row[name] for name in before} for row, before in pairs] == answers["usage"]
    [plan], [before] = hve("plan", "list", "--json", *NOW).json["plans"], answers["plans"]
    assert {name: plan[name] for name in before} == before
    shutil.copy(STORES / f"schema-{version}.csv", "export.csv")
    again = hve("import", "export.csv", "--json", *NOW).json
    assert (again["rows_new"], again["rows_unchanged"]) == (0, again["rows_read"])
    assert hve("verify").code == 0


def test_rows_of_small_tables_are_in_state_db_as_they_were(hve: Hve) -> None:
    with tarfile.open(STORES / "schema-3.tar.xz") as archive:
        archive.extractall("data", filter="data")
    answers = json.loads((STORES / "schema-3.json").read_text(encoding="utf-8"))["rows"]
    assert hve("plan", "list", *NOW).code == 0
    for _ in range(2):
        with open_store(Path("data/local")) as store:
            rows = {table.name: stored_rows(store, table, "local") for table in SMALL_TABLES}
        assert {name: shown(rows[name]) for name in rows} == {name: answers[name] for name in rows}
    folders = [Path("data/local", table.room, table.name) for table in SMALL_TABLES]
    assert not any(folder.exists() for folder in folders)


def test_a_store_can_go_back_to_the_release_before(hve: Hve, version: int) -> None:
    before = columns(Path("data/local/state.db"))
    assert hve("build", *NOW).code == 0
    [copy] = old_states(Path("data/local"))
    assert columns(copy) == before
    assert before <= columns(Path("data/local/state.db")), "steps only add"
