"""Rows that are known before a window is read again: what an honest answer must hold."""

from __future__ import annotations

from collections.abc import Sequence

from hve_monitor.clock import days_between
from hve_monitor.files import sql
from warehouse.store import Store
from warehouse.tables import MESSAGE_TRACES
from warehouse.windows import Window

QUERY = sql(__file__, "known_keys")
MOST = 5_000


def known_keys(
    store: Store, tenant: str, source: str, senders: Sequence[str], window: Window
) -> frozenset[tuple[str, str]]:
    """(trace id, recipient) of rows that the source wrote of the senders in the window.

    A sample of many. Rows of other sources may be dated otherwise, so they may lie in no window.
    """
    days = days_between(window.start.date(), window.end.date())
    with store.existing(MESSAGE_TRACES, tenant, days) as connection:
        rows = connection.execute(
            QUERY,
            {
                "source": source,
                "start": window.start,
                "end": window.end,
                "senders": list(senders),
                "most": MOST,
            },
        ).fetchall()
    return frozenset(rows)
