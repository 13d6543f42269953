from __future__ import annotations

from datetime import timedelta

import pytest

from simulator import SimulatedTenant
from simulator.graph.trace_page import Cursor, first_cursor, read_cursor, read_page, write_cursor
from simulator.graph.trace_query import TraceRequest
from simulator.graph.trace_row import ServedTrace
from simulator.mail.instant import DAY
from simulator.paging import BadTokenError
from tests.unit.simulator.conftest import NOW


def query_of(tenant: SimulatedTenant, top: int = 100_000, **equal: str) -> TraceRequest:
    return TraceRequest(tenant.clock - 3 * DAY, tenant.clock, top, equal)


def read(tenant: SimulatedTenant, query: TraceRequest, move: bool = False) -> list[ServedTrace]:
    cursor, rows = first_cursor(query, tenant.clock), []
    while cursor:
        page, cursor = read_page(tenant.traffic, cursor)
        assert 0 < len(page) <= query.top
        rows.extend(page)
        if move:
            tenant.advance(timedelta(minutes=7))
    return rows


def test_pages_join_to_the_whole_in_order(tenant: SimulatedTenant) -> None:
    whole = read(tenant, query_of(tenant))
    assert read(tenant, query_of(tenant, top=97)) == whole
    assert read(tenant, query_of(tenant, top=len(whole))) == whole
    times = [row["receivedDateTime"][:19] for row in whole]
    assert times == sorted(times, reverse=True)


def test_rows_that_appear_meanwhile_stay_outside(tenant: SimulatedTenant) -> None:
    moving = SimulatedTenant(seed=7, now=NOW, days=12, staff=60)
    assert read(moving, query_of(moving, top=211), move=True) == read(tenant, query_of(tenant))


def test_a_sender_is_one_address_in_any_letter_case(tenant: SimulatedTenant) -> None:
    whole = read(tenant, query_of(tenant))
    for address in ("alerts@contoso.com", "Monitoring@CONTOSO.com"):
        rows = read(tenant, query_of(tenant, senderAddress=address))
        assert rows == [row for row in whole if row["senderAddress"].lower() == address.lower()]
        assert rows
    spellings = {row["senderAddress"] for row in whole}
    assert any(text != text.lower() for text in spellings)


def test_wildcards_select_a_domain(tenant: SimulatedTenant) -> None:
    whole = read(tenant, query_of(tenant))
    assert read(tenant, query_of(tenant, senderAddress="*@Contoso.com")) == whole
    assert read(tenant, query_of(tenant, recipientAddress="*@contoso.com")) == whole
    for foreign in ("senderAddress", "recipientAddress"):
        query = query_of(tenant, **{foreign: "*@fabrikam.com"})
        assert read_page(tenant.traffic, first_cursor(query, tenant.clock)) == ([], None)


def test_each_property_selects(tenant: SimulatedTenant) -> None:
    whole = read(tenant, query_of(tenant))
    sample = next(row for row in whole if row["status"] == "failed")
    for name in ("id", "messageId", "recipientAddress", "fromIP", "status", "toIP"):
        rows = read(tenant, query_of(tenant, **{name: sample[name]}))
        expected = [row for row in whole if row[name].lower() == sample[name].lower()]
        assert rows == expected, name


def test_subjects_are_searched(tenant: SimulatedTenant) -> None:
    whole = read(tenant, query_of(tenant))
    base = query_of(tenant)
    for test, text in (("startswith", "alert"), ("endswith", "TEMPERATURE"), ("contains", "line")):
        query = TraceRequest(base.start, base.end, base.top, {}, (test, text))
        rows = read(tenant, query)
        assert rows
        assert all(text.lower() in row["subject"].lower() for row in rows)
        assert len(rows) < len(whole)


def test_unknown_values_find_nothing(tenant: SimulatedTenant) -> None:
    for name, value in (
        ("id", "not-an-id"),
        ("status", "recalled"),
        ("recipientAddress", "nobody@contoso.com"),
        ("senderAddress", "nobody@contoso.com"),
        ("toIP", "192.0.2.1"),
    ):
        query = query_of(tenant, **{name: value})
        assert read_page(tenant.traffic, first_cursor(query, tenant.clock)) == ([], None)


def test_a_token_carries_the_cursor() -> None:
    cursor = Cursor(TraceRequest(1, 2, 3, {"status": "failed"}, ("contains", "x")), 4, 5, 6)
    assert read_cursor(write_cursor(cursor), 1800) == cursor


@pytest.mark.parametrize("text", ["", "1000", "%%%", "ünlesbar", "AAAA"])
def test_a_damaged_token_is_refused(text: str) -> None:
    with pytest.raises(BadTokenError, match="Invalid"):
        read_cursor(text, 1800)
