"""Rows whose status may still change: the next read goes back to the oldest of them."""

from __future__ import annotations

from datetime import datetime, timedelta

from hve_monitor.clock import days_between
from hve_monitor.files import sql
from warehouse.records.landing import UNSETTLED
from warehouse.store import Store
from warehouse.tables import MESSAGE_TRACES

QUERY = sql(__file__, "unsettled")
ONE_DAY = timedelta(days=1)


def oldest_unsettled(store: Store, tenant: str, since: datetime) -> dict[str, datetime]:
    """Oldest unsettled row per sender address, of rows received since then."""
    days = days_between(since.date(), since.date() + 4 * ONE_DAY)
    with store.existing(MESSAGE_TRACES, tenant, days) as connection:
        rows = connection.execute(QUERY, {"since": since, "statuses": list(UNSETTLED)}).fetchall()
    return dict(rows)
