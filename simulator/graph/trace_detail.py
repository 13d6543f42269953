"""The events of one message for one recipient."""

from __future__ import annotations

import uuid
from typing import TypedDict

import numpy as np

from simulator.graph.trace_row import Renderer
from simulator.mail.block import EXPANDED, FAILED, QUARANTINED, SPAM, DayBlock
from simulator.mail.directory import UNKNOWN
from simulator.mail.instant import SECOND, trace_text
from simulator.mail.traffic import SimulatedTraffic

_FAILURES = (
    "Reason: 550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
    "Reason: 554 5.2.2 mailbox full; STOREDRV.Deliver; the mailbox is over its quota",
    "Reason: 550 5.7.171 RESOLVER.RST.NotAuthorized; the sender may not write to this recipient",
)
_ENDINGS = {
    EXPANDED: ("Expand", "The distribution list was expanded to its members."),
    QUARANTINED: ("Quarantine", "The message was placed in quarantine."),
    SPAM: ("Spam", "The message was delivered to the Junk Email folder."),
}
_DELIVERED = ("Deliver", "The message was successfully delivered.")
_DATA = '<root><MEP Name="MessagePart" String="{}" /></root>'


class ServedEvent(TypedDict):
    """One `exchangeMessageTraceDetail`."""

    id: str
    messageId: str
    dateTime: str
    event: str
    action: str
    description: str
    data: str


def read_details(
    traffic: SimulatedTraffic, trace_id: str, address: str, clock: int
) -> list[ServedEvent]:
    """`exchangeMessageTraceDetail` items up to the clock; empty for an unknown id or recipient."""
    try:
        raw = uuid.UUID(trace_id).bytes
    except ValueError:
        return []
    place, recipient = traffic.locate(raw), traffic.directory.number_of(address)
    if place is None or recipient is None:
        return []
    renderer = Renderer(traffic, *place, clock)
    row = _row_number(renderer.block, raw, recipient, clock)
    return [] if row is None else _events(renderer, row, clock)


def _row_number(block: DayBlock, raw: bytes, recipient: int, clock: int) -> int | None:
    same = (block.ids == np.frombuffer(raw, np.uint8)).all(axis=1)[block.message]
    rows = np.flatnonzero(same & (block.recipient == recipient) & block.visible_at(clock))
    return int(rows[0]) if len(rows) else None


def _events(renderer: Renderer, row: int, clock: int) -> list[ServedEvent]:
    block = renderer.block
    head = renderer.head(int(block.message[row]))
    received, settled = int(block.received[row]), int(block.final_from[row])
    accepted = "Message received by: AM0PR00MB0670.eurprd00.prod.outlook.com"
    steps = [(received + SECOND, "Receive", accepted), (settled, *_ending(block, row))]
    if settled - received > 300 * SECOND:
        retry = "Reason: 432 4.3.2 the recipient mailbox is busy; the server will try again."
        steps.insert(1, (int(block.pending_from[row]), "Defer", retry))
    return [
        {
            "id": head.trace_id,
            "messageId": head.message_id,
            "dateTime": trace_text(at),
            "event": event,
            "action": "",
            "description": description,
            "data": _DATA.format("Message Body" if event == "Receive" else event),
        }
        for at, event, description in steps
        if at <= clock
    ]


def _ending(block: DayBlock, row: int) -> tuple[str, str]:
    """(event, description) of the last step."""
    final, recipient = int(block.final[row]), int(block.recipient[row])
    if final == FAILED:
        return "Fail", _FAILURES[0 if recipient >= UNKNOWN else recipient % len(_FAILURES)]
    return _ENDINGS.get(final, _DELIVERED)
