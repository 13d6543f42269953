from __future__ import annotations

from simulator import SimulatedTenant
from simulator.graph.trace_detail import ServedEvent, read_details
from simulator.graph.trace_page import first_cursor, read_page
from simulator.graph.trace_query import TraceRequest
from simulator.graph.trace_row import ServedTrace
from simulator.mail.instant import DAY


def row_with(tenant: SimulatedTenant, status: str) -> ServedTrace:
    query = TraceRequest(tenant.clock - 10 * DAY, tenant.clock, 1, {"status": status})
    return read_page(tenant.traffic, first_cursor(query, tenant.clock))[0][0]


def events_of(tenant: SimulatedTenant, status: str) -> list[ServedEvent]:
    row = row_with(tenant, status)
    return read_details(tenant.traffic, row["id"], row["recipientAddress"].upper(), tenant.clock)


def test_events_follow_the_status(tenant: SimulatedTenant) -> None:
    for status, last in (("delivered", "Deliver"), ("failed", "Fail"), ("expanded", "Expand")):
        events = events_of(tenant, status)
        assert events[0]["event"] == "Receive"
        assert events[-1]["event"] == last
        assert all(event["data"].startswith("<root>") for event in events)
    assert events_of(tenant, "failed")[-1]["description"].startswith("Reason: 55")


def test_unknown_pairs_have_no_events(tenant: SimulatedTenant) -> None:
    row = row_with(tenant, "delivered")
    for trace_id, address in (
        (row["id"], "nobody@contoso.com"),
        ("11111111-1111-1111-1111-111111111111", row["recipientAddress"]),
        ("not-an-id", row["recipientAddress"]),
    ):
        assert read_details(tenant.traffic, trace_id, address, tenant.clock) == []
