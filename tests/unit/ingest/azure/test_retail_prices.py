"""List prices: asked without a token, kept when they mention HVE, never missed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from ingest.azure.retail_prices import PublicApi, ingest_retail_prices
from ingest.http import Client
from tests.unit.ingest.conftest import NOW, Answer, Service
from warehouse.records.stored import stored_rows
from warehouse.store import Store
from warehouse.tables import RETAIL_PRICES

ITEM = (
    b'{"currencyCode":"USD","tierMinimumUnits":0.0,"retailPrice":4.2E-05,"unitPrice":4.2E-05,'
    b'"armRegionName":"","meterId":"m1","meterName":"%s","productName":"Mail",'
    b'"skuName":"Standard","serviceName":"Exchange","unitOfMeasure":"1","type":"Consumption",'
    b'"effectiveStartDate":"2026-06-01T00:00:00Z"}'
)
DAY = timedelta(hours=24)


def page(*meters: bytes, link: bytes = b"null") -> Answer:
    items = b",".join(ITEM % meter for meter in meters)
    return Answer(200, b'{"Items":[%s],"NextPageLink":%s,"Count":1}' % (items, link))


@pytest.fixture
def public(client: Client, service: Service) -> PublicApi:
    return PublicApi(client, service.url)


def test_items_that_mention_hve_are_kept_once_with_every_digit(
    store: Store, public: PublicApi, service: Service
) -> None:
    service.choose = lambda _: page(b"HVE Recipients", b"Hot LRS Data Stored", b"Achieve Units")
    result = ingest_retail_prices(store, "contoso", public, "USD", NOW)
    assert (result.status, result.rows_read, result.rows_new) == ("ok", 1, 1)
    (row,) = stored_rows(store, RETAIL_PRICES, "contoso")
    assert row["retail_price"] == Decimal("0.000042")
    assert row["unit_of_measure"] == "1"
    assert row["region"] is None


def test_no_token_is_given_away(store: Store, public: PublicApi, service: Service) -> None:
    service.choose = lambda _: page()
    ingest_retail_prices(store, "contoso", public, "EUR", NOW)
    assert all("authorization" not in asked.headers for asked in service.asked)
    assert service.asked[0].query["$filter"] == ["contains(meterName, 'High Volume Email')"]
    assert service.asked[0].query["currencyCode"] == ["'EUR'"]


def test_none_is_normal_and_asked_again_the_next_day(
    store: Store, public: PublicApi, service: Service
) -> None:
    service.choose = lambda _: page()
    assert ingest_retail_prices(store, "contoso", public, "USD", NOW).status == "ok"
    asked = len(service.asked)
    ingest_retail_prices(store, "contoso", public, "USD", NOW + DAY / 2)
    assert len(service.asked) == asked
    ingest_retail_prices(store, "contoso", public, "USD", NOW + DAY)
    assert len(service.asked) == 2 * asked
    assert stored_rows(store, RETAIL_PRICES, "contoso") == []


def test_pages_are_followed_and_unchanged_prices_are_not_written_again(
    store: Store, public: PublicApi, service: Service
) -> None:
    link = f'"{service.url}/next"'.encode()
    service.choose = lambda asked: (
        page(b"High Volume Email Recipient") if asked.path == "/next" else page(b"Disk", link=link)
    )
    assert ingest_retail_prices(store, "contoso", public, "USD", NOW).rows_new == 1
    again = ingest_retail_prices(store, "contoso", public, "USD", NOW, forced=True)
    assert (again.rows_new, again.rows_unchanged) == (0, 1)


def test_trouble_is_told_and_harms_nobody(
    store: Store, public: PublicApi, service: Service
) -> None:
    service.choose = lambda _: Answer(400, {"error": {"message": "Invalid filter"}})
    result = ingest_retail_prices(store, "contoso", public, "USD", NOW)
    assert (result.status, result.optional) == ("failed", True)
    assert "Invalid filter" in str(result.error)
