"""The store: one folder, private, whose business time never runs backwards."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from hve_monitor.clock import system_time
from hve_monitor.errors import ClockError, ConfigError, LockedError, StoreError
from tests.unit.warehouse.conftest import NOW, land_rows, observations
from warehouse.store import Store, open_store


def test_a_missing_folder_is_made_for_its_owner_only(tmp_path: Path) -> None:
    with open_store(tmp_path / "new") as store:
        assert store.root.is_dir()
        if os.name != "nt":
            assert store.root.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["tenant=other", "day=2026-11-24"])
def test_a_folder_that_reads_like_a_partition_is_refused(tmp_path: Path, name: str) -> None:
    with (
        pytest.raises(ConfigError, match=f"warehouse.path: the folder name '{name}'"),
        open_store(tmp_path / name / "store"),
    ):
        pytest.fail("refused")


def test_a_folder_that_cannot_be_made_names_the_key(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(StoreError, match=r"cannot be made .*warehouse\.path"),
        open_store(tmp_path / "file" / "store"),
    ):
        pytest.fail("no folder")


def test_writing_before_the_last_write_is_refused(store: Store) -> None:
    store.state.record_now("contoso", NOW)
    store.check_now("contoso", NOW)
    with pytest.raises(ConfigError, match="already written at 2026-11-24T08:00:00Z"):
        store.check_now("contoso", NOW - timedelta(seconds=1))
    store.check_now("fabrikam", NOW - timedelta(days=1))


def test_a_system_clock_that_went_back_is_no_mistake_of_the_command(store: Store) -> None:
    now = system_time()
    store.state.record_now("contoso", now)
    with pytest.raises(ClockError, match="is before the last write"):
        store.check_now("contoso", now - timedelta(seconds=30))
    assert ClockError.exit_code == 75


def test_two_writers_of_a_tenant_exclude_each_other_but_not_other_tenants(store: Store) -> None:
    with store.tenant_lock("contoso"), store.tenant_lock("fabrikam"):
        with pytest.raises(LockedError, match="tenant-contoso"), store.tenant_lock("contoso"):
            pytest.fail("two writers")
        with store.build_lock():
            pass


# Of those that can be printed.
EVERY_OTHER_SIGN = "".join(sorted(set(map(chr, range(0x20, 0x7F))) - set("/[]?*\\^|")))


@pytest.mark.parametrize(
    "name",
    ["[a]", "50%20off", "back\\slash", "q?m", "line\nend", "a*", "a|b", "|", "^a", "a^b", "a\x7f"],
)
def test_a_folder_that_the_engines_would_misread_is_refused(tmp_path: Path, name: str) -> None:
    with (
        pytest.raises(ConfigError, match="has signs that read like a pattern or a code"),
        open_store(tmp_path / name),
    ):
        pytest.fail("opened")


@pytest.mark.parametrize(
    "name", ["Müller & Söhne", "50%off", "it's", "a#b;c", "{x}~$y", EVERY_OTHER_SIGN]
)
def test_other_signs_in_a_folder_are_fine(tmp_path: Path, name: str) -> None:
    with open_store(tmp_path / name, "500MB", 1) as store:
        land_rows(store, {})
        assert len(observations(store)) == 1


class PanicException(BaseException):
    """Stands for the class of that name in delta-rs."""


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (duckdb.InvalidInputException("No magic bytes"), "hve verify names what is damaged"),
        (duckdb.Error("TProtocolException"), "hve verify names what is damaged"),
        (pa.ArrowInvalid("corrupt"), "hve verify names what is damaged"),
        (PanicException("a page\nof it"), "a page; free space or check the disk"),
    ],
)
def test_whatever_an_engine_raises_is_one_line(
    tmp_path: Path, error: BaseException, words: str
) -> None:
    with pytest.raises(StoreError, match=words) as caught, open_store(tmp_path / "store"):
        raise error
    assert len(str(caught.value).splitlines()) == 1


def test_a_disk_without_inodes_is_named(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = os.statvfs(store.root)
    full = os.statvfs_result((*usual[:7], 3, *usual[8:]))
    monkeypatch.setattr("warehouse.delta.disk.os.statvfs", lambda _: full)
    with pytest.raises(StoreError, match="no inodes left"):
        land_rows(store, {})
