"""Incidents as people read them: the documents of `hve incidents`, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import msgspec
from msgspec import UNSET, UnsetType

from hve_monitor.document import Document
from hve_monitor.errors import ConfigError
from hve_monitor.files import sql
from models.engine.sql import records
from models.incident import Severity, Signal
from models.incidents.runbooks import limits_of
from models.usage.coverage import CoverageReport
from models.usage.sources import source_records
from warehouse.reading import Published

STATUSES = ("open", "acknowledged", "planned", "false_positive", "confirmed", "closed")


class GivenVerdict(Document):
    """What a person said of an incident, until it expires."""

    status: str
    reason: str
    author: str
    at: datetime
    expires_at: datetime


class IncidentCard(Document):
    """One incident. Units: observed, expected, interval (95 %), extra_recipients in recipients."""

    tenant: str
    id: str
    account: str
    kind: str
    audience: tuple[str, ...]
    severity: Severity
    started_at: datetime
    ended_at: datetime | None  # None: it goes on
    detected_at: datetime
    observed: int
    expected: float
    reasons: tuple[str, ...]
    signals: tuple[Signal, ...]
    extra_recipients: int
    extra_cost: Decimal | None  # None: no price is known
    currency: str
    next_steps: tuple[str, ...]
    learning: bool
    status: str
    verdict: GivenVerdict | None  # the newest one, expired or not
    interval: tuple[float | None, float | None]


class IncidentSource(Document):
    """An address that the account sent from in the incident; first_seen in all that is stored."""

    from_ip: str | None
    messages: int
    recipients: int
    first_seen: datetime | None
    last_seen: datetime


class IncidentSubject(Document):
    """A subject that the account used in the incident."""

    subject: str | None
    recipients: int
    messages: int


class IncidentRecipient(Document):
    """Somebody whom the incident reached; is_new: the account never wrote to them before."""

    recipient: str | None
    messages: int
    trace_ids: tuple[str, ...]
    statuses: tuple[str | None, ...]
    sources: tuple[str | None, ...]
    first_at: datetime
    last_at: datetime
    is_new: bool


class WholeCard(IncidentCard):
    """The card with what the incident is made of, and every verdict, newest first.

    Addresses and subjects are what the store holds: pseudonyms where it holds pseudonyms.
    """

    sources: tuple[IncidentSource, ...]
    subjects: tuple[IncidentSubject, ...]
    limits: tuple[str, ...]
    verdicts: tuple[GivenVerdict, ...]
    recipients: tuple[IncidentRecipient, ...] | UnsetType = UNSET


class IncidentReport(Document):
    """What `hve incidents` prints: cards, or the whole card of one incident."""

    incidents: Sequence[IncidentCard]
    coverage: CoverageReport


def incident_cards(
    published: Published,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    status: str | None = None,
) -> list[IncidentCard]:
    """Incidents raised until `now`, overlapping the period, of that status.

    Raises: ConfigError for a status that does not exist.
    """
    if status is not None and status not in STATUSES:
        raise ConfigError(f"--status {status}: use one of {', '.join(STATUSES)}")
    cards = _cards(published, since=since, until=until)
    return [card for card in cards if status is None or card.status == status]


def one_card(published: Published, incident: str) -> IncidentCard:
    """The card of one incident. Raises: ConfigError for an id that is not there."""
    cards = _cards(published, incident=incident)
    if not cards:
        raise ConfigError(f"{incident}: no such incident; see 'hve incidents'")
    return cards[0]


def incident_card(
    published: Published, incident: str, *, with_recipients: bool = False
) -> WholeCard:
    """The whole card of one incident, with every recipient where that is requested.

    Raises: ConfigError for an id that is not there.
    """
    card = one_card(published, incident)
    bounds = {
        "tenant": card.tenant,
        "account": card.account,
        "since": card.started_at,
        "until": card.ended_at or published.now,
    }
    connection = published.connection
    subjects = records(connection, sql(__file__, "incident_subjects"), bounds)
    verdicts = records(
        connection, sql(__file__, "incident_verdicts"), {"id": incident, "now": published.now}
    )
    recipients: tuple[IncidentRecipient, ...] | UnsetType = UNSET
    if with_recipients:
        rows = records(connection, sql(__file__, "incident_recipients"), bounds)
        recipients = msgspec.convert(rows, tuple[IncidentRecipient, ...])
    return WholeCard(
        **msgspec.structs.asdict(card),
        sources=msgspec.convert(source_records(connection, bounds), tuple[IncidentSource, ...]),
        subjects=msgspec.convert(subjects, tuple[IncidentSubject, ...]),
        limits=tuple(limits_of(card.kind, card.severity)),
        verdicts=msgspec.convert(verdicts, tuple[GivenVerdict, ...]),
        recipients=recipients,
    )


def _cards(
    published: Published,
    *,
    incident: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[IncidentCard]:
    parameters = {
        "now": published.now,
        "tenant": published.tenant,
        "id": incident,
        "since": since,
        "until": until,
    }
    rows = records(published.connection, sql(__file__, "incidents"), parameters)
    return msgspec.convert(rows, list[IncidentCard])
