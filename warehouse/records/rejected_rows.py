"""Rows that no source could make sense of: kept with their place and the reason, never dropped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa

from warehouse.protection.pseudonyms import hidden
from warehouse.records.stored import stored_rows
from warehouse.store import Store
from warehouse.tables import REJECTED_ROWS


def reject(
    store: Store,
    tenant: str,
    file: str,
    reasons: Sequence[tuple[int | None, str]],
    observed_at: datetime,
) -> None:
    """Stores (line, reason) pairs of one file or source that are not there yet."""
    if not reasons:
        return
    if not store.protection.is_plain:
        reasons = [(line, hidden(reason)) for line, reason in reasons]
    rows = stored_rows(store, REJECTED_ROWS, tenant)
    stored = {(row["line"], row["reason"]) for row in rows if row["file"] == file}
    reasons = [reason for reason in dict.fromkeys(reasons) if reason not in stored]
    if not reasons:
        return
    count, batch = len(reasons), store.state.next_batch()
    columns = [
        [tenant] * count,
        [file] * count,
        [line for line, _ in reasons],
        [reason for _, reason in reasons],
        [observed_at] * count,
        [batch] * count,
    ]
    schema = REJECTED_ROWS.schema
    arrays = [pa.array(values, kind) for values, kind in zip(columns, schema.types, strict=True)]
    store.delta.append(REJECTED_ROWS, pa.table(arrays, schema=schema))
