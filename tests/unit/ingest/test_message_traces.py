"""Reading of message traces: windows, pages, refused links, and what counts as covered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hve_monitor.clock import iso
from ingest.http import Api
from ingest.message_traces import LONGEST_WINDOW, PATH, SOURCE, TraceReader, split
from ingest.source import SourceResult
from tests.unit.ingest.conftest import NOW, Answer, Asked, Service, quiet
from warehouse.accounts import stored_rows
from warehouse.state import Window, gaps
from warehouse.store import Store
from warehouse.tables import MESSAGE_TRACES, REJECTED_ROWS

HR, IT = "hr@contoso.com", "it@contoso.com"
HOUR = timedelta(hours=1)
LAST_HOURS = Window(NOW - 6 * HOUR, NOW)


def row(minutes_ago: int, sender: str = HR, **more: Any) -> dict[str, Any]:
    return {
        "id": f"t{minutes_ago}",
        "senderAddress": sender,
        "recipientAddress": "reader@fabrikam.com",
        "receivedDateTime": iso(NOW - timedelta(minutes=minutes_ago)),
        "status": "delivered",
        **more,
    }


def page(*rows: dict[str, Any], link: str | None = None) -> Answer:
    return Answer(200, {"value": list(rows)} | ({"@odata.nextLink": link} if link else {}))


def refusal(message: str) -> Answer:
    return Answer(400, {"error": {"code": "BadRequest", "message": message}})


def asked_filter(asked: Asked) -> str:
    return asked.query["$filter"][0]


@pytest.fixture
def read(store: Store, api: Api) -> Callable[..., SourceResult]:
    """Reads addresses with a fresh reader."""

    def run(
        *addresses: str, asked: Window | None = LAST_HOURS, now: datetime = NOW
    ) -> SourceResult:
        result = SourceResult(SOURCE, "contoso")
        reader = TraceReader(store, "contoso", api, now, 4 * HOUR, quiet, result)
        return reader.read(addresses, asked)

    return run


def trace_ids(store: Store) -> list[str]:
    return sorted(each["trace_id"] for each in stored_rows(store, MESSAGE_TRACES, "contoso"))


def covered(store: Store, address: str = HR) -> list[Window]:
    return store.state.covered("contoso", SOURCE, address)


# -- windows --------------------------------------------------------------------------------------


@settings(deadline=None, database=None)
@given(st.integers(0, 90 * 86400 * 1_000_000))
def test_parts_share_their_borders_and_are_at_most_ten_days(microseconds: int) -> None:
    whole = Window(NOW, NOW + timedelta(microseconds=microseconds))
    parts = split(whole)
    assert all(first.end == second.start for first, second in pairwise(parts))
    assert all(timedelta(0) < part.end - part.start <= LONGEST_WINDOW for part in parts)
    assert gaps(parts, whole) == []
    assert bool(parts) == bool(microseconds)
    assert len(parts) == -(-microseconds // (LONGEST_WINDOW // timedelta(microseconds=1)))


def test_one_address_and_window_is_one_query_of_whole_seconds(
    read: Callable[..., SourceResult], service: Service, store: Store
) -> None:
    service.will(page(row(5), row(10)))
    result = read("o'neil@contoso.com")
    assert service.asked[0].path == PATH
    assert asked_filter(service.asked[0]) == (
        "senderAddress eq 'o''neil@contoso.com' and receivedDateTime ge 2026-11-24T02:00:00Z"
        " and receivedDateTime le 2026-11-24T08:00:00Z"
    )
    assert (result.status, result.rows_read, result.rows_new) == ("ok", 2, 2)
    assert covered(store, "o'neil@contoso.com") == [LAST_HOURS]


def test_the_first_read_goes_back_ninety_days_newest_first(
    read: Callable[..., SourceResult], service: Service, store: Store
) -> None:
    service.choose = lambda _: page()
    read(HR, asked=None)
    ends = [asked_filter(asked).rsplit(" ", 1)[1] for asked in service.asked]
    assert ends == sorted(ends, reverse=True)
    assert len(ends) == 10
    assert covered(store) == [Window(NOW.replace(hour=0) - timedelta(days=90), NOW)]


def test_the_next_read_goes_back_by_the_look_back_only(
    read: Callable[..., SourceResult], service: Service
) -> None:
    service.choose = lambda _: page()
    read(HR, asked=None)
    service.asked.clear()
    read(HR, asked=None, now=NOW + HOUR)
    (again,) = service.asked
    assert "ge 2026-11-24T04:00:00Z and receivedDateTime le 2026-11-24T09:00:00Z" in asked_filter(
        again
    )


def test_the_next_read_goes_back_to_the_oldest_unsettled_row(
    read: Callable[..., SourceResult], service: Service
) -> None:
    service.choose = lambda _: page(row(30 * 60, status="pending"))
    read(HR, asked=None)
    service.asked.clear()
    read(HR, asked=None, now=NOW + HOUR)
    assert "ge 2026-11-23T02:00:00Z" in asked_filter(service.asked[0])


def test_nothing_is_asked_for_the_future_or_before_ninety_days(
    read: Callable[..., SourceResult], service: Service
) -> None:
    service.choose = lambda _: page()
    read(HR, asked=Window(NOW - timedelta(days=400), NOW - timedelta(days=300)))
    read(HR, asked=Window(NOW + HOUR, NOW + 2 * HOUR))
    assert service.asked == []


# -- pages ----------------------------------------------------------------------------------------


def test_links_are_followed_whole(
    read: Callable[..., SourceResult], service: Service, store: Store
) -> None:
    link = f"{service.url}{PATH}?%24skiptoken=opaque%2B1"
    service.will(page(row(1), link=link), page(row(2)))
    read(HR)
    assert service.asked[1].query == {"$skiptoken": ["opaque+1"]}
    assert trace_ids(store) == ["t1", "t2"]


def test_a_refused_link_starts_anew_at_the_last_row(
    read: Callable[..., SourceResult], service: Service, store: Store
) -> None:
    link = f"{service.url}{PATH}?%24skiptoken=1"
    late = row(60, receivedDateTime="2026-11-24T07:00:00.2500000Z")
    service.will(page(row(1), late, link=link), refusal("Skip token expired"), page(late, row(99)))
    result = read(HR)
    assert asked_filter(service.asked[2]).endswith("le 2026-11-24T07:00:01Z")
    assert trace_ids(store) == ["t1", "t60", "t99"]
    assert (result.status, result.rows_read, result.rows_unchanged) == ("ok", 4, 1)
    assert covered(store) == [LAST_HOURS]


def test_links_that_always_expire_end_as_an_error_and_leave_a_gap(
    read: Callable[..., SourceResult], service: Service, store: Store
) -> None:
    link = f"{service.url}{PATH}?%24skiptoken=1"
    service.choose = lambda asked: (
        page(row(1), link=link) if "$filter" in asked.query else refusal("expired")
    )
    result = read(HR)
    assert "links in a row expired" in str(result.error)
    assert trace_ids(store) == ["t1"]
    assert covered(store) == []


def test_a_start_that_is_too_old_moves_on_and_is_not_covered(
    read: Callable[..., SourceResult], service: Service, store: Store
) -> None:
    too_old = "Invalid StartDate value. The StartDate can't be older than 90 days from today."

    def graph(asked: Asked) -> Answer:
        start = asked_filter(asked).split(" ge ")[1][:20]
        return refusal(too_old) if start < "2026-08-26T08:01:00Z" else page()

    service.choose = graph
    result = read(HR, IT, asked=None)
    assert result.status == "ok"
    wanted = [Window(datetime.fromisoformat("2026-08-26T08:01:00Z"), NOW)]
    assert covered(store, HR) == wanted
    assert covered(store, IT) == wanted


def test_a_refused_query_leaves_a_gap_and_the_next_address_is_read(
    read: Callable[..., SourceResult], service: Service, store: Store
) -> None:
    service.choose = lambda asked: (
        refusal("ResultSize is invalid") if HR in asked_filter(asked) else page(row(1, IT))
    )
    result = read(HR, IT)
    assert "ResultSize is invalid" in str(result.error)
    assert covered(store, HR) == []
    assert covered(store, IT) == [LAST_HOURS]
    assert result.rows_new == 1


@pytest.mark.xfail(
    strict=True,
    reason="message_traces.py: note() looks at rows_read, which is counted at the commit after it,"
    " so that a source that read other addresses counts as failed",
)
def test_rows_of_one_address_and_a_refusal_of_another_are_partial(
    read: Callable[..., SourceResult], service: Service
) -> None:
    service.choose = lambda asked: (
        refusal("ResultSize is invalid") if IT in asked_filter(asked) else page(row(1))
    )
    assert read(HR, IT).status == "partial"


def test_a_missing_permission_ends_the_reading_at_once(
    read: Callable[..., SourceResult], service: Service, store: Store
) -> None:
    service.choose = lambda _: Answer(403)
    result = read(HR, IT)
    assert (result.status, result.requests) == ("failed", 1)
    assert covered(store) == covered(store, IT) == []


# -- rows -----------------------------------------------------------------------------------------


def test_rows_without_id_or_address_are_rejected_and_counted(
    read: Callable[..., SourceResult], service: Service, store: Store
) -> None:
    bad = [row(n, **{name: None}) for n, name in enumerate(("id", "recipientAddress"), start=1)]
    service.will(page(*bad, row(3)))
    result = read(HR)
    assert (result.rows_read, result.rows_new, result.rows_rejected) == (3, 1, 2)
    assert len(stored_rows(store, REJECTED_ROWS, "contoso")) == 2
    assert covered(store) == [LAST_HOURS]


@pytest.mark.xfail(
    strict=True,
    reason="message_traces.py _commit: one time that cannot be read raises out of read(), stops the"
    " other addresses, tenants and the build, and loses the rows that came with it",
)
def test_a_time_that_cannot_be_read_leaves_a_gap_and_does_not_stop_the_others(
    read: Callable[..., SourceResult], service: Service, store: Store
) -> None:
    service.choose = lambda asked: (
        page(row(1, receivedDateTime="soon"), row(2))
        if HR in asked_filter(asked)
        else page(row(3, IT))
    )
    result = read(HR, IT)
    assert "receivedDateTime" in str(result.error)
    assert "t3" in trace_ids(store)
    assert covered(store, HR) == []
    assert covered(store, IT) == [LAST_HOURS]


def test_reading_the_same_window_again_changes_nothing(
    read: Callable[..., SourceResult], service: Service
) -> None:
    service.choose = lambda _: page(row(1), row(2))
    read(HR)
    again = read(HR)
    assert (again.rows_read, again.rows_new, again.rows_changed, again.rows_unchanged) == (
        2, 0, 0, 2,
    )  # fmt: skip
