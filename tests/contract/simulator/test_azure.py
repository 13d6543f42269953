"""Cost Management and retail prices of the simulated tenant."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from simulator import serve
from simulator.world.access import COSTS
from tests.contract.simulator.test_serving import Client, Json, small

pytestmark = pytest.mark.contract

NAMES = ("ServiceName", "MeterCategory", "MeterSubcategory", "Meter", "Product")
PERIOD = {"from": "2026-11-01T00:00:00Z", "to": "2026-11-24T23:59:59Z"}


def query(*names: str, granularity: str = "Daily", **dataset: object) -> Json:
    return {
        "type": "ActualCost",
        "timeframe": "Custom",
        "timePeriod": PERIOD,
        "dataset": {
            "granularity": granularity,
            "aggregation": {"totalCost": {"name": "PreTaxCost", "function": "Sum"}},
            "grouping": [{"type": "Dimension", "name": name} for name in names],
            **dataset,
        },
    }


def only(name: str, value: str) -> Json:
    return {"filter": {"dimensions": {"name": name, "operator": "In", "values": [value]}}}


def rows_of(body: Json) -> list[Json]:
    names = [column["name"] for column in body["properties"]["columns"]]
    return [dict(zip(names, row, strict=True)) for row in body["properties"]["rows"]]


@pytest.fixture
def client() -> Iterator[Client]:
    """A client of a tenant whose clock stays at `NOW`."""
    with serve(small()) as server:
        api = Client(server)
        yield api
        api.http.close()


def test_the_meter_is_charged_as_the_truth_says(client: Client) -> None:
    truth = client.server.tenant.azure.truth()
    answer = client.cost(query("ResourceGroup", **only("Meter", truth["Meter"])))
    assert answer.status_code == 200
    found = {row["UsageDate"]: Decimal(str(row["PreTaxCost"])) for row in rows_of(answer.json())}
    expected = {
        int(day["day_utc"].replace("-", "")): Decimal(day["amount_usd"]) for day in truth["days"]
    }
    assert found.keys() == expected.keys()
    assert all(abs(found[day] - amount) < Decimal("1e-9") for day, amount in expected.items())


def test_discovery_shows_foreign_meters_too(client: Client) -> None:
    rows = rows_of(client.cost(query(*NAMES, granularity="None")).json())
    truth = client.server.tenant.azure.truth()
    assert {name: truth[name] for name in NAMES} in [
        {name: row[name] for name in NAMES} for row in rows
    ]
    assert len(rows) == 4
    group = f"/subscriptions/{truth['subscription_id']}/resourceGroups/RG-Platform"
    inside = rows_of(client.cost(query("Meter", granularity="None"), group).json())
    assert [row["Meter"] for row in inside] == ["Hot LRS Data Stored"]


def test_small_numbers_are_written_with_an_exponent(client: Client) -> None:
    answer = client.cost(query("Meter", **only("Meter", "Data Out")))
    assert "E-06" in answer.text


def test_the_next_link_is_posted_again(client: Client) -> None:
    client.server.tenant.azure.page_rows = 7
    whole = query("Meter")
    answer = client.cost(whole)
    rows, links = rows_of(answer.json()), set()
    headers = {"Authorization": f"Bearer {client.token('azure')}", "ClientType": "contoso"}
    while link := answer.json()["properties"]["nextLink"]:
        assert link not in links
        links.add(link)
        assert client.http.get(link, headers=headers).status_code == 405
        answer = client.http.post(link, json=whole, headers=headers)
        rows += rows_of(answer.json())
    client.server.tenant.azure.page_rows = 1_000
    assert rows == rows_of(client.cost(whole).json())
    assert len(links) > 3


def test_the_last_link_may_point_to_itself(client: Client) -> None:
    client.server.tenant.azure.self_link = True
    link = client.cost(query("Meter")).json()["properties"]["nextLink"]
    headers = {"Authorization": f"Bearer {client.token('azure')}", "ClientType": "contoso"}
    body = client.http.post(link, json=query("Meter"), headers=headers).json()
    assert body["properties"]["nextLink"] == link
    assert body["properties"]["rows"] == []


def test_nothing_to_show_is_204(client: Client) -> None:
    answer = client.cost(query("Meter", **only("Meter", "None such")))
    assert answer.status_code == 204
    assert answer.content == b""


def test_a_caller_without_a_name_has_a_smaller_bucket(client: Client) -> None:
    azure = client.server.tenant.azure
    azure.anonymous_requests_per_minute, azure.requests_per_minute = 1, 3
    anonymous = [client.cost(query(), Accept="*/*") for _ in range(2)]
    named = [client.cost(query()) for _ in range(4)]
    assert [answer.status_code for answer in anonymous] == [200, 429]
    assert [answer.status_code for answer in named] == [200, 200, 200, 429]
    assert anonymous[1].json()["error"] == {
        "code": "429",
        "message": "Too many requests. Please retry.",
    }
    waits = {
        bucket: int(
            anonymous[1].headers[f"x-ms-ratelimit-microsoft.costmanagement-{bucket}-retry-after"]
        )
        for bucket in ("qpu", "entity", "tenant", "clienttype")
    }
    assert max(waits.values()) == waits["clienttype"] > 0
    assert "Retry-After" not in anonymous[1].headers


def test_wrong_scopes_roles_and_bodies_are_refused(client: Client) -> None:
    elsewhere = client.cost(query(), "/subscriptions/00000000-0000-0000-0000-000000000000")
    assert (elsewhere.status_code, elsewhere.json()["error"]["code"]) == (403, "RBACAccessDenied")
    assert client.cost(query("Colour")).status_code == 400
    assert client.cost(query(granularity="Hourly")).status_code == 400
    wrong = client.cost(query(), Authorization=client.headers["Authorization"])
    assert wrong.status_code == 401
    client.server.tenant.granted.discard(COSTS)
    assert client.cost(query()).json()["error"]["code"] == "RBACAccessDenied"


def prices(client: Client, text: str, **more: str) -> Json:
    url = f"{client.server.endpoints['prices']}/api/retail/prices"
    answer = client.http.get(url, params={"$filter": text, **more})
    assert answer.status_code == 200
    body: Json = answer.json()
    return body


def test_prices_come_in_pages_without_a_token(client: Client) -> None:
    body = prices(client, "")
    first = len(body["Items"])
    rest = client.http.get(body["NextPageLink"]).json()
    assert body["Count"] == first == 100
    assert rest["NextPageLink"] is None
    storage = prices(client, "serviceName eq 'storage' and contains(meterName, 'hot')")
    assert {item["meterName"] for item in storage["Items"]} == {"Hot LRS Data Stored"}
    exact = {"api-version": "2023-01-01-preview"}
    assert prices(client, "serviceName eq 'storage'", **exact)["Items"] == []


def test_the_list_may_know_the_meter(client: Client) -> None:
    azure = client.server.tenant.azure
    wanted = f"meterName eq '{azure.truth()['Meter']}'"
    assert prices(client, wanted)["Items"] == []
    azure.price_listed = True
    item = prices(client, wanted)["Items"][0]
    assert Decimal(str(item["retailPrice"])) == Decimal("0.000042") * azure.terms.unit_block
