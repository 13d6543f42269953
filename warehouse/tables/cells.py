"""Values of small tables as SQLite keeps them, and back.

SQLite knows no times, days, decimals and lists: they are ISO 8601 texts in UTC, exact texts of
decimals, and JSON.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa

from warehouse.tables.table import sqlite_type

Cell = str | int | float | None
ARROW_TYPES = {"text": pa.string(), "integer": pa.int64(), "real": pa.float64()}


def cell_of(value: object) -> Cell:
    """A value as SQLite keeps it."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"{type(value).__name__} has no place in state.db")


def typed(cells: Sequence[Cell], kind: pa.DataType) -> pa.Array:
    """Cells of a column in its type. Raises: pa.ArrowInvalid, ValueError where they do not fit."""
    if pa.types.is_list(kind):
        return pa.array([cell and json.loads(str(cell)) for cell in cells], kind)
    return pa.array(cells, ARROW_TYPES[sqlite_type(kind)]).cast(kind)
