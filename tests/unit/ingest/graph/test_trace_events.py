"""Events of single messages: which are fetched, and that nothing is fetched twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest

from hve_monitor.clock import iso
from ingest.graph.trace_events import PATH, ingest_failed_events, ingest_trace_events
from ingest.http import Api
from tests.unit.ingest.conftest import NOW, Answer, Service
from warehouse.records.event_requests import request_events, requested_events
from warehouse.records.message_traces import land
from warehouse.records.stored import stored_rows
from warehouse.records.trace_events import Pair, failed_pairs
from warehouse.store import Store
from warehouse.tables import TRACE_EVENTS

ANNA, BEN = "anna@contoso.com", "ben@contoso.com"
PAIR = Pair("11111111-2222-3333-4444-555555555555", "o'hara@contoso.com")
REASON = "Reason: 550 5.1.10 RESOLVER.ADR.RecipientNotFound"
HOUR = timedelta(hours=1)


def event(name: str, minutes: int = 0, description: str = "") -> dict[str, Any]:
    moment = NOW - HOUR + timedelta(minutes=minutes)
    return {
        "id": PAIR.trace_id,
        "messageId": "<m@contoso.com>",
        "dateTime": iso(moment),
        "event": name,
        "action": "",
        "description": description,
        "data": "<root />",
    }


def page(*events: dict[str, Any]) -> Answer:
    return Answer(200, {"value": list(events)})


def stored(store: Store) -> list[tuple[object, ...]]:
    rows = stored_rows(store, TRACE_EVENTS, "contoso")
    return sorted(
        (str(row["trace_id"]), str(row["event_at"]), row["event"], row["description"])
        for row in rows
    )


def land_traces(store: Store, *rows: tuple[str, str, str, timedelta]) -> None:
    """Rows of (id, recipient, status, age)."""
    table = pa.Table.from_pylist(
        [
            {
                "trace_id": trace_id,
                "recipient": recipient,
                "sender": "hr@contoso.com",
                "received_at": NOW - age,
                "status": status,
            }
            for trace_id, recipient, status, age in rows
        ]
    )
    columns = table.set_column(
        3, "received_at", table["received_at"].cast(pa.timestamp("us", "UTC"))
    )
    land(store, "contoso", columns, NOW, "test")


def test_events_are_stored_in_order_and_repeating_adds_nothing(
    store: Store, api: Api, service: Service
) -> None:
    service.choose = lambda _: page(event("Fail", 2, REASON), event("Receive"))
    first = ingest_trace_events(store, "contoso", api, [PAIR, PAIR], NOW)
    assert (first.status, first.rows_read, first.rows_new, first.requests) == ("ok", 2, 2, 1)
    again = ingest_trace_events(store, "contoso", api, [PAIR], NOW + HOUR)
    assert (again.rows_new, again.rows_unchanged) == (0, 2)
    assert [row[2] for row in stored(store)] == ["Receive", "Fail"]
    assert stored(store)[1][3] == REASON


def test_an_odd_event_costs_itself_alone(store: Store, api: Api, service: Service) -> None:
    odd = [event("Send") | {"dateTime": None}, event("Send") | {"dateTime": "soon"}]
    nameless = event("Send") | {"event": None}
    service.choose = lambda _: page(*odd, event("Receive"), nameless)
    result = ingest_trace_events(store, "contoso", api, [PAIR], NOW)
    assert (result.rows_read, result.rows_new, result.rows_rejected) == (4, 1, 3)
    assert [row[2] for row in stored(store)] == ["Receive"]


def test_a_later_event_joins_the_stored_ones(store: Store, api: Api, service: Service) -> None:
    service.will(page(event("Receive")), page(event("Receive"), event("Deliver", 5)))
    ingest_trace_events(store, "contoso", api, [PAIR], NOW)
    assert ingest_trace_events(store, "contoso", api, [PAIR], NOW + HOUR).rows_new == 1


def test_addresses_are_quoted_for_odata_and_for_the_path(
    store: Store, api: Api, service: Service
) -> None:
    service.will(page(), page())
    odd = Pair("a/b", "x#y@contoso.com")
    ingest_trace_events(store, "contoso", api, [PAIR, odd], NOW)
    call = "getDetailsByRecipient(recipientAddress='{}')"
    assert service.asked[0].path == (
        f"{PATH}/{PAIR.trace_id}/" + call.format("o''hara@contoso.com")
    )
    assert service.asked[1].path == f"{PATH}/a%2Fb/" + call.format("x%23y@contoso.com")


@pytest.mark.parametrize("answer", [page(), Answer(404, {"error": {"message": "not found"}})])
def test_an_unknown_pair_is_remembered_as_fetched(
    store: Store, api: Api, service: Service, answer: Answer
) -> None:
    land_traces(store, (PAIR.trace_id, PAIR.recipient, "failed", HOUR))
    service.choose = lambda _: answer
    result = ingest_failed_events(store, "contoso", api, NOW)
    assert (result.status, result.rows_read) == ("ok", 0)
    assert stored(store) == [(PAIR.trace_id, "None", None, None)]
    ingest_failed_events(store, "contoso", api, NOW + HOUR)
    ingest_trace_events(store, "contoso", api, [PAIR], NOW + HOUR)
    assert len(service.asked) == 2
    assert len(stored(store)) == 1


def test_failed_rows_of_ten_days_come_newest_first_within_the_budget(store: Store) -> None:
    day = timedelta(days=1)
    land_traces(
        store,
        ("t1", ANNA, "failed", 3 * day),
        ("t2", ANNA, "Failed", day),
        ("t2", BEN, "delivered", day),
        ("t3", ANNA, "failed", 11 * day),
        ("t4", ANNA, "failed", 2 * day),
        ("t5", ANNA, "pending", HOUR),
    )
    assert failed_pairs(store, "contoso", NOW, 10) == [
        Pair("t2", ANNA),
        Pair("t4", ANNA),
        Pair("t1", ANNA),
    ]
    assert failed_pairs(store, "contoso", NOW, 2) == [Pair("t2", ANNA), Pair("t4", ANNA)]
    assert failed_pairs(store, "contoso", NOW, 0) == []
    assert failed_pairs(store, "fabrikam", NOW, 10) == []


def test_a_row_that_is_no_longer_failed_is_not_fetched(store: Store) -> None:
    land_traces(store, ("t1", ANNA, "failed", HOUR))
    land_traces(store, ("t1", ANNA, "delivered", HOUR))
    assert failed_pairs(store, "contoso", NOW, 10) == []


def test_fetched_pairs_make_room_for_older_ones(store: Store, api: Api, service: Service) -> None:
    land_traces(store, ("t1", ANNA, "failed", HOUR), ("t2", ANNA, "failed", 2 * HOUR))
    service.choose = lambda _: page(event("Fail", 1, REASON))
    assert ingest_failed_events(store, "contoso", api, NOW, budget=1).requests == 1
    assert failed_pairs(store, "contoso", NOW, 1) == [Pair("t2", ANNA)]


def test_one_bad_pair_does_not_stop_the_others_but_a_refusal_does(
    store: Store, api: Api, service: Service
) -> None:
    bad, good = Answer(200, {"value": [{"event": "Fail"}]}), page(event("Fail", 1, REASON))
    service.choose = lambda asked: bad if "/t1/" in asked.path else good
    result = ingest_trace_events(store, "contoso", api, [Pair("t1", ANNA), PAIR], NOW)
    assert (result.rows_new, result.status) == (1, "partial")
    assert "dateTime" in str(result.error)
    service.reset()
    service.choose = lambda _: Answer(403, {"error": {"message": "no right"}})
    refused = ingest_trace_events(store, "contoso", api, [Pair("t2", ANNA), Pair("t3", ANNA)], NOW)
    assert (refused.status, refused.optional) == ("ok", True)
    assert len(service.asked) == 1


def test_a_time_that_cannot_be_read_is_an_error(store: Store, api: Api, service: Service) -> None:
    service.will(page(event("Fail") | {"dateTime": "soon"}))
    assert "soon" in str(ingest_trace_events(store, "contoso", api, [PAIR], NOW).error)


def test_what_was_asked_for_is_fetched_first_and_leaves_the_queue(
    store: Store, api: Api, service: Service
) -> None:
    land_traces(store, ("t1", ANNA, "failed", HOUR), ("t2", BEN, "delivered", HOUR))
    request_events(store.state, "contoso", [("t2", BEN)], NOW)
    service.choose = lambda _: page(event("Receive"))
    first = ingest_failed_events(store, "contoso", api, NOW, 1)
    assert first.requests == 1
    assert "t2" in service.asked[0].path
    assert requested_events(store.state, "contoso", 10) == []
    ingest_failed_events(store, "contoso", api, NOW, 5)
    assert "t1" in service.asked[1].path
    assert len(service.asked) == 2


def test_a_request_that_is_refused_does_not_hold_up_the_others(
    store: Store, api: Api, service: Service
) -> None:
    request_events(store.state, "contoso", [("bad", ANNA), ("t2", BEN)], NOW)
    service.choose = lambda asked: (
        Answer(400, {"error": {"message": "bad id"}}) if "bad" in asked.path else page()
    )
    result = ingest_failed_events(store, "contoso", api, NOW, 5)
    assert "bad id" in str(result.error)
    assert requested_events(store.state, "contoso", 10) == []


def test_a_request_waits_while_the_service_is_down_or_the_budget_used_up(
    store: Store, api: Api, service: Service
) -> None:
    request_events(store.state, "contoso", [("t2", BEN)], NOW)
    assert ingest_failed_events(store, "contoso", api, NOW, 0).requests == 0
    service.choose = lambda _: Answer(403, {"error": {"message": "no"}})
    ingest_failed_events(store, "contoso", api, NOW, 5)
    assert requested_events(store.state, "contoso", 10) == [("t2", BEN)]
