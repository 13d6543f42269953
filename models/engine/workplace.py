"""Where the .sql models of a build step run: DuckDB with the tables and views of that step.

Files of the store become views, models become views or tables, results come back as Arrow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa

from models.engine import sql as runner
from warehouse.connection import arrow, files_sql, offer_rows
from warehouse.store import Store
from warehouse.tables import Table

# What is taken before first contacts are known.
STAGED = ("steps.places", "steps.owners", "steps.traces")


class Workplace:
    """The tables and views of one build step; they end with its connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        runner.prepare(connection)

    def offer_files(self, name: str, table: Table, files: list[str]) -> None:
        """Makes `name` a view of Parquet files in the table's own columns and types."""
        self.create(name, files_sql(table, files), stored=False)

    def offer_rows(self, name: str, rows: pa.Table) -> None:
        """Makes `name` of a few rows."""
        offer_rows(self.connection, name, rows)

    def create(self, name: str, sql: str, *, stored: bool) -> None:
        """Makes `name` from a select: computed once where it is stored, else a view."""
        kind = "table" if stored else "view"
        self.connection.execute(f"create or replace {kind} {name} as {sql}")

    def stage(self) -> None:
        """Makes the staging views, and the rows of the days that all else is made from."""
        for model in runner.models():
            if model.is_view:
                self.create(model.name, model.sql, stored=False)
        for name in STAGED:
            self.create(name, runner.model(name).sql, stored=True)

    def take_steps(self) -> None:
        """Makes what the marts share; kept.* says what was first."""
        for model in runner.models():
            if model.is_step and model.name not in STAGED:
                self.create(model.name, model.sql, stored=True)

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> pa.Table:
        """The whole result."""
        return arrow(self.connection, sql, parameters)


@contextmanager
def workplace(store: Store) -> Iterator[Workplace]:
    """A fresh workplace in this process, within the store's memory limit."""
    with store.compute() as connection:
        yield Workplace(connection)
