"""What Splunk's collector answers: its words, and whether the next message would fare alike."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from hve_monitor.https import Client, Response
from publish.outgoing import Undelivered
from publish.targets.splunk import sender
from tests.unit.publish.conftest import alert

PLACE, TOKEN = urlsplit("https://splunk.contoso.com:8088"), "11112222-aaaa-bbbb"


class Collector:
    """Gives one answer, and remembers the headers."""

    def __init__(self, status: int, document: object) -> None:
        self.answer = Response(status, json=document)
        self.headers: dict[str, str] = {}

    def post(self, _url: str, *, headers: dict[str, str], **_: Any) -> Response:
        self.headers = headers
        return self.answer


def refused(status: int, document: object) -> Undelivered:
    collector = Collector(status, document)
    send = sender(cast("Client", collector), PLACE, TOKEN, "text")
    with pytest.raises(Undelivered) as error:
        send(alert(), "id", 1)
    return error.value


def test_every_sending_names_a_channel() -> None:
    collector = Collector(200, {"text": "Success", "code": 0})
    send = sender(cast("Client", collector), PLACE, TOKEN, "text")
    assert send(alert(), "id", 1) == "HTTP 200, code 0"
    assert UUID(collector.headers["X-Splunk-Request-Channel"])


@pytest.mark.parametrize(
    ("status", "text", "code", "is_of_target"),
    [
        (403, "Invalid token", 4, True),
        (400, "Incorrect index", 7, True),
        (400, "Data channel is missing", 10, True),
        (400, "ACK is disabled", 14, True),
        (400, "Invalid data format", 6, False),
        (400, "Event field is required", 12, False),
        (200, "Incorrect index", 7, True),
    ],
)
def test_the_code_says_whose_fault_it_is(
    status: int, text: str, code: int, is_of_target: bool
) -> None:
    error = refused(status, {"text": text, "code": code})
    assert f"code {code}" in str(error)
    assert status == 200 or text in str(error)
    assert error.is_of_target is is_of_target


def test_the_token_is_in_no_reason() -> None:
    error = refused(403, {"text": f"Invalid token {TOKEN}", "code": 4})
    assert str(error) == "splunk.contoso.com: HTTP 403: Invalid token … (code 4)"


def test_brackets_without_end_are_no_answer_of_splunk() -> None:
    collector = Collector(200, None)
    collector.answer = Response(200, content=b"[" * 100_000)
    with pytest.raises(Undelivered, match="is no JSON; is it Splunk"):
        sender(cast("Client", collector), PLACE, TOKEN, "text")(alert(), "id", 1)
