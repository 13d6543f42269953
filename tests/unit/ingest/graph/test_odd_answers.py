"""Odd answers of the trace API over HTTPS: what was not read is not covered, and is read later."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from ingest.exchange.message_traces_v2 import CmdletTraces, TraceExchange
from ingest.graph.message_traces import SOURCE, TracePages, TraceReader
from ingest.graph.traces import GraphTraces
from ingest.http import Api
from ingest.source import SourceResult
from tests.unit.ingest.conftest import NOW, Answer, Asked, Service, quiet
from tests.unit.ingest.graph.test_traces import link_of, row
from warehouse.records.coverage import covered_windows
from warehouse.records.stored import stored_rows
from warehouse.store import Store, open_store
from warehouse.tables import MESSAGE_TRACES
from warehouse.windows import Window

HR = "hr@contoso.com"
LAST_HOURS = Window(NOW - timedelta(hours=6), NOW)
GOOD = {"value": [row(1), row(2)]}
TEXT = json.dumps(GOOD)
ERROR = {"code": "InternalServerError", "message": "The mailbox store is busy."}

ODD = {
    "page": Answer(200, b"<html><title>Sign in</title></html>", {"Content-Type": "text/html"}),
    "page of a proxy": Answer(503, b"<html>blocked</html>"),
    "XML": Answer(200, b"<?xml version='1.0'?><feed/>"),
    "nothing": Answer(200, b""),
    "white space": Answer(200, b" \r\n\t"),
    "no content": Answer(204),
    "accepted": Answer(202, GOOD),
    "a part": Answer(206, GOOD),
    "not modified": Answer(304),
    "moved": Answer(302, b"", {"Location": "https://login.example/"}),
    "moved for good": Answer(308, b"", {"Location": "/elsewhere"}),
    "an error in 200": Answer(200, {"error": ERROR}),
    "an error beside rows": Answer(200, {"value": [], "error": ERROR}),
    "{}": Answer(200, {}),
    "null": Answer(200, b"null"),
    "[]": Answer(200, []),
    "rows alone": Answer(200, GOOD["value"]),
    "a text": Answer(200, "ok"),
    "a number": Answer(200, 1),
    "value is null": Answer(200, {"value": None}),
    "value is an object": Answer(200, {"value": {}}),
    "value is a text": Answer(200, {"value": "[]"}),
    "Value": Answer(200, {"Value": []}),
    "a link that is a number": Answer(200, {"value": [], "@odata.nextLink": 5}),
    "a link to elsewhere": Answer(200, GOOD | {"@odata.nextLink": "https://evil.example/x"}),
    "a relative link": Answer(200, GOOD | {"@odata.nextLink": "messageTraces?$skiptoken=x"}),
    "a link to itself": Answer(200, GOOD | {"@odata.nextLink": "SELF"}),
    "UTF-16": Answer(200, TEXT.encode("utf-16")),
    "a byte order mark": Answer(200, b"\xef\xbb\xbf" + TEXT.encode()),
    "NaN": Answer(200, b'{"value": [{"size": NaN}]}'),
    "two documents": Answer(200, f"{TEXT}{TEXT}".encode()),
    "brackets": Answer(200, b"[" * 100_000),
    "brackets in a row": Answer(200, b'{"value": [{"size": ' + b"[" * 100_000),
    "400 of brackets": Answer(400, b'{"error": ' + b"[" * 100_000),
    "cut JSON": Answer(200, TEXT[:-20].encode()),
    "a body cut short": Answer(200, GOOD, cut=True),
    "gzip cut short": Answer(200, gzip.compress(TEXT.encode())[:-12], {"Content-Encoding": "gzip"}),
    "no gzip": Answer(200, TEXT.encode(), {"Content-Encoding": "gzip"}),
    "another coding": Answer(200, TEXT.encode(), {"Content-Encoding": "br"}),
    "dropped": Answer(drop=True),
    "400": Answer(400, {"error": ERROR}),
    "401": Answer(401),
    "403": Answer(403, {"error": ERROR}),
    "404": Answer(404),
    "410": Answer(410),
    "418": Answer(418, b"short and stout"),
    "429": Answer(429, b"", {"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}),
    "500": Answer(500, {"error": ERROR}),
    "599": Answer(599),
}  # fmt: skip

OFTEN = ("page", "nothing", "an error in 200", "{}", "a body cut short", "404", "500")
SECOND = [
    pytest.param(odd, id=name, marks=() if name in OFTEN else pytest.mark.slow)
    for name, odd in ODD.items()
]

FINE = {
    "more fields": Answer(200, {"value": [row(1, colour="red"), row(2)], "@odata.count": 2}),
    "white space around": Answer(200, f"\n {TEXT} \n".encode()),
    "another type": Answer(200, TEXT.encode(), {"Content-Type": "text/html"}),
    "gzip": Answer(200, gzip.compress(TEXT.encode()), {"Content-Encoding": "gzip"}),
    "an empty link": Answer(200, GOOD | {"@odata.nextLink": ""}),
    "a link that is null": Answer(200, GOOD | {"@odata.nextLink": None}),
    "an error that is null": Answer(200, GOOD | {"error": None}),
}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One store for all: each case reads mail of an account of its own."""
    with open_store(tmp_path_factory.mktemp("odd") / "store", "500MB", 1) as store:
        yield store


@dataclass
class Account:
    """One account of the store, read by pages of any source."""

    store: Store
    address: str

    @property
    def good(self) -> dict[str, Any]:
        """Its two rows."""
        own = {"senderAddress": self.address}
        return {"value": [row(n, id=f"{self.address}-{n}", **own) for n in (1, 2)]}

    def read(self, pages: TracePages) -> SourceResult:
        """Reads the last hours with a fresh reader."""
        result = SourceResult(SOURCE, "contoso")
        look_back = timedelta(hours=4)
        reader = TraceReader(self.store, "contoso", pages, NOW, look_back, quiet, result)
        return reader.read([self.address], LAST_HOURS)

    @property
    def covered(self) -> list[Window]:
        """What counts as read."""
        return covered_windows(self.store.state, "contoso", SOURCE, self.address)

    @property
    def rows(self) -> int:
        """How many messages are stored."""
        stored = stored_rows(self.store, MESSAGE_TRACES, "contoso")
        return len({kept["trace_id"] for kept in stored if kept["sender"] == self.address})


@pytest.fixture
def account(shared: Store, request: pytest.FixtureRequest) -> Account:
    """An account that nothing was read of."""
    return Account(shared, f"a{zlib.crc32(request.node.name.encode())}@contoso.com")


def answer_to(asked: Asked, odd: Answer, service: Service) -> Answer:
    """The odd answer; a link to itself leads to where it was asked for."""
    if odd is not ODD["a link to itself"]:
        return odd
    query = "&".join(f"{name}={values[0]}" for name, values in asked.query.items())
    return Answer(200, GOOD | {"@odata.nextLink": f"{service.url}{asked.path}?{query}"})


def check_nothing_covered(account: Account, pages: TracePages) -> None:
    result = account.read(pages)
    assert result.status in ("failed", "partial")
    assert result.error
    assert len(result.error) < 1000
    assert account.covered == []


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_odd_answer_covers_nothing(
    account: Account, service: Service, api: Api, odd: Answer
) -> None:
    service.choose = lambda asked: answer_to(asked, odd, service)
    check_nothing_covered(account, GraphTraces(api, NOW))


@pytest.mark.parametrize("odd", SECOND)
def test_behind_an_odd_second_page_a_healthy_run_ends_with_the_truth(
    account: Account, service: Service, api: Api, odd: Answer
) -> None:
    first = Answer(200, {"value": account.good["value"][:1], "@odata.nextLink": link_of(service)})
    service.choose = lambda asked: (
        first if "$filter" in asked.query else answer_to(asked, odd, service)
    )
    check_nothing_covered(account, GraphTraces(api, NOW))
    service.choose = lambda _: Answer(200, account.good)
    healthy = account.read(GraphTraces(api, NOW))
    assert (healthy.status, healthy.error) == ("ok", None)
    assert (account.covered, account.rows) == ([LAST_HOURS], 2)


@pytest.mark.parametrize("fine", FINE.values(), ids=FINE)
def test_an_unusual_answer_is_read(
    account: Account, service: Service, api: Api, fine: Answer
) -> None:
    service.choose = lambda _: fine
    assert Account(account.store, HR).read(GraphTraces(api, NOW)).status == "ok"
    assert Account(account.store, HR).covered == [LAST_HOURS]
    assert Account(account.store, HR).rows == 2


OF_CMDLETS = [name for name in ODD if "link" not in name]


@pytest.mark.parametrize("name", OF_CMDLETS)
def test_an_odd_answer_of_the_cmdlet_covers_nothing(
    account: Account, service: Service, api: Api, name: str
) -> None:
    service.choose = lambda _: ODD[name]
    check_nothing_covered(account, CmdletTraces(TraceExchange(api, "tenant"), NOW))
