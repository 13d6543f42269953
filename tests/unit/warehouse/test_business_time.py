"""No irreversible act, and no recorded time, follows a clock that nothing confirms."""

from __future__ import annotations

from datetime import date, timedelta

from tests.unit.warehouse.conftest import NOW, land_rows
from warehouse.business_time import (
    confirm_run,
    confirmed_time,
    doubt_of,
    record_time,
    set_clock,
)
from warehouse.records.coverage import covered_windows, record_coverage
from warehouse.store import Store
from warehouse.windows import Window

YEARS = timedelta(days=1500)
HR = "hr@contoso.com"


def test_the_answers_of_services_bound_the_time_of_a_write(store: Store) -> None:
    record_time(store, "contoso", NOW, NOW + timedelta(seconds=3))
    assert store.state.last_now("contoso") == NOW
    record_time(store, "contoso", NOW + timedelta(hours=40), NOW + timedelta(hours=1))
    assert store.state.last_now("contoso") == NOW + timedelta(hours=1)


def test_rows_bound_the_time_of_an_import(store: Store) -> None:
    land_rows(store, {})
    record_time(store, "contoso", NOW + YEARS, None)
    last = store.state.last_now("contoso")
    assert last is not None
    assert NOW < last < NOW + timedelta(days=4)


def test_a_time_far_beyond_the_last_confirmed_one_is_doubted(store: Store) -> None:
    assert doubt_of(store.state, NOW) == ""
    record_time(store, "contoso", NOW, NOW)
    assert doubt_of(store.state, NOW + timedelta(days=2)) == ""
    assert "nothing newer than 2026-11-24T08:00:00Z confirms it" in doubt_of(
        store.state, NOW + YEARS
    )


def test_runs_confirm_each_other_but_none_confirms_a_jump(store: Store) -> None:
    record_time(store, "contoso", NOW, NOW)
    for days in range(1, 9):
        confirm_run(store.state, NOW + timedelta(days=days))
    assert confirmed_time(store.state) == NOW + timedelta(days=8)
    confirm_run(store.state, NOW + YEARS)
    confirm_run(store.state, NOW + YEARS + timedelta(hours=1))
    assert confirmed_time(store.state) == NOW + timedelta(days=8)


def test_a_person_puts_right_what_a_wrong_clock_recorded(store: Store) -> None:
    later = NOW + YEARS
    store.state.record_now("contoso", later)
    record_coverage(
        store.state, "contoso", "message_traces", HR, Window(NOW - timedelta(days=1), later)
    )
    store.state.record_upkeep("*retention", later.timestamp())
    store.state.connection.execute("insert into purged values ('contoso', '2029-11-27')")
    [line] = set_clock(store, NOW, 400)
    assert "days from 2025-10-20 on are taken again (purged before 2029-11-27)" in line
    assert store.state.last_now("contoso") == NOW
    [window] = covered_windows(store.state, "contoso", "message_traces", HR)
    assert window.end == NOW
    assert store.state.purged_before("contoso") == date(2025, 10, 20)
    assert store.state.last_upkeep("*retention") is None
    assert doubt_of(store.state, NOW + timedelta(days=1)) == ""
    assert set_clock(store, NOW, 400) == []


def test_a_clock_may_be_confirmed_after_a_long_pause(store: Store) -> None:
    record_time(store, "contoso", NOW, NOW)
    set_clock(store, NOW + timedelta(days=90), 400)
    assert doubt_of(store.state, NOW + timedelta(days=91)) == ""


def test_rows_of_purged_days_are_counted_as_such(store: Store) -> None:
    store.state.connection.execute("insert into purged values ('contoso', '2026-11-24')")
    landed = land_rows(store, {}, {"trace_id": "old", "received_at": NOW - timedelta(days=1)})
    assert (landed.new, landed.unchanged, landed.purged) == (1, 0, 1)
