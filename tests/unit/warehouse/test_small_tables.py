"""Rows of small tables come back as they were written: types, order, tenants."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from tests.unit.warehouse.conftest import NOW
from warehouse.store import Store
from warehouse.tables import AZURE_COSTS, SMALL_TABLES, SmallTable
from warehouse.tables.state_contents import foreign_content


def costs(*rows: dict[str, Any]) -> pa.Table:
    nothing = dict.fromkeys(AZURE_COSTS.schema.names)
    return pa.Table.from_pylist([nothing | row for row in rows], schema=AZURE_COSTS.schema)


def amounts(store: Store, tenant: str | None = None) -> Sequence[Decimal | None]:
    amounts: Sequence[Decimal | None] = store.small.rows(AZURE_COSTS, tenant)["cost"].to_pylist()
    return amounts


@pytest.mark.parametrize("table", SMALL_TABLES, ids=lambda table: table.name)
def test_a_table_without_rows_has_its_types(store: Store, table: SmallTable) -> None:
    assert store.small.rows(table).schema == table.schema


def test_every_digit_of_money_is_kept(store: Store) -> None:
    exact = [Decimal("12345678901234567890.123456789012345678"), Decimal("-0.5"), None]
    store.small.append(AZURE_COSTS, costs(*({"tenant": "t", "cost": cost} for cost in exact)))
    assert amounts(store) == exact


def test_times_days_and_truth_come_back(store: Store) -> None:
    row = {"tenant": "t", "day": date(2026, 11, 1), "is_hve": True, "observed_at": NOW}
    store.small.append(AZURE_COSTS, costs(row))
    [stored] = store.small.rows(AZURE_COSTS).select(list(row)).to_pylist()
    assert stored == row


def test_rows_of_one_tenant_are_replaced_alone(store: Store) -> None:
    for tenant, cost in (("contoso", 1), ("fabrikam", 2)):
        store.small.append(AZURE_COSTS, costs({"tenant": tenant, "cost": Decimal(cost)}))
    fresh = costs({"tenant": "contoso", "cost": Decimal(3)})
    store.small.replace(AZURE_COSTS, fresh, "contoso")
    assert (amounts(store, "contoso"), amounts(store, "fabrikam")) == ([3], [2])


def test_a_write_that_fails_leaves_the_rows_of_before(store: Store) -> None:
    def write_and_fail() -> None:
        with store.state.transaction():
            store.small.insert(AZURE_COSTS, costs({"tenant": "t", "cost": Decimal(2)}))
            raise RuntimeError

    store.small.append(AZURE_COSTS, costs({"tenant": "t", "cost": Decimal(1)}))
    with pytest.raises(RuntimeError):
        write_and_fail()
    assert amounts(store) == [1]


def test_rows_are_ours_for_whoever_looks_for_another_hand(store: Store) -> None:
    store.small.append(
        AZURE_COSTS,
        costs({"tenant": "contoso", "observed_at": datetime(1, 1, 1, tzinfo=NOW.tzinfo)}),
    )
    assert foreign_content(store.state.connection) is None


@pytest.mark.parametrize(
    ("column", "value"), [("observed_at", "yesterday"), ("day", "2026-13-01"), ("cost", "much")]
)
def test_values_of_another_hand_are_named(store: Store, column: str, value: str) -> None:
    store.small.append(AZURE_COSTS, costs({"tenant": "contoso"}))
    store.state.connection.execute(f"update azure_costs set {column} = ?", [value])
    assert foreign_content(store.state.connection) == f"azure_costs.{column} holds '{value}'"
