"""Rows that no source could make sense of: kept with their place and the reason, never dropped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

import pyarrow as pa

from warehouse.protection.pseudonyms import hidden
from warehouse.records.stored import stored_rows
from warehouse.store import Store
from warehouse.tables import REJECTED_ROWS

RejectedRow: TypeAlias = tuple[str, int | None, str]  # file or source, line, reason


def reject(
    store: Store,
    tenant: str,
    file: str,
    reasons: Sequence[tuple[int | None, str]],
    observed_at: datetime,
) -> None:
    """Stores (line, reason) pairs of one file or source that are not there yet."""
    reject_rows(store, tenant, [(file, line, reason) for line, reason in reasons], observed_at)


def reject_rows(
    store: Store, tenant: str, rejected: Sequence[RejectedRow], observed_at: datetime
) -> None:
    """Stores rows of any files that are not there yet."""
    if not rejected:
        return
    if not store.protection.is_plain:
        rejected = [(file, line, hidden(reason)) for file, line, reason in rejected]
    rows = stored_rows(store, REJECTED_ROWS, tenant)
    stored = {(row["file"], row["line"], row["reason"]) for row in rows}
    rejected = [row for row in dict.fromkeys(rejected) if row not in stored]
    if not rejected:
        return
    count, batch = len(rejected), store.state.next_batch()
    columns = [
        [tenant] * count,
        *([row[place] for row in rejected] for place in range(3)),
        [observed_at] * count,
        [batch] * count,
    ]
    schema = REJECTED_ROWS.schema
    arrays = [pa.array(values, kind) for values, kind in zip(columns, schema.types, strict=True)]
    store.delta.append(REJECTED_ROWS, pa.table(arrays, schema=schema))
