"""One file holds the store; what comes back is what went in, or nothing changes."""

from __future__ import annotations

import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hve_monitor.errors import ConfigError, LockedError, StoreError
from tests.unit.warehouse.conftest import NOW, land_rows, observations
from warehouse import backup
from warehouse.backup import back_up, kept_aside, restore
from warehouse.locks import exclusive
from warehouse.store import MANIFEST, Store, open_store, restoring
from warehouse.tables import MESSAGE_TRACES
from warehouse.windows import Window


@pytest.fixture
def filled(store: Store) -> Store:
    land_rows(store, {"trace_id": "t1"}, {"trace_id": "t2"})
    store.state.record_now("contoso", NOW)
    store.state.cover("contoso", "message_traces", "hr@contoso.com", Window(NOW, NOW))
    return store


@pytest.fixture
def saved(filled: Store, tmp_path: Path) -> Path:
    back_up(filled, tmp_path / "store.hvebackup")
    return tmp_path / "store.hvebackup"


def test_what_comes_back_is_what_went_in(saved: Path, filled: Store, tmp_path: Path) -> None:
    before = observations(filled)
    restored = restore(saved, tmp_path / "elsewhere" / "store")
    assert restored.files == 1 + 1 + 1  # state, log entry, rows
    with open_store(tmp_path / "elsewhere" / "store") as store:
        assert observations(store) == before
        assert store.state.last_now("contoso") == NOW
        assert store.state.covered("contoso", "message_traces", "hr@contoso.com")
        assert store.state.checksums() == filled.state.checksums()


def test_only_its_owner_may_read_a_backup(saved: Path) -> None:
    assert saved.stat().st_mode & 0o077 == 0


def test_rows_that_come_after_the_backup_are_not_in_it(
    saved: Path, filled: Store, tmp_path: Path
) -> None:
    land_rows(filled, {"trace_id": "t3"})
    restore(saved, tmp_path / "again")
    with open_store(tmp_path / "again") as store:
        assert len(observations(store)) == 2


def test_a_store_is_replaced_only_when_asked_and_then_kept(
    saved: Path, filled: Store, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="holds a store already; --replace"):
        restore(saved, filled.root)
    restore(saved, filled.root, replaces=True)
    [aside] = filled.root.parent.glob(f"{filled.root.name}.replaced-*")
    assert (aside / "state.db").exists()
    with open_store(filled.root) as store:
        assert len(observations(store)) == 2


def test_a_store_at_work_is_not_replaced(saved: Path, filled: Store) -> None:
    with (
        exclusive(filled.root / "locks", "tenant-contoso"),
        pytest.raises(LockedError, match="tenant-contoso"),
    ):
        restore(saved, filled.root, replaces=True)
    assert len(observations(filled)) == 2


@pytest.mark.parametrize("part", [0.1, 0.3, 0.5, 0.8])
def test_a_backup_that_was_cut_short_changes_nothing(
    saved: Path, tmp_path: Path, part: float
) -> None:
    whole = saved.read_bytes()
    saved.write_bytes(whole[: int(len(whole) * part) // 512 * 512])
    with pytest.raises(StoreError, match=r"no whole backup|is damaged"):
        restore(saved, tmp_path / "again")
    assert not (tmp_path / "again").exists()
    assert not restoring(tmp_path / "again").exists()


def test_a_changed_byte_is_found_and_its_file_named(saved: Path, tmp_path: Path) -> None:
    with tarfile.open(saved) as archive:
        info = next(each for each in archive if each.name.endswith(".parquet"))
    data = bytearray(saved.read_bytes())
    data[info.offset_data + info.size // 2] ^= 0xFF
    saved.write_bytes(data)
    with pytest.raises(StoreError, match=r"facts/message_traces/.*\.parquet is damaged"):
        restore(saved, tmp_path / "again")
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("name", ["/etc/hosts", "../outside", "facts/../../outside"])
def test_a_member_that_points_outside_is_refused(tmp_path: Path, name: str) -> None:
    with tarfile.open(tmp_path / "bad", "w") as archive:
        archive.addfile(tarfile.TarInfo(name))
    with pytest.raises(StoreError, match="nothing that a backup holds"):
        restore(tmp_path / "bad", tmp_path / "again")
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x00" * 10240])
def test_any_other_file_is_no_backup(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other").write_bytes(content)
    with pytest.raises(StoreError, match="no whole backup"):
        restore(tmp_path / "other", tmp_path / "again")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="missing: no such file"):
        restore(tmp_path / "missing", tmp_path / "again")


def test_a_target_is_new_and_outside_the_store(filled: Store, saved: Path) -> None:
    with pytest.raises(ConfigError, match="exists already"):
        back_up(filled, saved)
    with pytest.raises(ConfigError, match="inside the store"):
        back_up(filled, filled.root / "backup")
    with pytest.raises(ConfigError, match="no such folder"):
        back_up(filled, filled.root.parent / "nowhere" / "backup")


def test_a_run_at_work_is_waited_for_and_then_named(
    filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "WAIT_SECONDS", 0.05)
    with (
        exclusive(filled.root / "locks", "tenant-contoso"),
        pytest.raises(LockedError, match="tenant-contoso"),
    ):
        back_up(filled, tmp_path / "late")
    assert list(tmp_path.glob("*late*")) == []


def test_a_crash_between_the_two_renames_is_mended_by_opening(
    saved: Path, filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    renames = 0

    def one_then_dies(self: Path, target: Path) -> Path:
        nonlocal renames
        renames += 1
        if renames == 2:
            raise KeyboardInterrupt
        return real(self, target)

    real = Path.rename
    monkeypatch.setattr(Path, "rename", one_then_dies)
    with pytest.raises(KeyboardInterrupt):
        restore(saved, filled.root, replaces=True)
    monkeypatch.undo()
    assert not filled.root.exists()
    with open_store(filled.root) as store:
        assert len(observations(store)) == 2
    assert (filled.root / MANIFEST).exists()


def test_a_damaged_file_is_not_backed_up_without_a_word(filled: Store, tmp_path: Path) -> None:
    [file, *_] = map(Path, filled.delta.files(MESSAGE_TRACES))
    data = file.read_bytes()
    file.write_bytes(data[:40] + b"\xff" + data[41:])
    [damaged] = back_up(filled, tmp_path / "later").damaged
    assert file.as_posix().endswith(damaged)


def test_a_restore_names_the_store_that_it_moved_aside(saved: Path, filled: Store) -> None:
    restored = restore(saved, filled.root, replaces=True)
    [aside] = kept_aside(filled.root)
    assert restored.kept_aside == str(aside)
    assert kept_aside(filled.root, datetime.now(UTC) - timedelta(days=1)) == []
    assert kept_aside(filled.root, datetime.now(UTC) + timedelta(days=1)) == [aside]
