"""What defines a Delta table, and the types of its columns."""

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
class Table:
    """One Delta table; `grain` says what one row is."""

    room: Literal["facts", "marts"]
    name: str
    grain: str
    schema: pa.Schema
    partition_by: tuple[str, ...] = ("tenant", "day")
    key: tuple[str, ...] = ()
    added: tuple[str, ...] = ()  # columns that older files may lack
    is_inner: bool = False  # read by builds alone: never copied into the published file

    @property
    def published_name(self) -> str:
        """Its schema and name in the published file."""
        return f"{'raw' if self.room == 'facts' else 'marts'}.{self.name}"

    @property
    def full_name(self) -> str:
        """Room and name, as reports name the table."""
        return f"{self.room}.{self.name}"


def schema(**columns: pa.DataType) -> pa.Schema:
    """A schema of these columns in their order."""
    return pa.schema([pa.field(name, kind) for name, kind in columns.items()])
