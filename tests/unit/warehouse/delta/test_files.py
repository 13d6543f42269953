"""Active files of a table, and a log that a crash has torn."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from hve_monitor.errors import StoreError
from tests.unit.warehouse.conftest import contacts, costs
from tests.unit.warehouse.delta.conftest import newest_entry, recipients
from warehouse.connection import files_sql
from warehouse.delta import disk
from warehouse.delta.commit import DeltaFolder
from warehouse.delta.disk import Disk
from warehouse.tables import FIRST_CONTACTS, HVE_COST_DAILY

D22, D23, D24 = (date(2026, 11, day) for day in (22, 23, 24))


def test_a_table_without_rows_has_no_files_and_no_version(folder: DeltaFolder) -> None:
    folder.append(FIRST_CONTACTS, contacts("contoso"))
    assert folder.files(FIRST_CONTACTS) == []
    assert folder.version(FIRST_CONTACTS) is None


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
    for path in folder.paths(HVE_COST_DAILY):
        folder.side.write(path, b"")
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
        DeltaFolder(folder.side).open(FIRST_CONTACTS)
    assert len(list(older.parent.glob("*.json"))) == 3


def test_a_table_is_read_again_only_after_somebody_wrote_to_it(folder: DeltaFolder) -> None:
    other = DeltaFolder(folder.side)
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
    restored = DeltaFolder(Disk(tmp_path / "restored"))
    restored.append(FIRST_CONTACTS, contacts("contoso", "b"))
    shutil.rmtree(Path(folder.uri(FIRST_CONTACTS)))
    Path(restored.uri(FIRST_CONTACTS)).rename(Path(folder.uri(FIRST_CONTACTS)))
    assert recipients(folder) == ["b"]


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
    monkeypatch.setattr(disk, "sync_entries", lambda *_: (None, []))
    folder.append(FIRST_CONTACTS, contacts("contoso", "c\u2028d"))
    older.write_bytes(b"{broken")
    with pytest.raises(StoreError, match="damaged"):
        DeltaFolder(folder.side).open(FIRST_CONTACTS)
    assert list(older.parent.glob("*.torn")) == []


@pytest.mark.parametrize("name", ["HVE store", "Müller", "hve#1"])
def test_a_store_may_lie_below_any_folder_name(tmp_path: Path, name: str) -> None:
    folder = DeltaFolder(Disk(tmp_path / name))
    folder.append(FIRST_CONTACTS, contacts("contoso", "a"))
    assert [Path(file).exists() for file in folder.files(FIRST_CONTACTS)] == [True]


def read_below(root: Path) -> tuple[object, ...]:
    folder = DeltaFolder(Disk(root))
    folder.append(FIRST_CONTACTS, contacts("contoso", "a"))
    sql = files_sql(FIRST_CONTACTS, folder.files(FIRST_CONTACTS))
    return tuple(duckdb.sql(sql).fetchall()[0][:3])


def test_a_quote_in_the_folder_does_no_harm(tmp_path: Path) -> None:
    assert read_below(tmp_path / "o'brien") == ("contoso", "hr@contoso.com", "a")


def test_a_hint_that_names_a_lost_checkpoint_is_no_damage(folder: DeltaFolder) -> None:
    for name in "abc":
        folder.append(FIRST_CONTACTS, contacts("contoso", name))
    opened = folder.open(FIRST_CONTACTS)
    assert opened is not None
    opened.create_checkpoint()
    [checkpoint] = newest_entry(folder).parent.glob("*.checkpoint*.parquet")
    checkpoint.unlink()
    assert recipients(DeltaFolder(folder.side)) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("protocol", "reason"),
    [
        ({"minReaderVersion": 9, "minWriterVersion": 9}, "minimum reader version 9"),
        (
            {
                "minReaderVersion": 3,
                "minWriterVersion": 7,
                "readerFeatures": ["someFeature"],
                "writerFeatures": ["someFeature"],
            },
            "someFeature",
        ),
        (
            {
                "minReaderVersion": 3,
                "minWriterVersion": 7,
                "readerFeatures": ["deletionVectors"],
                "writerFeatures": ["deletionVectors"],
            },
            "reader version 3 deletionVectors",
        ),
    ],
)
def test_a_table_of_a_newer_client_is_no_damage(
    folder: DeltaFolder, protocol: dict[str, object], reason: str
) -> None:
    folder.append(FIRST_CONTACTS, contacts("contoso", "a"))
    newest = newest_entry(folder)
    following = newest.with_name(f"{int(newest.stem) + 1:020}.json")
    following.write_text(json.dumps({"protocol": protocol}) + "\n")
    with pytest.raises(StoreError, match=f"a newer Delta client wrote to it .*{reason}"):
        DeltaFolder(folder.side).open(FIRST_CONTACTS)
    assert following.exists(), "nothing was set aside"
