"""What a build needs from whatever runs the .sql models, and DuckDB, which usually runs them.

Files of the store become views, models become views or tables, results come back as Arrow: nothing
else differs between the engines, and the .sql files are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import duckdb
import pyarrow as pa

from models.engine import sql as runner
from warehouse.connection import arrow, files_sql, offer_rows
from warehouse.store import Store
from warehouse.tables import Table


class Workplace(Protocol):
    """The tables and views of one build step; they end with it."""

    def offer_files(self, name: str, table: Table, files: list[str]) -> None:
        """Makes `name` a view of Parquet files in the table's own columns and types."""

    def offer_rows(self, name: str, rows: pa.Table) -> None:
        """Makes `name` of a few rows."""

    def create(self, name: str, sql: str, *, stored: bool) -> None:
        """Makes `name` from a select: computed once where it is stored, else a view."""

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> pa.Table:
        """The whole result; times are UTC, whole numbers may be wider than in the store."""


class Engine(Protocol):
    """Opens workplaces."""

    @property
    def rows_at_once(self) -> int:
        """How many trace rows one workplace takes, unless a single day has more."""

    def workplace(self, store: Store) -> AbstractContextManager[Workplace]:
        """A fresh workplace that is closed afterwards."""


class DuckDBWorkplace:
    """A connection in memory."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def offer_files(self, name: str, table: Table, files: list[str]) -> None:
        self.create(name, files_sql(table, files), stored=False)

    def offer_rows(self, name: str, rows: pa.Table) -> None:
        offer_rows(self._connection, name, rows)

    def create(self, name: str, sql: str, *, stored: bool) -> None:
        kind = "table" if stored else "view"
        self._connection.execute(f"create or replace {kind} {name} as {sql}")

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> pa.Table:
        return arrow(self._connection, sql, parameters)


class DuckDBEngine:
    """In this process, within the store's memory limit."""

    # Five million spill under a limit of 2 GB, which costs more than another workplace.
    rows_at_once = 2_000_000

    @contextmanager
    def workplace(self, store: Store) -> Iterator[Workplace]:
        with store.compute() as connection:
            runner.prepare(connection)
            yield DuckDBWorkplace(connection)
