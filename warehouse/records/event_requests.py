"""Messages and recipients whose events somebody requested: a queue for the next ingest."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from warehouse.state import State, text_of


def request_events(
    state: State, tenant: str, pairs: Iterable[tuple[str, str]], at: datetime
) -> None:
    """Queues (trace id, recipient) pairs for the next ingest; one that waits stays in place."""
    with state.transaction():
        state.connection.executemany(
            "insert or ignore into event_requests values (?, ?, ?, ?)",
            [(tenant, *pair, text_of(at)) for pair in pairs],
        )


def requested_events(state: State, tenant: str, most: int) -> list[tuple[str, str]]:
    """Queued (trace id, recipient) pairs, the oldest request first."""
    rows = state.connection.execute(
        "select trace_id, recipient from event_requests where tenant = ?"
        " order by at, trace_id, recipient limit ?",
        [tenant, most],
    )
    return [(trace_id, recipient) for trace_id, recipient in rows]


def forget_requests(state: State, tenant: str, pairs: Iterable[tuple[str, str]]) -> None:
    """Takes pairs out of the queue: their events are stored, or were refused."""
    with state.transaction():
        state.connection.executemany(
            "delete from event_requests where tenant = ? and trace_id = ? and recipient = ?",
            [(tenant, *pair) for pair in pairs],
        )
