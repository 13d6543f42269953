"""Rows that no source could make sense of: kept with their place and the reason, never dropped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

import pyarrow as pa

from hve_monitor.files import sql
from warehouse.connection import arrow
from warehouse.protection.pseudonyms import hidden
from warehouse.store import Store
from warehouse.tables import REJECTED_ROWS

QUERY = sql(__file__, "rejected_rows")
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
    fresh = _not_stored(store, tenant, list(dict.fromkeys(rejected)))
    if not fresh.num_rows:
        return
    same = {"tenant": tenant, "observed_at": observed_at, "batch": store.state.next_batch()}
    for name, value in same.items():
        kind = REJECTED_ROWS.schema.field(name).type
        fresh = fresh.append_column(name, pa.repeat(pa.scalar(value, kind), fresh.num_rows))
    store.delta.append(REJECTED_ROWS, fresh)


def _not_stored(store: Store, tenant: str, rejected: Sequence[RejectedRow]) -> pa.Table:
    """File, line and reason of the rows that are not there yet."""
    columns = zip(*rejected, strict=True)
    named = dict(zip(("file", "line", "reason"), map(list, columns), strict=True))
    rows = pa.table(named, schema=pa.schema(map(REJECTED_ROWS.schema.field, named)))
    with store.existing(REJECTED_ROWS, tenant) as connection:
        connection.register("rejected", rows.append_column("place", [range(len(rejected))]))
        return arrow(connection, QUERY)
