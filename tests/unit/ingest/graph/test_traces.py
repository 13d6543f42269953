"""Pages of Graph: filters, links that expire, and the borders that Microsoft answers for."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

import pytest

from hve_monitor.clock import iso
from hve_monitor.errors import AuthError, SourceContractError
from hve_monitor.https import Client
from ingest.graph.traces import IDLE_PAGES, PATH, GraphTraces, place
from ingest.http import Api, RequestRefused, ServiceClock
from tests.unit.ingest.conftest import NOW, Answer, Asked, Service
from warehouse.windows import Window

HR = "hr@contoso.com"
HOUR = timedelta(hours=1)
LAST_HOURS = Window(NOW - 6 * HOUR, NOW)
TOO_OLD = "Invalid StartDate value. The StartDate can't be older than 90 days from today."


def row(minutes_ago: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"t{minutes_ago}",
        "senderAddress": HR,
        "recipientAddress": "reader@fabrikam.com",
        "receivedDateTime": iso(NOW - timedelta(minutes=minutes_ago)),
        "status": "delivered",
        **more,
    }


def page(*rows: dict[str, Any], link: str | None = None) -> Answer:
    return Answer(200, {"value": list(rows)} | ({"@odata.nextLink": link} if link else {}))


def refusal(message: str) -> Answer:
    return Answer(400, {"error": {"code": "BadRequest", "message": message}})


def filter_of(asked: Asked) -> str:
    return asked.query["$filter"][0]


def border(asked: Asked, word: str) -> datetime:
    """The time after `ge` or `le` in the filter."""
    return datetime.fromisoformat(filter_of(asked).split(f" {word} ")[1].split(" ")[0])


def link_of(service: Service) -> str:
    return f"{service.url}{PATH}?%24skiptoken=opaque%2B1"


@pytest.fixture
def graph(api: Api) -> GraphTraces:
    return GraphTraces(api, NOW)


def ids(graph: GraphTraces, sender: str = HR, window: Window = LAST_HOURS) -> list[str | None]:
    return [row.id for row in chain.from_iterable(graph.pages(sender, window))]


def test_a_query_names_sender_and_window_in_whole_seconds(
    graph: GraphTraces, service: Service
) -> None:
    service.will(page(row(5), row(10)))
    assert ids(graph, "o'neil@contoso.com") == ["t5", "t10"]
    assert service.asked[0].path == PATH
    assert service.asked[0].query["$top"] == ["5000"]
    assert filter_of(service.asked[0]) == (
        "senderAddress eq 'o''neil@contoso.com' and receivedDateTime ge 2026-11-24T02:00:00Z"
        " and receivedDateTime le 2026-11-24T08:00:00Z"
    )


def test_every_sender_is_asked_for_without_a_sender(graph: GraphTraces, service: Service) -> None:
    service.will(page())
    ids(graph, "*")
    assert "senderAddress" not in filter_of(service.asked[0])


def test_links_are_followed_whole(graph: GraphTraces, service: Service) -> None:
    service.will(page(row(1), link=link_of(service)), page(row(2)))
    assert ids(graph) == ["t1", "t2"]
    assert service.asked[1].query == {"$skiptoken": ["opaque+1"]}


def test_a_refused_link_starts_anew_at_the_last_row(graph: GraphTraces, service: Service) -> None:
    late = row(60, receivedDateTime="2026-11-24T07:00:00.2500000Z")
    service.will(page(row(1), late, link=link_of(service)), refusal("expired"), page(late, row(99)))
    assert ids(graph) == ["t1", "t60", "t60", "t99"]
    assert border(service.asked[2], "le") == datetime.fromisoformat("2026-11-24T07:00:01Z")


def test_links_that_always_expire_end_as_an_error(graph: GraphTraces, service: Service) -> None:
    service.choose = lambda asked: (
        page(row(1), link=link_of(service)) if "$filter" in asked.query else refusal("expired")
    )
    with pytest.raises(SourceContractError, match=f"of {HR} from .* links in a row expired"):
        ids(graph)


def test_a_start_that_is_too_old_moves_on_for_all_later_windows(
    graph: GraphTraces, service: Service
) -> None:
    first = datetime.fromisoformat("2026-08-26T08:01:00Z")
    service.choose = lambda asked: refusal(TOO_OLD) if border(asked, "ge") < first else page(row(1))
    old = Window(NOW - timedelta(days=100), NOW - timedelta(days=85))
    assert graph.allowed(old).start == datetime.fromisoformat("2026-08-26T00:00:00Z")
    assert ids(graph, window=old) == ["t1"]
    assert graph.allowed(old) == Window(first, old.end)


def test_a_window_that_is_given_up_whole_has_no_rows(graph: GraphTraces, service: Service) -> None:
    service.choose = lambda _: refusal(TOO_OLD)
    old = Window(NOW - timedelta(days=91), NOW - timedelta(days=90))
    assert ids(graph, window=old) == []


def test_a_window_before_the_moved_border_is_not_asked_for(
    graph: GraphTraces, service: Service
) -> None:
    service.choose = lambda _: refusal(TOO_OLD)
    old = Window(NOW - timedelta(days=91), NOW - timedelta(days=90))
    ids(graph, window=old)
    asked = len(service.asked)
    assert ids(graph, "it@contoso.com", old) == []
    assert len(service.asked) == asked


def test_a_clock_that_is_ahead_steps_back(graph: GraphTraces, service: Service) -> None:
    microsoft = NOW - timedelta(seconds=90)
    service.choose = lambda asked: (
        refusal("EndDate can't be in the future") if border(asked, "le") > microsoft else page()
    )
    assert ids(graph) == []
    assert graph.allowed(LAST_HOURS).end == NOW - timedelta(minutes=2)


def test_other_refusals_are_meant(graph: GraphTraces, service: Service) -> None:
    service.will(refusal("ResultSize is invalid"))
    with pytest.raises(RequestRefused, match="ResultSize is invalid"):
        ids(graph)


def test_a_missing_permission_is_named(graph: GraphTraces, service: Service) -> None:
    service.will(Answer(403))
    with pytest.raises(AuthError, match=r"Example\.Read"):
        ids(graph)


def test_a_page_in_another_shape_names_sender_and_window(
    graph: GraphTraces, service: Service
) -> None:
    service.choose = lambda _: Answer(200, {"value": {"id": "t1"}})
    with pytest.raises(SourceContractError, match=place(HR, LAST_HOURS)):
        ids(graph)


def test_a_link_that_leads_back_ends_the_window(graph: GraphTraces, service: Service) -> None:
    service.choose = lambda _: page(row(1), link=link_of(service))
    with pytest.raises(SourceContractError, match="a link leads back to a page that was read"):
        ids(graph)
    assert len(service.asked) == 2


@pytest.mark.parametrize("rows", [[], [row(1), row(2)]], ids=["empty", "the same rows"])
def test_links_that_bring_nothing_new_end_the_window(
    graph: GraphTraces, service: Service, rows: list[Any]
) -> None:
    service.choose = lambda _: page(
        *rows, link=f"{service.url}{PATH}?$skiptoken={len(service.asked)}"
    )
    with pytest.raises(SourceContractError, match="the last 20 pages bring nothing new"):
        ids(graph)
    assert len(service.asked) == IDLE_PAGES + bool(rows)


def test_empty_pages_before_rows_are_waited_for(graph: GraphTraces, service: Service) -> None:
    links = [f"{service.url}{PATH}?$skiptoken={number}" for number in range(40)]
    empty = [page(link=link) for link in links]
    service.will(*empty[:19], page(row(1), link=links[19]), *empty[20:39], page(row(2)))
    assert ids(graph) == ["t1", "t2"]


def test_nothing_is_covered_beyond_the_time_of_the_service(
    client: Client, api: Api, service: Service
) -> None:
    clock = ServiceClock()
    clock.watch(client)
    dated = {"Date": "Tue, 24 Nov 2026 04:00:00 GMT"}
    service.choose = lambda _: Answer(200, {"value": []}, dated)
    ahead = GraphTraces(api, NOW, clock)
    assert ahead.allowed(LAST_HOURS).end == NOW
    ids(ahead)
    assert ahead.allowed(LAST_HOURS).end == NOW - timedelta(hours=4)


def test_one_bad_byte_costs_no_row(graph: GraphTraces, service: Service) -> None:
    body = json.dumps({"value": [row(1, subject="caf#"), row(2)]}).encode()
    service.will(Answer(200, body.replace(b"caf#", b"caf\xe9")))
    pages = list(graph.pages(HR, LAST_HOURS))
    assert [(row.id, row.subject) for row in pages[0]] == [("t1", "caf\ufffd"), ("t2", None)]
