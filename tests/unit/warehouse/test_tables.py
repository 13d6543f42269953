"""The tables: names, partitions and keys that the rest relies on."""

from __future__ import annotations

import hashlib

import pytest

from warehouse.tables import (
    ALL_TABLES,
    HVE_INCIDENTS_FLAT,
    HVE_SOURCES_DAILY,
    MESSAGE_TRACES,
    SMALL_TABLES,
    TABLES,
    AnyTable,
    Table,
)
from warehouse.tables.table import UTC_TIME

# Columns that stores of every release have: SHA-256 of their names and types.
FIRST_COLUMNS = "990abcec79bc74fd"
# Tables that came later: no older store has files of them.
NEW_TABLES = (HVE_SOURCES_DAILY, HVE_INCIDENTS_FLAT)


def test_every_table_has_its_own_place() -> None:
    places = [(table.room, table.name) for table in ALL_TABLES]
    assert len(set(places)) == len(places)
    assert {table.room for table in ALL_TABLES} == {"facts", "marts"}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_partitions_and_keys_are_columns_and_names_are_unique(table: Table) -> None:
    names = table.schema.names
    assert len(set(names)) == len(names)
    assert set(table.partition_by) <= set(names)
    assert set(table.key) <= set(names)
    assert table.partition_by[0] == "tenant"
    assert table.grain.startswith("one row per ")


@pytest.mark.parametrize("table", SMALL_TABLES, ids=lambda table: table.name)
def test_rows_of_small_tables_have_a_tenant_and_a_batch(table: AnyTable) -> None:
    assert {"tenant", "batch"} <= set(table.schema.names)
    assert table.grain.startswith("one row per ")


@pytest.mark.parametrize("table", ALL_TABLES, ids=lambda table: table.name)
def test_every_instant_is_utc_with_microseconds(table: AnyTable) -> None:
    times = [field for field in table.schema if str(field.type).startswith("timestamp")]
    assert all(field.type == UTC_TIME for field in times)


def test_the_identity_of_a_trace_row_is_tenant_id_and_recipient() -> None:
    assert MESSAGE_TRACES.key == ("tenant", "trace_id", "recipient")


def test_a_column_that_came_later_is_named_as_added_so_that_older_files_are_read() -> None:
    added = {(table.name, name) for table in TABLES for name in table.added}
    added.add(("azure_costs", "quantity"))
    columns = sorted(
        f"{table.full_name}.{field.name} {field.type}"
        for table in ALL_TABLES
        if table not in NEW_TABLES
        for field in table.schema
        if (table.name, field.name) not in added
    )
    first = "\n".join(columns)
    assert hashlib.sha256(first.encode()).hexdigest()[:16] == FIRST_COLUMNS
