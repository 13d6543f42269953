"""Azure cost rows and list prices: one observation per change.

Azure corrects days for weeks, in both directions. A row that vanishes from a day whose other rows
are still answered is kept as an observation of 0. A day, or a whole meter, that an answer lacks
altogether proves nothing: answers are cut short too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from warehouse.records.observed import Counts, Observed
from warehouse.store import Store
from warehouse.tables import AZURE_COSTS, RETAIL_PRICES

Identity = tuple[str, date, str, str | None]
Mark = Callable[[Mapping[str, str | None]], bool | None]


@dataclass(frozen=True)
class Cost:
    """The amount of one scope, UTC day and group of columns; negative for a credit.

    `group_key` is the JSON text of every column that Azure grouped by. `is_hve` is null while the
    configuration does not say how HVE rows look. `quantity` is in units of the meter, null where
    Azure does not say it.
    """

    scope: str
    day: date
    service_name: str | None
    meter_category: str | None
    meter_subcategory: str | None
    meter: str | None
    resource_group: str | None
    group_key: str
    currency: str | None
    cost: Decimal
    is_hve: bool | None = None
    quantity: Decimal | None = None

    @property
    def identity(self) -> Identity:
        """What an amount belongs to."""
        return self.scope, self.day, self.group_key, self.currency

    @property
    def group(self) -> dict[str, str | None]:
        """Values by the name of Azure's column."""
        values: dict[str, str | None] = json.loads(self.group_key)
        return values


@dataclass(frozen=True)
class CostRange:
    """Days of a scope that were asked for and answered, both ends included."""

    scope: str
    first: date
    last: date

    def holds(self, cost: Cost) -> bool:
        """Whether the amount belongs to these days."""
        return cost.scope == self.scope and self.first <= cost.day <= self.last


@dataclass(frozen=True)
class RetailPrice:
    """One list price; `retail_price` is for one `unit_of_measure`, e.g. for 1M recipients."""

    meter_id: str
    service_name: str | None
    product_name: str | None
    sku_name: str | None
    meter_name: str | None
    region: str | None
    price_type: str | None
    unit_of_measure: str | None
    tier_minimum_units: Decimal
    currency: str
    retail_price: Decimal
    effective_from: datetime | None

    @property
    def identity(self) -> tuple[object, ...]:
        """Everything of a price but the amount and its unit."""
        return (
            self.meter_id,
            self.sku_name,
            self.region,
            self.price_type,
            self.tier_minimum_units,
            self.currency,
            self.effective_from,
        )


COSTS = Observed(AZURE_COSTS, Cost, lambda cost: cost.identity, "azure")
PRICES = Observed(RETAIL_PRICES, RetailPrice, lambda price: price.identity, "retail")


def newest_costs(store: Store, tenant: str) -> dict[Identity, Cost]:
    """The last observation of every amount of the tenant."""
    return COSTS.newest(store, tenant)


def unanswered(
    newest: Mapping[Identity, Cost], costs: Sequence[Cost], read: Sequence[CostRange]
) -> dict[Identity, Cost]:
    """Stored amounts in the ranges that the answer lacks without showing that they are gone.

    Of a day with no row left, and of a meter that is missing on all of its days, two or more,
    while no other row took its place on most of them.
    """
    stored = {
        identity: cost
        for identity, cost in newest.items()
        if cost.cost and any(part.holds(cost) for part in read)
    }
    answered = {cost.identity for cost in costs}
    days = {(cost.scope, cost.day) for cost in costs}
    replaced = {(cost.scope, cost.day) for cost in costs if cost.identity not in newest}
    meters: dict[tuple[str, str, str | None], list[Cost]] = {}
    for cost in stored.values():
        meters.setdefault((cost.scope, cost.group_key, cost.currency), []).append(cost)
    kept = {key: cost for key, cost in stored.items() if (cost.scope, cost.day) not in days}
    for amounts in meters.values():
        is_gone = not any(cost.identity in answered for cost in amounts)
        others = sum((cost.scope, cost.day) in replaced for cost in amounts)
        if is_gone and len(amounts) > 1 and 2 * others < len(amounts):
            kept |= {cost.identity: cost for cost in amounts}
    return kept


def record_costs(
    store: Store,
    tenant: str,
    costs: Sequence[Cost],
    read: Sequence[CostRange],
    is_hve: Mark,
    now: datetime,
) -> Counts:
    """Writes amounts that differ from their last observation.

    Stored rows are marked anew as well, so that a filter pinned today holds for last year.
    """
    newest = newest_costs(store, tenant)
    kept = unanswered(newest, costs, read)
    answered = {cost.identity: cost for cost in costs}
    withdrawn = {
        identity: replace(cost, cost=Decimal(0))
        for identity, cost in newest.items()
        if identity not in answered
        and identity not in kept
        and any(part.holds(cost) for part in read)
    }
    amounts = newest | withdrawn | answered
    marked = [replace(cost, is_hve=is_hve(cost.group)) for cost in amounts.values()]
    inferred = amounts.keys() - answered.keys()
    return COSTS.record(store, tenant, marked, newest, now, inferred)


def record_prices(
    store: Store, tenant: str, prices: Sequence[RetailPrice], now: datetime
) -> Counts:
    """Writes list prices that differ from the last observation."""
    return PRICES.record(store, tenant, prices, PRICES.newest(store, tenant), now)
