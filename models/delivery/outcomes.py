"""How well an account's mail arrives: rates, reasons, lists, and room below Microsoft's limits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from hve_monitor.document import Document
from hve_monitor.files import sql
from models.delivery.rate import delivery_rate, final_recipients, rate_range
from models.engine.sql import records
from models.explain.diagnosis import Explanation, explain
from models.reference.limits import Limit, limit, recipients_per_message
from warehouse.connection import Row
from warehouse.reading import Published

if TYPE_CHECKING:  # a search starts faster without
    import pandas as pd

Key = tuple[str, str]  # tenant and account
USUAL_WINDOW = timedelta(days=30)
ATTEMPTS = 3  # fewer failures in a row say little of a recipient


class UndeliveredMessage(Document):
    """A message that one recipient did not get, or not yet (`pending`)."""

    tenant: str
    account: str
    id: str
    recipient: str
    status: str
    received_at: datetime


class ExplainedFailure(Document):
    """A reason for which recipients failed; without an example nobody has read it.

    recipients are rows, people are distinct addresses. example: the words of one event. newest_…:
    whose mail failed last for it.
    """

    reply: str | None
    recipients: int
    people: int
    last_at: datetime
    newest_account: str
    newest_recipient: str | None
    example: str | None
    explanation: Explanation | None


class FailureReason(Document):
    """How many recipients failed for a reason; None is a reason nobody has read."""

    reason: str | None
    recipients: int


class FailedRecipient(Document):
    """A recipient that failed, how many messages and when last."""

    reason: str | None
    recipient: str
    messages: int
    last_at: datetime


class FailingRecipient(Document):
    """A recipient of whom every known outcome was a failure."""

    recipient: str
    failures: int
    last_at: datetime


class MailedList(Document):
    """A distribution list that mail was sent to."""

    recipient: str
    expansions: int
    last_at: datetime


class Envelope(Document):
    """Most recipients in one message as (low, high), equal where exact, and the room above it."""

    limit: int
    most: tuple[int, int]
    headroom: tuple[int, int]
    is_exact: bool


class MessageSize(Document):
    """The largest message beside Microsoft's limit, in bytes."""

    limit_bytes: int
    is_limit_verified: bool
    most_bytes: int | None
    headroom_bytes: int | None


class DeliveryFigures(Document):
    """What became of one account's mail. Units: recipients; a count that nothing knows is None.

    known: recipients with a final outcome. delivery_rate, rate_range: models.delivery.rate.
    unknown_recipients: those whose status is not known; each count by status may be higher by them.
    """

    tenant: str
    account: str
    recipients: int
    known: int
    delivered: int | None
    failed: int | None
    quarantined: int | None
    filtered_as_spam: int | None
    unknown_recipients: int
    delivery_rate: float | None
    rate_range: tuple[float, float] | None
    failure_reasons: list[FailureReason]
    failures: list[FailedRecipient]
    always_failing: list[FailingRecipient]
    lists: list[MailedList]
    envelope: Envelope
    size: MessageSize


def undelivered(
    published: Published, since: datetime, until: datetime, account: str | None = None
) -> pd.DataFrame:
    """Recipients without delivery: tenant, account, status, recipient_domain, recipients, last_at.

    Largest first. Rows without a status are unknown and stay out.
    """
    bounds = _bounds(published, since, until, account)
    return published.connection.execute(sql(__file__, "undelivered"), bounds).df()


def latest_undelivered(
    published: Published,
    since: datetime,
    until: datetime,
    account: str | None = None,
    most: int = 200,
) -> list[UndeliveredMessage]:
    """Mail that is not there, newest first."""
    bounds = _bounds(published, since, until, account) | {"most": most}
    rows = records(published.connection, sql(__file__, "latest_undelivered"), bounds)
    return [UndeliveredMessage(**row) for row in rows]


def explained_failures(
    published: Published, since: datetime, until: datetime, account: str | None = None
) -> list[ExplainedFailure]:
    """Why recipients failed, the commonest reason first; one entry for those nobody has read.

    Reasons that the catalogue explains alike are one entry.
    """
    bounds = _bounds(published, since, until, account)
    reasons: dict[tuple[str | None, str | None], ExplainedFailure] = {}
    for row in records(published.connection, sql(__file__, "failure_reasons"), bounds):
        word = row.pop("word")
        failure = ExplainedFailure(**row, explanation=explain(row["example"]))
        key = failure.reply, failure.explanation.meaning if failure.explanation else word
        reasons[key] = _joined(reasons[key], failure) if key in reasons else failure
    return sorted(reasons.values(), key=lambda failure: -failure.recipients)


def _joined(failure: ExplainedFailure, other: ExplainedFailure) -> ExplainedFailure:
    """Two spellings of one reason; people of both may be the same, so the larger number counts."""
    newest = max(failure, other, key=lambda one: one.last_at)
    return replace(
        newest,
        recipients=failure.recipients + other.recipients,
        people=max(failure.people, other.people),
    )


def delivery_figures(
    published: Published, since: datetime, until: datetime, account: str | None = None
) -> list[DeliveryFigures]:
    """Figures of each account with rows in [since, until)."""
    bounds = _bounds(published, since, until, account)
    today = published.now.date()
    most, largest = recipients_per_message(today), limit("message_size", today)

    def grouped(name: str, **more: int) -> Mapping[Key, list[Row]]:
        return _by_account(records(published.connection, sql(__file__, name), bounds | more))

    failures = grouped("delivery_failures")
    outcomes = grouped("recipient_outcomes", attempts=ATTEMPTS)
    envelopes = grouped("envelopes", limit=most)
    figures = []
    for row in records(published.connection, sql(__file__, "delivery_figures"), bounds):
        key = row["tenant"], row["account"]
        envelope = _envelope(envelopes[key][0], most)
        size = _size(row.pop("most_bytes"), largest)
        parts = failures.get(key, []), outcomes.get(key, []), envelope, size
        figures.append(_figures(row, *parts))
    return figures


def _bounds(
    published: Published, since: datetime, until: datetime, account: str | None
) -> dict[str, object]:
    return {"since": since, "until": until, "tenant": published.tenant, "account": account}


def _by_account(rows: Iterable[Row]) -> dict[Key, list[Row]]:
    groups: dict[Key, list[Row]] = {}
    for row in rows:
        groups.setdefault((row.pop("tenant"), row.pop("account")), []).append(row)
    return groups


def _figures(
    counts: Row,
    failures: Sequence[Row],
    outcomes: Sequence[Row],
    envelope: Envelope,
    size: MessageSize,
) -> DeliveryFigures:
    failed = [FailedRecipient(**row) for row in failures]
    return DeliveryFigures(
        **counts,
        known=final_recipients(counts),
        delivery_rate=delivery_rate(counts),
        rate_range=rate_range(counts),
        failure_reasons=_reasons(failed),
        failures=failed,
        always_failing=[
            FailingRecipient(
                recipient=row["recipient"], failures=row["failures"], last_at=row["last_at"]
            )
            for row in outcomes
            if not row["expansions"]
        ],
        lists=[
            MailedList(
                recipient=row["recipient"], expansions=row["expansions"], last_at=row["last_at"]
            )
            for row in outcomes
            if row["expansions"]
        ],
        envelope=envelope,
        size=size,
    )


def _reasons(failures: Sequence[FailedRecipient]) -> list[FailureReason]:
    """Failed recipients by reason, the commonest first."""
    counts: dict[str | None, int] = {}
    for failure in failures:
        counts[failure.reason] = counts.get(failure.reason, 0) + failure.messages
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0] or ""))
    return [FailureReason(reason=reason, recipients=count) for reason, count in ordered]


def _envelope(row: Row, limit: int) -> Envelope:
    exact, upper = row["exact_most"] or 0, row["range_most"] or 0
    low, high = max(exact, min(upper, 1)), max(exact, upper)
    return Envelope(
        limit=limit,
        most=(low, high),
        headroom=(limit - high, limit - low),
        is_exact=row["range_messages"] == 0,
    )


def _size(largest: int | None, limit: Limit) -> MessageSize:
    return MessageSize(
        limit_bytes=limit.number,
        is_limit_verified=limit.verified,
        most_bytes=largest,
        headroom_bytes=None if largest is None else limit.number - largest,
    )
