"""Retention: days and rows that are older than the configured days are dropped."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from hve_monitor.clock import midnight
from hve_monitor.files import sql
from warehouse.connection import arrow, files_sql
from warehouse.privacy.removal import Removed
from warehouse.privacy.subjects import drop_subjects
from warehouse.store import Store
from warehouse.tables import (
    FIRST_CONTACTS,
    FIRST_SOURCES,
    FIRST_SUBJECTS,
    HVE_FINDINGS,
    HVE_INCIDENTS,
    HVE_INCIDENTS_FLAT,
    HVE_SOURCES_DAILY,
    HVE_UNDELIVERED,
    HVE_USAGE_CORRECTIONS,
    IDENTITIES,
    MESSAGE_TRACES,
    REJECTED_ROWS,
    TABLES,
    AnyTable,
    Table,
)
from warehouse.walks import forget_walk

# What is kept for ever, its column, and the column of the facts that keeps it alive.
KEPT_BY_FACTS = (
    (FIRST_CONTACTS, "recipient", "recipient"),
    (FIRST_SOURCES, "from_ip", "from_ip"),
    (IDENTITIES, "pseudonym", "recipient"),
)
OF_MESSAGES = (HVE_UNDELIVERED, HVE_SOURCES_DAILY)  # marts that go with the messages they name
RECENT = "select * from existing where {column} >= $before"
RECENT_FINDINGS = sql(__file__, "recent_findings")


def purge_rows(store: Store, tenant: str, now: datetime, days: tuple[int, int]) -> list[Removed]:
    """Drops day partitions of facts and of marts that are older than so many days.

    What is known of people goes with the last fact about them: first contacts and identities; what
    is known of sources and subjects does too.
    """
    facts_before = now.date() - timedelta(days=days[0])
    store.state.connection.execute(
        "insert into purged values (?, ?) on conflict (tenant) do update"
        " set facts_before = max(facts_before, excluded.facts_before)",
        [tenant, str(facts_before)],
    )
    forget_walk(store.root, tenant)
    removed = [_drop_days(store, table, tenant, before) for table, before in _dated(now, days)]
    removed += [_drop_aged(store, *aged, tenant) for aged in _aged(now, days)]
    # Also where no row was dropped: a purge that died may have dropped them before.
    removed += [_drop_unmentioned(store, *kept, tenant) for kept in KEPT_BY_FACTS]
    removed.append(Removed(FIRST_SUBJECTS.full_name, drop_subjects(store, tenant)))
    return [part for part in removed if part.rows_dropped]


def has_old_rows(store: Store, tenant: str, now: datetime, days: tuple[int, int]) -> bool:
    """Whether a purge would drop anything."""
    if any(_old_days(store, table, tenant, before).num_rows for table, before in _dated(now, days)):
        return True
    counts = (_by_age(store, *aged, tenant) for aged in _aged(now, days))
    return any(kept.num_rows < count for kept, count in counts)


def _dated(now: datetime, days: tuple[int, int]) -> list[tuple[Table, date]]:
    """Tables by day, and the day before which they are old."""
    facts_before, marts_before = (now.date() - timedelta(days=age) for age in days)
    return [
        (table, facts_before if table.room == "facts" or table in OF_MESSAGES else marts_before)
        for table in TABLES
        if "day" in table.partition_by
    ]


def _old_days(store: Store, table: Table, tenant: str, before: date) -> pa.Table:
    """Day and rows of the tenant's old files."""
    files = store.delta.active(table, tenant)
    old = files.filter(pc.less(files["partition.day"], pa.scalar(before)))
    return old.select(["partition.day", "num_records"])


def _drop_days(store: Store, table: Table, tenant: str, before: date) -> Removed:
    old = _old_days(store, table, tenant, before)
    days = sorted(set(old["partition.day"].to_pylist()))
    store.delta.replace(table, table.schema.empty_table(), tenant, days)
    rows = sum(old["num_records"].to_pylist())
    return Removed(table.full_name, rows)


def _aged(now: datetime, days: tuple[int, int]) -> list[tuple[AnyTable, str, datetime]]:
    """Tables without days, what of them is not old, and the time before which rows are old."""
    facts_before, marts_before = (midnight(now - timedelta(days=age)) for age in days)
    return [
        (REJECTED_ROWS, RECENT.format(column="observed_at"), facts_before),
        (HVE_INCIDENTS, RECENT.format(column="started_at"), marts_before),
        (HVE_INCIDENTS_FLAT, RECENT.format(column="started_at"), marts_before),
        (HVE_USAGE_CORRECTIONS, RECENT.format(column="corrected_at"), marts_before),
        (HVE_FINDINGS, RECENT_FINDINGS, marts_before),
    ]


def _by_age(
    store: Store, table: AnyTable, recent: str, before: datetime, tenant: str
) -> tuple[pa.Table, int]:
    """The rows that are not old, and how many rows there are."""
    with store.existing(table, tenant) as connection:
        left = arrow(connection, recent, {"before": before}).cast(table.schema)
        [(count,)] = connection.execute("select count(*) from existing").fetchall()
    return left, count


def _drop_aged(
    store: Store, table: AnyTable, recent: str, before: datetime, tenant: str
) -> Removed:
    left, count = _by_age(store, table, recent, before, tenant)
    if left.num_rows < count:
        store.replace(table, left, tenant)
    return Removed(table.full_name, count - left.num_rows)


def _drop_unmentioned(store: Store, table: Table, column: str, fact: str, tenant: str) -> Removed:
    """People, pseudonyms and sources of which no message is left."""
    files = store.delta.files(table, tenant)
    if not files:
        return Removed(table.full_name)
    traces = files_sql(MESSAGE_TRACES, store.delta.files(MESSAGE_TRACES, tenant))
    with store.compute() as connection:
        everyone = arrow(connection, files_sql(table, files))
        left = arrow(
            connection,
            f"select * from ({files_sql(table, files)})"
            f" where {column} in (select {fact} from ({traces}))",
        )
    if left.num_rows < everyone.num_rows:
        store.delta.replace(table, left, tenant)
    return Removed(table.full_name, everyone.num_rows - left.num_rows)
