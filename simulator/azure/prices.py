"""The public list of retail prices, which needs no token.

Whether and under which name the real list holds the meter of High Volume Email is undocumented: it
is missing here unless `tenant.azure.price_listed` is set, and every other entry is invented.
"""

from __future__ import annotations

import re
import uuid

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.paging import link
from simulator.reply import JsonObject, json_reply
from simulator.world.invoice import UNIT_PRICE
from simulator.world.tenant import SimulatedTenant

PATH = "/api/retail/prices"
_PAGE = 100
_REGIONS = (
    *("westeurope", "northeurope", "germanywestcentral"),
    *("francecentral", "swedencentral", "uksouth"),
)
_METERS = (
    ("Storage", "Blob Storage", "Hot LRS Data Stored", 0.0196, "1 GB/Month"),
    ("Storage", "Blob Storage", "Cool LRS Data Stored", 0.01, "1 GB/Month"),
    ("Storage", "Blob Storage", "Archive LRS Data Stored", 0.0018, "1 GB/Month"),
    ("Bandwidth", "Bandwidth", "Standard Data Transfer Out", 0.087, "1 GB"),
    ("Virtual Machines", "Virtual Machines Dv5 Series", "D2 v5", 0.115, "1 Hour"),
    ("Syntex", "Microsoft Syntex", "Archived GB", 0.05, "1 GB/Month"),
)
_CLAUSE = re.compile(r"(\w+)\s+eq\s+'([^']*)'|contains\(\s*(\w+)\s*,\s*'([^']*)'\s*\)")


class PriceRoutes:
    """Answers below `/prices`."""

    def __init__(self, tenant: SimulatedTenant) -> None:
        self._tenant = tenant

    def routes(self) -> list[Route]:
        """Routes relative to the prefix."""
        return [Route(PATH, self.list_prices)]

    def list_prices(self, request: Request) -> Response:
        """One page of the items that every clause of `$filter` fits."""
        options = request.query_params
        exact = options.get("api-version", "") >= "2023-01-01-preview"
        clauses = _CLAUSE.findall(options.get("$filter", ""))
        items = [item for item in self._items() if all(_fits(item, c, exact) for c in clauses)]
        skip = options.get("$skip", "0")
        begin = int(skip) if skip.isascii() and skip.isdigit() else 0
        page = items[begin : begin + _PAGE]
        more = begin + _PAGE < len(items)
        return json_reply(
            {
                "BillingCurrency": "USD",
                "CustomerEntityId": "Default",
                "CustomerEntityType": "Retail",
                "Items": page,
                "NextPageLink": _next_link(request, begin + _PAGE) if more else None,
                "Count": len(page),
            }
        )

    def _items(self) -> list[JsonObject]:
        items = [
            _item(*meter, region, reserved)
            for meter in _METERS
            for region in _REGIONS
            for reserved in (0, 1, 3)
        ]
        azure = self._tenant.azure
        if azure.price_listed:
            names, block = azure.terms.names, azure.terms.unit_block
            price = float(UNIT_PRICE * block)
            unit = "1" if block == 1 else "1M"
            items.append(_item(names.service, names.product, names.meter, price, unit, "Global", 0))
        return items


def _item(
    service: str, product: str, meter: str, price: float, unit: str, region: str, years: int
) -> JsonObject:
    """One price; a reservation of some years is cheaper by a tenth per year."""
    key = f"{product} {meter} {region} {years}"
    cost = round(price * (1 - years / 10), 12)
    item: JsonObject = {
        "currencyCode": "USD",
        "tierMinimumUnits": 0.0,
        "retailPrice": cost,
        "unitPrice": cost,
        "armRegionName": region,
        "location": region,
        "effectiveStartDate": "2026-06-01T00:00:00Z",
        "meterId": str(uuid.uuid5(uuid.NAMESPACE_URL, key)),
        "meterName": meter,
        "productName": product,
        "skuName": meter.partition(" ")[0],
        "serviceName": service,
        "serviceFamily": service,
        "unitOfMeasure": unit,
        "type": "Reservation" if years else "Consumption",
        "isPrimaryMeterRegion": not years,
        "armSkuName": "",
    }
    return {**item, "reservationTerm": f"{years} Years"} if years else item


def _fits(item: JsonObject, clause: tuple[str, str, str, str], exact: bool) -> bool:
    name, value, searched, part = clause
    text = str(item.get(name or searched, ""))
    if not exact:
        text, value, part = text.lower(), value.lower(), part.lower()
    return text == value if name else part in text


def _next_link(request: Request, skip: int) -> str:
    kept = {name: value for name, value in request.query_params.items() if name != "$skip"}
    return link(request, {**kept, "$skip": str(skip)})
