"""Upkeep: few files, one observation per row, a short log. Nothing that is read changes.

Runs under the tenant's lock, before the models publish. Files that were replaced stay for a day,
longer than any reader keeps a published version open.
"""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from hve_monitor.files import sql
from warehouse.connection import arrow
from warehouse.delta.portions import portions
from warehouse.lookup.contact_files import keep_contacts
from warehouse.store import Store
from warehouse.tables import (
    FIRST_CONTACTS,
    FIRST_SOURCES,
    FIRST_SUBJECTS,
    HVE_USAGE_CORRECTIONS,
    MESSAGE_TRACES,
    REJECTED_ROWS,
    SIGN_INS,
    TABLES,
    TRACE_EVENTS,
    Table,
)

# Tables that only grow, beside the traces: every observation in them is kept.
COLLECTED = (
    REJECTED_ROWS,
    SIGN_INS,
    TRACE_EVENTS,
    HVE_USAGE_CORRECTIONS,
)
LATEST = sql(__file__, "latest")
FIRSTS = sql(__file__, "firsts")
MOST_FILES = 8
CLOSED_AFTER = timedelta(days=2)
EVERY_SECONDS = 20 * 3600
KEEP_HOURS = 24
EVERYTHING = "*"  # no tenant can have this name
ROWS_AT_ONCE = 5_000_000


def tidy(store: Store, tenant: str, now: datetime) -> int:
    """Rewrites days that have too many files; returns how many. Once a day closed days too.

    A closed day ends as one file with one observation per row.
    """
    nightly = is_due(store, tenant)
    days = _crowded_days(store, MESSAGE_TRACES, tenant, now, nightly=nightly)
    for portion in portions(days, ROWS_AT_ONCE):
        _rewrite(store, tenant, portion)
    for table in (FIRST_CONTACTS, FIRST_SOURCES, FIRST_SUBJECTS):
        if len(store.delta.files(table, tenant)) > MOST_FILES:
            _merge_firsts(store, table, tenant)
    for table in COLLECTED:
        _compact(store, table, tenant, now, nightly=nightly)
    if nightly:
        keep_contacts(store, tenant, now.date() - CLOSED_AFTER, KEEP_HOURS)
        store.state.record_upkeep(tenant, time.time())
    return len(days)


def sweep(store: Store) -> None:
    """Once a day: removes files that no version of the last day names, and shortens the logs."""
    if not is_due(store, EVERYTHING):
        return
    for table in TABLES:
        opened = store.delta.open(table)
        if opened is None:
            continue
        store.delta.clean(table, KEEP_HOURS)
        opened.cleanup_metadata()
    kept = store.state.checksums().keys() - {store.published.name}  # which is no file of a table
    store.state.forget_checksums(path for path in kept if not store.delta.side.facts(path))
    store.state.record_upkeep(EVERYTHING, time.time())


def is_due(store: Store, tenant: str) -> bool:
    """A time in the future was written by a wrong clock."""
    last = store.state.last_upkeep(tenant)
    return last is None or not 0 <= time.time() - last < EVERY_SECONDS


def _compact(store: Store, table: Table, tenant: str, now: datetime, *, nightly: bool) -> None:
    """Merges the files of a table whose every observation stays."""
    if "day" not in table.partition_by:
        if len(store.delta.files(table, tenant)) > MOST_FILES:
            store.delta.compact(table, tenant)
        return
    days = [day for day, _ in _crowded_days(store, table, tenant, now, nightly=nightly)]
    store.delta.compact(table, tenant, days)


def _crowded_days(
    store: Store, table: Table, tenant: str, now: datetime, *, nightly: bool
) -> list[tuple[date, int]]:
    """(day, rows) of the days to rewrite, oldest first."""
    files = store.delta.active(table, tenant)
    counted = files.group_by("partition.day").aggregate([("path", "count"), ("num_records", "sum")])
    closed = now.date() - CLOSED_AFTER
    rough = _rough_days(files) if table is MESSAGE_TRACES else set()
    return sorted(
        (row["partition.day"], row["num_records_sum"])
        for row in counted.to_pylist()
        if row["path_count"] > MOST_FILES
        or (
            (nightly and row["partition.day"] < closed)
            and (row["path_count"] > 1 or row["partition.day"] in rough)
        )
    )


def _rough_days(files: pa.Table) -> set[date]:
    """Days as they were landed: rows keep their place in the batch until they are sorted."""
    if "max.row" not in files.column_names:
        return set()
    return set(files.filter(pc.greater(files["max.row"], 0))["partition.day"].to_pylist())


def _rewrite(store: Store, tenant: str, days: list[date]) -> None:
    with store.existing(MESSAGE_TRACES, tenant, days) as connection:
        rows = arrow(connection, LATEST)
    store.delta.replace(MESSAGE_TRACES, rows, tenant, days, searchable=True)


def _merge_firsts(store: Store, table: Table, tenant: str) -> None:
    with store.existing(table, tenant) as connection:
        rows = arrow(connection, FIRSTS.format(value=table.key[-1]))
    store.delta.replace(table, rows, tenant)
