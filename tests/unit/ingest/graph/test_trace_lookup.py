"""One message in the trace: asked for by its id, and nobody else's rows are kept."""

from __future__ import annotations

from datetime import timedelta

from ingest.graph.trace_lookup import bare, traces_of_message
from ingest.http import Api
from tests.unit.ingest.conftest import NOW, Answer, Service
from warehouse.windows import Window

WINDOW = Window(NOW - timedelta(hours=1), NOW)


def item(message_id: str | None, recipient: str) -> dict[str, object]:
    return {
        "id": "t1",
        "messageId": message_id,
        "recipientAddress": recipient,
        "receivedDateTime": "2026-11-24T07:59:00Z",
        "status": "delivered",
    }


def test_the_question_names_the_message_and_the_window(api: Api, service: Service) -> None:
    service.will(Answer(200, {"value": []}))
    assert traces_of_message(api, "<o'brien+1@contoso.com>", WINDOW) == []
    (asked,) = service.asked[0].query["$filter"]
    assert asked == (
        "messageId eq '<o''brien+1@contoso.com>' and receivedDateTime ge 2026-11-24T07:00:00Z"
        " and receivedDateTime le 2026-11-24T08:00:00Z"
    )


def test_rows_of_other_messages_are_dropped_and_brackets_do_not_matter(
    api: Api, service: Service
) -> None:
    service.will(
        Answer(
            200,
            {
                "value": [item("<a@contoso.com>", "x"), item("<b@contoso.com>", "y")],
                "@odata.nextLink": f"{service.url}/second",
            },
        ),
        Answer(200, {"value": [item("a@contoso.com", "z"), item(None, "w")]}),
    )
    rows = traces_of_message(api, "<a@contoso.com>", WINDOW)
    assert [row.recipient_address for row in rows] == ["x", "z"]


def test_an_id_is_the_same_with_and_without_brackets() -> None:
    assert bare(" <a@contoso.com> ") == bare("a@contoso.com") == "a@contoso.com"
    assert bare(None) == ""
