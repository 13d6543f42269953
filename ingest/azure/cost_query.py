"""One Cost Management query: its body, its pages, and rows by the names of their columns.

Source: Azure Cost Management, Query - Usage, API version 2025-03-01. Columns come in any order, a
next link is POSTed with the same body, and an answer without cost columns is possible.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Context, Decimal
from typing import Any

import msgspec

from hve_monitor.errors import SourceContractError
from ingest.http import Api, JsonObject, RequestRefused
from ingest.linked_pages import LinkRefused, linked_pages
from warehouse.records.costs import Cost, CostRange

PATH = "/providers/Microsoft.CostManagement/query"
VERSION = "2025-03-01"
# A name of our own is throttled by itself; without one all unnamed tools share a bucket.
HEADERS = {"ClientType": "hve-monitor"}
MOST_PAGES = 200
BAD_REQUEST = 400
GROUPS = (
    "ServiceName",
    "MeterCategory",
    "MeterSubcategory",
    "Meter",
    "ResourceGroupName",
    "ChargeType",
)
RESTARTS = 5
QUANTITY_COLUMNS = ("usagequantity", "quantity", "totalquantity")
COST_COLUMNS = ("pretaxcost", "cost", "totalcost", "costusd")
DAY_COLUMNS = ("usagedate", "date")
SMALLEST, PRECISE = Decimal("1e-18"), Context(prec=38)  # what the table holds


class QueryColumn(msgspec.Struct):
    """A column's name and type, e.g. PreTaxCost, Number."""

    name: str
    type: str = "String"


class QueryPage(msgspec.Struct):
    """One page; cells stay as written, so that no digit of an amount is lost."""

    columns: list[QueryColumn] = []
    rows: list[list[msgspec.Raw]] = []
    next_link: str | None = msgspec.field(default=None, name="nextLink")


class QueryAnswer(msgspec.Struct):
    """The envelope."""

    properties: QueryPage

    @property
    def next_link(self) -> str | None:
        """Address of the next page, if any."""
        return self.properties.next_link


@dataclass
class CostQuery:
    """The costs of a scope and its days, grouped by what tells HVE from other services."""

    api: Api
    part: CostRange
    groups: tuple[str, ...] = GROUPS
    asks_quantity: bool = True

    def costs(self) -> list[Cost] | None:
        """All amounts; None when Azure answers without content, which says nothing of the days.

        Raises: SourceContractError, RequestRefused, AuthError, SourceUnavailable.
        """
        pages = self._whole()
        described = [page for page in pages if page.columns]
        if not described:
            return None
        return self._merged(self._amounts(page) for page in described)

    def _whole(self) -> list[QueryPage]:
        """Pages of one undisturbed reading."""
        for _ in range(RESTARTS):
            try:
                return self._pages()
            except LinkRefused:
                continue
            except RequestRefused as error:
                self._ask_for_less(error)
        raise SourceContractError(f"{self.where}: refused {RESTARTS} times; try again later")

    @property
    def where(self) -> str:
        """Scope and days, for messages."""
        return f"Azure costs of {self.part.scope} from {self.part.first} to {self.part.last}"

    def _ask_for_less(self, error: RequestRefused) -> None:
        """Agreements differ in what they can be grouped by; the refusal quotes the column first.

        Any other refusal may be one of the quantity, which only tells the unit of the meter.
        """
        refused = error.message.partition("grouping: '")[2].partition("'")[0]
        if refused in GROUPS and refused in self.groups:
            self.groups = tuple(group for group in self.groups if group != refused)
        elif self.asks_quantity and error.status == BAD_REQUEST:
            self.asks_quantity = False
        else:
            raise error

    def _pages(self) -> list[QueryPage]:
        """Pages of the answer; "no content" (204) is one without columns."""
        url = f"{self.api.base}{self.part.scope}{PATH}?api-version={VERSION}"
        answers = linked_pages(self.api, QueryAnswer, url, self.where, self._post, MOST_PAGES)
        return [answer.properties for answer in answers]

    def _post(self, url: str) -> bytes:
        return self.api.post(url, self._body(), HEADERS, no_content=b'{"properties":{}}')

    def _body(self) -> JsonObject:
        sums = {"totalCost": "PreTaxCost"}
        if self.asks_quantity:
            sums["totalQuantity"] = "UsageQuantity"
        return {
            "type": "Usage",
            "timeframe": "Custom",
            "timePeriod": {
                "from": f"{self.part.first}T00:00:00+00:00",
                "to": f"{self.part.last}T23:59:59+00:00",
            },
            "dataset": {
                "granularity": "Daily",
                "aggregation": {
                    alias: {"name": name, "function": "Sum"} for alias, name in sums.items()
                },
                "grouping": [{"type": "Dimension", "name": name} for name in self.groups],
            },
        }

    def _amounts(self, page: QueryPage) -> list[Cost]:
        """Amounts of one page, rows that say the same place added up."""
        columns = CostColumns([(column.name, column.type) for column in page.columns], self.where)
        costs: dict[Any, Cost] = {}
        for row in page.rows:
            cost = columns.cost(row, self.part.scope)
            before = costs.get(cost.identity)
            costs[cost.identity] = _added(before, cost) if before else cost
        return list(costs.values())

    def _merged(self, pages: Iterator[list[Cost]]) -> list[Cost]:
        """Amounts of all pages; a row that a later page repeats is counted once."""
        merged: dict[Any, Cost] = {}
        for page in pages:
            for cost in page:
                before = merged.get(cost.identity)
                if before is None or before.cost != cost.cost:
                    merged[cost.identity] = _added(before, cost) if before else cost
        return list(merged.values())


class CostColumns:
    """Where our columns stand in a row."""

    def __init__(self, columns: Sequence[tuple[str, str]], where: str) -> None:
        self._where = where
        self._names = [name for name, _ in columns]
        places = {name.lower(): place for place, name in enumerate(self._names)}
        self._cost = self._first(places, COST_COLUMNS, "cost")
        self._day = self._first(places, DAY_COLUMNS, "day")
        self._currency = places.get("currency")
        quantities = (places[name] for name in QUANTITY_COLUMNS if name in places)
        self._quantity = next(quantities, None)
        taken = (self._cost, self._day, self._currency, self._quantity)
        self._groups = [
            (name, place)
            for place, (name, kind) in enumerate(columns)
            if place not in taken and kind.lower() == "string"
        ]

    def _first(self, places: dict[str, int], names: Sequence[str], what: str) -> int:
        for name in names:
            if name in places:
                return places[name]
        raise SourceContractError(
            f"{self._where}: no {what} column in the answer, only {', '.join(self._names)};"
            " nothing was stored"
        )

    def cost(self, row: Sequence[msgspec.Raw], scope: str) -> Cost:
        """The row as an amount. Raises: SourceContractError naming the column and the cell."""
        if len(row) != len(self._names):
            raise SourceContractError(
                f"{self._where}: a row of {len(row)} cells for {len(self._names)} columns"
            )
        group = {name: _text(row[place]) for name, place in self._groups}
        by_name = {name.lower(): value for name, value in group.items()}
        return Cost(
            scope,
            self._as_day(row[self._day]),
            by_name.get("servicename"),
            by_name.get("metercategory"),
            by_name.get("metersubcategory"),
            by_name.get("meter"),
            by_name.get("resourcegroupname") or by_name.get("resourcegroup"),
            json.dumps(group, sort_keys=True, ensure_ascii=False),
            self._as_currency(row),
            self._as_amount(row, self._cost),
            quantity=self._as_quantity(row),
        )

    def _as_currency(self, row: Sequence[msgspec.Raw]) -> str | None:
        if self._names[self._cost].lower() == "costusd":
            return "USD"
        return None if self._currency is None else _text(row[self._currency])

    def _as_quantity(self, row: Sequence[msgspec.Raw]) -> Decimal | None:
        if self._quantity is None or bytes(row[self._quantity]) == b"null":
            return None
        return self._as_amount(row, self._quantity)

    def _as_amount(self, row: Sequence[msgspec.Raw], place: int) -> Decimal:
        cell = row[place]
        try:
            amount = msgspec.json.decode(cell, type=Decimal)
            if amount.is_finite():
                return amount.quantize(SMALLEST, context=PRECISE)
        except (msgspec.MsgspecError, ArithmeticError):
            pass
        raise self._unreadable(place, cell)

    def _as_day(self, cell: msgspec.Raw) -> date:
        text = str(msgspec.json.decode(cell))
        try:
            return date.fromisoformat(text.partition("T")[0].removesuffix(".0"))
        except ValueError:
            raise self._unreadable(self._day, cell) from None

    def _unreadable(self, place: int, cell: msgspec.Raw) -> SourceContractError:
        shown = bytes(cell).decode("utf-8", "replace")[:40]
        return SourceContractError(f"{self._where}: {self._names[place]} cannot be read: {shown}")


def _text(cell: msgspec.Raw) -> str | None:
    value = msgspec.json.decode(cell)
    return None if value in (None, "") else str(value)


def _added(one: Cost, other: Cost) -> Cost:
    quantity = None
    if one.quantity is not None and other.quantity is not None:
        quantity = one.quantity + other.quantity
    return replace(one, cost=one.cost + other.cost, quantity=quantity)
