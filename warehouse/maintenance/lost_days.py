"""Days of which trace rows were lost: their marts count more than what could be built again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from hve_monitor.files import sql
from warehouse.state import State
from warehouse.store import Store
from warehouse.tables import HVE_USAGE_DAILY, MESSAGE_TRACES

PAIRS = sql(__file__, "pairs")


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
