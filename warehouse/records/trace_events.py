"""Events of single messages: kept once, and remembered as fetched also where nothing is known."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pyarrow as pa

from hve_monitor.clock import days_between
from hve_monitor.files import sql
from warehouse.connection import files_sql
from warehouse.protection.pseudonyms import Mask
from warehouse.records.accounts import account_addresses
from warehouse.store import Store
from warehouse.tables import MESSAGE_TRACES, TRACE_EVENTS

STORED = sql(__file__, "events")
FAILED_PAIRS = sql(__file__, "failed_pairs")


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
    since = now - timedelta(days=days)
    wanted = days_between(since.date(), now.date())
    files = store.delta.files(MESSAGE_TRACES, tenant, wanted)
    if not files or budget < 1:
        return []
    fetched = files_sql(TRACE_EVENTS, store.delta.files(TRACE_EVENTS, tenant))
    with store.compute() as connection:
        connection.execute(f"create view traces as {files_sql(MESSAGE_TRACES, files)}")
        connection.execute(f"create view events as {fetched}")
        rows = connection.execute(FAILED_PAIRS, {"since": since, "budget": budget}).fetchall()
    return [Pair(*row) for row in rows]


def record_events(
    store: Store, tenant: str, fetched: Mapping[Pair, Sequence[TraceEvent]], now: datetime
) -> int:
    """Writes events that are not stored yet; returns how many. Repeated reads add nothing."""
    known, addresses = _stored(store, tenant, fetched), account_addresses(store, tenant)
    mask = store.mask(tenant)
    fresh = [
        event
        for events in fetched.values()
        for event in dict.fromkeys(_masked(mask, each, addresses) for each in events)
        if event not in known
    ]
    read_before = {Pair(event.trace_id, event.recipient) for event in known}
    nothing = [
        TraceEvent(*pair)
        for pair, events in fetched.items()
        if not events and pair not in read_before
    ]
    _append(store, tenant, fresh + nothing, now)
    return len(fresh)


def _masked(mask: Mask, event: TraceEvent, addresses: Collection[str]) -> TraceEvent:
    """The words of a server name people too."""
    return replace(
        event,
        description=mask.text(event.description, addresses),
        data=mask.text(event.data, addresses),
    )


def _append(store: Store, tenant: str, events: Sequence[TraceEvent], now: datetime) -> None:
    if not events:
        return
    shared = {"tenant": tenant, "observed_at": now, "batch": store.state.next_batch()}
    rows = [
        {**asdict(each), "day": (each.event_at or now).astimezone(UTC).date(), **shared}
        for each in events
    ]
    store.delta.append(TRACE_EVENTS, pa.Table.from_pylist(rows, schema=TRACE_EVENTS.schema))


def _stored(store: Store, tenant: str, pairs: Iterable[Pair]) -> set[TraceEvent]:
    files = store.delta.files(TRACE_EVENTS, tenant)
    if not files:
        return set()
    wanted = {"trace_ids": sorted({pair.trace_id for pair in pairs})}
    with store.compute() as connection:
        connection.execute(f"create view existing as {files_sql(TRACE_EVENTS, files)}")
        found = connection.execute(STORED, wanted).fetchall()
    return {TraceEvent(*row) for row in found}
