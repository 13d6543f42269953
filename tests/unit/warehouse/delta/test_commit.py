"""Delta tables: durable appends, replaced partitions, and a log that a crash has torn."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from hve_monitor.errors import StoreError
from tests.unit.warehouse.conftest import contacts, costs
from warehouse.connection import files_sql
from warehouse.delta import commit as delta
from warehouse.delta.commit import DeltaFolder
from warehouse.tables import FIRST_CONTACTS, HVE_COST_DAILY

D22, D23, D24 = (date(2026, 11, day) for day in (22, 23, 24))


@pytest.fixture
def folder(tmp_path: Path) -> DeltaFolder:
    return DeltaFolder(tmp_path)


def counted(folder: DeltaFolder) -> dict[tuple[str, str], int]:
    """Recipients by tenant and day."""
    rows = duckdb.sql(files_sql(HVE_COST_DAILY, folder.files(HVE_COST_DAILY))).fetchall()
    return {(row[0], f"d{row[1].day}"): row[4] for row in rows}


def recipients(folder: DeltaFolder, tenant: str | None = None) -> list[str]:
    files = folder.files(FIRST_CONTACTS, tenant)
    return sorted(row[2] for row in duckdb.sql(files_sql(FIRST_CONTACTS, files)).fetchall())


def newest_entry(folder: DeltaFolder) -> Path:
    return max((folder.path(FIRST_CONTACTS) / "_delta_log").glob("*.json"))


def test_a_table_without_rows_has_no_files_and_no_version(folder: DeltaFolder) -> None:
    folder.append(FIRST_CONTACTS, contacts("contoso"))
    assert folder.files(FIRST_CONTACTS) == []
    assert folder.version(FIRST_CONTACTS) is None


def test_appends_add_up(folder: DeltaFolder) -> None:
    folder.append(FIRST_CONTACTS, contacts("contoso", "a", "b"))
    folder.append(FIRST_CONTACTS, contacts("contoso", "c"))
    assert recipients(folder) == ["a", "b", "c"]
    assert folder.version(FIRST_CONTACTS) == 1


def test_replacing_days_leaves_other_days_and_tenants_alone(folder: DeltaFolder) -> None:
    folder.append(HVE_COST_DAILY, costs("contoso", d22=1, d23=2, d24=3))
    folder.append(HVE_COST_DAILY, costs("fabrikam", d23=9))
    folder.replace(HVE_COST_DAILY, costs("contoso", d23=20, d24=30), "contoso", [D23, D24])
    assert counted(folder) == {
        ("contoso", "d22"): 1,
        ("contoso", "d23"): 20,
        ("contoso", "d24"): 30,
        ("fabrikam", "d23"): 9,
    }


def test_replacing_a_tenant_leaves_other_tenants_alone(folder: DeltaFolder) -> None:
    folder.append(FIRST_CONTACTS, contacts("contoso", "a", "b"))
    folder.append(FIRST_CONTACTS, contacts("fabrikam", "z"))
    folder.replace(FIRST_CONTACTS, contacts("contoso", "c"), "contoso")
    assert recipients(folder) == ["c", "z"]


def test_replacing_by_nothing_empties_the_days(folder: DeltaFolder) -> None:
    folder.append(HVE_COST_DAILY, costs("contoso", d22=1, d23=2))
    folder.replace(HVE_COST_DAILY, costs("contoso"), "contoso", [D23])
    assert counted(folder) == {("contoso", "d22"): 1}


def test_replacing_in_a_table_that_is_not_there_makes_it(folder: DeltaFolder) -> None:
    folder.replace(HVE_COST_DAILY, costs("contoso"), "contoso", [D23])
    assert folder.version(HVE_COST_DAILY) is None
    folder.replace(HVE_COST_DAILY, costs("contoso", d23=2), "contoso", [D23])
    assert counted(folder) == {("contoso", "d23"): 2}


def test_rows_outside_the_replaced_days_are_refused_whole(folder: DeltaFolder) -> None:
    folder.append(HVE_COST_DAILY, costs("contoso", d22=1))
    with pytest.raises(StoreError, match="not written"):
        folder.replace(HVE_COST_DAILY, costs("contoso", d22=8, d23=2), "contoso", [D23])
    assert counted(folder) == {("contoso", "d22"): 1}


def test_files_are_picked_by_tenant_and_day(folder: DeltaFolder) -> None:
    folder.append(HVE_COST_DAILY, costs("contoso", d22=1, d23=2, d24=3))
    folder.append(HVE_COST_DAILY, costs("fabrikam", d23=9))
    assert len(folder.files(HVE_COST_DAILY)) == 4
    assert len(folder.files(HVE_COST_DAILY, "contoso")) == 3
    two = folder.files(HVE_COST_DAILY, "contoso", [D22, D24])
    assert ["day=2026-11-22" in two[0], "day=2026-11-24" in two[1]] == [True, True]
    assert folder.files(HVE_COST_DAILY, "contoso", []) == []
    assert folder.files(HVE_COST_DAILY, "northwind") == []


def test_rows_are_counted_by_day_without_reading_a_file(folder: DeltaFolder) -> None:
    assert folder.rows_by_day(HVE_COST_DAILY, "contoso") == {}
    folder.append(HVE_COST_DAILY, costs("contoso", d22=1, d23=2))
    folder.append(HVE_COST_DAILY, costs("contoso", d23=5))
    folder.append(HVE_COST_DAILY, costs("fabrikam", d24=9))
    for file in folder.files(HVE_COST_DAILY):
        Path(file).write_bytes(b"")
    assert folder.rows_by_day(HVE_COST_DAILY, "contoso") == {D22: 1, D23: 2}


TORN: dict[str, Callable[[bytes], bytes]] = {
    "half": lambda entry: entry[: len(entry) // 2],
    "nul bytes": lambda entry: b"\0" * len(entry),
    "no text": lambda entry: entry[:40] + b"\xff\xfe" + entry[40:],
}


@pytest.mark.parametrize("damage", TORN.values(), ids=TORN)
def test_a_torn_newest_entry_is_set_aside_and_the_store_goes_on(
    folder: DeltaFolder, damage: Callable[[bytes], bytes]
) -> None:
    folder.append(FIRST_CONTACTS, contacts("contoso", "kept"))
    folder.append(FIRST_CONTACTS, contacts("contoso", "lost"))
    entry = newest_entry(folder)
    torn = damage(entry.read_bytes())
    entry.write_bytes(torn)
    assert recipients(folder) == ["kept"]
    assert entry.with_suffix(".torn").read_bytes() == torn
    folder.append(FIRST_CONTACTS, contacts("contoso", "again"))
    assert recipients(folder) == ["again", "kept"]


def test_an_entry_that_a_crash_left_empty_adds_nothing(folder: DeltaFolder) -> None:
    folder.append(FIRST_CONTACTS, contacts("contoso", "kept"))
    folder.append(FIRST_CONTACTS, contacts("contoso", "lost"))
    newest_entry(folder).write_bytes(b"")
    folder.append(FIRST_CONTACTS, contacts("contoso", "again"))
    assert recipients(folder) == ["again", "kept"]


@pytest.mark.parametrize("damage", [TORN["half"], lambda _: b""], ids=["half", "empty"])
def test_a_torn_first_entry_leaves_a_table_that_can_be_written(
    folder: DeltaFolder, damage: Callable[[bytes], bytes]
) -> None:
    folder.append(FIRST_CONTACTS, contacts("contoso", "lost"))
    entry = newest_entry(folder)
    entry.write_bytes(damage(entry.read_bytes()))
    folder.append(FIRST_CONTACTS, contacts("contoso", "again"))
    assert recipients(folder) == ["again"]


def test_a_damaged_older_entry_is_told_not_hidden(folder: DeltaFolder) -> None:
    for name in ("a", "b", "c"):
        folder.append(FIRST_CONTACTS, contacts("contoso", name))
    older = sorted(newest_entry(folder).parent.glob("*.json"))[1]
    older.write_bytes(b"{broken")
    with pytest.raises(StoreError, match="damaged"):
        DeltaFolder(folder.root).open(FIRST_CONTACTS)
    assert len(list(older.parent.glob("*.json"))) == 3


def test_a_table_is_read_again_only_after_somebody_wrote_to_it(folder: DeltaFolder) -> None:
    other = DeltaFolder(folder.root)
    folder.append(FIRST_CONTACTS, contacts("contoso", "a"))
    opened = folder.open(FIRST_CONTACTS)
    assert folder.open(FIRST_CONTACTS) is opened
    other.append(FIRST_CONTACTS, contacts("contoso", "b"))
    assert recipients(folder) == recipients(other) == ["a", "b"]
    folder.append(FIRST_CONTACTS, contacts("fabrikam", "c"))
    other.replace(FIRST_CONTACTS, contacts("contoso", "d"), "contoso")
    assert recipients(folder) == recipients(other) == ["c", "d"]


def test_a_table_that_was_put_in_the_place_of_another_is_read_anew(
    folder: DeltaFolder, tmp_path: Path
) -> None:
    folder.append(FIRST_CONTACTS, contacts("contoso", "a"))
    restored = DeltaFolder(tmp_path / "restored")
    restored.append(FIRST_CONTACTS, contacts("contoso", "b"))
    shutil.rmtree(folder.path(FIRST_CONTACTS))
    restored.path(FIRST_CONTACTS).rename(folder.path(FIRST_CONTACTS))
    assert recipients(folder) == ["b"]


def test_everything_that_a_commit_names_is_on_the_disk_before_it_returns(
    folder: DeltaFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(delta, "sync_file", synced.append)
    folder.append(HVE_COST_DAILY, costs("contoso", d22=1, d23=2))
    path = folder.path(HVE_COST_DAILY)
    files = {Path(file) for file in folder.files(HVE_COST_DAILY)}
    entry = path / "_delta_log" / "00000000000000000000.json"
    days = {file.parent for file in files}
    assert set(synced) == files | days | {entry, path, path / "_delta_log", path / "tenant=contoso"}
    assert synced.index(entry) > max(synced.index(file) for file in files)


@pytest.mark.parametrize("sign", ["\u2028", "\u0085"])
def test_line_ends_of_unicode_in_a_text_do_no_harm(folder: DeltaFolder, sign: str) -> None:
    folder.append(FIRST_CONTACTS, contacts("contoso", f"a{sign}b"))
    assert recipients(folder) == [f"a{sign}b"]


def test_a_whole_entry_is_never_set_aside(
    folder: DeltaFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.append(FIRST_CONTACTS, contacts("contoso", "a"))
    folder.append(FIRST_CONTACTS, contacts("contoso", "b"))
    older = newest_entry(folder)
    monkeypatch.setattr(delta, "sync_entries", lambda *_: [])
    folder.append(FIRST_CONTACTS, contacts("contoso", "c\u2028d"))
    older.write_bytes(b"{broken")
    with pytest.raises(StoreError, match="damaged"):
        DeltaFolder(folder.root).open(FIRST_CONTACTS)
    assert list(older.parent.glob("*.torn")) == []


def test_a_failed_sync_fails_the_write(
    folder: DeltaFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Path) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(delta, "sync_file", broken)
    with pytest.raises(StoreError, match="Input/output error"):
        folder.append(FIRST_CONTACTS, contacts("contoso", "a"))


@pytest.mark.parametrize("name", ["HVE store", "Müller", "hve#1"])
def test_a_store_may_lie_below_any_folder_name(tmp_path: Path, name: str) -> None:
    folder = DeltaFolder(tmp_path / name)
    folder.append(FIRST_CONTACTS, contacts("contoso", "a"))
    assert [Path(file).exists() for file in folder.files(FIRST_CONTACTS)] == [True]


def read_below(root: Path) -> tuple[object, ...]:
    folder = DeltaFolder(root)
    folder.append(FIRST_CONTACTS, contacts("contoso", "a"))
    sql = files_sql(FIRST_CONTACTS, folder.files(FIRST_CONTACTS))
    return tuple(duckdb.sql(sql).fetchall()[0][:3])


def test_a_quote_in_the_folder_does_no_harm(tmp_path: Path) -> None:
    assert read_below(tmp_path / "o'brien") == ("contoso", "hr@contoso.com", "a")


def test_columns_are_written_in_the_order_and_types_of_the_table(folder: DeltaFolder) -> None:
    rows = contacts("contoso", "a").select(["recipient", "first_at", "account", "tenant"])
    cast = rows.set_column(1, "first_at", rows["first_at"].cast(pa.timestamp("ns", tz="UTC")))
    folder.append(FIRST_CONTACTS, cast)
    assert recipients(folder, "contoso") == ["a"]
