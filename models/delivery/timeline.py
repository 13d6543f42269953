"""What happened to single messages, step by step, and where two recipients part."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from hve_monitor.clock import iso, parse_time
from hve_monitor.files import sql
from models.engine.sql import records
from warehouse.reading import Published

Row = dict[str, Any]
# Microsoft keeps traces, and with them the events, for 90 days.
KEPT = timedelta(days=90)
MOST_QUEUED = 200
REPLY = re.compile(r"\b([245]\d\d)[ -]+(\d\.\d{1,3}\.\d{1,3})\b")
# Events of one second come in any order: the way of a message decides.
ORDER = ("receive", "submit", "expand", "transfer", "send", "defer", "deliver", "fail")
# Neither page documents a link to one message: the id is searched there by hand.
PORTAL = "https://admin.exchange.microsoft.com/#/messagetrace"


class Step(NamedTuple):
    """One message and recipient of a tenant."""

    tenant: str
    id: str
    recipient: str


def message_timelines(
    published: Published, rows: Sequence[Row], fetchable: Collection[str]
) -> list[Row]:
    """One entry per message of a search, in its order, with the events of each recipient.

    A message that failed for one recipient and arrived at another gets both, and `comparison`
    tells where their ways part. `state` of a recipient: known, nothing_known (Microsoft tells no
    event), not_fetched, too_old, or no_source (its tenant lives from files).
    fetchable: tenants that can be asked.
    """
    if not rows:
        return []
    shown = [
        *rows,
        *_siblings(published, rows),
    ]
    events = _events(published, {row["id"] for row in shown})
    messages: dict[tuple[str, str], Row] = {}
    for row in rows:
        messages.setdefault((row["tenant"], row["id"]), _message(row))
    for row in shown:
        message = messages[row["tenant"], row["id"]]
        step = Step(row["tenant"], row["id"], row["recipient"])
        if all(each["recipient"] != step.recipient for each in message["recipients"]):
            old = published.now - parse_time(message["received_at"]) > KEPT
            is_erased = step.recipient.startswith("erased:")
            state = _missing(step.tenant, () if is_erased else fetchable, old=old)
            message["recipients"].append(_recipient(row, events.get(step), state))
    for message in messages.values():
        message["comparison"] = compare_routes(message["recipients"])
    return list(messages.values())


def to_queue(messages: Iterable[Row]) -> list[Step]:
    """Recipients whose events can be fetched and are not there yet; marks them `queued`.

    At most 200 at once, since each costs a request of the shared quota; the others stay
    `not_fetched`.
    """
    steps: list[Step] = []
    for message in messages:
        for each in message["recipients"]:
            if each["state"] == "not_fetched" and len(steps) < MOST_QUEUED:
                each["state"] = "queued"
                steps.append(Step(message["tenant"], message["id"], each["recipient"]))
    return steps


def compare_routes(recipients: Sequence[Row]) -> Row | None:
    """Where the way of a failed recipient leaves that of a delivered one; None without a pair."""
    failed = _with_events(recipients, "failed")
    delivered = _with_events(recipients, "delivered")
    if failed is None or delivered is None:
        return None
    ways = [[event["event"] for event in each["events"]] for each in (failed, delivered)]
    common = 0
    for mine, other in zip(*ways, strict=False):
        if mine.lower() != other.lower():
            break
        common += 1
    return {
        "failed": failed["recipient"],
        "delivered": delivered["recipient"],
        "common": ways[0][:common],
        "failed_then": ways[0][common:],
        "delivered_then": ways[1][common:],
        "reason": next((e["reply"] or e["description"] for e in _failing(failed)), None),
    }


def reply_of(description: str | None) -> str | None:
    """The SMTP reply inside an event's words, as `550 5.1.10`."""
    found = REPLY.search(description or "")
    return f"{found[1]} {found[2]}" if found else None


def _failing(recipient: Row) -> list[Row]:
    return [each for each in recipient["events"] if each["event"].lower() == "fail"]


def _with_events(recipients: Sequence[Row], status: str) -> Row | None:
    found = (each for each in recipients if str(each["status"]).lower() == status)
    return next((each for each in found if each["events"]), None)


def _siblings(published: Published, rows: Sequence[Row]) -> list[Row]:
    """A failed and a delivered recipient of each message that has both."""
    moments = [parse_time(row["received_at"]) for row in rows]
    found = records(
        published.connection,
        sql(__file__, "trace_siblings"),
        {
            "trace_ids": sorted({row["id"] for row in rows}),
            "first": min(moments).date(),
            "last": max(moments).date(),
            "now": published.now,
        },
    )
    asked = {(row["tenant"], row["id"]) for row in rows}
    mixed = [(row["tenant"], row["id"]) for row in found if row["status_group"] == "failed"]
    return [
        row | {"status": row["status_group"]}
        for row in found
        if (key := (row["tenant"], row["id"])) in asked and key in mixed
    ]


def _events(published: Published, ids: Collection[str]) -> dict[Step, list[Row]]:
    """Events by recipient in the order of the way; empty where Microsoft told none."""
    parameters = {"trace_ids": sorted(ids), "now": published.now}
    found: dict[Step, list[Row]] = {}
    for row in records(published.connection, sql(__file__, "trace_events"), parameters):
        events = found.setdefault(Step(row["tenant"], row["trace_id"], row["recipient"]), [])
        if row["event"] is not None:
            events.append(row)
    return {
        step: [_event(each) for each in sorted(rows, key=_place)] for step, rows in found.items()
    }


def _place(row: Row) -> tuple[datetime, int, str]:
    name = row["event"].lower()
    return row["event_at"], ORDER.index(name) if name in ORDER else len(ORDER), name


def _event(row: Row) -> Row:
    return {
        "at": iso(row["event_at"]),
        "event": row["event"],
        "action": row["action"],
        "description": row["description"],
        "reply": reply_of(row["description"]),
    }


def _message(row: Row) -> Row:
    names = ("tenant", "id", "message_id", "account", "sender", "subject", "received_at")
    return {**{name: row[name] for name in names}, "recipients": [], "portal": PORTAL}


def _recipient(row: Row, events: list[Row] | None, missing: str) -> Row:
    known = "nothing_known" if events == [] else "known"
    return {
        "recipient": row["recipient"],
        "status": row["status"],
        "state": missing if events is None else known,
        "events": events or [],
    }


def _missing(tenant: str, fetchable: Collection[str], *, old: bool) -> str:
    if tenant not in fetchable:
        return "no_source"
    return "too_old" if old else "not_fetched"
