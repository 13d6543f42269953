"""Azure's public list prices that mention High Volume Email. That there is none is normal.

Source: Azure Retail Prices, https://prices.azure.com/api/retail/prices, without sign-in. US dollars
are what Microsoft charges by; other currencies are for reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import msgspec

from hve_monitor.errors import HveError
from hve_monitor.https import Client, Response
from ingest.http import Api
from ingest.linked_pages import address, linked_pages
from ingest.outcome import finish
from ingest.source import SourceResult
from warehouse.records.costs import RetailPrice, record_prices
from warehouse.records.coverage import covered_windows, record_coverage
from warehouse.store import Store
from warehouse.windows import Window, whole_second

SOURCE = "retail_prices"
PATH = "/api/retail/prices"
FRESH_FOR = timedelta(hours=24)
MOST_PAGES = 50
COLUMNS, NAMES = ("meterName", "productName"), ("High Volume Email", "HVE")
MENTION = re.compile(r"\bHVE\b|high[ -]?volume[ -]?e-?mail", re.IGNORECASE)


class PriceItem(msgspec.Struct, rename="camel"):
    """One price of the list; amounts are read from the text of the number."""

    meter_id: str
    retail_price: Decimal
    currency_code: str
    service_name: str | None = None
    product_name: str | None = None
    sku_name: str | None = None
    meter_name: str | None = None
    arm_region_name: str | None = None
    type: str | None = None
    unit_of_measure: str | None = None
    tier_minimum_units: Decimal = Decimal(0)
    effective_start_date: datetime | None = None


class PricePage(msgspec.Struct):
    """One page of the list."""

    items: list[PriceItem] = msgspec.field(name="Items")
    next_link: str | None = msgspec.field(default=None, name="NextPageLink")


class NoTokens:
    """The list is public: a token would only be given away."""

    def bearer(self, scope: str, *, fresh: bool = False) -> str:
        """Never called."""
        raise AssertionError(f"no token is needed for {scope} (fresh: {fresh})")


class PublicApi(Api):
    """A service that is called without a token."""

    def __init__(self, client: Client, base: str) -> None:
        super().__init__(client, NoTokens(), base, "", "none, the service is public")

    def _send(self, method: str, url: str, *, fresh: bool, **options: Any) -> Response:  # noqa: ARG002
        self.requests += 1
        return self._answer(method, url, **options)


def ingest_retail_prices(
    store: Store, tenant: str, api: Api, currency: str, now: datetime, *, forced: bool = False
) -> SourceResult:
    """Reads the list once a day; prices are an addition, so a failure is only reported."""
    result = SourceResult(SOURCE, tenant)
    read = covered_windows(store.state, tenant, SOURCE, currency)
    if read and not forced and now - read[-1].end < FRESH_FOR:
        return result
    try:
        items = _items(api, currency)
        prices = list(dict.fromkeys(_price(item) for item in items if _mentions_hve(item)))
        result.rows_read = len(prices)
        counts = record_prices(store, tenant, prices, now)
        result.rows_new, result.rows_changed = counts.new, counts.changed
        moment = whole_second(now)
        record_coverage(store.state, tenant, SOURCE, currency, Window(moment, moment))
    except HveError as error:
        result.note(error)
        result.optional = True
    result.rows_unchanged = result.rows_read - result.rows_new - result.rows_changed
    return finish(result, api)


def _items(api: Api, currency: str) -> Iterator[PriceItem]:
    """Every item that a filter lets through, some twice; one clause a time is what is documented.

    Raises: SourceContractError, SourceUnavailable.
    """
    for column, name in product(COLUMNS, NAMES):
        query = {"currencyCode": f"'{currency}'", "$filter": f"contains({column}, '{name}')"}
        url, where = address(api.base + PATH, query), f"{SOURCE} with {name} in {column}"
        for page in linked_pages(api, PricePage, url, where, most=MOST_PAGES):
            yield from page.items


def _mentions_hve(item: PriceItem) -> bool:
    """The filter may be ignored: what is kept is looked at again."""
    names = (item.service_name, item.product_name, item.sku_name, item.meter_name)
    return any(MENTION.search(name) for name in names if name)


def _price(item: PriceItem) -> RetailPrice:
    return RetailPrice(
        item.meter_id,
        item.service_name,
        item.product_name,
        item.sku_name,
        item.meter_name,
        item.arm_region_name or None,
        item.type,
        item.unit_of_measure,
        item.tier_minimum_units,
        item.currency_code,
        item.retail_price,
        item.effective_start_date,
    )
