"""Azure cost rows: one observation per change, and zero for what vanished."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from tests.unit.warehouse.conftest import NOW
from warehouse.records.costs import (
    Cost,
    CostRange,
    RetailPrice,
    newest_costs,
    record_costs,
    record_prices,
)
from warehouse.records.stored import stored_rows
from warehouse.store import Store
from warehouse.tables import AZURE_COSTS, RETAIL_PRICES

SCOPE, DAY = "/subscriptions/s1", date(2026, 11, 1)
MAIL = Cost(
    SCOPE, DAY, "Exchange", None, None, "Mail", "rg", '{"Meter": "Mail"}', "USD", Decimal("0.42")
)
DISK = replace(MAIL, meter="Disk", group_key='{"Meter": "Disk"}', cost=Decimal(3))
NOVEMBER = CostRange(SCOPE, DAY, date(2026, 11, 30))
PRICE = RetailPrice(
    "m1",
    "Exchange",
    "Mail",
    "Standard",
    "HVE Recipients",
    None,
    "Consumption",
    "1",
    Decimal(0),
    "USD",
    Decimal("0.000042"),
    datetime(2026, 6, 1, tzinfo=UTC),
)


def unmarked(_: Mapping[str, str | None]) -> None:
    """No filter is configured."""


def record(
    store: Store, *costs: Cost, read: tuple[CostRange, ...] = (NOVEMBER,)
) -> tuple[int, ...]:
    return record_costs(store, "contoso", costs, read, unmarked, NOW)


def newest(store: Store) -> dict[str | None, Decimal]:
    return {cost.meter: cost.cost for cost in newest_costs(store, "contoso").values()}


def test_amounts_are_new_then_changed_then_unchanged(store: Store) -> None:
    assert record(store, MAIL, DISK) == (2, 0, 0)
    assert record(store, replace(MAIL, cost=Decimal("-0.1")), DISK) == (0, 1, 1)
    assert record(store, replace(MAIL, cost=Decimal("-0.10")), DISK) == (0, 0, 2)
    assert newest(store) == {"Mail": Decimal("-0.1"), "Disk": Decimal(3)}


def test_what_vanished_is_zero_once_and_may_come_back(store: Store) -> None:
    record(store, MAIL, DISK)
    assert record(store, MAIL) == (0, 1, 1)
    assert record(store, MAIL) == (0, 0, 1)
    assert newest(store)["Disk"] == 0
    assert record(store, MAIL, DISK) == (0, 1, 1)
    assert newest(store)["Disk"] == 3
    assert len(stored_rows(store, AZURE_COSTS, "contoso")) == 4


def test_other_days_and_scopes_lose_nothing(store: Store) -> None:
    record(store, MAIL)
    december = CostRange(SCOPE, date(2026, 12, 1), date(2026, 12, 31))
    assert record(store, read=(december, replace(NOVEMBER, scope="/subscriptions/s2"))) == (0, 0, 0)


def test_an_unknown_currency_is_a_place_of_its_own(store: Store) -> None:
    unknown = replace(MAIL, currency=None)
    assert record(store, MAIL, unknown) == (2, 0, 0)
    assert record(store, MAIL, unknown) == (0, 0, 2)


def test_a_new_mark_is_a_change_also_of_rows_that_were_not_read(store: Store) -> None:
    record(store, MAIL, DISK)
    kept = record_costs(store, "contoso", [], [], lambda group: group["Meter"] == "Mail", NOW)
    assert kept == (0, 2, 0)
    marks = {cost.meter: cost.is_hve for cost in newest_costs(store, "contoso").values()}
    assert marks == {"Mail": True, "Disk": False}


def test_eighteen_digits_are_kept_exactly(store: Store) -> None:
    record(store, replace(MAIL, cost=Decimal("218.687957419354860001")))
    assert newest(store)["Mail"] == Decimal("218.687957419354860001")


def test_list_prices_are_written_when_they_change(store: Store) -> None:
    def prices(*found: RetailPrice) -> tuple[int, ...]:
        return record_prices(store, "contoso", found, NOW + timedelta(days=1))

    assert prices(PRICE) == (1, 0, 0)
    assert prices(PRICE) == (0, 0, 1)
    assert prices(replace(PRICE, retail_price=Decimal(42), unit_of_measure="1M")) == (0, 1, 0)
    assert prices(replace(PRICE, currency="EUR")) == (1, 0, 0)
    assert len(stored_rows(store, RETAIL_PRICES, "contoso")) == 3
