"""Retention: what is older than the configured days is dropped from every table that holds it."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pytest

from tests.unit.warehouse.conftest import NOW
from warehouse.privacy.retention import has_old_rows, purge_rows
from warehouse.records.stored import stored_rows
from warehouse.store import Store
from warehouse.tables import HVE_INCIDENTS, HVE_INCIDENTS_FLAT, Table


@pytest.mark.parametrize("table", [HVE_INCIDENTS, HVE_INCIDENTS_FLAT], ids=lambda mart: mart.name)
def test_old_incidents_are_dropped_from_both_marts(store: Store, table: Table) -> None:
    rows = [
        {"tenant": "contoso", "id": f"i{age}", "started_at": NOW - timedelta(days=age)}
        for age in (29, 31)
    ]
    store.delta.replace(table, pa.Table.from_pylist(rows, schema=table.schema), "contoso")
    assert has_old_rows(store, "contoso", NOW, (10, 30))
    (removed,) = purge_rows(store, "contoso", NOW, (10, 30))
    assert (removed.table, removed.rows_dropped) == (table.full_name, 1)
    assert [row["id"] for row in stored_rows(store, table, "contoso")] == ["i29"]
