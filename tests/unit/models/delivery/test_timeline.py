"""Timelines: every state of a recipient, the order of events, and where two ways part."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from hve_monitor.document import encoded
from models.delivery.conditions import TraceFilter
from models.delivery.search import search_traces
from models.delivery.timeline import (
    MOST_QUEUED,
    EventRequest,
    MessageTimeline,
    RecipientTimeline,
    compare_routes,
    message_timelines,
    queue_events,
    reply_of,
)
from tests.unit.models.conftest import NOW, KeptStores, Workbench, at, trace
from warehouse.reading import Published
from warehouse.records.trace_events import Pair, TraceEvent, record_events

SENT = at("2026-11-20T07:00:00")
REASON = "Reason: 550 5.1.10 RESOLVER.ADR.RecipientNotFound"


def event(recipient: str, name: str, seconds: int = 0, text: str | None = None) -> TraceEvent:
    moment = SENT + timedelta(seconds=seconds)
    return TraceEvent("m1", recipient, moment, name, None, text, None)


def fill(bench: Workbench) -> None:
    bench.land(
        trace("m1", "a@contoso.com", "2026-11-20T07:00:00"),
        trace("m1", "b@contoso.com", "2026-11-20T07:00:00", status="failed"),
        trace("m1", "c@contoso.com", "2026-11-20T07:00:00"),
        trace("m2", "a@contoso.com", "2026-08-01T07:00:00"),
    )
    bench.build()


@pytest.fixture
def mail(kept_stores: KeptStores) -> Iterator[Workbench]:
    """A published store."""
    with kept_stores.open(fill) as bench:
        yield bench


def timelines(
    bench: Workbench, fetchable: tuple[str, ...] = ("contoso",), now: datetime = NOW, **wanted: Any
) -> list[MessageTimeline]:
    with bench.reader() as connection:
        rows = search_traces(Published(connection, now), TraceFilter(**wanted), 100).rows
        return message_timelines(Published(connection, now), rows, fetchable)


def states(messages: list[MessageTimeline]) -> dict[str, str]:
    return {
        recipient.recipient: recipient.state
        for message in messages
        for recipient in message.recipients
    }


def person(recipient: str, status: str) -> RecipientTimeline:
    return RecipientTimeline(recipient=recipient, status=status, state="not_fetched", events=[])


def test_what_is_not_there_can_be_asked_for(mail: Workbench) -> None:
    messages = timelines(mail, id="m1")
    assert states(messages) == dict.fromkeys(("a@contoso.com", "b@contoso.com", "c@contoso.com"),
                                             "not_fetched")  # fmt: skip
    queued = queue_events(messages)
    assert sorted(queued.requests)[0] == EventRequest("contoso", "m1", "a@contoso.com")
    assert set(states(queued.messages).values()) == {"queued"}
    assert queue_events(queued.messages).requests == []


def test_old_messages_and_tenants_of_files_cannot_be_asked(mail: Workbench) -> None:
    assert set(states(timelines(mail, id="m2")).values()) == {"too_old"}
    assert set(states(timelines(mail, (), id="m1")).values()) == {"no_source"}


def test_events_come_in_the_order_of_the_way(mail: Workbench) -> None:
    events = [
        event("b@contoso.com", "Fail", 9, REASON),
        event("b@contoso.com", "Submit"),
        event("b@contoso.com", "Receive"),
    ]
    fetched = {Pair("m1", "b@contoso.com"): events, Pair("m1", "c@contoso.com"): []}
    record_events(mail.store, "contoso", fetched, NOW)
    mail.build()
    (message,) = timelines(mail, id="m1", recipient="b@contoso.com")
    failed, delivered = message.recipients
    assert [event.event for event in failed.events] == ["Receive", "Submit", "Fail"]
    assert failed.events[-1].reply == "550 5.1.10"
    assert (failed.state, delivered.state) == ("known", "not_fetched")
    assert message.comparison is None
    (whole,) = timelines(mail, id="m1")
    assert states([whole])["c@contoso.com"] == "nothing_known"


def test_a_failed_way_stands_beside_a_delivered_one(mail: Workbench) -> None:
    """A search for the failed recipient alone shows both."""
    failed = [event("b@contoso.com", "RECEIVE"), event("b@contoso.com", "Fail", 2, REASON)]
    delivered = [event("a@contoso.com", "Receive"), event("a@contoso.com", "Deliver", 1)]
    fetched = {Pair("m1", "b@contoso.com"): failed, Pair("m1", "a@contoso.com"): delivered}
    record_events(mail.store, "contoso", fetched, NOW)
    mail.build()
    (message,) = timelines(mail, id="m1", recipient="b@contoso.com")
    assert encoded(message.comparison) == {
        "failed": "b@contoso.com",
        "delivered": "a@contoso.com",
        "common": ["RECEIVE"],
        "failed_then": ["Fail"],
        "delivered_then": ["Deliver"],
        "reason": "550 5.1.10",
    }


def test_a_message_without_a_pair_has_no_comparison() -> None:
    assert compare_routes([person("a", "failed")]) is None
    assert compare_routes([]) is None


def test_a_request_asks_for_no_more_than_the_quota_can_bear(mail: Workbench) -> None:
    (message,) = timelines(mail, id="m2")
    recipients = [person(str(n), "pending") for n in range(MOST_QUEUED + 5)]
    queued = queue_events([replace(message, recipients=recipients)])
    assert len(queued.requests) == MOST_QUEUED
    assert sum(recipient.lacks_events() for recipient in queued.messages[0].recipients) == 5


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        (REASON, "550 5.1.10"),
        ("Reason: [{LED=432-4.3.2 busy}]", "432 4.3.2"),
        ("Message received by: AM0PR00MB0670", None),
        (None, None),
    ],
)
def test_replies_are_read_out_of_words(text: str | None, reply: str | None) -> None:
    assert reply_of(text) == reply
