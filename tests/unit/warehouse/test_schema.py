"""A store of an older release is migrated and can go back; one of a newer release is refused."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest

from hve_monitor.errors import StoreError
from tests.unit.warehouse.conftest import land_rows, observations
from warehouse.schema import SCHEMA_VERSION, described_schema, keep_old_state, old_states
from warehouse.state import State
from warehouse.store import open_store
from warehouse.tables import MESSAGE_TRACES

NEWER = SCHEMA_VERSION + 1


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("pragma user_version").fetchone()[0])


def set_version(path: Path, version: int) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"pragma user_version = {version}")


def test_a_new_store_has_the_version_and_no_copy(tmp_path: Path) -> None:
    with open_store(tmp_path / "store", "500MB", 1) as store:
        land_rows(store, {})
        opened = store.delta.open(MESSAGE_TRACES)
        assert opened is not None
        assert described_schema(opened.metadata().description) == SCHEMA_VERSION
    assert version_of(tmp_path / "store" / "state.db") == SCHEMA_VERSION
    assert old_states(tmp_path / "store") == []


def test_an_older_state_is_copied_before_it_is_migrated(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with closing(State(path)) as state:
        state.connection.execute("drop table commits")
    set_version(path, 0)
    with closing(State(path)) as state:
        state.next_batch()
        assert state.rows("commits")[1] == []
    [copy] = old_states(tmp_path)
    assert (copy.name, version_of(copy)) == ("state.schema-1.db", 0)
    assert version_of(path) == SCHEMA_VERSION
    with closing(State(path)):
        assert old_states(tmp_path) == [copy]
    path.unlink()
    copy.rename(path)
    with closing(State(path)) as state:
        assert state.next_batch() == 1


def test_a_migration_that_was_killed_is_repeated_with_the_first_copy(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    State(path).close()
    set_version(path, 0)
    with closing(sqlite3.connect(path)) as connection:
        keep_old_state(connection, path, 1)
        connection.execute("insert into counters values ('batch', 7)")
        connection.commit()
    State(path).close()
    with closing(State(old_states(tmp_path)[0])) as first:
        assert first.next_batch() == 1


def test_a_state_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    State(tmp_path / "state.db").close()
    set_version(tmp_path / "state.db", 99)
    with pytest.raises(StoreError, match="has schema 99 of a newer release, this one knows"):
        State(tmp_path / "state.db")
    assert version_of(tmp_path / "state.db") == 99


def test_a_table_of_a_newer_release_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warehouse.delta.commit.DESCRIPTION", f"hve-monitor, schema {NEWER}")
    with open_store(tmp_path / "store", "500MB", 1) as store, suppress(StoreError):
        land_rows(store, {})
    with (
        open_store(tmp_path / "store", "500MB", 1) as store,
        pytest.raises(StoreError, match=f"message_traces: has schema {NEWER} of a newer release"),
    ):
        observations(store)
