"""The trace cmdlet: read on by the last row, nothing lost, nobody else's mail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hve_monitor.clock import iso
from hve_monitor.errors import AuthError, SourceContractError
from ingest.exchange.message_traces_v2 import RESULT_SIZE, CmdletTraces, TraceExchange
from ingest.graph.trace_pages import TraceRow, arrow_rows
from ingest.http import Api, RequestRefused
from tests.unit.ingest.conftest import NOW, Answer, Asked, Service
from warehouse.windows import Window

TENANT = "11111111-2222-3333-4444-555555555555"
HR = "hr@contoso.com"
HOUR = timedelta(hours=1)
WINDOW = Window(NOW - 6 * HOUR, NOW)
MORE = "There are more results, use the following command to get more. Get-MessageTraceV2 ..."


def received(number: int) -> str:
    return (NOW - timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M:%S.0480000Z")


def trace(number: int, **more: Any) -> dict[str, Any]:
    return {
        "MessageTraceId": f"t{number}",
        "MessageId": f"<m{number}@contoso.com>",
        "Received@data.type": "System.DateTime",
        "Received": received(number),
        "SenderAddress": HR,
        "RecipientAddress": f"r{number}@contoso.com",
        "FromIP": "203.0.113.7",
        "ToIP": "",
        "Subject": "Payslip",
        "Status": "FilteredAsSpam",
        "Size": 1024,
        **more,
    }


def answer(*rows: dict[str, Any], warnings: tuple[str, ...] = ()) -> Answer:
    return Answer(200, {"value": list(rows), "@adminapi.warnings": list(warnings)})


def parameters(asked: Asked) -> dict[str, Any]:
    found: dict[str, Any] = asked.json["CmdletInput"]["Parameters"]
    return found


@pytest.fixture
def traces(api: Api) -> CmdletTraces:
    return CmdletTraces(TraceExchange(api, TENANT), NOW)


def rows(traces: CmdletTraces, window: Window = WINDOW) -> list[TraceRow]:
    return [row for page in traces.pages(HR, window) for row in page]


def test_a_row_is_the_same_as_graph_would_give(traces: CmdletTraces, service: Service) -> None:
    service.will(answer(trace(1)))
    (row,) = rows(traces)
    assert (row.id, row.status, row.from_ip) == ("t1", "filteredAsSpam", "203.0.113.7")
    table = arrow_rows([row], NOW)
    assert table["received_at"][0].as_py() == NOW - timedelta(seconds=60) + timedelta(
        microseconds=48_000
    )
    assert table["to_ip"][0].as_py() is None


def test_the_cmdlet_is_asked_for_one_sender_and_window(
    traces: CmdletTraces, service: Service
) -> None:
    service.will(answer())
    assert rows(traces) == []
    asked = service.asked[0]
    assert asked.path == f"/adminapi/beta/{TENANT}/InvokeCommand"
    assert asked.headers["x-anchormailbox"].endswith(f"@{TENANT}")
    assert asked.json["CmdletInput"] == {
        "CmdletName": "Get-MessageTraceV2",
        "Parameters": {
            "SenderAddress": HR,
            "StartDate": iso(WINDOW.start),
            "EndDate": iso(WINDOW.end),
            "ResultSize": RESULT_SIZE,
        },
    }


def test_a_cut_answer_is_read_on_from_its_last_row_as_it_came(
    traces: CmdletTraces, service: Service
) -> None:
    service.will(
        answer(trace(1), trace(2), warnings=(MORE,)),
        answer(trace(2), trace(3), warnings=(MORE,)),
        answer(trace(4)),
    )
    assert [row.id for row in rows(traces)] == ["t1", "t2", "t2", "t3", "t4"]
    second, third = (parameters(asked) for asked in service.asked[1:])
    assert (second["EndDate"], second["StartingRecipientAddress"]) == (
        received(2),
        "r2@contoso.com",
    )
    assert third["EndDate"] == received(3)
    assert second["StartDate"] == iso(WINDOW.start)


def test_an_odd_value_costs_itself_alone(traces: CmdletTraces, service: Service) -> None:
    odd = [{"Status": None}, {"Size": "2,048"}, {"Received": None}, {"Subject": 5}, {"Status": []}]
    service.will(
        answer(*(trace(number, **value) for number, value in enumerate(odd)), warnings=(MORE,)),
        answer(trace(9), trace(10, Received=None)),
    )
    table = arrow_rows(rows(traces), NOW + HOUR)
    assert table["trace_id"].to_pylist() == ["t0", "t1", "t2", "t3", "t4", "t9", "t10"]
    assert table["status"].to_pylist()[:2] == [None, "filteredAsSpam"]
    assert table["size_bytes"].to_pylist()[:2] == [1024, 2048]
    assert table["reason"].is_valid().to_pylist() == [False] * 2 + [True] + [False] * 3 + [True]
    assert parameters(service.asked[1])["EndDate"] == received(4)


def test_a_full_answer_without_warning_is_read_on(
    traces: CmdletTraces, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.exchange.message_traces_v2.RESULT_SIZE", 2)
    service.will(answer(trace(1), trace(2)), answer(trace(3), trace(4)), answer())
    assert len(rows(traces)) == 4
    assert len(service.asked) == 3


def test_an_unknown_warning_is_looked_into_once(traces: CmdletTraces, service: Service) -> None:
    service.choose = lambda asked: (
        answer(trace(2), warnings=("The module will change.",))
        if "StartingRecipientAddress" in parameters(asked)
        else answer(trace(1), trace(2), warnings=("The module will change.",))
    )
    assert len(rows(traces)) == 3
    assert len(service.asked) == 2


@pytest.mark.parametrize("found", [(trace(1),), ()])
def test_more_rows_that_never_come_are_an_error(
    traces: CmdletTraces, service: Service, found: tuple[dict[str, Any], ...]
) -> None:
    service.choose = lambda _: answer(*found, warnings=(MORE,))
    with pytest.raises(SourceContractError, match="more rows are announced"):
        rows(traces)
    assert len(service.asked) <= 2


def test_rows_of_others_are_left_out_but_read_on_from(
    traces: CmdletTraces, service: Service
) -> None:
    private = trace(2, SenderAddress="anna@contoso.com")
    service.will(
        answer(trace(1, SenderAddress="HR@Contoso.com"), private, warnings=(MORE,)), answer()
    )
    assert [row.id for row in rows(traces)] == ["t1"]
    assert parameters(service.asked[1])["StartingRecipientAddress"] == "r2@contoso.com"


def test_a_start_that_is_too_old_moves_on_as_with_graph(
    traces: CmdletTraces, service: Service
) -> None:
    text = "Invalid StartDate value. The StartDate can't be older than 90 days from today."
    refused = Answer(400, {"error": {"innererror": {"internalexception": {"message": text}}}})
    service.will(refused, answer(trace(1)))
    wanted = Window(NOW - timedelta(days=91), NOW - timedelta(days=85))
    assert len(rows(traces, wanted)) == 1
    first, second = (parameters(asked)["StartDate"] for asked in service.asked)
    assert first < second == iso(traces.allowed(wanted).start)


def test_other_refusals_are_told(traces: CmdletTraces, service: Service) -> None:
    service.will(Answer(400, {"error": {"message": "Invalid Operation"}}))
    with pytest.raises(RequestRefused, match="Invalid Operation"):
        rows(traces)
    service.will(Answer(403, bytes(4096), {"Content-Encoding": "gzip"}))
    with pytest.raises(AuthError, match=r"permission Example\.Read"):
        rows(traces)


@pytest.mark.parametrize("sender", ["*", "*@contoso.com"])
def test_shared_senders_are_refused_not_read_as_nothing(
    traces: CmdletTraces, service: Service, sender: str
) -> None:
    with pytest.raises(SourceContractError, match="one sender address"):
        list(traces.pages(sender, WINDOW))
    assert service.asked == []
