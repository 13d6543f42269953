"""What follows where rows are lost: days of lost traces count more than could be built again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from hve_monitor.files import sql
from warehouse.records.coverage import uncover
from warehouse.records.stored import stored_days
from warehouse.state import State
from warehouse.store import Store
from warehouse.tables import HVE_USAGE_DAILY, MESSAGE_TRACES, Table
from warehouse.windows import Window

TRACES = "message_traces"
PAIRS = sql(__file__, "pairs")


def note_loss(store: Store, table: Table, tenant: str | None, day: date | None) -> str:
    """Notes that a file of a table's partition is lost; returns what follows, as a sentence."""
    tenant = tenant or ""
    lost = f"{table.name} of {tenant}" + (f" of {day}" if day else "")
    if table is MESSAGE_TRACES and day is not None:
        midnight = datetime.combine(day, time.min, UTC)
        uncover(store.state, tenant, TRACES, Window(midnight, midnight + timedelta(days=1)))
        note_lost_day(store.state, tenant, day)
        store.state.mark_dirty(tenant, [day])
        return f"{lost}: read again by the next run; import files again, or restore a backup"
    if table.room == "marts":
        store.state.mark_dirty(tenant, [day] if day else stored_days(store, tenant))
        return f"{lost}: built again by the next run"
    return f"{lost}: its history is lost unless a backup is restored; the next run reads anew"


def note_lost_day(state: State, tenant: str, day: date) -> None:
    """Keeps the marts of a day as they are until its rows are back."""
    state.connection.execute("insert or ignore into lost_days values (?, ?)", [tenant, str(day)])


def lost_days(state: State, tenant: str) -> frozenset[date]:
    """Days of the tenant whose rows were lost and are not back."""
    rows = state.connection.execute("select day from lost_days where tenant = ?", [tenant])
    return frozenset(date.fromisoformat(day) for (day,) in rows)


def days_to_keep(store: Store, tenant: str, days: Iterable[date]) -> frozenset[date]:
    """Of these days those whose marts must stay; the others are no lost ones any more."""
    lost = lost_days(store.state, tenant).intersection(days)
    if not lost:
        return lost
    with store.compute() as connection:
        for name, table in (("traces", MESSAGE_TRACES), ("usage", HVE_USAGE_DAILY)):
            store.view(connection, name, table, tenant, lost)
        differing = connection.execute(PAIRS).fetchall()
    poorer = frozenset(day for _, day, facts, marts in differing if facts < marts)
    store.state.connection.executemany(
        "delete from lost_days where tenant = ? and day = ?",
        [(tenant, str(day)) for day in lost - poorer],
    )
    return poorer
