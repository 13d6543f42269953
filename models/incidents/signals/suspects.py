"""Which accounts could make a signal fire at all: only their months of mail are read again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from hve_monitor.clock import days_between
from hve_monitor.files import sql
from models.incidents.signals.rules import LEAST_GAP_DAYS
from warehouse.connection import files_sql
from warehouse.store import Store
from warehouse.tables import HVE_ACTIVITY, HVE_USAGE_DAILY

ONE_DAY = timedelta(days=1)
# Where more days are judged, looking at all accounts costs no more.
MOST_DAYS = 4
_LONGEST_WINDOW, _WEEKS = timedelta(days=7), 4
_EARLIER = """
select account, hour_utc + interval {days} day as like_hour, recipients
from ({files})
"""


def suspects_of(
    store: Store, tenant: str, accounts: Sequence[str], first: date, until: datetime
) -> set[str]:
    """Accounts that signals of the days from `first` on may speak of; at worst all of them."""
    if (until.date() - first).days >= MOST_DAYS:
        return set(accounts)
    near = first - ONE_DAY
    with store.compute() as connection:
        for name, since in (("recent", first - _LONGEST_WINDOW), ("daily", None)):
            table = HVE_ACTIVITY if since else HVE_USAGE_DAILY
            days = days_between(since, until.date()) if since else None
            store.view(connection, name, table, tenant, days)
        parts = []
        for week in range(1, _WEEKS + 1):
            back = timedelta(weeks=week)
            days = days_between(near - back, until.date() - back)
            files = files_sql(HVE_ACTIVITY, store.delta.files(HVE_ACTIVITY, tenant, days))
            parts.append(_EARLIER.format(days=back.days, files=files))
        connection.execute(f"create view earlier as {' union all '.join(parts)}")
        rows = connection.execute(
            sql(__file__, "able_to_fire"),
            {
                "first": first,
                "near": near,
                "month": first - _WEEKS * timedelta(weeks=1),
                "long_ago": first - timedelta(days=LEAST_GAP_DAYS - 1),
            },
        ).fetchall()
    return {account for (account,) in rows}
