"""Contact files: they hold what the rows of their day say, or they are not read."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.unit.warehouse.conftest import NOW, land_rows
from warehouse.lookup.contact_files import (
    contact_files,
    contacts_sql,
    forget_contacts,
    keep_contacts,
)
from warehouse.maintenance.upkeep import KEEP_HOURS, tidy
from warehouse.privacy.old_files import forget_old_files
from warehouse.publication import publish
from warehouse.reading import published_connection
from warehouse.store import Store

OLD = NOW - timedelta(days=10)
DAYS = [(OLD + timedelta(days=number)).date() for number in range(3)]
A_DAY = timedelta(days=1)


@pytest.fixture
def filled(store: Store) -> Store:
    """Two messages on each of three closed days, one of them to a list, and one today; tidied."""
    for number in range(3):
        at = {"received_at": OLD + number * A_DAY}
        land_rows(store, at | {"trace_id": f"t{number}"}, at | {"trace_id": f"u{number}"})
        listed = {"recipient": "all@contoso.com", "status": "Expanded", "trace_id": f"t{number}"}
        land_rows(store, at | listed)
    land_rows(store, {"trace_id": "today"})
    tidy(store, "contoso", NOW)
    publish(store, NOW, lambda _: None)
    return store


def days_read(store: Store) -> list[date]:
    with published_connection(store.root) as connection:
        return list(contact_files(connection, "contoso", OLD - 3 * A_DAY, NOW))


def stored(store: Store) -> list[Path]:
    return sorted((store.root / "contacts").rglob("*.parquet"))


def test_upkeep_writes_one_file_for_each_closed_day(filled: Store) -> None:
    assert days_read(filled) == DAYS
    for file in stored(filled):
        assert file.stat().st_mode & 0o077 == 0
    rows = duckdb.sql(contacts_sql(stored(filled)[:1])).fetchall()
    assert rows == [("hr@contoso.com", "reader@fabrikam.com", 2)]
    assert keep_contacts(filled, "contoso", NOW.date(), KEEP_HOURS) == 0


def test_only_whole_days_of_the_time_are_read(filled: Store) -> None:
    with published_connection(filled.root) as connection:
        inner = contact_files(connection, "contoso", OLD, OLD + 2 * A_DAY)
        assert list(inner) == DAYS[1:2]
        assert contact_files(connection, "fabrikam", OLD - A_DAY, NOW) == {}


def test_a_late_row_leaves_the_day_to_its_rows_until_upkeep(filled: Store) -> None:
    land_rows(filled, {"trace_id": "late", "received_at": OLD})
    publish(filled, NOW, lambda _: None)
    assert days_read(filled) == DAYS[1:]
    assert keep_contacts(filled, "contoso", NOW.date(), KEEP_HOURS) == 1
    assert days_read(filled) == DAYS


def test_a_day_with_a_revision_has_no_file(filled: Store) -> None:
    land_rows(filled, {"trace_id": "t1", "received_at": OLD + A_DAY, "status": "failed"}, at=NOW)
    publish(filled, NOW, lambda _: None)
    assert keep_contacts(filled, "contoso", NOW.date(), KEEP_HOURS) == 0
    assert days_read(filled) == [DAYS[0], DAYS[2]]


@pytest.mark.parametrize("content", [b"", b"PAR1", None])
def test_a_damaged_file_is_not_read(filled: Store, content: bytes | None) -> None:
    file = stored(filled)[0]
    whole = file.read_bytes()
    file.write_bytes(whole[:40] + b"\x00" + whole[41:] if content is None else content)
    assert days_read(filled) == DAYS[1:]
    assert keep_contacts(filled, "contoso", NOW.date(), KEEP_HOURS) == 1
    assert file.read_bytes() == whole
    assert days_read(filled) == DAYS


def test_an_old_file_stays_a_day_for_readers_of_the_version_before(filled: Store) -> None:
    land_rows(filled, {"trace_id": "late", "received_at": OLD})
    keep_contacts(filled, "contoso", NOW.date(), KEEP_HOURS)
    assert len(stored(filled)) == 4
    for file in stored(filled):
        os.utime(file, (0, 0))
    keep_contacts(filled, "contoso", NOW.date(), KEEP_HOURS)
    assert len(stored(filled)) == 3


def test_what_a_crash_left_behind_is_removed(filled: Store) -> None:
    unfinished = stored(filled)[0].with_name(".2026-11-01-abc.new")
    unfinished.write_bytes(b"reader@fabrikam.com")
    keep_contacts(filled, "contoso", NOW.date(), KEEP_HOURS)
    assert not unfinished.exists()


def test_a_removal_takes_all_files_along(filled: Store) -> None:
    forget_old_files(filled)
    assert stored(filled) == []
    assert days_read(filled) == []


def test_a_removal_reaches_files_behind_a_link(filled: Store, tmp_path: Path) -> None:
    folder, elsewhere = filled.root / "contacts", tmp_path / "other-disk"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)
    assert days_read(filled) == DAYS
    forget_old_files(filled)
    assert list(tmp_path.glob("other-disk/**/*.parquet")) == []
    assert keep_contacts(filled, "contoso", NOW.date(), KEEP_HOURS) == 3


def test_a_removal_says_what_it_could_not_remove(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: object, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "unlink", refuse)
    with pytest.raises(PermissionError):
        forget_contacts(filled.root)
