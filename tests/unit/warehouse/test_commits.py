"""Facts and state.db that do not belong together are noticed by whoever opens the store."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from hve_monitor.config import Config, Warehouse
from hve_monitor.errors import StoreError
from tests.unit.warehouse.conftest import NOW, TODAY, land_rows, observations
from warehouse.commits import Commits
from warehouse.configured import store_of
from warehouse.maintenance.lost_days import lost_days
from warehouse.maintenance.recovery import recover
from warehouse.records.coverage import covered_windows, record_coverage
from warehouse.store import Store, open_store
from warehouse.tables import MESSAGE_TRACES
from warehouse.windows import Window


def entries(store: Store) -> list[Path]:
    return sorted((Path(store.delta.uri(MESSAGE_TRACES)) / "_delta_log").glob("*.json"))


def filled(root: Path) -> None:
    with open_store(root, "500MB", 1) as store:
        land_rows(store, {"trace_id": "a"})
        land_rows(store, {"trace_id": "b"})


HARMS: dict[str, Callable[[Path], object]] = {
    "half of the newest entry": lambda entry: entry.write_bytes(entry.read_bytes()[:100]),
    "newest entry empty": lambda entry: entry.write_bytes(b""),
    "newest entry gone": lambda entry: entry.unlink(),
    "log gone": lambda entry: shutil.rmtree(entry.parent),
}


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
def test_an_acknowledged_commit_that_is_gone_is_no_torn_write(
    tmp_path: Path, harm: Callable[[Path], object]
) -> None:
    filled(tmp_path / "store")
    with open_store(tmp_path / "store", "500MB", 1) as store:
        harm(entries(store)[-1])
        with pytest.raises(StoreError, match="commit 1 was written and is not in the log any more"):
            observations(store)


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
def test_a_repair_adds_the_rows_of_lost_commits_again(
    tmp_path: Path, harm: Callable[[Path], object]
) -> None:
    filled(tmp_path / "store")
    with open_store(tmp_path / "store", "500MB", 1) as store:
        land_rows(store, {"trace_id": "a", "status": "failed"})
        before = {(row["trace_id"], row["status"]) for row in observations(store)}
        store.state.clear_dirty(store.state.dirty_days())
        harm(entries(store)[-1])
        assert recover(store) != []
        assert {(row["trace_id"], row["status"]) for row in observations(store)} == before
        assert [row["is_revision"] for row in observations(store)] == [False, False, True]
        assert [dirty.day for dirty in store.state.dirty_days()] == [TODAY]
        assert recover(store) == []
        land_rows(store, {"trace_id": "c"})
    with open_store(tmp_path / "store", "500MB", 1) as store:
        assert len(observations(store)) == 4


def test_what_a_repair_added_is_added_again_where_that_commit_is_lost_too(tmp_path: Path) -> None:
    """A backup holds no file that the log does not name: those of the first loss are gone then."""
    filled(tmp_path / "store")
    with open_store(tmp_path / "store", "500MB", 1) as store:
        entries(store)[-1].unlink()
        assert recover(store) != []
        named = {Path(file) for file in store.delta.files(MESSAGE_TRACES)}
        for file in set(Path(store.delta.uri(MESSAGE_TRACES)).rglob("*.parquet")) - named:
            if "_delta_log" not in file.parts:
                file.unlink()
        entries(store)[-1].unlink()
        assert recover(store) != []
        assert [row["trace_id"] for row in observations(store)] == ["a", "b"]


def test_a_repair_that_is_killed_before_it_accepts_has_marked_the_days(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    filled(tmp_path / "store")
    with open_store(tmp_path / "store", "500MB", 1) as store:
        store.state.clear_dirty(store.state.dirty_days())
        entries(store)[-1].unlink()
        with monkeypatch.context() as patched:
            patched.setattr(Commits, "accept", killed)
            with pytest.raises(KeyboardInterrupt):
                recover(store)
        assert [dirty.day for dirty in store.state.dirty_days()] == [TODAY]


@pytest.mark.parametrize("kind", ["missing", "old"])
def test_a_repair_numbers_batches_on_from_the_rows(tmp_path: Path, kind: str) -> None:
    root = tmp_path / "store"
    with open_store(root, "500MB", 1) as store:
        store.state.copy_to(tmp_path / "old.db")
    filled(root)
    (root / "state.db").unlink()
    if kind == "old":
        shutil.copy(tmp_path / "old.db", root / "state.db")
    with open_store(root, "500MB", 1) as store:
        assert recover(store) != []
        assert [row["trace_id"] for row in observations(store)] == ["a", "b"]
        assert store.state.next_batch() == 3


def test_a_torn_entry_that_nobody_acknowledged_is_set_aside(tmp_path: Path) -> None:
    filled(tmp_path / "store")
    with open_store(tmp_path / "store", "500MB", 1) as store:
        newest = entries(store)[-1]
        newest.with_name(f"{2:020}.json").write_bytes(newest.read_bytes()[:50])
        assert len(observations(store)) == 2


@pytest.mark.parametrize("kind", ["missing", "empty", "old"])
def test_a_state_that_does_not_know_the_newest_rows_is_noticed(tmp_path: Path, kind: str) -> None:
    root = tmp_path / "store"
    with open_store(root, "500MB", 1) as store:
        land_rows(store, {"trace_id": "z"})
        store.state.copy_to(tmp_path / "old.db")
    filled(root)
    for file in root.glob("state.db*"):
        file.unlink()
    if kind == "empty":
        (root / "state.db").touch()
    elif kind == "old":
        shutil.copy(tmp_path / "old.db", root / "state.db")
    with (
        open_store(root, "500MB", 1) as store,
        pytest.raises(StoreError, match=r"state\.db was lost or is of another time"),
    ):
        observations(store)


def test_a_store_of_before_commits_were_acknowledged_opens(tmp_path: Path) -> None:
    filled(tmp_path / "store")
    with open_store(tmp_path / "store", "500MB", 1) as store:
        store.state.connection.execute("delete from commits")
        assert len(observations(store)) == 2
        land_rows(store, {"trace_id": "c"})
        assert store.state.connection.execute("select max(version) from commits").fetchone() == (2,)


@pytest.mark.parametrize("kind", ["missing", "old"])
def test_a_state_that_lags_is_refused_for_ever_and_nothing_is_changed(
    tmp_path: Path, kind: str
) -> None:
    root = tmp_path / "store"
    config = Config(warehouse=Warehouse(path=root))
    filled(root)
    with open_store(root, "500MB", 1) as store:
        store.state.copy_to(tmp_path / "old.db")
        land_rows(store, {"trace_id": "c"})
    for file in root.glob("state.db*"):
        file.unlink()
    if kind == "old":
        shutil.copy(tmp_path / "old.db", root / "state.db")
    for _ in range(4):  # more often than there are batches to catch up with
        with pytest.raises(StoreError, match=r"state\.db was lost"), store_of(config) as store:
            store.state.next_batch()
    with store_of(config, is_checked=False) as store:
        counted = store.state.connection.execute("select value from counters").fetchall()
        assert counted == ([(2,)] if kind == "old" else [])
        recover(store)
    with store_of(config) as store:
        assert store.state.next_batch() == 4


READ_AGAIN = "read again by the next run; import files again, or restore a backup"


def data_files(store: Store) -> set[Path]:
    return {Path(file) for file in store.delta.files(MESSAGE_TRACES)}


@pytest.mark.parametrize("harm", ["gone", "damaged"])
def test_a_lost_commit_without_its_file_leaves_a_day_that_is_read_again(
    tmp_path: Path, harm: str
) -> None:
    midnight = datetime.combine(TODAY, time.min, UTC)
    whole = Window(midnight - timedelta(days=1), midnight + timedelta(days=1))
    with open_store(tmp_path / "store", "500MB", 1) as store:
        land_rows(store, {"trace_id": "a", "received_at": midnight - timedelta(hours=2)})
        older = data_files(store)
        land_rows(store, {"trace_id": "b"})
        record_coverage(store.state, "contoso", "message_traces", "hr@contoso.com", whole)
        [file] = data_files(store) - older
        file.unlink() if harm == "gone" else file.write_bytes(b"PAR1")
        entries(store)[-1].unlink()
        assert recover(store) == [
            "facts.message_traces: 0 rows were added again",
            f"message_traces of contoso of {TODAY}: {READ_AGAIN}",
        ]
        covered = covered_windows(store.state, "contoso", "message_traces", "hr@contoso.com")
        assert covered == [Window(whole.start, midnight)]
        assert lost_days(store.state, "contoso") == {TODAY}
        assert TODAY in [dirty.day for dirty in store.state.dirty_days()]
        assert recover(store) == []


def test_files_whose_rows_were_added_again_are_no_loss_when_they_are_removed(
    tmp_path: Path,
) -> None:
    filled(tmp_path / "store")
    with open_store(tmp_path / "store", "500MB", 1) as store:
        written = data_files(store)
        entries(store)[-1].unlink()
        recover(store)
        for file in written - data_files(store):
            file.unlink()
        entries(store)[-1].unlink()
        assert recover(store) == ["facts.message_traces: 1 row was added again"]
        assert lost_days(store.state, "contoso") == frozenset()


def test_a_purged_day_is_not_read_again_for_its_lost_file(tmp_path: Path) -> None:
    with open_store(tmp_path / "store", "500MB", 1) as store:
        land_rows(store, {"trace_id": "a"})
        land_rows(store, {"trace_id": "b", "received_at": NOW - timedelta(days=9)})
        [file] = [file for file in data_files(store) if f"day={TODAY}" not in str(file)]
        file.unlink()
        entries(store)[-1].unlink()
        store.state.connection.execute("insert into purged values ('contoso', ?)", [str(TODAY)])
        assert recover(store) == ["facts.message_traces: 0 rows were added again"]
