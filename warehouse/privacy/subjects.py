"""What is kept of subjects for ever: marks keyed by tenant, never a digest that can be guessed.

A subject that no row holds any more, because its only reader was erased, leaves a random mark: it
is still one new subject of its hour, and no key leads back to it.
"""

from __future__ import annotations

import secrets

import pyarrow as pa
import pyarrow.compute as pc

from hve_monitor.files import sql
from warehouse.connection import arrow, files_sql
from warehouse.protection.mode import tenant_key
from warehouse.protection.pseudonyms import Mask, mapped
from warehouse.store import Store
from warehouse.tables import FIRST_SUBJECTS, MESSAGE_TRACES

DIGESTS = sql(__file__, "subject_digests")
KEYED, ERASED = "k-", "erased:"


def marked(store: Store, tenant: str, digests: pa.ChunkedArray) -> pa.Array:
    """Keyed marks of MD5 digests; what is a mark already stays."""
    mask = Mask(store.protection, tenant_key(store.state, store.protection, tenant))
    return mapped(
        digests,
        lambda text: text if text.startswith((KEYED, ERASED)) else KEYED + mask.subject_mark(text),
    )


def mark_stored(store: Store, tenant: str) -> None:
    """Gives marks to what an older version stored as plain digests."""
    rows = _stored(store, tenant)
    marks = [pc.starts_with(rows["subject_hash"], start) for start in (KEYED, ERASED)]
    if not pc.all(pc.or_(*marks), min_count=0).as_py():
        _replace(store, tenant, rows, marked(store, tenant, rows["subject_hash"]))


def forget_subjects(store: Store, tenant: str) -> int:
    """Gives random marks to subjects that no row holds any more; returns how many rows changed."""
    rows = _stored(store, tenant)
    lost = _lost(store, tenant, rows)
    count: int = sum(lost.to_pylist())
    if not count:
        return 0
    hashes = set(rows["subject_hash"].to_pylist())
    fresh = {subject: ERASED + secrets.token_hex(16) for subject in hashes}
    _replace(
        store,
        tenant,
        rows,
        pc.if_else(lost, mapped(rows["subject_hash"], fresh.get), rows["subject_hash"]),
    )
    return count


def drop_subjects(store: Store, tenant: str) -> int:
    """Drops subjects that no row holds any more; returns how many rows went.

    Random marks stay: they hold nothing, and their days may be built again.
    """
    rows = _stored(store, tenant)
    kept = rows.filter(pc.invert(_lost(store, tenant, rows)))
    if kept.num_rows < rows.num_rows:
        store.delta.replace(FIRST_SUBJECTS, kept, tenant)
    return int(rows.num_rows - kept.num_rows)


def _lost(store: Store, tenant: str, rows: pa.Table) -> pa.ChunkedArray:
    """Whether each stored subject is one that no row holds any more."""
    traces = files_sql(MESSAGE_TRACES, store.delta.files(MESSAGE_TRACES, tenant))
    with store.compute() as connection:
        digests = arrow(connection, DIGESTS.format(files=traces))["subject_hash"]
    kept = pc.is_in(rows["subject_hash"], value_set=marked(store, tenant, digests))
    return pc.invert(pc.or_(kept, pc.starts_with(rows["subject_hash"], ERASED)))


def _stored(store: Store, tenant: str) -> pa.Table:
    files = store.delta.files(FIRST_SUBJECTS, tenant)
    with store.compute() as connection:
        return arrow(connection, files_sql(FIRST_SUBJECTS, files)).cast(FIRST_SUBJECTS.schema)


def _replace(store: Store, tenant: str, rows: pa.Table, marks: pa.Array) -> None:
    place = rows.schema.get_field_index("subject_hash")
    changed = rows.set_column(place, rows.schema.field("subject_hash"), marks)
    store.delta.replace(FIRST_SUBJECTS, changed, tenant)
