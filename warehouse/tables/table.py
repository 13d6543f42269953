"""What defines a stored table, and the types of its columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

UTC_TIME = pa.timestamp("us", tz="UTC")
MONEY = pa.decimal128(28, 9)
# As received: Azure writes up to 17 significant digits, also for fractions of a cent.
AMOUNT = pa.decimal128(38, 18)
COUNT = pa.int64()


@dataclass(frozen=True)
class StoredTable:
    """A table with its columns; `grain` says what one row is."""

    room: Literal["facts", "marts"]
    name: str
    grain: str
    schema: pa.Schema

    @property
    def published_name(self) -> str:
        """Its schema and name in the published file."""
        return f"{'raw' if self.room == 'facts' else 'marts'}.{self.name}"

    @property
    def full_name(self) -> str:
        """Room and name, as reports name the table."""
        return f"{self.room}.{self.name}"


@dataclass(frozen=True)
class Table(StoredTable):
    """One Delta table."""

    partition_by: tuple[str, ...] = ("tenant", "day")
    key: tuple[str, ...] = ()
    added: tuple[str, ...] = ()  # columns that older files may lack
    is_inner: bool = False  # read by builds alone: never copied into the published file

    @property
    def folder(self) -> str:
        """Where it lies below the root of the tables."""
        return f"{self.room}/{self.name}"


@dataclass(frozen=True)
class SmallTable(StoredTable):
    """One table of state.db, of a few thousand rows; every row has a tenant."""

    @property
    def definition(self) -> str:
        """The statements that make it where it is missing."""
        columns = ", ".join(f"{field.name} {sqlite_type(field.type)}" for field in self.schema)
        return (
            f"create table if not exists {self.name} ({columns}) strict;"
            f" create index if not exists {self.name}_by_tenant on {self.name} (tenant);"
        )


AnyTable = Table | SmallTable


def sqlite_type(kind: pa.DataType) -> str:
    """SQLite's type of a column; times, days, decimals and lists are texts."""
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return "integer"
    return "real" if pa.types.is_floating(kind) else "text"


def schema(**columns: pa.DataType) -> pa.Schema:
    """A schema of these columns in their order."""
    return pa.schema([pa.field(name, kind) for name, kind in columns.items()])
