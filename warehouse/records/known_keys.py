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
    store: Store, tenant: str, senders: Sequence[str], window: Window
) -> frozenset[tuple[str, str]]:
    """(trace id, recipient) of stored rows of the senders in the window, a sample of many."""
    days = days_between(window.start.date(), window.end.date())
    with store.existing(MESSAGE_TRACES, tenant, days) as connection:
        rows = connection.execute(
            QUERY,
            {"start": window.start, "end": window.end, "senders": list(senders), "most": MOST},
        ).fetchall()
    return frozenset(rows)
