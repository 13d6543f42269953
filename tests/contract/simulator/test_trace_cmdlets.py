"""`Get-MessageTraceV2` and its detail over the simulated `InvokeCommand`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from simulator import serve
from tests.contract.simulator.test_serving import NOW, Client, Json, small, window

pytestmark = pytest.mark.contract


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """A client of a tenant whose clock stays at `NOW`."""
    with serve(small(other_senders=2, domain_of_accounts="hve.contoso.com")) as server:
        api = Client(server)
        yield api
        api.http.close()


def period(days: float) -> dict[str, str]:
    start = NOW - timedelta(days=days)
    return {"StartDate": f"{start:%Y-%m-%dT%H:%M:%S}", "EndDate": f"{NOW:%Y-%m-%dT%H:%M:%SZ}"}


def ask(client: Client, **parameters: Any) -> httpx.Response:
    answer: httpx.Response = client.invoke("Get-MessageTraceV2", **parameters)
    return answer


def read_all(client: Client, **parameters: Any) -> list[Json]:
    """Goes on from the last row as long as the answers carry a warning."""
    rows: list[Json] = []
    while True:
        body = ask(client, **parameters).json()
        assert "@odata.nextLink" not in body
        rows += body["value"]
        if not body["@adminapi.warnings"]:
            return rows
        last = body["value"][-1]
        parameters["EndDate"] = last["Received"]
        parameters["StartingRecipientAddress"] = last["RecipientAddress"]


def keys(rows: list[Json], trace: str, recipient: str, status: str) -> set[tuple[str, str, str]]:
    return {(row[trace], row[recipient].lower(), row[status].lower()) for row in rows}


def test_a_row_has_the_observed_shape(client: Client) -> None:
    body = ask(client, ResultSize=1).json()
    assert list(body["value"][0]) == [
        "MessageTraceId",
        "MessageId",
        "Received@data.type",
        "Received",
        "SenderAddress",
        "RecipientAddress",
        "FromIP",
        "ToIP",
        "Subject",
        "Status",
        "Size@data.type",
        "Size",
    ]
    assert len(body["value"][0]["Received"].partition(".")[2]) == len("0000000Z")
    assert body["@adminapi.warnings"][0].startswith("There are more results, use the following")


@pytest.mark.parametrize("size", [97, 1_000, 5_000])
def test_both_ways_read_the_same_rows(client: Client, size: int) -> None:
    rows = read_all(client, ResultSize=size, **period(9))
    graph = client.read_all(filter=window(NOW - timedelta(days=9), NOW), top="5000")
    assert len(rows) == len(graph)
    assert keys(rows, "MessageTraceId", "RecipientAddress", "Status") == keys(
        graph, "id", "recipientAddress", "status"
    )


def test_senders_and_statuses_are_lists(client: Client) -> None:
    names = ["alerts@hve.contoso.com", "CRM@hve.contoso.com"]
    rows = read_all(client, SenderAddress=names, Status=["Failed", "Delivered"], **period(9))
    assert {row["SenderAddress"].lower() for row in rows} == {name.lower() for name in names}
    assert {row["Status"] for row in rows} == {"Failed", "Delivered"}
    wild = read_all(client, SenderAddress="*@hve.contoso.com", **period(3))
    assert any("private" in row["SenderAddress"].lower() for row in wild)
    assert not any("@sales." in row["SenderAddress"].lower() for row in wild)


def test_details_of_a_row(client: Client) -> None:
    row = ask(client, Status=["Failed"], **period(9)).json()["value"][0]
    pair = {name: row[name] for name in ("MessageTraceId", "RecipientAddress")}
    events = client.invoke("Get-MessageTraceDetailV2", **pair).json()["value"]
    assert events[0]["Event"] == "Receive"
    assert events[-1]["Event"] == "Fail"
    assert events[-1]["Detail"].startswith("Reason: 55")
    only = client.invoke("Get-MessageTraceDetailV2", Event=["FAIL"], **pair).json()["value"]
    assert only == events[-1:]
    assert client.invoke("Get-MessageTraceDetailV2", MessageTraceId="x").status_code == 400


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        (period(11), "The interval between StartDate and EndDate can't be longer than 10 days."),
        ({"ResultSize": 5001}, "ResultSize is invalid"),
        ({"ResultSize": 0}, "ResultSize is invalid"),
        (
            {"StartDate": "2026-08-01T00:00:00", "EndDate": "2026-08-05T00:00:00"},
            "Invalid StartDate value. The StartDate can't be older than 90 days from today.",
        ),
        ({"StartDate": "2026-11-20"}, "EndDate is required when a StartDate is entered."),
    ],
)
def test_limits_are_those_of_graph(client: Client, parameters: Json, text: str) -> None:
    answer = ask(client, **parameters)
    assert answer.status_code == 400
    assert answer.json()["error"]["innererror"]["internalexception"]["message"] == text


def test_odd_parameters_are_refused(client: Client) -> None:
    for parameters in (
        {"StartingRecipientAddress": "a@contoso.com"},
        {"FromIP": ["192.0.2.1", "192.0.2.2"]},
        {"SenderAddress": 5},
        {"Subject": "x", "SubjectFilterType": "Like"},
        {"PageSize": 5},
    ):
        answer = ask(client, **parameters)
        assert answer.status_code == 400
        text = answer.json()["error"]["innererror"]["internalexception"]["message"]
        assert text.startswith("Parameter set cannot be resolved")


def test_the_old_cmdlet_is_gone(client: Client) -> None:
    assert client.invoke("Get-MessageTrace").status_code == 400


def test_the_quota_is_shared_with_graph() -> None:
    with serve(small(days=2, quota_requests=2)) as server:
        api = Client(server)
        assert api.traces(top="1").status_code == 200
        assert ask(api, ResultSize=1).status_code == 200
        answer = ask(api, ResultSize=1)
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) > 0
        assert api.invoke("Get-MailUser", HVEAccount=True).status_code == 200
        api.http.close()
