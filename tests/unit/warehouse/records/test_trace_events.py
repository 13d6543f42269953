"""Events of single messages: kept once, and remembered where nothing is known."""

from __future__ import annotations

from datetime import timedelta

from tests.unit.warehouse.conftest import NOW, land_rows
from warehouse.records.stored import stored_rows
from warehouse.records.trace_events import Pair, TraceEvent, failed_pairs, record_events
from warehouse.store import Store
from warehouse.tables import TRACE_EVENTS

PAIR = Pair("t1", "reader@fabrikam.com")
RECEIVE = TraceEvent(*PAIR, NOW - timedelta(hours=1), "Receive")
FAIL = TraceEvent(*PAIR, NOW - timedelta(hours=1), "Fail", None, "Reason: 550 5.1.10")


def test_events_are_written_once(store: Store) -> None:
    assert record_events(store, "contoso", {PAIR: [RECEIVE, RECEIVE]}, NOW) == 1
    assert record_events(store, "contoso", {PAIR: [RECEIVE, FAIL]}, NOW) == 1
    assert record_events(store, "contoso", {PAIR: [FAIL]}, NOW) == 0
    assert len(stored_rows(store, TRACE_EVENTS, "contoso")) == 2


def test_a_pair_without_events_leaves_one_row(store: Store) -> None:
    for _ in range(2):
        assert record_events(store, "contoso", {PAIR: []}, NOW) == 0
    (row,) = stored_rows(store, TRACE_EVENTS, "contoso")
    assert (row["event"], row["event_at"], row["day"]) == (None, None, NOW.date())


def test_fetched_pairs_are_not_wanted_again(store: Store) -> None:
    land_rows(store, {"status": "failed"})
    assert failed_pairs(store, "contoso", NOW, 5) == [PAIR]
    record_events(store, "contoso", {PAIR: []}, NOW)
    assert failed_pairs(store, "contoso", NOW, 5) == []
