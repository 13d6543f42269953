"""The messages of alerts, as they are kept in the outbox and sent to targets.

`details` is the document that a message is about: an incident card or the report of a budget.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from hve_monitor.document import Document


class Since(Document):
    """When it began and ended (null: it goes on), and the zone in which a reader thinks."""

    start: datetime = msgspec.field(name="from")
    end: datetime | None = msgspec.field(name="to")
    zone: str


class Message(Document):
    """What every message has. `at` is business time; `key` is the same for all its stages."""

    type: str
    stage: str  # opened, updated or resolved
    kind: str
    key: str
    tenant: str
    severity: str
    audience: tuple[str, ...]
    at: datetime
    title: str


class Alert(Message):
    """One stage of an incident or a budget threshold, with what its text is made of.

    is_judged: false of an incident that is over and that nobody judged, else absent.
    """

    account: str | None
    what: str
    more: str
    since: Since
    money: str
    why: tuple[str, ...]
    next: tuple[str, ...]
    link: str
    details: object
    is_judged: bool | UnsetType = UNSET


class DigestMessage(Message):
    """Several alerts as one message, worst first."""

    link: str
    entries: tuple[Alert, ...]


def message_of(stored: Mapping[str, object]) -> Alert | DigestMessage:
    """The message of the JSON in the outbox."""
    if stored["type"] == "digest":
        return msgspec.convert(stored, DigestMessage)
    return msgspec.convert(stored, Alert)
