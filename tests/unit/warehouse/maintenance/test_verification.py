"""Damage is found, named, and set aside so that it is read or built again."""

from __future__ import annotations

import os
import time
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from hve_monitor.errors import StoreError
from tests.unit.warehouse.conftest import NOW, land_rows, observations
from warehouse.maintenance.lost_days import days_to_keep, lost_days
from warehouse.maintenance.verification import ROWS_ARE_LOST, CheckResult, set_aside, verify
from warehouse.records.coverage import covered_windows, record_coverage
from warehouse.store import Store
from warehouse.tables import HVE_USAGE_DAILY, MESSAGE_TRACES
from warehouse.windows import Window

YESTERDAY = NOW - timedelta(days=1)
HR = "hr@contoso.com"


@pytest.fixture
def filled(store: Store) -> Store:
    land_rows(store, {"trace_id": "t1"}, {"trace_id": "t2", "received_at": YESTERDAY})
    record_coverage(
        store.state, "contoso", "message_traces", HR, Window(NOW - timedelta(days=9), NOW)
    )
    return store


def findings(store: Store) -> dict[str, CheckResult]:
    return {result.check: result for result in verify(store)[0]}


def file_of(store: Store, day: object) -> Path:
    [file] = store.delta.files(MESSAGE_TRACES, "contoso", [day])  # type: ignore[list-item] # a date
    return Path(file)


def test_a_sound_store_passes_but_for_what_was_not_built(filled: Store) -> None:
    found = findings(filled)
    assert {name for name, item in found.items() if item.status == "fail"} == {"published"}
    assert found["published"].fix == "hve build"
    assert found["files"].detail == "every data file is as it was written"


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (lambda file: file.unlink(), "is gone"),
        (lambda file: file.write_bytes(file.read_bytes()[:-10]), "bytes instead of"),
        (
            lambda file: file.write_bytes(
                file.read_bytes()[:50] + b"\xff" + file.read_bytes()[51:]
            ),
            "was changed since it was written",
        ),
    ],
)
def test_damage_is_named_and_its_day_is_read_again(
    filled: Store, harm: object, reason: str
) -> None:
    file = file_of(filled, YESTERDAY.date())
    harm(file)  # type: ignore[operator] # a function of the file
    found, damages = verify(filled)
    failed = [result for result in found if result.status == "fail"]
    assert [(result.check, str(file) in result.detail) for result in failed] == [("files", True)]
    assert reason in failed[0].detail
    [told] = set_aside(filled, damages)
    assert told.startswith(f"message_traces of contoso of {YESTERDAY.date()}: read again")
    assert [row["trace_id"] for row in observations(filled)] == ["t1"]
    assert verify(filled)[1] == []
    day = YESTERDAY.date()
    covered = covered_windows(filled.state, "contoso", "message_traces", HR)
    assert covered[0].end == YESTERDAY.replace(hour=0, minute=0, second=0, microsecond=0)
    assert covered[1].start == covered[0].end + timedelta(days=1)
    assert day in {dirty.day for dirty in filled.state.dirty_days()}


def test_a_damaged_file_is_kept_aside(filled: Store) -> None:
    file = file_of(filled, NOW.date())
    file.write_bytes(b"PAR1")
    set_aside(filled, verify(filled)[1])
    kept = filled.root / "damaged" / file.relative_to(filled.root)
    assert kept.read_bytes() == b"PAR1"


def test_a_file_of_an_earlier_version_is_read_instead(filled: Store) -> None:
    filled.state.forget_checksums(list(filled.state.checksums()))
    assert "2 of an earlier version have no checksum" in findings(filled)["files"].detail
    file = file_of(filled, NOW.date())
    data = bytearray(file.read_bytes())
    data[-8:-4] = b"\xff\xff\xff\x7f"
    file.write_bytes(data)
    [damage] = verify(filled)[1]
    assert damage.reason.startswith("cannot be read")


def test_files_that_no_version_names_are_told_once_they_are_old(filled: Store) -> None:
    orphan = Path(filled.delta.uri(MESSAGE_TRACES)) / "left.parquet"
    orphan.write_bytes(b"x" * 1000)
    assert findings(filled)["orphans"].status == "pass"
    a_day_ago = time.time() - 25 * 3600
    os.utime(orphan, (a_day_ago, a_day_ago))
    assert findings(filled)["orphans"].status == "warn"


def test_rows_that_no_mart_counts_are_found(filled: Store) -> None:
    assert findings(filled)["marts"].status == "pass", "the days wait for a build"
    filled.state.clear_dirty(filled.state.dirty_days())
    found = findings(filled)["marts"]
    assert (found.status, found.fix) == ("fail", "hve build --full")
    assert found.detail.startswith("2 days differ, the first: contoso ")


def test_a_broken_state_is_found(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(filled.state), "damage", lambda _: ["row 1 missing from index"])
    assert findings(filled)["state"].detail == "state.db: row 1 missing from index"


def test_what_follows_from_damage_is_noted_before_the_file_leaves_its_table(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A repair that is killed in between leaves a day that is read again."""
    day = YESTERDAY.date()
    file_of(filled, day).unlink()
    damages = verify(filled)[1]

    def killed(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(filled.delta, "drop_missing", killed)
    with pytest.raises(KeyboardInterrupt):
        set_aside(filled, damages)
    assert day in {dirty.day for dirty in filled.state.dirty_days()}
    assert lost_days(filled.state, "contoso") == {day}
    covered = covered_windows(filled.state, "contoso", "message_traces", HR)
    assert all(window.end.date() <= day or window.start.date() > day for window in covered)


def count_in_mart(store: Store, day: date, recipients: int) -> None:
    row = {"tenant": "contoso", "day": day, "account": HR, "recipients": recipients}
    rows = pa.Table.from_pylist([row], schema=HVE_USAGE_DAILY.schema)
    store.delta.replace(HVE_USAGE_DAILY, rows, "contoso", [day])


def test_marts_that_count_more_than_the_facts_are_never_answered_by_a_build(filled: Store) -> None:
    count_in_mart(filled, NOW.date(), 2)
    filled.state.clear_dirty(filled.state.dirty_days())
    assert findings(filled)["marts"].fix == ROWS_ARE_LOST


def test_the_marts_of_a_lost_day_stay_until_its_rows_are_back(filled: Store) -> None:
    day = YESTERDAY.date()
    count_in_mart(filled, day, 1)
    file_of(filled, day).unlink()
    set_aside(filled, verify(filled)[1])
    assert days_to_keep(filled, "contoso", [day, NOW.date()]) == {day}
    land_rows(filled, {"trace_id": "t2", "received_at": YESTERDAY})
    assert days_to_keep(filled, "contoso", [day]) == frozenset()
    assert lost_days(filled.state, "contoso") == frozenset()


def test_every_row_of_the_published_file_is_read(filled: Store) -> None:
    with duckdb.connect(str(filled.published)) as connection:
        connection.execute("create schema raw; create schema marts; create schema state")
        connection.execute(
            "create table marts.hve_incidents as select range as id, 'surge' || range as kind"
            " from range(200000)"
        )
        connection.execute("create view raw.message_traces as select 1 as one")
    assert findings(filled)["published"].detail == "hve.duckdb shows every row of 1 tables"
    data = bytearray(filled.published.read_bytes())
    for place in range(16_384, len(data), 4_096):
        data[place] ^= 0xFF
    filled.published.write_bytes(bytes(data))
    damaged = findings(filled)["published"]
    assert (damaged.status, damaged.fix) == ("fail", "hve build")


def test_nothing_behind_a_link_out_of_the_store_is_moved(filled: Store, tmp_path: Path) -> None:
    day = file_of(filled, YESTERDAY.date()).parent
    outside = tmp_path / "outside"
    day.rename(outside)
    day.symlink_to(outside)
    [file] = outside.glob("*.parquet")
    file.write_bytes(b"damaged")
    with pytest.raises(StoreError, match="a link leads out of the store there; nothing was moved"):
        set_aside(filled, verify(filled)[1])
    assert file.read_bytes() == b"damaged"
