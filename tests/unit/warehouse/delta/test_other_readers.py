"""Every table is read by other engines, with the words that say what it holds."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from deltalake import DeltaTable

from warehouse.delta.commit import DeltaFolder
from warehouse.dictionary import key_of, words
from warehouse.tables import HVE_INCIDENTS_FLAT, TABLES, Table

DAY = date(2026, 11, 23)
AT = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def row_of(table: Table) -> pa.Table:
    """A row of the table, with what its partitions and times need."""
    values = {"tenant": "contoso", "day": DAY}
    times = {field.name: AT for field in table.schema if pa.types.is_timestamp(field.type)}
    return pa.Table.from_pylist([values | times], schema=table.schema)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.full_name)
def test_every_table_is_read_with_its_words(folder: DeltaFolder, table: Table) -> None:
    folder.append(table, row_of(table))
    folder.append(table, row_of(table))
    read = DeltaTable(folder.uri(table))
    dataset = read.to_pyarrow_dataset()
    with duckdb.connect() as connection:
        connection.register("others", dataset)
        assert connection.execute("select count(*) from others").fetchall() == [(2,)]
    assert dataset.to_table().select(table.schema.names).cast(table.schema).num_rows == 2
    assert read.protocol().min_reader_version == 1
    words_of_grain = (read.metadata().description or "").lower()
    assert words_of_grain.startswith(table.grain.lower())
    comments = {field.name: field.metadata["comment"] for field in read.schema().fields}
    assert comments == {
        name: words()[key_of(table.published_name, name)].comment for name in table.schema.names
    }


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.full_name)
def test_every_table_is_read_by_polars_with_its_types(folder: DeltaFolder, table: Table) -> None:
    polars = pytest.importorskip("polars", reason="the packages of requirements.lock are older")
    folder.append(table, row_of(table))
    read = polars.scan_delta(folder.uri(table)).collect()
    assert read.select(table.schema.names).rows() == polars.DataFrame(row_of(table)).rows()
    times = [kind for kind in read.dtypes if isinstance(kind, polars.Datetime)]
    assert set(times) <= {polars.Datetime("us", "UTC")}


def test_the_flat_view_of_incidents_has_plain_columns_alone() -> None:
    assert not any(pa.types.is_nested(kind) for kind in HVE_INCIDENTS_FLAT.schema.types)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.full_name)
def test_words_stay_when_rows_are_replaced(folder: DeltaFolder, table: Table) -> None:
    folder.append(table, row_of(table))
    if "day" in table.partition_by:
        folder.replace(table, row_of(table), "contoso", [DAY])
    else:
        folder.replace(table, row_of(table), "contoso")
    fields = DeltaTable(Path(folder.uri(table))).schema().fields
    assert all(field.metadata.get("comment") for field in fields)
