"""Faults and refusals of the simulated tenant, as a client meets them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from tests.contract.simulator.test_serving import TRACES, Client, small
from tests.simulated import Faults, FaultyTenant, serve

pytestmark = pytest.mark.contract

COST = {"type": "Usage", "timeframe": "MonthToDate", "dataset": {"granularity": "Daily"}}


@pytest.fixture
def client() -> Iterator[Client]:
    """A client of a tenant without faults yet."""
    with serve(small(FaultyTenant, days=3)) as server:
        api = Client(server)
        yield api
        api.http.close()


def calls(client: Client) -> list[Any]:
    """One request to each disturbed service."""
    return [
        lambda: client.traces(top="50"),
        lambda: client.invoke("Get-MailUser", HVEAccount=True),
        lambda: client.cost(COST),
        lambda: client.get("/v1.0/auditLogs/signIns"),
    ]


def test_every_service_throttles_in_three_ways(client: Client) -> None:
    client.server.tenant.faults = Faults(rate_429=1.0, seed=4)
    ways = set()
    for call in calls(client) * 4:
        answer = call()
        assert answer.status_code == 429
        asked = answer.headers.get("Retry-After")
        if asked is None:
            ways.add("absent")
        elif asked.isdigit():
            assert int(asked) <= 1
            ways.add("seconds")
        else:
            assert parsedate_to_datetime(asked).tzinfo is not None
            ways.add("date")
    assert ways == {"absent", "seconds", "date"}
    assert client.server.tenant.fault_counts == {"429": 16}


def test_a_busy_service_may_say_when_to_come_back(client: Client) -> None:
    client.server.tenant.faults = Faults(rate_503=1.0, seed=1)
    answers = [call() for call in calls(client) * 4]
    assert {answer.status_code for answer in answers} == {503}
    assert {"Retry-After" in answer.headers for answer in answers} == {True, False}


def test_a_connection_is_cut_in_mid_answer_and_the_next_works(client: Client) -> None:
    for call in calls(client):
        client.server.tenant.faults = Faults(rate_reset=1.0, seed=2)
        with pytest.raises(httpx.TransportError):
            call()
        client.server.tenant.faults = Faults()
        assert call().status_code == 200
    assert client.server.tenant.fault_counts["reset"] == 4


def test_a_cut_body_has_the_length_it_claims_and_is_no_json(client: Client) -> None:
    client.server.tenant.faults = Faults(rate_truncated=1.0, seed=2)
    for call in calls(client):
        answer = call()
        assert answer.status_code == 200
        assert int(answer.headers["Content-Length"]) == len(answer.content) > 0
        with pytest.raises(json.JSONDecodeError):
            answer.json()


def test_an_error_is_not_damaged(client: Client) -> None:
    client.server.tenant.faults = Faults(rate_truncated=1.0)
    assert client.traces(top="5001").json()["error"]["message"] == "ResultSize is invalid"
    assert not client.server.tenant.fault_counts


def test_only_following_pages_expire(client: Client) -> None:
    client.server.tenant.faults = Faults(rate_expired_link=1.0)
    link = client.traces(top="3").json()["@odata.nextLink"]
    answer = client.http.get(link, headers=client.headers)
    assert answer.status_code == 400
    assert "Expired or Invalid pagination request" in answer.json()["error"]["message"]


def test_a_seed_repeats_its_faults_and_the_log_names_them(client: Client) -> None:
    tenant = client.server.tenant
    runs = []
    for _ in range(2):
        tenant.faults = Faults(rate_429=0.2, rate_503=0.2, rate_truncated=0.2, seed=9)
        begun = len(tenant.requests)
        for _ in range(30):
            client.traces(top="2")
        runs.append([request.fault for request in tenant.requests[begun:]])
    assert runs[0] == runs[1]
    assert set(runs[0]) == {"", "429", "503", "truncated"}
    assert sum(Counter(runs[0]).values()) == 30


def test_other_services_are_never_disturbed(client: Client) -> None:
    client.server.tenant.faults = Faults(rate_503=1.0)
    assert client.get("/v1.0/applications").status_code == 200
    assert client.ask_token(client_assertion="a.b.c").status_code == 200


def test_graph_may_refuse_the_tenant(client: Client) -> None:
    tenant = client.server.tenant
    tenant.graph_refused = True
    answer = client.traces()
    assert answer.status_code == 401
    assert "8bd644d1-64a1-4d4b-ae52-2e0cbf64e373" in answer.json()["error"]["message"]
    tenant.graph_refused = 403
    answer = client.traces()
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "Authorization_RequestDenied"
    assert client.invoke("Get-MessageTraceV2").status_code == 200


def test_exchange_may_refuse_the_role(client: Client) -> None:
    client.server.tenant.exchange_refused = True
    url = f"{client.server.endpoints['exchange']}/adminapi/beta/contoso.com/InvokeCommand"
    body = {"CmdletInput": {"CmdletName": "Get-MailUser", "Parameters": {"HVEAccount": True}}}
    with client.http.stream("POST", url, json=body, headers=client.exchange_headers()) as answer:
        assert answer.status_code == 403
        assert b"".join(answer.iter_raw()) == bytes(4096)
    assert client.http.get(
        client.server.endpoints["graph"] + TRACES, headers=client.headers
    ).is_success
