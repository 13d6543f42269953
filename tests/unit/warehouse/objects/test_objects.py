"""Tables in an object store: one owner, a copy of state.db, and one line for what goes wrong.

In one file, so that one server serves them all.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from functools import partial
from pathlib import Path
from threading import Barrier

import pyarrow as pa
import pytest
from obstore import exceptions as refused

from hve_monitor.config import Tenant
from hve_monitor.errors import AuthError, ConfigError, LockedError, SourceUnavailable, StoreError
from models.build import build
from publish.exports.one_file import write_duckdb
from tests.object_store import Bucket, Front
from tests.unit.models.stretches.test_rebuild import InOrder
from tests.unit.warehouse.conftest import NOW, TODAY, contacts, land_rows, observations
from tests.unit.warehouse.delta.conftest import recipients

# What holds on a disk holds here as well: the folder of these tests is a bucket.
from tests.unit.warehouse.delta.test_commit import (  # noqa: F401
    test_appends_add_up,
    test_columns_are_written_in_the_order_and_types_of_the_table,
    test_replacing_a_tenant_leaves_other_tenants_alone,
    test_replacing_by_nothing_empties_the_days,
    test_replacing_days_leaves_other_days_and_tenants_alone,
    test_replacing_in_a_table_that_is_not_there_makes_it,
    test_rows_outside_the_replaced_days_are_refused_whole,
)
from tests.unit.warehouse.delta.test_files import (  # noqa: F401
    test_a_table_is_read_again_only_after_somebody_wrote_to_it,
    test_a_table_without_rows_has_no_files_and_no_version,
    test_files_are_picked_by_tenant_and_day,
    test_line_ends_of_unicode_in_a_text_do_no_harm,
    test_rows_are_counted_by_day_without_reading_a_file,
)
from warehouse.delta.commit import DeltaFolder
from warehouse.delta.objects import Objects
from warehouse.locks import exclusive
from warehouse.maintenance.backup import back_up
from warehouse.maintenance.recovery import recover
from warehouse.maintenance.verification import set_aside, verify
from warehouse.objects import lease
from warehouse.objects import storage as storages
from warehouse.objects.lease import LEASE, Holding, Owner, owner_of
from warehouse.objects.ownership import SNAPSHOT, owned
from warehouse.objects.place import TablesPlace, note_place
from warehouse.objects.probe import unfit
from warehouse.objects.reading import table_files
from warehouse.objects.storage import Overtaken, Storage
from warehouse.privacy.old_files import forget_old_files
from warehouse.privacy.removal import begin, end
from warehouse.publication import publish
from warehouse.reading import published_connection
from warehouse.records.coverage import covered_windows, record_coverage
from warehouse.records.stored import stored_rows
from warehouse.store import Store, open_store
from warehouse.tables import FIRST_CONTACTS, HVE_USAGE_DAILY, MESSAGE_TRACES
from warehouse.windows import Window


@contextmanager
def machine(root: Path, place: TablesPlace) -> Iterator[Store]:
    """The store in a folder, as a command has it: another folder is another machine."""
    root.mkdir(exist_ok=True)
    note_place(root, place)
    with owned(root), open_store(root, "500MB", 1, is_checked=True) as store:
        yield store


def owner(name: str) -> Owner:
    return Owner(name, name)


def names(store: Store) -> list[object]:
    return [row["trace_id"] for row in observations(store)]


# -- the service ---------------------------------------------------------------------------------


def test_a_put_may_ask_for_what_it_follows(storage: Storage) -> None:
    first = storage.put("a", b"1", "nothing")
    with pytest.raises(Overtaken):
        storage.put("a", b"2", "nothing")
    storage.put("a", b"3", first)
    with pytest.raises(Overtaken):
        storage.put("a", b"4", first)
    with pytest.raises(Overtaken):
        storage.put("b", b"5", first)
    assert storage.get("a")[0] == b"3"


def test_a_put_whose_answer_was_lost_is_no_defeat(storage: Storage) -> None:
    first = storage.put("a", b"1", "nothing")
    assert storage.put("a", b"1", "nothing") == first


def test_a_bucket_is_fit(storage: Storage) -> None:
    assert unfit(storage) is None


def test_a_service_that_ignores_conditions_is_not_fit(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = Storage.put
    monkeypatch.setattr(Storage, "put", lambda self, path, content, *_: put(self, path, content))
    assert "If-None-Match" in str(unfit(storage))


def test_a_bucket_that_is_missing_is_named(bucket: Bucket, tmp_path: Path) -> None:
    place = replace(bucket.place, url="s3://nowhere-at-all/hve")
    with pytest.raises(ConfigError, match="there is no such bucket"), machine(tmp_path, place):
        pass
    assert not (tmp_path / "state.db").exists()


@pytest.mark.parametrize("status", [401, 403])
def test_credentials_that_are_refused_are_named(
    bucket: Bucket, front: Front, tmp_path: Path, status: int
) -> None:
    front.fault = lambda *_: status
    place = replace(bucket, port=front.port).place
    with pytest.raises(AuthError, match="credentials are refused"), machine(tmp_path, place):
        pass


def test_google_compares_generations(monkeypatch: pytest.MonkeyPatch) -> None:
    modes = []

    def put(*_: object, mode: object, **__: object) -> dict[str, str]:
        modes.append(mode)
        return {"e_tag": "tag", "version": "7"}

    monkeypatch.setattr(storages.obstore, "put", put)
    place = Storage("gs://contoso-hve/x", {"google_skip_signature": "true"})
    assert place.put("a", b"1", "nothing") == "7"
    place.put("a", b"2", "7")
    assert modes == ["create", {"version": "7"}]


def test_a_name_or_a_time_that_reads_like_trouble_is_none() -> None:
    place = Storage("s3://connect-dns-credentials/500/401", {"aws_region": "eu-central-1"})
    for answer, kind in (
        ("status code: 400 Bad Request: <Code>InvalidRequest</Code>", StoreError),
        ("status code: 503 Slow Down: <Code>SlowDown</Code>", SourceUnavailable),
        ("status code: 403 Forbidden: <Code>AccessDenied</Code>", AuthError),
        ("error sending request", SourceUnavailable),
    ):
        address = "https://s3.amazonaws.com/connect-dns-credentials/500/401/facts"
        text = f"Generic S3 error: Error performing PUT {address} in 512.3ms - {answer}"
        assert type(place.trouble(refused.GenericError(text))) is kind, answer


def test_a_secret_that_is_not_there_is_named(bucket: Bucket, tmp_path: Path) -> None:
    for name, text, words in (
        ("aws_secret_access_key_env", "NOT_SET_HERE", "variable NOT_SET_HERE is not set"),
        ("aws_secret_access_key_file", str(tmp_path / "gone"), "gone cannot be read"),
    ):
        place = TablesPlace(bucket.url, {name: text})
        with pytest.raises(ConfigError, match=words):
            place.opened  # noqa: B018 - opening it is what is tried


def test_a_whole_bucket_will_do_and_options_of_the_environment_count(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in (
        ("AWS_ACCESS_KEY_ID", "tests"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ENDPOINT_URL", f"http://127.0.0.1:{bucket.port}"),
    ):
        monkeypatch.setenv(name, text)
    with machine(tmp_path, TablesPlace(f"s3://{bucket.name}")) as store:
        land_rows(store, {"trace_id": "a"})
        assert names(store) == ["a"]


def test_no_answer_is_temporary(bucket: Bucket, tmp_path: Path) -> None:
    place = replace(bucket, port=1).place
    with pytest.raises(SourceUnavailable, match="does not answer"), machine(tmp_path, place):
        pass


def test_five_in_a_hundred_refusals_and_slow_answers_change_nothing(
    bucket: Bucket, front: Front, tmp_path: Path
) -> None:
    def fault(_method: str, _path: str, number: int) -> int | None:
        time.sleep(0.2 if number % 15 == 0 else 0)
        return 503 if number % 20 == 10 else None

    front.fault = fault
    with machine(tmp_path, replace(bucket, port=front.port).place) as store:
        for number in range(3):
            land_rows(store, {"trace_id": f"t{number}"})
        assert names(store) == ["t0", "t1", "t2"]
    assert len(front.requests) > 30, "some were refused"


# -- the tables ----------------------------------------------------------------------------------


def test_rows_are_landed_published_and_read(bucket: Bucket, tmp_path: Path) -> None:
    with machine(tmp_path, bucket.place) as store:
        land_rows(store, {"trace_id": "a"}, {"trace_id": "b"})
        publish(store, NOW, lambda _: None)
    assert not (tmp_path / "facts").exists()
    with published_connection(tmp_path) as connection:
        rows = connection.execute("select trace_id from raw.message_traces order by 1").fetchall()
    assert rows == [("a",), ("b",)]


def test_processes_that_commit_at_once_lose_no_row_of_each_other(storage: Storage) -> None:
    """Two processes of one folder write for their own tenants: a put must not take another's."""
    DeltaFolder(Objects(storage, lambda: None)).append(FIRST_CONTACTS, contacts("first", "a@b.com"))

    def append(tenant: str) -> None:
        folder = DeltaFolder(Objects(storage, lambda: None))
        folder.open(FIRST_CONTACTS)
        began.wait()
        for number in range(3):
            folder.append(FIRST_CONTACTS, contacts(tenant, f"{number}@fabrikam.com"))

    tenants = ("contoso", "fabrikam", "tailspin")
    began = Barrier(len(tenants))
    with ThreadPoolExecutor(len(tenants)) as pool:
        list(pool.map(append, tenants))
    folder = DeltaFolder(Objects(storage, lambda: None))
    assert [len(recipients(folder, tenant)) for tenant in tenants] == [3, 3, 3]


def test_readers_reach_nothing_else_of_the_bucket(bucket: Bucket, tmp_path: Path) -> None:
    with machine(tmp_path, bucket.place) as store:
        publish(store, NOW, lambda _: None)
    with (
        pytest.raises(StoreError, match="outside this folder"),
        published_connection(tmp_path) as connection,
    ):
        connection.execute(f"from read_parquet('s3://{bucket.name}/other/x.parquet')")


def test_a_service_that_fails_amid_a_question_is_no_damage(
    bucket: Bucket, front: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(storages.RETRIES, "max_retries", 0)
    with machine(tmp_path, replace(bucket, port=front.port).place) as store:
        land_rows(store, {"trace_id": "a"})
        publish(store, NOW, lambda _: None)
    front.fault = lambda _, path, __: 503 if path.endswith(".parquet") else None
    table_files.cache_clear()

    def asked() -> None:
        with published_connection(tmp_path) as connection:
            connection.execute("select * from raw.message_traces").fetchall()

    for reading in (asked, partial(write_duckdb, tmp_path, tmp_path / "whole.duckdb")):
        with pytest.raises(SourceUnavailable, match="the object store does not answer"):
            reading()
    with (
        pytest.raises(SourceUnavailable, match="the object store does not answer"),
        machine(tmp_path, replace(bucket, port=front.port).place) as store,
    ):
        names(store)


def test_a_damaged_object_is_named_and_set_aside(bucket: Bucket, tmp_path: Path) -> None:
    with machine(tmp_path, bucket.place) as store:
        land_rows(store, {})
        [path] = store.delta.paths(MESSAGE_TRACES)
        store.delta.side.write(path, b"torn")
        _, [damage] = verify(store)
        assert damage.reason.startswith("has 4 bytes instead of")
        set_aside(store, [damage])
        assert names(store) == []
        assert store.delta.side.facts(f"damaged/{path}") is not None


def test_a_repair_adds_the_rows_of_commits_again_that_somebody_took_out_of_the_bucket(
    bucket: Bucket, tmp_path: Path
) -> None:
    with machine(tmp_path, bucket.place) as store:
        land_rows(store, {"trace_id": "a"})
        land_rows(store, {"trace_id": "b"})
        store.delta.side.remove(f"{MESSAGE_TRACES.folder}/_delta_log/{1:020}.json")
        store.delta.forget(MESSAGE_TRACES)
        assert recover(store) == ["facts.message_traces: 1 row was added again"]
        assert names(store) == ["a", "b"]


def test_a_day_whose_rows_were_taken_out_of_the_bucket_is_read_again(
    bucket: Bucket, tmp_path: Path
) -> None:
    midnight = datetime.combine(TODAY, clock_time.min, UTC)
    with machine(tmp_path, bucket.place) as store:
        land_rows(store, {"trace_id": "a", "received_at": midnight - timedelta(hours=2)})
        land_rows(store, {"trace_id": "b"})
        whole = Window(midnight - timedelta(days=1), midnight + timedelta(days=1))
        record_coverage(store.state, "contoso", "message_traces", "hr@contoso.com", whole)
        counted = {"tenant": "contoso", "account": "hr@contoso.com", "recipients": 1}
        rows = [{**counted, "day": TODAY - timedelta(days=step)} for step in (0, 1)]
        store.append(HVE_USAGE_DAILY, pa.Table.from_pylist(rows, HVE_USAGE_DAILY.schema))
        [lost] = [path for path in store.delta.paths(MESSAGE_TRACES) if f"day={TODAY}" in path]
        store.delta.side.remove(lost)
        store.delta.side.remove(f"{MESSAGE_TRACES.folder}/_delta_log/{1:020}.json")
        store.delta.forget(MESSAGE_TRACES)
        added, unread = recover(store)
        assert added == "facts.message_traces: 0 rows were added again"
        assert unread.startswith(f"message_traces of contoso of {TODAY}: read again")
        covered = covered_windows(store.state, "contoso", "message_traces", "hr@contoso.com")
        assert covered == [Window(whole.start, midnight)]


def test_a_backup_holds_what_the_bucket_holds(bucket: Bucket, tmp_path: Path) -> None:
    with machine(tmp_path / "store", bucket.place) as store:
        land_rows(store, {})
        written = back_up(store, tmp_path / "b.tar")
        assert written.files == 3  # state.db, one entry of the log, one data file


def test_old_versions_go_with_a_removal(bucket: Bucket, tmp_path: Path) -> None:
    with machine(tmp_path, bucket.place) as store:
        land_rows(store, {"trace_id": "a"})
        store.replace(MESSAGE_TRACES, MESSAGE_TRACES.schema.empty_table(), "contoso", [TODAY])
        assert forget_old_files(store) > 1
        below = store.delta.side.listing(MESSAGE_TRACES.folder)
        assert [path for path in below if "day=" in path] == []
        assert not [path for path in below if path.endswith("00000.json")]


# -- the owner -----------------------------------------------------------------------------------


def test_a_second_machine_is_told_who_has_the_tables(bucket: Bucket, tmp_path: Path) -> None:
    with (
        machine(tmp_path / "one", bucket.place),
        pytest.raises(LockedError, match=rf"{tmp_path}/one \(process \d+\) has the tables until"),
        machine(tmp_path / "two", bucket.place),
    ):
        pass
    assert not (tmp_path / "two" / "state.db").exists()


def test_a_lease_that_was_given_back_is_free_at_once(bucket: Bucket, storage: Storage) -> None:
    one, two = Holding(storage, owner("one")), Holding(storage, owner("two"))
    one.take()
    one.give_back(is_last=True)
    two.take()
    with pytest.raises(LockedError, match="two"):
        Holding(storage, owner("one")).take()


def test_a_lease_runs_out_by_the_clock_of_the_service(storage: Storage) -> None:
    gone, next_one = (
        Holding(storage, owner("gone"), seconds=2),
        Holding(storage, owner("next"), seconds=60),
    )
    gone.take()
    with pytest.raises(LockedError):
        next_one.take()
    time.sleep(3.1)
    next_one.take()
    with pytest.raises(LockedError, match="next"):
        gone.confirm()  # before it would write


def test_a_lease_is_renewed_while_it_is_held(storage: Storage) -> None:
    holding = Holding(storage, owner("one"), seconds=2)
    holding.take()
    holding.keep()
    time.sleep(3.5)
    with pytest.raises(LockedError, match="one"):
        Holding(storage, owner("two")).take()
    holding.give_back(is_last=True)


def test_a_lease_that_another_took_and_gave_back_meanwhile_is_not_taken_again(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    asleep, other = Holding(storage, owner("asleep"), seconds=1), Holding(storage, owner("other"))
    asleep.take()
    time.sleep(2.1)
    other.take()
    other.give_back(is_last=True)
    # A machine that slept: the clock that is never set stood still.
    stood = time.monotonic()
    monkeypatch.setattr(lease.time, "monotonic", lambda: stood)
    with pytest.raises(LockedError, match="other took the tables while"):
        asleep.confirm()


def test_processes_of_one_folder_share_a_lease(storage: Storage) -> None:
    one, same = Holding(storage, owner("here")), Holding(storage, owner("here"))
    one.take()
    same.take()
    one.take()
    one.give_back(is_last=False)
    with pytest.raises(LockedError):
        Holding(storage, owner("elsewhere")).take()


def test_whoever_was_overtaken_writes_nothing_more(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease.Holding, "keep", lambda _: None)

    def overtaken() -> None:
        with machine(tmp_path / "slow", bucket.place) as store:
            bucket.place.opened.remove(LEASE)  # as if it had run out
            with machine(tmp_path / "other", bucket.place) as other:
                land_rows(other, {"trace_id": "other"})
                monkeypatch.setattr(lease.time, "monotonic", lambda: time.time() + 10_000)
                land_rows(store, {"trace_id": "slow"})

    with pytest.raises(LockedError, match="took the tables while"):
        overtaken()


def test_a_folder_of_before_is_refused_once_another_went_on(bucket: Bucket, tmp_path: Path) -> None:
    with machine(tmp_path / "one", bucket.place) as store:
        land_rows(store, {"trace_id": "a"})
    with machine(tmp_path / "büro  two", bucket.place) as store:
        land_rows(store, {"trace_id": "b"})
        assert names(store) == ["a", "b"]
    with (
        pytest.raises(
            StoreError, match=r"büro  two went on with these tables, and .*one is of before"
        ),
        machine(tmp_path / "one", bucket.place),
    ):
        pass


def test_containers_that_share_a_folder_are_one_owner_and_a_copy_of_it_is_another(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = tmp_path / "one"
    with machine(one, bucket.place) as store:
        land_rows(store, {"trace_id": "a"})
        (one / "locks" / "state-copy.lock").unlink(missing_ok=True)
        shutil.copytree(one, tmp_path / "copied")
        here = owner_of(one)
        with monkeypatch.context() as patch:
            patch.setattr(lease.socket, "gethostname", lambda: "another-container")
            assert owner_of(one).folder == here.folder
            Holding(bucket.place.opened, owner_of(one)).take()
        # One image, mounted in the same place: nothing but the folder tells them apart.
        other = Owner(here.name, owner_of(tmp_path / "copied").folder)
        with pytest.raises(LockedError, match="has the tables until"):
            Holding(bucket.place.opened, other).take()


# -- the copy of state.db ------------------------------------------------------------------------


def test_a_lost_machine_is_replaced(bucket: Bucket, tmp_path: Path) -> None:
    lost, fresh = tmp_path / "lost", tmp_path / "fresh"
    with machine(lost, bucket.place) as store:
        land_rows(store, {"trace_id": "a"})
        store.state.clear_dirty(store.state.dirty_days())
    with machine(lost, bucket.place) as store:
        land_rows(store, {"trace_id": "b", "received_at": NOW - timedelta(days=3)})
        land_rows(store, {"trace_id": "a", "status": "failed"})
        bucket.place.opened.remove(LEASE)
        (lost / "state.db").unlink()  # the disk is gone before the copy is put
    with machine(fresh, bucket.place) as store:
        dirty = {(dirty.tenant, dirty.day) for dirty in store.state.dirty_days()}
        assert dirty == {("contoso", TODAY - timedelta(days=3)), ("contoso", TODAY)}
        land_rows(store, {"trace_id": "a", "status": "delivered"})
        rows = [(row["trace_id"], row["status"]) for row in observations(store)]
        assert rows == [("a", "delivered"), ("b", "delivered"), ("a", "failed"), ("a", "delivered")]


def test_a_replacement_that_was_killed_begins_anew(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with machine(tmp_path / "lost", bucket.place) as store:
        land_rows(store, {"trace_id": "a"})
        (tmp_path / "lost" / "state.db").unlink()
    with monkeypatch.context() as patch:
        patch.setattr("warehouse.commits.Commits.catch_up", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError), machine(tmp_path / "fresh", bucket.place):
            pass
    with machine(tmp_path / "fresh", bucket.place) as store:
        assert names(store) == ["a"]


def test_a_put_that_was_not_noted_is_no_other_machine(bucket: Bucket, tmp_path: Path) -> None:
    with machine(tmp_path, bucket.place) as store:
        land_rows(store, {"trace_id": "a"})
    note = (tmp_path / "snapshot.json").read_bytes()
    with machine(tmp_path, bucket.place) as store:
        land_rows(store, {"trace_id": "b"})
    (tmp_path / "snapshot.json").write_bytes(note)
    with machine(tmp_path, bucket.place) as store:
        assert names(store) == ["a", "b"]


def test_a_state_db_that_is_gone_alone_comes_from_the_copy(bucket: Bucket, tmp_path: Path) -> None:
    with machine(tmp_path, bucket.place) as store:
        land_rows(store, {"trace_id": "a"})
        store.state.record_now("contoso", NOW)
    (tmp_path / "state.db").unlink()
    (tmp_path / "state.db-wal").write_bytes(b"of the one that is gone")
    with machine(tmp_path, bucket.place) as store:
        assert names(store) == ["a"]
        assert store.state.last_now("contoso") == NOW


def test_a_state_db_that_is_damaged_is_named_and_not_copied(bucket: Bucket, tmp_path: Path) -> None:
    def damaged() -> None:
        with machine(tmp_path, bucket.place) as store:
            store.close()
            store.state.close()
            (tmp_path / "state.db").write_bytes(b"no database" * 1000)

    with pytest.raises(StoreError, match=r"state\.db: file is not a database"):
        damaged()
    assert bucket.place.opened.get(SNAPSHOT)[0].startswith(b"SQLite format 3")


def test_an_empty_state_db_of_whoever_looked_first_gives_way_to_the_copy(
    bucket: Bucket, tmp_path: Path
) -> None:
    with machine(tmp_path / "lost", bucket.place) as store:
        land_rows(store, {"trace_id": "a"})
    with open_store(tmp_path / "fresh", "500MB", 1):
        pass  # as a search with pseudonyms does
    with machine(tmp_path / "fresh", bucket.place) as store:
        assert names(store) == ["a"]


def test_a_state_db_that_does_not_fit_the_tables_is_not_copied_beside_them(
    bucket: Bucket, tmp_path: Path
) -> None:
    with machine(tmp_path / "one", bucket.place) as store:
        land_rows(store, {"trace_id": "a"})
    bucket.place.opened.remove(SNAPSHOT)  # as where facts and marts alone were copied
    with (
        pytest.raises(StoreError, match=r"state\.db was lost or is of another time"),
        machine(tmp_path / "two", bucket.place),
    ):
        pass
    assert bucket.place.opened.head(SNAPSHOT) is None
    with machine(tmp_path / "one", bucket.place) as store:
        assert names(store) == ["a"]
    assert bucket.place.opened.head(SNAPSHOT) is not None


def test_processes_of_a_folder_put_their_copies_one_after_the_other(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warehouse.objects.ownership.WAIT_SECONDS", 0.05)
    with machine(tmp_path, bucket.place) as store:
        before = bucket.place.opened.head(SNAPSHOT)["e_tag"]
        with (
            exclusive(tmp_path / "locks", "state-copy"),
            pytest.raises(LockedError, match="another process is at work"),
        ):
            store.keep_copy()
        assert bucket.place.opened.head(SNAPSHOT)["e_tag"] == before


def test_a_removal_is_in_the_copy_when_it_begins_and_its_reason_is_not_when_it_ended(
    bucket: Bucket, tmp_path: Path
) -> None:
    def copied(query: str) -> list[tuple[object, ...]]:
        file = tmp_path / "copy.db"
        file.write_bytes(bucket.place.opened.get(SNAPSHOT)[0])
        with closing(sqlite3.connect(file)) as copy:
            return copy.execute(query).fetchall()

    with machine(tmp_path / "store", bucket.place) as store:
        removal = begin(store, "contoso", "reader@fabrikam.com", NOW, "me", "asked")
        assert copied("select value from removals") == [("reader@fabrikam.com",)]
        end(store, removal, "done")
        assert copied("select value from removals") == []
    assert b"reader@fabrikam.com" not in (tmp_path / "copy.db").read_bytes()


def test_tasks_build_tables_of_a_bucket(tmp_path: Path, bucket: Bucket) -> None:
    """Workers see copies below the spill, which end with the build."""
    tenant, built = Tenant(name="contoso", accounts="files"), []
    for name, workers in (("alone", None), ("tasks", InOrder())):
        with machine(
            tmp_path / name, replace(bucket.place, url=f"{bucket.place.url}/{name}")
        ) as store:
            land_rows(store, {"trace_id": "a"}, {"trace_id": "b", "status": "failed"})
            build(store, [tenant], NOW, lambda *_: None, workers=workers)
            built.append(stored_rows(store, HVE_USAGE_DAILY, "contoso"))
            assert not list(store.spill.glob("*"))
    assert built[0] == built[1]
    assert built[0][0]["recipients"] == 2
