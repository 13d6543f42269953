"""What happened to single messages, step by step, and where two recipients part."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from msgspec.structs import replace

from hve_monitor.document import Document
from hve_monitor.files import sql
from models.delivery.search import DeliveryRow, over_few_files
from models.engine.sql import records
from warehouse.connection import Row
from warehouse.lookup.trace_files import trace_rows
from warehouse.reading import Published

# Microsoft keeps traces, and with them the events, for 90 days.
KEPT = timedelta(days=90)
MOST_QUEUED = 200
REPLY = re.compile(r"\b([245]\d\d)[ -]+(\d\.\d{1,3}\.\d{1,3})\b")
# Events of one second come in any order: the way of a message decides.
ORDER = ("receive", "submit", "expand", "transfer", "send", "defer", "deliver", "fail")
# Neither page documents a link to one message: the id is searched there by hand.
PORTAL = "https://admin.exchange.microsoft.com/#/messagetrace"


class EventRequest(NamedTuple):
    """One message and recipient of a tenant, whose events are fetched by the next run."""

    tenant: str
    id: str
    recipient: str


class DeliveryEvent(Document):
    """One step of a message to a recipient; `reply` is the SMTP reply in its description."""

    at: datetime
    event: str
    action: str | None
    description: str | None
    reply: str | None


class RecipientTimeline(Document):
    """The way of a message to one recipient.

    state: known, nothing_known (Microsoft has no event of it), not_fetched, queued, too_old, or
    no_source (its tenant lives from files).
    """

    recipient: str
    status: str | None
    state: str
    events: list[DeliveryEvent]

    def lacks_events(self) -> bool:
        """Whether its events can be fetched and are not there yet."""
        return self.state == "not_fetched"


class RouteComparison(Document):
    """Where the way of a failed recipient leaves that of a delivered one: names of events."""

    failed: str
    delivered: str
    common: list[str]
    failed_then: list[str]
    delivered_then: list[str]
    reason: str | None


class MessageTimeline(Document):
    """A message and its way to each recipient; comparison is None without two that part."""

    tenant: str
    id: str
    message_id: str | None
    account: str
    sender: str
    subject: str | None
    received_at: datetime
    recipients: list[RecipientTimeline]
    portal: str
    comparison: RouteComparison | None


class QueuedTimelines(NamedTuple):
    """Timelines whose missing events are now requested, and the requests."""

    messages: list[MessageTimeline]
    requests: list[EventRequest]


def message_timelines(
    published: Published, rows: Sequence[DeliveryRow], fetchable: Collection[str]
) -> list[MessageTimeline]:
    """One entry per message of a search, in its order, with the events of each recipient.

    A message that failed for one recipient and arrived at another gets both.
    fetchable: tenants whose events can be fetched.
    """
    if not rows:
        return []
    messages: dict[tuple[str, str], DeliveryRow] = {}
    for row in rows:
        messages.setdefault((row.tenant, row.id), row)
    events = _events(published, {row.id for row in rows})
    recipients: dict[tuple[str, str], dict[str, RecipientTimeline]] = {}
    for (tenant, trace_id, recipient), status in _recipients(published, rows):
        received_at = messages[tenant, trace_id].received_at
        is_erased = recipient.startswith("erased:")
        state = _missing(
            tenant, () if is_erased else fetchable, is_old=published.now - received_at > KEPT
        )
        steps = events.get(EventRequest(tenant, trace_id, recipient))
        recipients.setdefault((tenant, trace_id), {}).setdefault(
            recipient, _recipient(recipient, status, steps, state)
        )
    return [_message(row, list(recipients[key].values())) for key, row in messages.items()]


def _recipients(
    published: Published, rows: Sequence[DeliveryRow]
) -> Iterable[tuple[EventRequest, str | None]]:
    """Every recipient to show and the status of its row: those of the search, then siblings."""
    for row in rows:
        yield EventRequest(row.tenant, row.id, row.recipient), row.status
    for sibling in _siblings(published, rows):
        request = EventRequest(sibling["tenant"], sibling["id"], sibling["recipient"])
        yield request, sibling["status_group"]


def queue_events(messages: Iterable[MessageTimeline]) -> QueuedTimelines:
    """Requests for the events that can be fetched and are not there; their state is `queued`.

    At most 200 at once, since each costs a request of the shared quota; the others stay
    `not_fetched`.
    """
    requests: list[EventRequest] = []
    queued = []
    for message in messages:
        recipients = list(message.recipients)
        for place, recipient in enumerate(recipients):
            if recipient.lacks_events() and len(requests) < MOST_QUEUED:
                requests.append(EventRequest(message.tenant, message.id, recipient.recipient))
                recipients[place] = replace(recipient, state="queued")
        queued.append(replace(message, recipients=recipients))
    return QueuedTimelines(queued, requests)


def compare_routes(recipients: Sequence[RecipientTimeline]) -> RouteComparison | None:
    """Where the way of a failed recipient leaves that of a delivered one; None without a pair."""
    failed = _with_events(recipients, "failed")
    delivered = _with_events(recipients, "delivered")
    if failed is None or delivered is None:
        return None
    ways = [[event.event for event in recipient.events] for recipient in (failed, delivered)]
    common = 0
    for event, other in zip(*ways, strict=False):
        if event.lower() != other.lower():
            break
        common += 1
    return RouteComparison(
        failed=failed.recipient,
        delivered=delivered.recipient,
        common=ways[0][:common],
        failed_then=ways[0][common:],
        delivered_then=ways[1][common:],
        reason=next((event.reply or event.description for event in _failing(failed)), None),
    )


def reply_of(description: str | None) -> str | None:
    """The SMTP reply inside an event's words, as `550 5.1.10`."""
    reply = REPLY.search(description or "")
    return f"{reply[1]} {reply[2]}" if reply else None


def _failing(recipient: RecipientTimeline) -> list[DeliveryEvent]:
    return [event for event in recipient.events if event.event.lower() == "fail"]


def _with_events(recipients: Sequence[RecipientTimeline], status: str) -> RecipientTimeline | None:
    of_status = (other for other in recipients if str(other.status).lower() == status)
    return next((recipient for recipient in of_status if recipient.events), None)


def _siblings(published: Published, rows: Sequence[DeliveryRow]) -> list[Row]:
    """A failed and a delivered recipient of each message that has both."""
    moments = [row.received_at for row in rows]
    ids, first, last = sorted({row.id for row in rows}), min(moments), max(moments)
    few = trace_rows(published.connection, None, first, last, {"trace_id": ids})
    siblings = records(
        published.connection,
        over_few_files(sql(__file__, "trace_siblings"), few),
        {"trace_ids": ids, "first": first.date(), "last": last.date(), "now": published.now},
    )
    shown = {(row.tenant, row.id) for row in rows}
    failed = {(row["tenant"], row["id"]) for row in siblings if row["status_group"] == "failed"}
    return [row for row in siblings if (row["tenant"], row["id"]) in shown & failed]


def _events(published: Published, ids: Collection[str]) -> dict[EventRequest, list[DeliveryEvent]]:
    """Events by recipient in the order of the way; empty where Microsoft has none."""
    parameters = {"trace_ids": sorted(ids), "now": published.now}
    events: dict[EventRequest, list[DeliveryEvent]] = {}
    for row in records(published.connection, sql(__file__, "trace_events"), parameters):
        key = EventRequest(row["tenant"], row["trace_id"], row["recipient"])
        steps = events.setdefault(key, [])
        if row["event"] is not None:
            steps.append(_event(row))
    return {key: sorted(steps, key=_place) for key, steps in events.items()}


def _place(event: DeliveryEvent) -> tuple[datetime, int, str]:
    name = event.event.lower()
    return event.at, ORDER.index(name) if name in ORDER else len(ORDER), name


def _event(row: Row) -> DeliveryEvent:
    return DeliveryEvent(
        at=row["event_at"],
        event=row["event"],
        action=row["action"],
        description=row["description"],
        reply=reply_of(row["description"]),
    )


def _message(row: DeliveryRow, recipients: list[RecipientTimeline]) -> MessageTimeline:
    return MessageTimeline(
        tenant=row.tenant,
        id=row.id,
        message_id=row.message_id,
        account=row.account,
        sender=row.sender,
        subject=row.subject,
        received_at=row.received_at,
        recipients=recipients,
        portal=PORTAL,
        comparison=compare_routes(recipients),
    )


def _recipient(
    recipient: str, status: str | None, events: list[DeliveryEvent] | None, missing: str
) -> RecipientTimeline:
    has_none = "nothing_known" if events == [] else "known"
    return RecipientTimeline(
        recipient=recipient,
        status=status,
        state=missing if events is None else has_none,
        events=events or [],
    )


def _missing(tenant: str, fetchable: Collection[str], *, is_old: bool) -> str:
    if tenant not in fetchable:
        return "no_source"
    return "too_old" if is_old else "not_fetched"
