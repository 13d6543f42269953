"""Readers of the published file: one engine after the other, always the newest version."""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from actions.explain import pointer
from hve_monitor.errors import StoreError
from tests.unit.warehouse.conftest import NOW, land_rows
from warehouse.publication import publish as publish_version
from warehouse.reading import published_connection
from warehouse.store import Store


def publish(root: Path, number: int) -> None:
    """Another file renamed into the published one's place, as a build does."""
    fresh = root / "fresh.duckdb"
    with duckdb.connect(str(fresh)) as connection:
        connection.execute(f"create schema marts; create table marts.kept as select {number} n")
    fresh.replace(root / "hve.duckdb")


def read(root: Path) -> int:
    with published_connection(root) as connection:
        return int(connection.execute("select n from marts.kept").fetchall()[0][0])


def test_each_reader_sees_the_newest_version(tmp_path: Path) -> None:
    for number in range(5):
        publish(tmp_path, number)
        assert read(tmp_path) == read(tmp_path) == number


def test_a_reader_keeps_its_version_while_another_is_published(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    with published_connection(tmp_path) as connection:
        publish(tmp_path, 2)
        assert read(tmp_path) == 2
        assert connection.execute("select n from marts.kept").fetchall() == [(1,)]


def test_what_a_reader_made_is_gone_for_the_next(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    for _ in range(3):
        with published_connection(tmp_path) as connection:
            connection.execute("create schema live.marts; create table live.marts.own as select 1")
            connection.execute("create temp table said as select 1")


def test_a_question_that_fails_harms_no_later_one(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    with (
        pytest.raises(StoreError, match="lacks what this version reads"),
        published_connection(tmp_path) as c,
    ):
        c.execute("from marts.nowhere")
    with published_connection(tmp_path) as connection:
        connection.execute("begin")
    assert read(tmp_path) == 1
    (tmp_path / "hve.duckdb").write_bytes(b"x" * 5000)
    with pytest.raises(StoreError, match="cannot be read"):
        read(tmp_path)
    publish(tmp_path, 2)
    assert read(tmp_path) == 2


def test_a_moved_or_copied_store_shows_its_own_files(store: Store, tmp_path: Path) -> None:
    land_rows(store, {"trace_id": "x", "subject": "first"})
    publish_version(store, NOW, lambda _: None)
    copy = tmp_path / "it's a copy"
    shutil.copytree(store.root, copy)
    land_rows(store, {"trace_id": "y", "subject": "later"})
    question = "select trace_id, subject from raw.message_traces"
    for root in (store.root, copy):
        with published_connection(root) as connection:
            assert connection.execute(question).fetchall() == [("x", "first")]
            assert connection.execute("select count(*) from hve.state.tenants").fetchall()
    store.root.rename(tmp_path / "gone")
    with published_connection(copy) as connection:
        assert connection.execute(question).fetchall() == [("x", "first")]


def test_any_client_opens_the_published_file(store: Store) -> None:
    land_rows(store, {"trace_id": "x", "subject": "first"})
    publish_version(store, NOW, lambda _: None)
    with duckdb.connect(str(store.published), read_only=True) as connection:
        assert connection.execute("select subject from raw.message_traces").fetchall() == [
            ("first",)
        ]


def test_a_damaged_block_is_one_line_with_the_remedy(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    file = tmp_path / "hve.duckdb"
    whole, messages = file.read_bytes(), []
    for place in range(12, len(whole), 997):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        file.write_bytes(damaged)
        try:
            assert read(tmp_path) == 1, "bytes that nobody reads"
        except StoreError as error:
            messages.append(str(error))
    assert len(messages) > 3
    assert [message for message in messages if "run 'hve build'" not in message] == []
    assert {pointer(message) for message in messages} == {" (hve explain hve.store.damaged)"}
    file.write_bytes(b"x")
    with pytest.raises(StoreError, match="cannot be read: ") as told:
        read(tmp_path)
    assert pointer(str(told.value)) == " (hve explain hve.store.damaged)"


def test_a_view_shows_no_file_outside_the_store(tmp_path: Path) -> None:
    root, other = tmp_path / "store", tmp_path / "other"
    root.mkdir()
    other.mkdir()
    (other / "a.csv").write_text("n\n1\n")
    with duckdb.connect(str(root / "hve.duckdb")) as connection:
        connection.execute(f"create schema marts; create view marts.kept as from '{other}/a.csv'")
    with pytest.raises(StoreError, match=r"moved or copied, run 'hve build'"):
        read(root)
    publish(root, 2)
    assert read(root) == 2


def test_readers_of_two_stores_see_their_own(tmp_path: Path) -> None:
    for name, number in (("a", 1), ("b", 2)):
        (tmp_path / name).mkdir()
        publish(tmp_path / name, number)
    assert [read(tmp_path / name) for name in "abab"] == [1, 2, 1, 2]


def test_readers_side_by_side(tmp_path: Path) -> None:
    publish(tmp_path, 7)
    gate = threading.Barrier(8)

    def one(_: int) -> int:
        gate.wait(timeout=30)
        return read(tmp_path)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(one, range(8))) == [7] * 8


def test_a_file_of_an_earlier_release_without_a_column_asks_for_a_build(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    with (
        pytest.raises(StoreError, match=r"lacks what this version reads .*run 'hve build'"),
        published_connection(tmp_path) as connection,
    ):
        connection.execute("select unknown_recipients from marts.kept")


def test_a_store_whose_published_file_is_gone_is_built_not_filled_again(store: Store) -> None:
    land_rows(store, {})
    with (
        pytest.raises(StoreError, match=r"is missing beside what is stored; run 'hve build'"),
        published_connection(store.root),
    ):
        pytest.fail("opened")
