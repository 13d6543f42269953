"""Events of single messages: why a mail failed, in the words of the server.

Source: Microsoft Graph, getDetailsByRecipient (v1.0). Every pair of trace id and recipient costs
one request of the message trace quota, so requested pairs come first, then failed rows, and all of
it within a budget.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

import msgspec
import pyarrow as pa

from hve_monitor.errors import AuthError, HveError, SourceContractError, SourceUnavailable
from ingest.graph.trace_pages import readable_times
from ingest.http import Api, RequestRefused
from ingest.linked_pages import linked_pages
from ingest.outcome import finish, note
from ingest.received import EARLIEST, latest
from ingest.source import SourceResult
from warehouse.privacy.identities import identities
from warehouse.records.event_requests import forget_requests, requested_events
from warehouse.records.trace_events import Pair, TraceEvent, failed_pairs, record_events
from warehouse.store import Store

SOURCE = "trace_events"
PATH = "/v1.0/admin/exchange/tracing/messageTraces"
BUDGET = 100
PAIRS_PER_COMMIT = 200
NOT_FOUND = 404


class EventItem(msgspec.Struct, rename="camel"):
    """One step of a message on its way to a recipient."""

    date_time: str | None = None
    event: str | None = None
    action: str | None = None
    description: str | None = None
    data: str | None = None


class EventPage(msgspec.Struct):
    """The steps; those of one second come in any order."""

    value: list[EventItem]
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")


def ingest_failed_events(
    store: Store, tenant: str, api: Api, now: datetime, budget: int = BUDGET
) -> SourceResult:
    """Fetches the events that users requested, then those of failed rows of the last 10 days,
    newest first; at most `budget` pairs.

    Unavailable where recipients are not kept: the request names the recipient.
    """
    if store.protection.mode == "aggregate":
        result = SourceResult(SOURCE, tenant, optional=True)
        result.error = "unavailable: privacy.mode = 'aggregate' keeps no recipients to ask for"
        return result
    requested = [Pair(*pair) for pair in requested_events(store.state, tenant, max(0, budget))]
    failed = failed_pairs(store, tenant, now, budget - len(requested))
    return ingest_trace_events(store, tenant, api, [*requested, *failed], now)


def ingest_trace_events(
    store: Store, tenant: str, api: Api, pairs: Sequence[Pair], now: datetime
) -> SourceResult:
    """Fetches the events of the given pairs; one that fails does not stop the others.

    A permission that is missing makes the source unavailable: traces may come another way.
    """
    result = SourceResult(SOURCE, tenant)
    people = identities(store, tenant, {pair.recipient for pair in pairs})
    fetched: dict[Pair, list[TraceEvent]] = {}
    try:
        for pair in dict.fromkeys(pairs):
            try:
                address = people.get(pair.recipient, pair.recipient)
                fetched[pair], odd = _events(api, pair, address, now)
                result.rows_read += odd
                result.rows_rejected += odd
            except HveError as error:
                note(result, error, api.permission)
                if isinstance(error, (AuthError, SourceUnavailable)):
                    break
                # What this pair was refused for would be refused again.
                forget_requests(store.state, tenant, [pair])
            if len(fetched) >= PAIRS_PER_COMMIT:
                _keep(store, tenant, fetched, now, result)
    finally:
        _keep(store, tenant, fetched, now, result)
    return finish(result, api)


def _keep(
    store: Store,
    tenant: str,
    fetched: dict[Pair, list[TraceEvent]],
    now: datetime,
    result: SourceResult,
) -> None:
    """Stores what was fetched and empties it."""
    read = sum(len(events) for events in fetched.values())
    new = record_events(store, tenant, fetched, now)
    forget_requests(store.state, tenant, fetched)
    result.rows_read += read
    result.rows_new += new
    result.rows_unchanged += read - new
    fetched.clear()


def _events(api: Api, pair: Pair, address: str, now: datetime) -> tuple[list[TraceEvent], int]:
    """Events of a pair in the order of time, and how many have no name or time to be kept by.

    There are none when the service does not know the pair.
    Raises: SourceContractError when no event can be kept: of such a pair nothing is known.
    """
    recipient = quote(address.replace("'", "''"), safe="@'")
    url = (
        f"{api.base}{PATH}/{quote(pair.trace_id, safe='')}"
        f"/getDetailsByRecipient(recipientAddress='{recipient}')"
    )
    where = f"{SOURCE} of {pair.trace_id}"
    try:
        pages = linked_pages(api, EventPage, url, where)
        items = [item for page in pages for item in page.value]
    except RequestRefused as error:
        if error.status != NOT_FOUND:
            raise
        items = []
    times = readable_times(pa.array([item.date_time for item in items], pa.string())).to_pylist()
    steps = [
        (moment, item)
        for moment, item in zip(times, items, strict=True)
        if item.event and moment is not None and EARLIEST <= moment <= latest(now)
    ]
    if items and not steps:
        raise SourceContractError(
            f"{where}: dateTime: none of {len(items)} events has a time, as {items[0].date_time!r}"
        )
    events = [_event(pair, *step) for step in sorted(steps, key=lambda step: step[0])]
    return events, len(items) - len(steps)


def _event(pair: Pair, moment: datetime, item: EventItem) -> TraceEvent:
    return TraceEvent(
        pair.trace_id,
        pair.recipient,
        moment,
        item.event,
        item.action or None,
        item.description or None,
        item.data or None,
    )
