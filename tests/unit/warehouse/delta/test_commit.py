"""Durable writes: appends, replaced partitions, and what is on the disk when they return."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from hve_monitor.errors import StoreError
from tests.unit.warehouse.conftest import contacts, costs
from tests.unit.warehouse.delta.conftest import recipients, rows_of
from warehouse.delta import disk
from warehouse.delta.commit import DeltaFolder
from warehouse.tables import FIRST_CONTACTS, HVE_COST_DAILY

D22, D23, D24 = (date(2026, 11, day) for day in (22, 23, 24))


def counted(folder: DeltaFolder) -> dict[tuple[str, str], int]:
    """Recipients by tenant and day."""
    rows = rows_of(folder, HVE_COST_DAILY, folder.files(HVE_COST_DAILY))
    return {(row[0], f"d{row[1].day}"): row[4] for row in rows}


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


def test_everything_that_a_commit_names_is_on_the_disk_before_it_returns(
    folder: DeltaFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(disk, "sync_file", synced.append)
    monkeypatch.setattr(disk, "sync_folder", synced.append)
    folder.append(HVE_COST_DAILY, costs("contoso", d22=1, d23=2))
    path = Path(folder.uri(HVE_COST_DAILY))
    files = {Path(file) for file in folder.files(HVE_COST_DAILY)}
    entry = path / "_delta_log" / "00000000000000000000.json"
    days = {file.parent for file in files}
    assert set(synced) == files | days | {entry, path, path / "_delta_log", path / "tenant=contoso"}
    assert synced.index(entry) > max(synced.index(file) for file in files)


def test_a_failed_sync_fails_the_write(
    folder: DeltaFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Path) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(disk, "sync_file", broken)
    with pytest.raises(StoreError, match="Input/output error"):
        folder.append(FIRST_CONTACTS, contacts("contoso", "a"))


def test_columns_are_written_in_the_order_and_types_of_the_table(folder: DeltaFolder) -> None:
    rows = contacts("contoso", "a").select(["recipient", "first_at", "account", "tenant"])
    cast = rows.set_column(1, "first_at", rows["first_at"].cast(pa.timestamp("ns", tz="UTC")))
    folder.append(FIRST_CONTACTS, cast)
    assert recipients(folder, "contoso") == ["a"]
