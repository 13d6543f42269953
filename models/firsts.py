"""First contacts, sources and subjects: kept for ever, never rescanned.

The mart grows by what is new or earlier than what it holds; the smallest first_at of a key holds.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from models.runner import create, model
from warehouse.accounts import stored_days
from warehouse.connection import arrow, files_sql
from warehouse.store import Store
from warehouse.subjects import mark_stored, marked
from warehouse.tables import FIRST_CONTACTS, FIRST_SOURCES, FIRST_SUBJECTS, Table

STORED_SOURCES = Path(__file__).with_name("stored_sources.sql").read_text(encoding="utf-8")
STORED = Path(__file__).with_name("stored_firsts.sql").read_text(encoding="utf-8")
YOUNG_DAYS = 7  # as in marts/hve_activity.sql
TEMPLATE = Path(__file__).with_name("kept_firsts.sql").read_text(encoding="utf-8")


def keep_firsts(
    store: Store, connection: duckdb.DuckDBPyConnection, tenant: str
) -> frozenset[date]:
    """Adds what the days being built say first, and offers the result as kept.*.

    Returns days that held a first until now and lose it to an earlier one: they must be rebuilt.
    """
    lost: set[date] = set()
    for table in (FIRST_CONTACTS, FIRST_SOURCES, FIRST_SUBJECTS):
        lost |= _keep(store, connection, table, tenant)
    return frozenset(lost)


def _keep(
    store: Store, connection: duckdb.DuckDBPyConnection, table: Table, tenant: str
) -> set[date]:
    value = table.key[-1]
    create(connection, model(f"marts.{table.name}"))
    if table is FIRST_SUBJECTS:
        _mark_subjects(store, connection, tenant)
    connection.execute("create schema if not exists stored")
    names = {"table": table.name, "value": value}
    files = files_sql(table, store.delta.files(table, tenant))
    template = STORED_SOURCES if table is FIRST_SOURCES else STORED
    stored = template.format(files=files, **names)
    connection.execute(f"create or replace table stored.{table.name} as {stored}")
    earlier = arrow(connection, TEMPLATE.format(**names))
    connection.execute(
        f"create or replace table kept.{table.name} as select tenant, account, {value},"
        f" min(first_at) as first_at from (from stored.{table.name} union all"
        f" from marts.{table.name}) group by tenant, account, {value}"
    )
    store.delta.append(table, earlier.drop(["displaced_at"]))
    days = _days(earlier["displaced_at"])
    return _with_week(days, store, tenant) if table is FIRST_SOURCES else days


def _mark_subjects(store: Store, connection: duckdb.DuckDBPyConnection, tenant: str) -> None:
    """Puts keyed marks in the place of digests, which anybody could make of a guess."""
    mark_stored(store, tenant)
    found = arrow(connection, "from marts.first_subjects")
    if found.num_rows:
        place = found.schema.get_field_index("subject_hash")
        marks = marked(store, tenant, found["subject_hash"])
        connection.register("marked_subjects", found.set_column(place, "subject_hash", marks))
        connection.execute("create or replace table marts.first_subjects as from marked_subjects")
        connection.unregister("marked_subjects")


def _with_week(days: set[date], store: Store, tenant: str) -> set[date]:
    """The days and those with rows after them in which the source still counts as young."""
    after = {day + timedelta(days=later) for day in days for later in range(1, YOUNG_DAYS + 1)}
    return days | (after & set(stored_days(store, tenant)) if after else after)


def _days(moments: pa.ChunkedArray) -> set[date]:
    known = pc.unique(pc.drop_null(moments))
    return {moment.date() for moment in known.to_pylist()}
