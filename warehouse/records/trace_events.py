"""Events of single messages: kept once, and remembered as fetched also where nothing is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from hve_monitor.clock import days_between
from hve_monitor.files import sql
from warehouse.records.accounts import account_addresses
from warehouse.records.observed import append_rows, masked
from warehouse.store import Store
from warehouse.tables import MESSAGE_TRACES, TRACE_EVENTS

STORED = sql(__file__, "events")
FAILED_PAIRS = sql(__file__, "failed_pairs")
TEXTS = ("description", "data")  # the words of a server name people too


class Pair(NamedTuple):
    """One message and recipient."""

    trace_id: str
    recipient: str


@dataclass(frozen=True)
class TraceEvent:
    """What happened to a message for a recipient; without `event` nothing is known of the pair."""

    trace_id: str
    recipient: str
    event_at: datetime | None = None
    event: str | None = None
    action: str | None = None
    description: str | None = None
    data: str | None = None


def failed_pairs(
    store: Store, tenant: str, now: datetime, budget: int, days: int = 10
) -> list[Pair]:
    """Failed rows of the last days whose events were never fetched, newest first."""
    if budget < 1:
        return []
    since = now - timedelta(days=days)
    with store.compute() as connection:
        last_days = days_between(since.date(), now.date())
        store.view(connection, "traces", MESSAGE_TRACES, tenant, last_days)
        store.view(connection, "events", TRACE_EVENTS, tenant)
        rows = connection.execute(FAILED_PAIRS, {"since": since, "budget": budget}).fetchall()
    return [Pair(*row) for row in rows]


def record_events(
    store: Store, tenant: str, fetched: Mapping[Pair, Sequence[TraceEvent]], now: datetime
) -> int:
    """Writes events that are not stored yet; returns how many. Repeated reads add nothing."""
    stored, own = _stored(store, tenant, fetched), account_addresses(store, tenant)
    mask = store.mask(tenant)
    fresh = [
        event
        for events in fetched.values()
        for event in dict.fromkeys(masked(mask, event, TEXTS, own) for event in events)
        if event not in stored
    ]
    read_before = {Pair(event.trace_id, event.recipient) for event in stored}
    nothing = [
        TraceEvent(*pair)
        for pair, events in fetched.items()
        if not events and pair not in read_before
    ]
    rows = [
        asdict(event) | {"day": (event.event_at or now).astimezone(UTC).date()}
        for event in fresh + nothing
    ]
    append_rows(store, TRACE_EVENTS, tenant, rows, now)
    return len(fresh)


def _stored(store: Store, tenant: str, pairs: Iterable[Pair]) -> set[TraceEvent]:
    trace_ids = sorted({pair.trace_id for pair in pairs})
    with store.existing(TRACE_EVENTS, tenant) as connection:
        rows = connection.execute(STORED, {"trace_ids": trace_ids}).fetchall()
    return {TraceEvent(*row) for row in rows}
