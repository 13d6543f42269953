"""Incidents as people read them: the documents of `hve incidents`, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from hve_monitor.document import Document
from hve_monitor.errors import ConfigError
from hve_monitor.files import sql
from models.engine.sql import records
from models.incident import Severity, Signal
from models.incidents.response.hunting import HuntingFacts, HuntingQuery, hunting_queries
from models.incidents.runbooks import limits_of
from models.usage.coverage import CoverageReport, published_as_of
from models.usage.sources import source_records
from warehouse.connection import Row
from warehouse.reading import Published

INCIDENT_COUNTS = """
select tenant, severity, status, count(*) from ({incidents})
where status = 'open' or (status = 'ended' and severity = 'high')
group by all
"""
STATUSES = ("open", "ended", "acknowledged", "planned", "false_positive", "confirmed", "closed")


class GivenVerdict(Document):
    """What a person said of an incident, until it expires."""

    status: str
    reason: str
    author: str
    at: datetime
    expires_at: datetime


class Assignment(Document):
    """Who looks after an incident from then on; None is nobody. author: who gave it to them."""

    assigned_to: str | None
    author: str
    at: datetime


class StepDone(Document):
    """A step of the runbook that somebody ticked, as it was shown."""

    step: str
    author: str
    at: datetime


class IncidentCard(Document, kw_only=True):
    """One incident. Units: observed, expected, interval (95 %), extra_recipients in recipients.

    status: "ended" where it is over and nobody judged it. addressed: people that it wrote to, None
    where recipients are not kept; reached: those with a delivered message, None where no outcome is
    known; unsettled: those without one whose outcome is not known. They are there where messages
    were read (with_reach).
    """

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
    assigned_to: str | None = None  # who looks after it
    addressed: int | UnsetType | None = UNSET
    reached: int | UnsetType | None = UNSET
    unsettled: int | UnsetType | None = UNSET


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
    """Somebody whom the incident wrote to; is_new: the account never wrote to them before.

    is_reached: whether a message was delivered, None where that is not known.
    """

    recipient: str | None
    messages: int
    trace_ids: tuple[str, ...]
    statuses: tuple[str | None, ...]
    sources: tuple[str | None, ...]
    first_at: datetime
    last_at: datetime
    is_new: bool
    is_reached: bool | None


class WholeCard(IncidentCard, kw_only=True):
    """The card with its reach, what the incident is made of, and every verdict, newest first.

    Addresses and subjects are what the store holds: pseudonyms where it holds pseudonyms.
    hunting: queries for Microsoft's tools; what is a pseudonym stays out of them.
    """

    sources: tuple[IncidentSource, ...]
    subjects: tuple[IncidentSubject, ...]
    limits: tuple[str, ...]
    verdicts: tuple[GivenVerdict, ...]
    assignments: tuple[Assignment, ...] = ()
    steps_done: tuple[StepDone, ...] = ()
    hunting: tuple[HuntingQuery, ...] = ()
    recipients: tuple[IncidentRecipient, ...] | UnsetType = UNSET


class IncidentReport(Document):
    """What `hve incidents` prints: cards, or the whole cards of those that were named."""

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
    (card,) = with_reach(published, [one_card(published, incident)])
    bounds = {
        "tenant": card.tenant,
        "account": card.account,
        "since": card.started_at,
        "until": card.ended_at or published.now,
    }
    whole = _whole(published, card, bounds)
    return whole if with_recipients else msgspec.structs.replace(whole, recipients=UNSET)


def _whole(published: Published, card: IncidentCard, bounds: Row) -> WholeCard:
    """The card with everything that is read of its time."""
    connection, spoken = published.connection, {"id": card.id, "now": published.now}

    def read(name: str, parameters: Row) -> list[Row]:
        return records(connection, sql(__file__, name), parameters)

    whole = WholeCard(
        **msgspec.structs.asdict(card),
        sources=msgspec.convert(source_records(connection, bounds), tuple[IncidentSource, ...]),
        subjects=msgspec.convert(read("incident_subjects", bounds), tuple[IncidentSubject, ...]),
        limits=tuple(limits_of(card.kind, card.severity)),
        verdicts=msgspec.convert(read("incident_verdicts", spoken), tuple[GivenVerdict, ...]),
        assignments=msgspec.convert(read("incident_assignments", spoken), tuple[Assignment, ...]),
        steps_done=msgspec.convert(read("incident_steps", spoken), tuple[StepDone, ...]),
        recipients=msgspec.convert(
            read("incident_recipients", bounds), tuple[IncidentRecipient, ...]
        ),
    )
    until = card.ended_at or min(published_as_of(connection), published.now)
    return msgspec.structs.replace(whole, hunting=hunting_queries(_hunted(whole, until)))


def _hunted(card: WholeCard, until: datetime) -> HuntingFacts:
    """What the queries are filled with, up to what was read."""
    messages = [
        (trace_id, str(row.recipient))
        for row in card.recipients or ()
        for trace_id in row.trace_ids
    ]
    return HuntingFacts(
        incident=card.id,
        account=card.account,
        kind=card.kind,
        since=card.started_at,
        until=max(until, card.started_at),
        messages=messages,
        sources=[row.from_ip for row in card.sources if row.from_ip],
        subjects=[row.subject for row in card.subjects if row.subject],
    )


def with_reach(published: Published, cards: Sequence[IncidentCard]) -> list[IncidentCard]:
    """The cards with `addressed`, `reached` and `unsettled`: reads their messages."""
    if not cards:
        return []
    bounds = {
        "ids": [card.id for card in cards],
        "tenant": published.tenant,
        "now": published.now,
        "first": min(card.started_at for card in cards),
        "last": max(card.ended_at or published.now for card in cards),
    }
    rows = records(published.connection, sql(__file__, "incident_reach"), bounds)
    counts = {row.pop("id"): row for row in rows}
    nobody = {"addressed": 0, "reached": 0, "unsettled": 0, "is_named": True}
    return [_reached(card, **counts.get(card.id, nobody)) for card in cards]


def _reached(
    card: IncidentCard, addressed: int, reached: int, unsettled: int, *, is_named: bool
) -> IncidentCard:
    if not is_named:
        return msgspec.structs.replace(card, addressed=None, reached=None, unsettled=None)
    is_known = unsettled < addressed or addressed == 0
    return msgspec.structs.replace(
        card, addressed=addressed, reached=reached if is_known else None, unsettled=unsettled
    )


def reach_words(card: IncidentCard) -> str:
    """`reached 1,196 of 2,232 people it wrote to`; empty where it wrote to nobody."""
    addressed, reached, unsettled = card.addressed, card.reached, card.unsettled
    if not addressed:
        return ""
    people = f"{addressed:,} {'person' if addressed == 1 else 'people'}"
    if reached is None:
        return f"wrote to {people}; whom it reached is unknown"
    rest = f"; of {unsettled:,} the outcome is not known" if unsettled else ""
    return f"reached {reached:,} of {people} it wrote to{rest}"


class IncidentCounts(NamedTuple):
    """Incidents of a tenant: open ones by severity, and high ones that ended without a verdict."""

    open: dict[Severity, int]
    unjudged_high: int


def incident_counts(published: Published) -> dict[str, IncidentCounts]:
    """How many incidents wait for somebody, by tenant; one without any is left out."""
    parameters = {
        "now": published.now,
        "tenant": published.tenant,
        "id": None,
        "since": None,
        "until": None,
    }
    query = INCIDENT_COUNTS.format(incidents=sql(__file__, "incidents"))
    counts: dict[str, IncidentCounts] = {}
    for row in published.connection.execute(query, parameters).fetchall():
        tenant, severity, status, number = row
        before = counts.setdefault(tenant, IncidentCounts({}, 0))
        if status == "open":
            before.open[severity] = number
        else:
            counts[tenant] = before._replace(unjudged_high=number)
    return counts


def is_unjudged_high(card: IncidentCard) -> bool:
    """Whether somebody still has to look at it although it is over."""
    return card.status == "ended" and card.severity == "high"


def status_words(card: IncidentCard) -> str:
    """The status as people read it."""
    return "ended, not judged" if card.status == "ended" else card.status.replace("_", " ")


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
