"""First contacts, sources and subjects: kept for ever, never rescanned.

The mart grows by what is new or earlier than what it holds; the smallest first_at of a key holds.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from hve_monitor.files import sql
from models.engine.sql import model
from models.engine.workplace import Workplace
from warehouse.privacy.subjects import mark_stored, marked
from warehouse.records.stored import stored_days
from warehouse.store import Store
from warehouse.tables import FIRST_CONTACTS, FIRST_SOURCES, FIRST_SUBJECTS, Table

KEPT, KEPT_SOURCES = (sql(__file__, f"steps/{name}") for name in ("kept_firsts", "kept_sources"))
FIRSTS = (FIRST_CONTACTS, FIRST_SOURCES, FIRST_SUBJECTS)
YOUNG_DAYS = 7  # as in marts/hve_activity.sql


def keep_firsts(store: Store, place: Workplace, tenant: str, days: Collection[date]) -> None:
    """Adds what the days being built say first, and offers the result as kept.*.

    Other days that held a first until now and lose it to an earlier one become dirty.
    """
    for table in FIRSTS:
        earlier = _earlier(store, place, table, tenant)
        lost = days_that_lose(store, table, tenant, _days(earlier["displaced_at"]))
        # Before the firsts are there: a run that dies in between has forgotten no day.
        store.state.mark_dirty(tenant, lost - set(days))
        store.delta.append(table, earlier.drop(["displaced_at"]))


def _earlier(store: Store, place: Workplace, table: Table, tenant: str) -> pa.Table:
    """Firsts of the days being built that are new, or earlier than those stored."""
    place.create(f"marts.{table.name}", model(f"marts.{table.name}").sql, stored=True)
    if table is FIRST_SUBJECTS:
        _mark_subjects(store, place, tenant)
    place.offer_files(f"stored.{table.name}", table, store.delta.files(table, tenant))
    offer_kept(place, table)
    return place.rows(earlier_sql(table))


def offer_kept(place: Workplace, table: Table) -> None:
    """Makes kept.<table> of the candidates in marts.<table> and of stored.<table>."""
    kept = KEPT_SOURCES if table == FIRST_SOURCES else KEPT
    select = kept.format(table=table.name, value=table.key[-1])
    place.create(f"kept.{table.name}", select, stored=True)


def earlier_sql(table: Table) -> str:
    """A select of what is new or earlier in kept.<table>, with the first that it displaces."""
    key = ", ".join(table.key)
    return (
        f"select {key}, first_at, stored_at as displaced_at from kept.{table.name}"
        " where stored_at is null or first_at < stored_at"
    )


def days_that_lose(store: Store, table: Table, tenant: str, days: set[date]) -> set[date]:
    """Days to be rebuilt where these lost a first of the table to an earlier one."""
    return _with_week(days, store, tenant) if table == FIRST_SOURCES else days


def _mark_subjects(store: Store, place: Workplace, tenant: str) -> None:
    """Puts keyed marks in the place of digests, which anybody could make of a guess."""
    mark_stored(store, tenant)
    subjects = place.rows("select * from marts.first_subjects")
    if subjects.num_rows:
        column = subjects.schema.get_field_index("subject_hash")
        marks = marked(store, tenant, subjects["subject_hash"])
        place.offer_rows("marts.first_subjects", subjects.set_column(column, "subject_hash", marks))


def _with_week(days: set[date], store: Store, tenant: str) -> set[date]:
    """The days and those with rows after them in which the source still counts as young."""
    after = {day + timedelta(days=later) for day in days for later in range(1, YOUNG_DAYS + 1)}
    return days | (after & set(stored_days(store, tenant)) if after else after)


def _days(moments: pa.ChunkedArray) -> set[date]:
    known = pc.unique(pc.drop_null(moments))
    return {moment.date() for moment in known.to_pylist()}
