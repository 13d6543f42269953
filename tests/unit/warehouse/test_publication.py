"""hve.duckdb: any client reads it at any time, and it always shows one whole version."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pyarrow as pa
import pytest
from deltalake import write_deltalake

from hve_monitor.errors import StoreError
from tests.unit.warehouse.conftest import NOW, YESTERDAY, contacts, costs, land_rows
from warehouse import publication
from warehouse.maintenance.recovery import recover
from warehouse.privacy.removal import begin
from warehouse.publication import publish
from warehouse.reading import published_connection
from warehouse.records.digests import renew_digests
from warehouse.store import Store, open_store
from warehouse.tables import FIRST_CONTACTS, HVE_COST_DAILY, HVE_UNDELIVERED, Table

READ = """
import duckdb, json, sys
connection = duckdb.connect(sys.argv[1], read_only=True)
names = connection.execute(
    "select schema_name || '.' || view_name from duckdb_views() where not internal"
    " union all select schema_name || '.' || table_name from duckdb_tables()"
).fetchall()
traces = connection.execute("select trace_id, day from raw.message_traces").fetchall()
print(json.dumps([sorted(name for name, in names), traces], default=str))
"""


def publish_plain(store: Store, hours: int = 0) -> None:
    publish(store, NOW + timedelta(hours=hours), lambda _: None)


def shown(root: Path, sql: str) -> list[tuple[object, ...]]:
    with published_connection(root) as connection:
        return connection.execute(sql).fetchall()


def test_a_plain_client_in_another_process_sees_every_table(store: Store, tmp_path: Path) -> None:
    land_rows(store, {})
    publish_plain(store)
    answer = subprocess.run(
        [sys.executable, "-c", READ, str(store.published)],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    names, traces = json.loads(answer.stdout)
    assert {"raw.message_traces", "raw.hve_accounts", "marts.hve_cost_daily"} <= set(names)
    assert {"state.coverage", "state.publication", "state.runs"} <= set(names)
    assert traces == [["t1", "2026-11-24"]]


def test_small_marts_are_tables_and_facts_are_views(store: Store) -> None:
    store.delta.append(HVE_COST_DAILY, costs("contoso", d23=7))
    land_rows(store, {})
    publish_plain(store)
    kinds = dict(shown(store.root, "select table_name, table_type from information_schema.tables"))
    assert kinds["hve_cost_daily"] == "BASE TABLE"
    assert kinds["message_traces"] == "VIEW"
    found = shown(store.root, "select day, billable_recipients from marts.hve_cost_daily")
    assert found == [(YESTERDAY, 7)]


def test_a_mart_with_many_rows_is_a_view(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publication, "LARGEST_TABLE", 1)
    store.delta.append(HVE_COST_DAILY, costs("contoso", d22=1, d23=7))
    publish_plain(store)
    sql = "select table_type from information_schema.tables where table_name = 'hve_cost_daily'"
    assert shown(store.root, sql) == [("VIEW",)]
    total = "select sum(billable_recipients)::int from marts.hve_cost_daily"
    assert shown(store.root, total) == [(8,)]


def test_a_mart_that_only_builds_read_is_not_copied(store: Store) -> None:
    publish_plain(store)
    sql = "select table_type from information_schema.tables where table_name = 'hve_activity'"
    assert shown(store.root, sql) == [("VIEW",)]


def test_a_version_does_not_change_when_rows_are_written_later(store: Store) -> None:
    land_rows(store, {"trace_id": "a"})
    publish_plain(store)
    land_rows(store, {"trace_id": "b"})
    count = "select count(*) from raw.message_traces"
    assert shown(store.root, count) == [(1,)]
    publish_plain(store)
    assert shown(store.root, count) == [(2,)]


def test_the_version_tells_its_business_time_and_the_state(store: Store) -> None:
    store.state.record_now("contoso", NOW)
    store.state.use_quota("contoso", 5.5, 300.0)
    publish_plain(store)
    assert shown(store.root, "select as_of from state.publication") == [(NOW,)]
    assert shown(store.root, "select tenant from state.tenants") == [("contoso",)]
    assert shown(store.root, 'select "at" from state.quota_use') == [(5.5,)]


def test_state_tables_have_the_same_types_with_and_without_rows(store: Store) -> None:
    sql = (
        "select data_type from information_schema.columns"
        " where table_name in ('quota_use', 'dirty_days') and column_name in ('at', 'mark')"
    )
    publish_plain(store)
    empty = shown(store.root, sql)
    store.state.use_quota("contoso", 5.5, 300.0)
    store.state.mark_dirty("contoso", [YESTERDAY])
    publish_plain(store)
    assert shown(store.root, sql) == empty


def test_what_prepare_adds_is_published(store: Store) -> None:
    publish(store, NOW, lambda connection: connection.execute("create view one as select 1 as n"))
    assert shown(store.root, "select n from one") == [(1,)]


def test_a_failing_prepare_leaves_the_version_before(store: Store) -> None:
    publish_plain(store)
    with pytest.raises(duckdb.CatalogException):
        publish(store, NOW, lambda connection: connection.execute("select * from missing"))
    assert shown(store.root, "select as_of from state.publication") == [(NOW,)]
    publish_plain(store, hours=1)
    assert [file.name for file in store.root.glob("*.duckdb*")] == ["hve.duckdb"]


def refuse(monkeypatch: pytest.MonkeyPatch, times: int) -> list[float]:
    """Renaming onto hve.duckdb fails that often, as where a client holds the file open."""
    refusals, waits, rename = iter(range(times)), list[float](), Path.replace

    def replace(self: Path, target: Path) -> Path:
        if target.name == "hve.duckdb" and next(refusals, None) is not None:
            raise PermissionError(13, "used by another process")
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    # Its own clock alone: threads of other tests may sleep meanwhile.
    clock = SimpleNamespace(sleep=waits.append, time_ns=time.time_ns)
    monkeypatch.setattr(publication, "time", clock)
    return waits


def test_a_file_that_is_held_open_keeps_the_old_version(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_plain(store)
    waits = refuse(monkeypatch, times=1000)
    publish_plain(store, hours=1)
    assert len(waits) == publication.REPLACE_ATTEMPTS
    assert shown(store.root, "select as_of from state.publication") == [(NOW,)]
    beside = duckdb.connect(str(store.root / "hve.next.duckdb"), read_only=True)
    later = beside.execute("select epoch(as_of) from state.publication").fetchall()
    beside.close()
    assert later == [((NOW + timedelta(hours=1)).timestamp(),)]


def test_a_file_that_is_let_go_meanwhile_is_replaced(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_plain(store)
    waits = refuse(monkeypatch, times=2)
    publish_plain(store, hours=1)
    assert len(waits) == 2
    assert shown(store.root, "select as_of from state.publication") == [(NOW + timedelta(hours=1),)]


def test_an_open_reader_keeps_its_version_and_a_new_one_sees_the_next(store: Store) -> None:
    publish_plain(store)
    with published_connection(store.root) as reader:
        publish_plain(store, hours=1)
        assert reader.execute("select as_of from state.publication").fetchall() == [(NOW,)]
        assert shown(store.root, "select as_of from state.publication") != [(NOW,)]


def test_nothing_published_yet_is_told_with_the_next_step(tmp_path: Path) -> None:
    with (
        pytest.raises(StoreError, match="nothing is stored yet; run 'hve run'"),
        published_connection(tmp_path),
    ):
        pytest.fail("no file")


def test_a_damaged_file_is_told_with_the_next_step(tmp_path: Path) -> None:
    (tmp_path / "hve.duckdb").write_bytes(b"not a database" * 1000)
    with pytest.raises(StoreError, match="run 'hve build'"), published_connection(tmp_path):
        pytest.fail("no database")


def test_readers_cannot_write(store: Store) -> None:
    publish_plain(store)
    with (
        published_connection(store.root) as connection,
        pytest.raises(duckdb.InvalidInputException),
    ):
        connection.execute("delete from state.tenants")


def test_an_empty_store_with_quotes_in_its_path_is_published(tmp_path: Path) -> None:
    with open_store(tmp_path / "o'brien's") as store:
        publish_plain(store)
        assert shown(store.root, "select count(*) from raw.message_traces") == [(0,)]


def test_a_file_of_an_older_version_is_told_in_one_line(store: Store) -> None:
    with duckdb.connect(str(store.published)) as connection:
        connection.execute("create schema marts")
    with (
        pytest.raises(StoreError, match="run 'hve build'"),
        published_connection(store.root) as connection,
    ):
        connection.execute("from marts.hve_usage_corrections")


EVERYTHING = """
    select schema_name || '.' || table_name, 'table', comment from duckdb_tables()
    where database_name = 'hve'
    union all
    select schema_name || '.' || view_name, 'view', comment from duckdb_views()
    where database_name = 'hve' and not internal
    union all
    select schema_name || '.' || table_name || '.' || column_name, data_type, comment
    from duckdb_columns() where database_name = 'hve' and not internal
    order by all
"""
CHANGING = ("state.publication", "state.runs")


def content(root: Path) -> list[object]:
    """What a reader sees: names, types and comments, and the rows of every table and view."""
    with published_connection(root) as connection:
        seen: list[object] = list(connection.execute(EVERYTHING).fetchall())
        for name, kind, _ in connection.execute(EVERYTHING).fetchall():
            if kind in ("table", "view") and name not in CHANGING:
                rows = connection.execute(f"select * from {name} order by all").fetchall()
                seen.append((name, rows))
    return seen


def change_at_random(store: Store, chance: random.Random) -> None:
    """One write of any kind to a table with days, and to one without."""
    days = chance.sample(range(10, 20), chance.randint(1, 9))
    rows = costs(chance.choice(["contoso", "fabrikam"]), **{f"d{day}": day for day in days})
    if chance.random() < 0.5:
        store.delta.append(HVE_COST_DAILY, rows)
    else:
        replaced = [*rows["day"].to_pylist(), YESTERDAY]
        store.delta.replace(HVE_COST_DAILY, rows, rows["tenant"][0].as_py(), replaced)
    if chance.random() < 0.3:
        store.delta.compact(HVE_COST_DAILY, "contoso")
    store.delta.append(FIRST_CONTACTS, contacts("contoso", f"a{chance.random()}@fabrikam.com"))
    if chance.random() < 0.2:
        store.delta.replace(FIRST_CONTACTS, contacts("contoso", "ada@fabrikam.com"), "contoso")


@pytest.mark.parametrize("most_files", [0, 500])
def test_a_version_that_goes_on_from_the_last_shows_what_a_new_one_shows(
    store: Store, monkeypatch: pytest.MonkeyPatch, most_files: int
) -> None:
    monkeypatch.setattr(publication, "MOST_FILES", most_files)
    chance = random.Random(7)  # noqa: S311 - no secret
    for _ in range(5):
        change_at_random(store, chance)
        monkeypatch.setattr(publication, "LARGEST_TABLE", chance.choice([12, 1000]))
        if chance.random() < 0.3:
            land_rows(store, {"trace_id": str(chance.random())})
        publish_plain(store)
        continued, seal = content(store.root), store.state.checksum("hve.duckdb")
        aside = store.published.rename(store.root / "aside.duckdb")
        publish_plain(store)
        assert continued == content(store.root)
        aside.replace(store.published)
        store.state.record_checksums({"hve.duckdb": str(seal)})


def test_what_did_not_change_is_not_read_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.delta.append(HVE_COST_DAILY, costs("contoso", d21=1, d22=2, d23=3))
    publish_plain(store)
    store.delta.replace(HVE_COST_DAILY, costs("contoso", d23=4), "contoso", [YESTERDAY])
    read: list[str] = []
    files_sql = publication.files_sql

    def noted(table: Table, files: list[str]) -> str:
        read.extend(Path(file).parent.name for file in files)
        return files_sql(table, files)

    monkeypatch.setattr(publication, "files_sql", noted)
    publish_plain(store)
    assert read == ["day=2026-11-23"]
    total = "select sum(billable_recipients)::int from marts.hve_cost_daily"
    assert shown(store.root, total) == [(7,)]


def test_closed_days_of_a_view_of_many_files_are_left_alone(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publication, "MOST_FILES", 2)
    monkeypatch.setattr(publication, "LARGEST_TABLE", 1)
    store.delta.append(HVE_COST_DAILY, costs("contoso", d19=1, d20=2, d23=3))
    publish_plain(store)
    read: list[str] = []
    files_sql = publication.files_sql

    def noted(table: Table, files: list[str]) -> str:
        read.extend(Path(file).parent.name for file in files)
        return files_sql(table, files)

    monkeypatch.setattr(publication, "files_sql", noted)
    store.delta.append(HVE_COST_DAILY, costs("contoso", d22=4))
    publish_plain(store)
    assert read == ["day=2026-11-22", "day=2026-11-23"]
    store.delta.replace(HVE_COST_DAILY, costs("contoso", d20=9), "contoso", [date(2026, 11, 20)])
    publish_plain(store)
    assert read[2:] == ["day=2026-11-19", "day=2026-11-20"]
    total = "select sum(billable_recipients)::int from marts.hve_cost_daily"
    assert shown(store.root, total) == [(17,)]


def test_views_in_parts_show_the_files_of_a_store_that_was_copied(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publication, "MOST_FILES", 0)
    land_rows(store, {})
    publish_plain(store)
    shutil.copytree(store.root, tmp_path / "copy")
    shutil.rmtree(store.root / "facts")
    assert shown(tmp_path / "copy", "select count(*) from raw.message_traces") == [(1,)]


def test_a_version_whose_number_is_given_again_after_a_loss_is_shown(tmp_path: Path) -> None:
    day = date(2026, 11, 24)
    with open_store(tmp_path / "store", "500MB", 1) as store:
        for recipients in (5, 6):
            store.replace(HVE_COST_DAILY, costs("contoso", d24=recipients), "contoso", [day])
        publish_plain(store)
        log = Path(store.delta.uri(HVE_COST_DAILY)) / "_delta_log"
        sorted(log.glob("*.json"))[-1].unlink()
        assert recover(store) != []
        store.replace(HVE_COST_DAILY, costs("contoso", d24=7), "contoso", [day])
        publish_plain(store, hours=1)
    assert shown(tmp_path / "store", "select billable_recipients from marts.hve_cost_daily") == [
        (7,)
    ]


def test_tables_of_the_state_that_nobody_changed_are_not_copied_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.state.record_now("contoso", NOW)
    renew_digests(store.state)
    publish_plain(store)
    copied: list[str] = []
    copy_state = publication._copy_state

    def noted(connection: duckdb.DuckDBPyConnection, store: Store, name: str) -> None:
        copied.append(name)
        copy_state(connection, store, name)

    monkeypatch.setattr(publication, "_copy_state", noted)
    publish_plain(store)
    assert copied == []
    store.state.record_now("fabrikam", NOW)
    publish_plain(store)
    renew_digests(store.state)
    publish_plain(store)
    publish_plain(store)
    assert copied == ["tenants", "tenants"]
    names = shown(store.root, "select tenant from state.tenants order by tenant")
    assert names == [("contoso",), ("fabrikam",)]


def undelivered(day: int, *recipients: str) -> pa.Table:
    rows = [
        {"tenant": "contoso", "day": date(2026, 11, day), "recipient": recipient}
        for recipient in recipients
    ]
    return pa.Table.from_pylist(rows, schema=HVE_UNDELIVERED.schema)


def test_nothing_of_removed_rows_stays_in_the_file(store: Store) -> None:
    """The bytes of deleted rows stay in a file that goes on from the last one."""
    people = [f"{hashlib.sha256(bytes([n])).hexdigest()}@fabrikam.com" for n in range(200)]
    for day in range(1, 6):
        store.delta.append(HVE_UNDELIVERED, undelivered(day, *people, "ada.lovelace@fabrikam.com"))
    publish_plain(store)
    begin(store, "contoso", "ada.lovelace@fabrikam.com", NOW, "admin", "requested")
    publish_plain(store)  # by a run that came in between
    for day in range(1, 6):
        days = [date(2026, 11, day)]
        store.delta.replace(HVE_UNDELIVERED, undelivered(day, *people), "contoso", days)
        if day in (1, 5):
            publish_plain(store)
    assert b"lovelace" not in store.published.read_bytes()


def test_a_file_that_another_hand_changed_is_made_anew(store: Store) -> None:
    store.delta.append(HVE_COST_DAILY, costs("contoso", d23=7))
    publish_plain(store)
    with duckdb.connect(str(store.published)) as connection:
        connection.execute("update marts.hve_cost_daily set billable_recipients = 8")
    publish_plain(store)
    assert shown(store.root, "select billable_recipients from marts.hve_cost_daily") == [(7,)]


DIES = """
import duckdb, os, sys
connection = duckdb.connect(sys.argv[1])
connection.execute("delete from state.tenants; create table own as select 'ada@fabrikam.com' as a")
os._exit(0)
"""


def test_what_a_program_wrote_that_died_is_in_no_later_version(store: Store) -> None:
    store.state.record_now("contoso", NOW)
    publish_plain(store)
    subprocess.run([sys.executable, "-c", DIES, str(store.published)], check=True)
    log = store.published.with_name("hve.duckdb.wal")
    assert log.exists()
    publish_plain(store, 1)
    assert not log.exists()
    assert shown(store.root, "select tenant from state.tenants") == [("contoso",)]


def test_a_version_after_a_kill_before_it_was_noted_is_made_anew(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_plain(store)
    land_rows(store, {})
    with monkeypatch.context() as killed:
        killed.setattr(type(store.state), "record_checksums", refuse_to_note)
        with pytest.raises(KeyboardInterrupt):
            publish_plain(store)
    publish_plain(store, hours=1)
    assert shown(store.root, "select count(*) from raw.message_traces") == [(1,)]


def refuse_to_note(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_store_that_was_moved_shows_files_of_its_new_place(store: Store, tmp_path: Path) -> None:
    land_rows(store, {})
    publish_plain(store)
    store.close()
    store.state.close()
    store.root.rename(tmp_path / "moved")
    with open_store(tmp_path / "moved") as moved:
        publish_plain(moved)
        with duckdb.connect(str(moved.published), read_only=True) as plain:
            count = plain.execute("select count(*) from raw.message_traces").fetchall()
    assert count == [(1,)]


def test_views_of_another_release_are_made_anew(store: Store) -> None:
    for number in (1, 2):
        view = f"create view if not exists one as select {number} as n"
        publish(store, NOW, lambda connection, view=view: connection.execute(view), str(number))
        assert shown(store.root, "select n from one") == [(number,)]


def test_a_view_of_files_from_before_a_column_was_added_has_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publication, "LARGEST_TABLE", 0)
    former = costs("contoso", d22=1).drop(["unknown_recipients"])
    path = Path(store.delta.uri(HVE_COST_DAILY))
    write_deltalake(path, former, partition_by=["tenant", "day"])
    store.delta.append(HVE_COST_DAILY, costs("contoso", d23=7))
    publish_plain(store)
    rows = "select billable_recipients, unknown_recipients from marts.hve_cost_daily order by all"
    assert shown(store.root, rows) == [(1, None), (7, None)]
