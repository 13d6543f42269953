"""Landing: only what is new or changed is written, in any order, any number of times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from tests.unit.warehouse.conftest import (
    NOW,
    TODAY,
    YESTERDAY,
    land_rows,
    observations,
    traces,
)
from warehouse.records.message_traces import Landed, land
from warehouse.store import Store
from warehouse.tables import MESSAGE_TRACES
from warehouse.tables.table import Table

MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)


def counts(landed: Landed) -> tuple[int, int, int, int]:
    return landed.read, landed.new, landed.changed, landed.unchanged


def last(store: Store) -> dict[str, object]:
    return observations(store)[-1]


def test_new_changed_and_unchanged_rows_add_up_to_the_read_ones(store: Store) -> None:
    first = land_rows(store, {"trace_id": "a"}, {"trace_id": "b", "status": "pending"})
    second = land_rows(store, {"trace_id": "a"}, {"trace_id": "b"}, {"trace_id": "c"})
    assert counts(first) == (2, 2, 0, 0)
    assert counts(second) == (3, 1, 1, 1)
    assert counts(first + second) == (5, 3, 1, 1)


def test_a_repeated_batch_writes_nothing(store: Store) -> None:
    land_rows(store, {"trace_id": "a"}, {"trace_id": "b"})
    before = observations(store)
    store.state.clear_dirty(store.state.dirty_days())
    again = land_rows(store, {"trace_id": "a"}, {"trace_id": "b"}, at=NOW + timedelta(hours=1))
    assert counts(again) == (2, 0, 0, 2)
    assert again.days == frozenset()
    assert observations(store) == before
    assert store.state.dirty_days() == []


def test_an_empty_batch_is_nothing(store: Store) -> None:
    assert counts(land_rows(store)) == (0, 0, 0, 0)
    assert observations(store) == []


def test_of_duplicates_in_a_batch_the_last_is_kept(store: Store) -> None:
    landed = land_rows(store, {"subject": "first"}, {"subject": "second"})
    assert counts(landed) == (2, 1, 0, 1)
    assert [row["subject"] for row in observations(store)] == ["second"]


def test_duplicates_in_one_batch_say_the_same_as_in_two(store: Store) -> None:
    poorer = {"status": "pending", "subject": None}
    land_rows(store, {"trace_id": "one"}, {"trace_id": "one"} | poorer)
    land_rows(store, {"trace_id": "two"})
    land_rows(store, {"trace_id": "two"} | poorer)
    found = {(row["trace_id"], row["status"], row["subject"]) for row in observations(store)}
    assert found == {("one", "delivered", "Payslip"), ("two", "delivered", "Payslip")}


OPTIONAL = ("message_id", "subject", "size_bytes", "from_ip", "to_ip", "status")


def test_a_field_that_comes_empty_keeps_its_known_value(store: Store) -> None:
    ids = [{"trace_id": name} for name in OPTIONAL]
    land_rows(store, *ids)
    emptied = [identity | {identity["trace_id"]: None} for identity in ids]
    assert counts(land_rows(store, *emptied)) == (6, 0, 0, 6)


def test_a_field_that_becomes_known_is_a_change(store: Store) -> None:
    land_rows(store, {"subject": None, "size_bytes": None})
    assert counts(land_rows(store, {"size_bytes": None})) == (1, 0, 1, 0)
    assert (last(store)["subject"], last(store)["size_bytes"]) == ("Payslip", None)


def test_a_status_that_may_change_never_replaces_a_final_one(store: Store) -> None:
    words = ("pending", "Pending", "gettingStatus", "Unknown", "None", "Zugestellt", "teleported")
    ids = [{"trace_id": name} for name in words]
    land_rows(store, *ids)
    unsettled = [identity | {"status": identity["trace_id"]} for identity in ids]
    assert counts(land_rows(store, *unsettled)) == (7, 0, 0, 7)
    both = ({"trace_id": f"{word}2", "status": text} for word in words for text in ("failed", word))
    land_rows(store, *both)
    assert {row["status"] for row in observations(store)} == {"delivered", "failed"}


def test_a_final_status_replaces_a_pending_one(store: Store) -> None:
    land_rows(store, {"status": "pending"})
    assert counts(land_rows(store, {"status": "failed"})) == (1, 0, 1, 0)
    assert last(store)["status"] == "failed"


def test_an_old_export_still_adds_the_fields_it_knows(store: Store) -> None:
    land_rows(store, {"subject": None})
    land_rows(store, {"status": "pending"})
    assert (last(store)["status"], last(store)["subject"]) == ("delivered", "Payslip")


def test_addresses_are_stored_in_lower_case_and_compared_so(store: Store) -> None:
    land_rows(store, {"sender": "HR@Contoso.com", "recipient": "Reader@Fabrikam.com"})
    assert (last(store)["sender"], last(store)["recipient"]) == (
        "hr@contoso.com",
        "reader@fabrikam.com",
    )
    assert counts(land_rows(store, {"recipient": "READER@FABRIKAM.COM"})) == (1, 0, 0, 1)


def test_the_last_instant_of_a_day_belongs_to_it_and_midnight_to_the_next(store: Store) -> None:
    before = MIDNIGHT - timedelta(microseconds=1)
    landed = land_rows(
        store,
        {"trace_id": "a", "received_at": before},
        {"trace_id": "b", "received_at": MIDNIGHT},
    )
    assert landed.days == {YESTERDAY, TODAY}
    assert {row["trace_id"]: row["day"] for row in observations(store)} == {
        "a": YESTERDAY,
        "b": TODAY,
    }


def test_the_day_is_the_utc_day_whatever_zone_the_times_carry(store: Store) -> None:
    rows = traces({"received_at": MIDNIGHT - timedelta(minutes=30)})
    berlin = rows["received_at"].cast(pa.timestamp("ms", tz="Europe/Berlin"))
    index = rows.schema.get_field_index("received_at")
    landed = land(store, "contoso", rows.set_column(index, "received_at", berlin), NOW, "test")
    assert landed.days == {YESTERDAY}


def test_only_days_with_something_new_become_dirty(store: Store) -> None:
    old = {"trace_id": "a", "received_at": MIDNIGHT - timedelta(days=3)}
    land_rows(store, old)
    store.state.clear_dirty(store.state.dirty_days())
    landed = land_rows(store, old, {"trace_id": "b"})
    assert landed.days == {TODAY}
    assert [dirty.day for dirty in store.state.dirty_days()] == [TODAY]


def test_the_later_batch_wins_at_the_same_instant_of_observation(store: Store) -> None:
    for status in ("failed", "delivered", "quarantined"):
        land_rows(store, {"status": status})
    assert counts(land_rows(store, {"status": "quarantined"})) == (1, 0, 0, 1)
    assert counts(land_rows(store, {"status": "failed"})) == (1, 0, 1, 0)


def test_rows_of_one_trace_with_many_recipients_stay_apart(store: Store) -> None:
    landed = land_rows(store, *({"recipient": f"r{n}@fabrikam.com"} for n in range(3)))
    assert landed.new == 3
    assert counts(land_rows(store, {"recipient": "r1@fabrikam.com"})) == (1, 0, 0, 1)


def test_tenants_do_not_see_each_other(store: Store) -> None:
    land_rows(store, {})
    assert land(store, "fabrikam", traces({}), NOW, "test").new == 1


def test_columns_that_a_source_lacks_are_null(store: Store) -> None:
    required = traces({}).select(["trace_id", "recipient", "sender", "received_at"])
    land(store, "contoso", required, NOW, "file:export.csv")
    assert last(store)["status"] is None
    assert last(store)["source"] == "file:export.csv"
    assert last(store)["observed_at"] == NOW


def test_days_are_marked_dirty_before_rows_are_written(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(store.delta, "append", full)
    with pytest.raises(OSError, match="no space"):
        land_rows(store, {})
    assert [dirty.day for dirty in store.state.dirty_days()] == [TODAY]


def test_the_case_of_a_status_is_no_change(store: Store) -> None:
    land_rows(store, {"status": "delivered"})
    assert counts(land_rows(store, {"status": "Delivered"})) == (1, 0, 0, 1)


def test_a_build_between_the_mark_and_the_append_leaves_the_day_out_of_date(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = store.delta.append

    def late(table: Table, rows: pa.Table) -> None:
        store.state.clear_dirty(store.state.dirty_days())
        append(table, rows)

    monkeypatch.setattr(store.delta, "append", late)
    land_rows(store, {})
    assert [dirty.day for dirty in store.state.dirty_days()] == [TODAY]
    store.state.clear_dirty(store.state.dirty_days())
    assert store.state.dirty_days() == []


def land_dated(store: Store, source: str, *moments: datetime, **change: object) -> Landed:
    """Lands the usual row, dated otherwise by a source."""
    rows = traces(*({"received_at": moment} | change for moment in moments))
    return land(store, "contoso", rows, NOW, source, store.state.next_batch())


@pytest.mark.parametrize("apart", [timedelta(seconds=2), timedelta(hours=11), timedelta(days=7)])
@pytest.mark.parametrize("direction", [1, -1])
def test_sources_that_date_a_message_on_different_days_meet_in_one_row(
    store: Store, apart: timedelta, direction: int
) -> None:
    first = MIDNIGHT - direction * timedelta(seconds=1)
    land_dated(store, "file:summary.csv", first)
    again = land_dated(store, "graph", first + direction * apart, status="failed")
    assert counts(again) == (1, 0, 1, 0)
    assert again.days == {first.date()}
    assert {row["day"] for row in observations(store)} == {first.date()}
    assert last(store)["received_at"] == first
    assert last(store)["is_revision"]
    assert counts(land_dated(store, "graph", first + direction * apart)) == (1, 0, 1, 0)


def test_an_id_that_returns_after_more_than_a_week_is_another_message(store: Store) -> None:
    land_dated(store, "file:summary.csv", MIDNIGHT - timedelta(days=9))
    assert land_dated(store, "graph", MIDNIGHT).new == 1


def test_two_dates_of_a_message_in_one_batch_are_one_row(store: Store) -> None:
    night = MIDNIGHT - timedelta(seconds=1)
    landed = land_dated(store, "file:both.csv", MIDNIGHT + timedelta(seconds=1), night)
    assert counts(landed) == (2, 1, 0, 1)
    assert [(row["day"], row["received_at"]) for row in observations(store)] == [(YESTERDAY, night)]
    far = land_dated(store, "file:both.csv", MIDNIGHT - timedelta(days=30), MIDNIGHT)
    assert counts(far) == (2, 1, 0, 1)


def test_a_file_of_the_same_name_in_another_zone_brings_nothing_new(store: Store) -> None:
    land_dated(store, "file:export.csv", MIDNIGHT - timedelta(minutes=30))
    berlin = land_dated(store, "file:export.csv", MIDNIGHT + timedelta(minutes=30))
    assert counts(berlin) == (1, 0, 0, 1)


def test_days_around_are_read_only_where_another_source_wrote(store: Store) -> None:
    def others(source: str, since: int) -> list[str]:
        days = [TODAY, YESTERDAY]
        return store.delta.files_of_others(MESSAGE_TRACES, "contoso", days, source, since)

    land_dated(store, "graph", MIDNIGHT - timedelta(seconds=1))
    batch = store.state.next_batch()
    land_dated(store, "file:a.csv", MIDNIGHT + timedelta(seconds=1), trace_id="t2")
    assert ["day=2026-11-24" in file for file in others("graph", 0)] == [True]
    assert ["day=2026-11-23" in file for file in others("file:a.csv", batch)] == [True]
    assert len(others("file:a.csv", store.state.next_batch())) == 2
