"""Reading of message traces: what is missing is read, and only what was read counts as covered."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from ingest.graph.message_traces import SOURCE, TraceReader, pages_ahead
from ingest.graph.trace_pages import TraceRow
from ingest.graph.trace_plan import Sharing
from ingest.graph.traces import GraphTraces
from ingest.http import Api
from ingest.source import SourceResult
from tests.unit.ingest.conftest import NOW, Answer, Service, quiet
from tests.unit.ingest.graph.test_traces import TOO_OLD, border, filter_of, page, refusal, row
from warehouse.records.coverage import backfill_start, covered_windows
from warehouse.records.stored import stored_rows
from warehouse.store import Store
from warehouse.tables import MESSAGE_TRACES
from warehouse.windows import Window, gaps

HR, SHOP = "hr@contoso.com", "shop@fabrikam.com"
IT = "it@contoso.com"
HOUR = timedelta(hours=1)
LAST_HOURS = Window(NOW - 6 * HOUR, NOW)
Read = Callable[..., SourceResult]


@pytest.fixture
def read(store: Store, api: Api) -> Read:
    """Reads addresses with a fresh reader."""

    def run(
        *addresses: str,
        asked: Window | None = LAST_HOURS,
        now: datetime = NOW,
        sharing: Sharing = "domain",
    ) -> SourceResult:
        result = SourceResult(SOURCE, "contoso")
        pages = GraphTraces(api, now)
        reader = TraceReader(store, "contoso", pages, now, 4 * HOUR, quiet, result, sharing=sharing)
        return reader.read(addresses, asked)

    return run


def trace_ids(store: Store) -> list[str]:
    return sorted(row["trace_id"] for row in stored_rows(store, MESSAGE_TRACES, "contoso"))


def covered(store: Store, address: str = HR) -> list[Window]:
    return covered_windows(store.state, "contoso", SOURCE, address)


def filters(service: Service) -> list[str]:
    return [filter_of(asked) for asked in service.asked]


# -- what is asked for ----------------------------------------------------------------------------


def test_the_first_read_goes_back_ninety_days_newest_first(
    read: Read, service: Service, store: Store
) -> None:
    service.choose = lambda _: page()
    read(HR, asked=None)
    ends = [border(asked, "le") for asked in service.asked]
    assert ends == sorted(ends, reverse=True)
    assert len(ends) == 10
    assert covered(store) == [Window(NOW.replace(hour=0) - timedelta(days=90), NOW)]


def test_the_next_read_goes_back_by_the_look_back_only(read: Read, service: Service) -> None:
    service.choose = lambda _: page()
    read(HR, asked=None)
    service.asked.clear()
    read(HR, asked=None, now=NOW + HOUR)
    (again,) = service.asked
    assert (border(again, "ge"), border(again, "le")) == (NOW - 4 * HOUR, NOW + HOUR)


def test_the_next_read_goes_back_to_the_oldest_unsettled_row(read: Read, service: Service) -> None:
    service.choose = lambda _: page(row(30 * 60, status="pending"))
    read(HR, asked=None)
    service.asked.clear()
    read(HR, asked=None, now=NOW + HOUR)
    assert border(service.asked[0], "ge") == NOW - 30 * HOUR


def test_nothing_is_asked_for_the_future_or_before_ninety_days(
    read: Read, service: Service
) -> None:
    service.choose = lambda _: page()
    read(HR, asked=Window(NOW - timedelta(days=400), NOW - timedelta(days=300)))
    read(HR, asked=Window(NOW + HOUR, NOW + 2 * HOUR))
    assert service.asked == []


def test_reading_the_same_window_again_changes_nothing(read: Read, service: Service) -> None:
    service.choose = lambda _: page(row(1), row(2))
    read(HR)
    again = read(HR)
    assert (again.rows_read, again.rows_new, again.rows_changed) == (2, 0, 0)
    assert again.rows_unchanged == 2


# -- shared queries -------------------------------------------------------------------------------


def trust(store: Store, sender: str = "*@contoso.com") -> None:
    store.state.judge_query("contoso", sender, time.time(), is_trusted=True)


def asked_senders(service: Service) -> list[str]:
    return [text.split("'")[1] if "senderAddress" in text else "*" for text in filters(service)]


def own_rows(service: Service, domain: Answer) -> Callable[[object], Answer]:
    """Answers single queries with one row each, and the domain's with what it is given."""
    single = {HR: page(row(1)), IT: page(row(2, senderAddress=IT))}
    return lambda _: single.get(asked_senders(service)[-1], domain)


def test_nothing_is_known_at_first_so_every_address_is_asked(read: Read, service: Service) -> None:
    service.choose = own_rows(service, page())
    read(HR, IT)
    assert asked_senders(service) == [HR, IT]


def test_a_domain_of_our_own_is_read_by_one_query_once_it_holds_what_is_known(
    read: Read, service: Service, store: Store
) -> None:
    whole = page(row(1), row(2, senderAddress="IT@contoso.com"), row(3))
    service.choose = own_rows(service, whole)
    read(HR, IT)
    service.asked.clear()
    read(HR, IT)
    assert asked_senders(service) == ["*@contoso.com"]
    assert trace_ids(store) == ["t1", "t2", "t3"]
    assert covered(store, HR) == covered(store, IT) == [LAST_HOURS]


def test_a_domain_query_that_misses_a_known_row_is_not_believed(
    read: Read, service: Service, store: Store
) -> None:
    service.choose = own_rows(service, page(row(1)))
    read(HR, IT)
    service.asked.clear()
    read(HR, IT)
    read(HR, IT)
    assert asked_senders(service) == ["*@contoso.com", HR, IT, HR, IT]


def test_a_trusted_domain_may_be_quiet(read: Read, service: Service, store: Store) -> None:
    trust(store)
    service.choose = lambda _: page()
    read(HR, IT)
    assert asked_senders(service) == ["*@contoso.com"]
    assert covered(store, IT) == [LAST_HOURS]


def test_a_domain_with_others_is_left_and_their_rows_are_never_stored(
    read: Read, service: Service, store: Store
) -> None:
    trust(store)
    service.choose = own_rows(service, page(row(3, senderAddress="ceo@contoso.com"), row(1)))
    read(HR, IT)
    assert asked_senders(service) == ["*@contoso.com", HR, IT]
    assert trace_ids(store) == ["t1", "t2"]
    stored = b"".join(file.read_bytes() for file in store.root.rglob("*") if file.is_file())
    assert b"ceo@contoso.com" not in stored


def test_a_domain_that_turned_out_wrong_is_not_tried_again_the_same_day(
    read: Read, service: Service, store: Store
) -> None:
    trust(store)
    service.choose = lambda _: page(row(3, senderAddress="ceo@contoso.com"))
    read(HR, IT)
    service.asked.clear()
    read(HR, IT)
    assert asked_senders(service) == [HR, IT]


def test_everyone_may_be_read_but_only_our_rows_are_kept(
    read: Read, service: Service, store: Store
) -> None:
    trust(store, "*")
    strangers = [row(3, senderAddress="ceo@contoso.com"), row(4, senderAddress=None)]
    service.choose = lambda _: page(*strangers, row(1), row(2, senderAddress=SHOP))
    result = read(HR, SHOP, sharing="everyone")
    assert asked_senders(service) == ["*"]
    assert trace_ids(store) == ["t1", "t2"]
    assert (result.rows_read, result.rows_new) == (2, 2)


def test_rows_of_another_sender_than_the_asked_one_are_dropped(
    read: Read, service: Service, store: Store
) -> None:
    service.choose = lambda _: page(row(1), row(3, senderAddress="ceo@contoso.com"))
    assert read(HR).rows_read == 1
    assert trace_ids(store) == ["t1"]


def test_pages_ahead_are_judged_by_how_far_the_first_reaches() -> None:
    full = [TraceRow("2026-11-24T07:00:00Z", "delivered")] * 5000
    assert pages_ahead(LAST_HOURS, full) == 6.0
    assert pages_ahead(LAST_HOURS, full[:10]) == 1.0


# -- what goes wrong ------------------------------------------------------------------------------


def test_a_refused_query_leaves_a_gap_and_the_next_address_is_read(
    read: Read, service: Service, store: Store
) -> None:
    service.choose = lambda asked: (
        refusal("ResultSize is invalid")
        if HR in filter_of(asked)
        else page(row(1, senderAddress=SHOP))
    )
    result = read(HR, SHOP)
    assert "ResultSize is invalid" in str(result.error)
    assert covered(store, HR) == []
    assert covered(store, SHOP) == [LAST_HOURS]
    assert result.rows_new == 1


def test_rows_of_one_address_and_a_refusal_of_another_are_partial(
    read: Read, service: Service
) -> None:
    service.choose = lambda asked: (
        refusal("ResultSize is invalid") if SHOP in filter_of(asked) else page(row(1))
    )
    assert read(HR, SHOP).status == "partial"


def test_odd_values_cost_their_rows_alone_and_no_window(
    read: Read, service: Service, store: Store
) -> None:
    service.choose = lambda asked: (
        page(row(1, receivedDateTime="soon"), row(2, status=None), row(4, size="2048"))
        if HR in filter_of(asked)
        else page(row(3, senderAddress=SHOP))
    )
    result = read(HR, SHOP)
    assert (result.rows_rejected, result.error) == (1, None)
    assert set(trace_ids(store)) == {"t2", "t3", "t4"}
    assert covered(store, HR) == [LAST_HOURS]
    assert covered(store, SHOP) == [LAST_HOURS]


def test_a_missing_permission_ends_the_reading_at_once(
    read: Read, service: Service, store: Store
) -> None:
    service.choose = lambda _: Answer(403)
    result = read(HR, SHOP)
    assert result.status == "failed"
    assert len(service.asked) == 1
    assert covered(store) == covered(store, SHOP) == []


# -- from when on a reading is meant to be complete -----------------------------------------------

FIRST_PLANNED = NOW.replace(hour=0) - timedelta(days=90)


def planned(store: Store, address: str = HR) -> datetime | None:
    return backfill_start(store.state, "contoso", SOURCE, address)


def test_a_first_read_that_is_refused_after_two_windows_stays_planned_as_a_whole(
    read: Read, service: Service, store: Store
) -> None:
    service.will(page(), page(), Answer(403, {"error": {"message": "no"}}))
    assert read(HR, IT, asked=None).status == "failed"
    assert planned(store, HR) == planned(store, IT) == FIRST_PLANNED


def test_a_later_run_moves_no_planned_start(read: Read, service: Service, store: Store) -> None:
    service.choose = lambda _: Answer(403, {"error": {"message": "no"}})
    read(HR, asked=None)
    read(HR, asked=None, now=NOW + timedelta(days=3))
    assert planned(store) == FIRST_PLANNED


def test_what_can_never_be_read_any_more_stays_unread(
    read: Read, service: Service, store: Store
) -> None:
    """Read once, then not for 100 days: Microsoft answers for 90 of them."""
    service.choose = lambda _: page()
    read(HR, asked=None)
    later = NOW + timedelta(days=100)
    read(HR, asked=None, now=later)
    assert planned(store) == FIRST_PLANNED
    assert gaps(covered(store), Window(FIRST_PLANNED, later)) == [
        Window(NOW, later.replace(hour=0) - timedelta(days=90))
    ]


def test_what_was_requested_alone_is_planned_alone(
    read: Read, service: Service, store: Store
) -> None:
    service.choose = lambda _: page()
    read(HR)
    assert planned(store) == LAST_HOURS.start


def test_days_that_microsoft_never_answers_for_are_not_planned(
    read: Read, service: Service, store: Store
) -> None:
    service.choose = lambda request: (
        refusal(TOO_OLD) if border(request, "ge") == FIRST_PLANNED else page()
    )
    read(HR, asked=None)
    assert planned(store) == covered(store)[0].start == NOW - timedelta(days=90, minutes=-1)


def test_an_empty_link_ends_the_pages(read: Read, service: Service, store: Store) -> None:
    service.choose = lambda _: Answer(200, {"value": [], "@odata.nextLink": ""})
    assert read(HR, asked=None).status == "ok"
    assert covered(store) == [Window(FIRST_PLANNED, NOW)]


def test_a_reading_of_hours_says_so_before_it_starts(
    store: Store, api: Api, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    service.choose = lambda _: page()
    names = [f"ghost{number}@contoso{number}.com" for number in range(70)]
    pages, result = GraphTraces(api, NOW), SourceResult(SOURCE, "contoso")
    reader = TraceReader(
        store, "contoso", pages, NOW, 4 * HOUR, quiet, result, quota=lambda: (0, 5)
    )
    reader.read(names, LAST_HOURS)
    assert "70 addresses take at least 70 requests, which the quota lets through in 65 min" in (
        caplog.text
    )
