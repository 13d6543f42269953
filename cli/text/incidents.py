"""Text of incidents, verdicts and plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from cli.text.tables import clean, coverage, table_text
from dashboards.parts.amounts import count, moment
from hve_monitor.plural import plural

if TYPE_CHECKING:
    from actions.feedback import AssignmentsDocument, StepsDocument, VerdictsDocument, Withdrawal
    from models.incidents.cards import (
        IncidentCard,
        IncidentRecipient,
        IncidentReport,
        StepDone,
        WholeCard,
    )
    from models.incidents.overspill import PlanDocument, PlannedSend
    from publish.exports.evidence import EvidenceFile


def incidents(report: IncidentReport) -> str:
    """One block per incident, newest first."""
    blocks = [_block(card) for card in report.incidents]
    none = "no incident" if report.coverage.complete else "no incident is known of what was read"
    return clean("\n".join([*(blocks or [none]), *_alike(report), coverage(report.coverage)]))


def _alike(report: IncidentReport) -> list[str]:
    """What waits for a verdict, and of that what can be judged together."""
    from models.incidents.triage import TriagedIncidents

    if not isinstance(report, TriagedIncidents) or not report.waiting:
        return []
    lines = [f"  {group.words}: {' '.join(group.ids)}" for group in report.groups]
    return [f"{report.waiting:,} of {len(report.incidents):,} wait for a verdict", *lines]


def _block(card: IncidentCard) -> str:
    from models.incidents.cards import status_words

    ended = moment(card.ended_at) if card.ended_at else "going on"
    head = (
        f"{card.id} {card.severity} {card.kind} {card.account}"
        f" {moment(card.started_at)} – {ended} ({status_words(card)}{_holder(card)}):"
        f" {plural(card.observed, 'recipient')}, {count(round(card.expected))} expected"
    )
    return "\n".join([head, *(f"  {reason}" for reason in card.reasons), *_whole(card)])


def _holder(card: IncidentCard) -> str:
    return f", assigned to {card.assigned_to}" if card.assigned_to else ""


def _whole(card: IncidentCard | WholeCard) -> list[str]:
    """What only the card of one incident has: steps, limits, and whom it reached."""
    from models.incidents.cards import WholeCard, reach_words

    if not isinstance(card, WholeCard):
        return []
    reach = reach_words(card)
    lines = [f"  {reach}"] if reach else []
    done = {ticked.step: ticked for ticked in card.steps_done}
    lines += [
        f"  {number}. {step}{_done(done.get(step))}"
        for number, step in enumerate(card.next_steps, 1)
    ]
    lines += [f"  {limit}" for limit in card.limits]
    lines += [
        f"  source {source.from_ip or 'unknown'}: {plural(source.recipients, 'recipient')}"
        for source in card.sources
    ]
    lines += [
        f"  subject {subject.subject or 'unknown'}: {plural(subject.recipients, 'recipient')}"
        for subject in card.subjects
    ]
    return lines + [_recipient(recipient) for recipient in card.recipients or ()]


def _done(ticked: StepDone | None) -> str:
    return f" [done by {ticked.author}, {moment(ticked.at)}]" if ticked else ""


def _recipient(recipient: IncidentRecipient) -> str:
    first = " (never mailed before)" if recipient.is_new else ""
    words = {True: "delivered", False: "not delivered", None: "outcome unknown"}
    reached = words[recipient.is_reached]
    return f"  {recipient.recipient}: {reached} {' '.join(recipient.trace_ids)}{first}"


def evidence(document: EvidenceFile) -> str:
    """Where the file is."""
    rows = f"{plural(document.trace_rows, 'row')} of the message trace"
    return clean(f"{document.out}: {document.id}, {rows}\n{coverage(document.coverage)}")


def verdicts(document: VerdictsDocument) -> str:
    """The verdicts that now hold."""
    lines = [
        f"{given.id}: {given.status}, by {given.author}, until {moment(given.expires_at)}"
        for given in document.verdicts
    ]
    return clean("\n".join(lines))


def assignments(document: AssignmentsDocument) -> str:
    """Who looks after the incidents now."""
    lines = [
        f"{given.id}: assigned to {given.assigned_to or 'nobody'}, by {given.author}"
        for given in document.assignments
    ]
    return clean("\n".join(lines))


def steps(document: StepsDocument) -> str:
    """The steps that are done now, or no longer."""
    lines = [
        f"{ticked.id} step {ticked.number}: {'done' if ticked.is_done else 'not done'},"
        f" by {ticked.author}: {ticked.step}"
        for ticked in document.steps
    ]
    return clean("\n".join(lines))


def plan(document: Mapping[str, PlanDocument]) -> str:
    """The plan that was stored."""
    stored = document["plan"]
    return clean(
        f"{stored.id}: {plural(stored.recipients, 'recipient')} of {stored.who}"
        f" from {moment(stored.start)} to {moment(stored.end)}"
    )


def plans(document: Mapping[str, Sequence[PlannedSend]], *, wide: bool = False) -> str:
    """A table of the plans."""
    names = ("id", "account", "start", "end", "recipients", "sent", "author", "note", "tenant",
             "scope")  # fmt: skip
    rows = [{name: getattr(plan, name) for name in names} for plan in document["plans"]]
    return table_text(rows, wide=wide)


def removed(document: Withdrawal) -> str:
    """The plan that was withdrawn."""
    return f"{document.removed}: withdrawn"
