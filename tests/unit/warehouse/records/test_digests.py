"""Bytes of state.db that changed without a statement are told, and nothing else is."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hve_monitor.config import Config, Warehouse
from hve_monitor.errors import StoreError
from warehouse.configured import store_of
from warehouse.maintenance.verification import verify
from warehouse.records.digests import changed_tables, renew_digests
from warehouse.state import State, open_state

FLIPS = 150


def filled(state: State) -> State:
    for number in range(40):
        state.connection.execute(
            "insert into plans values (?, 'contoso', 'all', '[]', 'x', 'y', 5, ?, 'ada', 'z', null,"
            " null)",
            [f"plan-{number}", f"because of letter {number}"],
        )
    state.connection.execute("insert into purged values ('contoso', '2026-01-05')")
    return state


def contents(file: Path) -> list[str] | None:
    """Every row of every table; None of a file that cannot be read."""
    try:
        with closing(sqlite3.connect(file)) as connection:
            connection.text_factory = bytes
            names = connection.execute("select name from sqlite_schema where type = 'table'")
            return [
                repr((name, row))
                for (name,) in sorted(names.fetchall())
                for row in connection.execute(f'select * from "{name.decode()}" not indexed')
            ]
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        return None


def test_a_statement_is_no_damage_and_a_changed_byte_is(tmp_path: Path) -> None:
    with open_state(tmp_path) as state:
        renew_digests(filled(state))
        assert changed_tables(state) == []
        state.connection.execute("update purged set facts_before = '2026-02-05'")
        assert changed_tables(state) == [], "a command that was killed here"
        renew_digests(state)
    file = tmp_path / "state.db"
    content = file.read_bytes()
    assert content.count(b"2026-02-05") == 1
    file.write_bytes(content.replace(b"2026-02-05", b"2026-02-25"))
    with open_state(tmp_path) as state:
        assert state.damage() == [], "SQLite finds nothing"
        assert changed_tables(state) == ["purged"]


def test_verify_names_the_table_and_the_way_back(tmp_path: Path) -> None:
    config = Config(warehouse=Warehouse(path=tmp_path / "store"))
    with store_of(config) as store:
        filled(store.state)
    file = tmp_path / "store" / "state.db"
    content = file.read_bytes()
    file.write_bytes(content.replace(b"because of letter 7", b"because of letter 1", 1))
    with store_of(config) as store:
        (found,) = [result for result in verify(store)[0] if result.check == "state"]
    assert (found.status, found.fix) == ("fail", "restore a backup")
    assert found.detail == "state.db: not as it was written: plans"


def test_no_flipped_byte_changes_a_row_unnoticed(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    with open_state(tmp_path) as state:
        renew_digests(filled(state))
    whole, before = file.read_bytes(), contents(file)
    positions = random.Random(7)  # noqa: S311 - the places need no secrecy
    filled_places = [place for place in range(100, len(whole)) if whole[place]]
    changed = 0
    for place in positions.choices(filled_places, k=FLIPS):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << positions.randrange(8)
        file.write_bytes(flipped)
        if contents(file) in (before, None):
            continue
        changed += 1
        try:
            with open_state(tmp_path) as state:
                assert state.damage() or changed_tables(state), place
        except (StoreError, sqlite3.DatabaseError):
            pass
        for companion in tmp_path.glob("state.db-*"):
            companion.unlink()
    assert changed > FLIPS // 100


def test_a_command_that_only_reads_writes_no_digest(tmp_path: Path) -> None:
    config = Config(warehouse=Warehouse(path=tmp_path / "store"))
    with store_of(config):
        pass
    with open_state(tmp_path / "store") as state:
        assert state.connection.execute("select count(*) from table_digests").fetchone() == (0,)


@pytest.mark.parametrize("value", [b"\xff\xfe", 1.5, None])
def test_any_value_has_a_digest(tmp_path: Path, value: object) -> None:
    with open_state(tmp_path) as state:
        state.connection.execute("create table odd (value)")
        state.connection.execute("insert into odd values (?)", [value])
        renew_digests(state)
        assert changed_tables(state) == []
