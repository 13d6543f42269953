"""Azure cost rows and list prices: one observation per change.

Azure corrects days for weeks, in both directions. What vanishes from a day that was read completely
is kept as an observation of 0.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa

from hve_monitor.files import sql
from warehouse.connection import arrow, files_sql
from warehouse.records.accounts import stored_rows
from warehouse.store import Store
from warehouse.tables import AZURE_COSTS, RETAIL_PRICES

NEWEST = sql(__file__, "costs")
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
    """Days of a scope that were read completely, both ends included."""

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


def newest_costs(store: Store, tenant: str) -> dict[Identity, Cost]:
    """What is known of every amount of the tenant."""
    files = store.delta.files(AZURE_COSTS, tenant)
    if not files:
        return {}
    with store.compute() as connection:
        connection.execute(f"create view existing as {files_sql(AZURE_COSTS, files)}")
        costs = [Cost(**row) for row in arrow(connection, NEWEST).to_pylist()]
    return {cost.identity: cost for cost in costs}


def record_costs(
    store: Store,
    tenant: str,
    costs: Sequence[Cost],
    read: Sequence[CostRange],
    is_hve: Mark,
    now: datetime,
) -> tuple[int, int, int]:
    """Writes amounts that differ from their last observation; returns (new, changed, unchanged).

    Known rows are marked anew as well, so that a filter pinned today holds for last year.
    """
    known = newest_costs(store, tenant)
    wanted = {cost.identity: cost for cost in costs}
    withdrawn = {
        identity: replace(cost, cost=Decimal(0))
        for identity, cost in known.items()
        if identity not in wanted and any(part.holds(cost) for part in read)
    }
    marked = (
        replace(cost, is_hve=is_hve(cost.group)) for cost in (known | withdrawn | wanted).values()
    )
    fresh = [cost for cost in marked if known.get(cost.identity) != cost]
    _append_costs(store, tenant, fresh, now)
    new = sum(cost.identity not in known for cost in fresh)
    said = sum(cost.identity in wanted for cost in fresh)
    return new, len(fresh) - new, len(wanted) - said


def _append_costs(store: Store, tenant: str, costs: Sequence[Cost], now: datetime) -> None:
    if not costs:
        return
    batch = store.state.next_batch()
    shared = {"tenant": tenant, "observed_at": now, "batch": batch, "source": "azure"}
    rows = [{**asdict(cost), **shared} for cost in costs]
    store.delta.append(AZURE_COSTS, pa.Table.from_pylist(rows, schema=AZURE_COSTS.schema))


def record_prices(
    store: Store, tenant: str, prices: Sequence[RetailPrice], now: datetime
) -> tuple[int, int]:
    """Writes list prices that differ from the last observation; returns (new, changed)."""
    known = {_place(price): price for price in _stored_prices(store, tenant)}
    fresh = [price for price in prices if known.get(_place(price)) != price]
    if fresh:
        batch = store.state.next_batch()
        shared = {"tenant": tenant, "observed_at": now, "batch": batch, "source": "retail"}
        rows = [{**asdict(price), **shared} for price in fresh]
        store.delta.append(RETAIL_PRICES, pa.Table.from_pylist(rows, schema=RETAIL_PRICES.schema))
    new = sum(_place(price) not in known for price in fresh)
    return new, len(fresh) - new


def _stored_prices(store: Store, tenant: str) -> list[RetailPrice]:
    rows = sorted(stored_rows(store, RETAIL_PRICES, tenant), key=lambda row: row["batch"])
    names = RetailPrice.__dataclass_fields__
    return [RetailPrice(**{name: row[name] for name in names}) for row in rows]


def _place(price: RetailPrice) -> tuple[object, ...]:
    """Everything of a price but the amount and its unit."""
    return (
        price.meter_id,
        price.sku_name,
        price.region,
        price.price_type,
        price.tier_minimum_units,
        price.currency,
        price.effective_from,
    )
