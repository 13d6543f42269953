"""What the tables and columns of the published file mean, in the words of dictionary.csv.

A row for table `*` describes a column that means the same in every table; a row of the table itself
comes before it. A row without a column describes its table. The grain of a stored table stands in
warehouse.tables.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import duckdb

from warehouse.connection import quoted
from warehouse.tables import ALL_TABLES, Table

if TYPE_CHECKING:
    import pyarrow as pa

WORDS = Path(__file__).with_name("dictionary.csv")
EVERY_TABLE = "*"
LISTED = """
    select schema_name, table_name, 'table' from duckdb_tables()
    where database_name = $catalog and comment is null
    union all
    select schema_name, view_name, 'view' from duckdb_views()
    where database_name = $catalog and not internal and comment is null
"""
# Reads the files of every view: asked only where columns are not known otherwise.
COLUMNS = """
    select schema_name || '.' || table_name, list(column_name) from duckdb_columns()
    where database_name = $catalog and not internal and comment is null group by all
"""


class Description(NamedTuple):
    """Unit and meaning of a column; the unit is empty where a value has none."""

    unit: str
    meaning: str

    @property
    def comment(self) -> str:
        """Both in one text."""
        return f"{self.meaning}. Unit: {self.unit}." if self.unit else f"{self.meaning}."


@cache
def words() -> dict[tuple[str, str], Description]:
    """Every row of the dictionary by table (`schema.name`) and column, both as written there."""
    with WORDS.open(encoding="utf-8", newline="") as file:
        return {
            (row["table"], row["column"]): Description(row["unit"], row["meaning"])
            for row in csv.DictReader(file)
        }


def key_of(table: str, column: str) -> tuple[str, str]:
    """Under which key the dictionary describes a column of a table."""
    own = (table, column)
    return own if own in words() else (EVERY_TABLE, column)


@cache
def grains() -> dict[str, str]:
    """What one row of a table is, as a sentence, by `schema.name`."""
    grains = {table.published_name: table.grain for table in ALL_TABLES}
    grains |= {table: text.meaning for (table, column), text in words().items() if not column}
    return {table: f"{grain[0].upper()}{grain[1:]}." for table, grain in grains.items()}


@cache
def described(table: Table) -> pa.Schema:
    """The table's columns, with what they mean as the comments that Delta tables keep."""
    import pyarrow as pa

    meanings = {
        field: words().get(key_of(table.published_name, field.name)) for field in table.schema
    }
    return pa.schema(
        field.with_metadata({"comment": meaning.comment}) if meaning else field
        for field, meaning in meanings.items()
    )


def write_comments(connection: duckdb.DuckDBPyConnection, catalog: str) -> None:
    """Writes the descriptions as comments on the tables and views of a catalog that have none."""
    rows = connection.execute(LISTED, {"catalog": catalog}).fetchall()
    columns = {table.published_name: table.schema.names for table in ALL_TABLES}
    if any(f"{schema}.{name}" not in columns for schema, name, _ in rows):
        columns = dict(connection.execute(COLUMNS, {"catalog": catalog}).fetchall())
    statements = [
        _statement(catalog, schema, name, *part)
        for schema, name, kind in rows
        for part in (("", kind), *((c, "column") for c in columns.get(f"{schema}.{name}", ())))
    ]
    connection.execute(";".join(statements))


def _statement(catalog: str, schema: str, table: str, column: str, kind: str) -> str:
    """One comment; null where the dictionary has no words, which a test rules out."""
    name, place = f"{schema}.{table}", f'"{catalog}".{schema}.{table}'
    if kind != "column":
        return f"comment on {kind} {place} is {_literal(grains().get(name))}"
    description = words().get(key_of(name, column))
    text = _literal(description and description.comment)
    return f'comment on column {place}."{column}" is {text}'


def _literal(text: str | None) -> str:
    return "null" if text is None else quoted(text)
