"""Verdicts of people on incidents, who looks after them, and what is done: written at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from warehouse.state import State, text_of, time_of

VALID_FOR = timedelta(days=30)
# What the command line says, and the status that an incident takes.
STATUS_OF = {
    "confirmed": "confirmed",
    "false-positive": "false_positive",
    "planned": "planned",
    "acknowledged": "acknowledged",
    "closed": "closed",
}


@dataclass(frozen=True)
class Judged:
    """The incident that a verdict speaks of; `size`: its extra recipients, or hours of silence."""

    incident: str
    tenant: str
    account: str
    kind: str
    started_at: datetime
    ended_at: datetime | None
    size: int


@dataclass(frozen=True)
class Verdict:
    """What a person decided about an incident; it is valid until `expires_at`, business time."""

    judged: Judged
    status: str
    reason: str
    author: str
    at: datetime
    expires_at: datetime


def record_verdict(
    state: State, judged: Judged, status: str, reason: str, author: str, now: datetime
) -> Verdict:
    """Stores a verdict beside the earlier ones of the incident; the newest holds."""
    verdict = Verdict(judged, status, reason, author, now, now + VALID_FOR)
    state.connection.execute(
        "insert into verdicts (incident, tenant, account, kind, started_at, ended_at, size,"
        " verdict, reason, author, at, expires_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            judged.incident,
            judged.tenant,
            judged.account,
            judged.kind,
            text_of(judged.started_at),
            judged.ended_at and text_of(judged.ended_at),
            judged.size,
            status,
            reason,
            author,
            text_of(now),
            text_of(verdict.expires_at),
        ],
    )
    return verdict


def record_assignment(
    state: State, incident: str, tenant: str, assignee: str, author: str, now: datetime
) -> None:
    """Stores who looks after an incident from now on; an empty text is nobody."""
    state.connection.execute(
        "insert into assignments (incident, tenant, assignee, author, at) values (?, ?, ?, ?, ?)",
        [incident, tenant, assignee, author, text_of(now)],
    )


def record_step(
    state: State,
    incident: str,
    tenant: str,
    step: str,
    author: str,
    now: datetime,
    *,
    is_done: bool,
) -> None:
    """Stores whether a step of the incident's runbook is done from now on."""
    state.connection.execute(
        "insert into runbook_steps (incident, tenant, step, is_done, author, at)"
        " values (?, ?, ?, ?, ?, ?)",
        [incident, tenant, step, int(is_done), author, text_of(now)],
    )


def stored_verdicts(state: State, tenant: str, now: datetime) -> list[Verdict]:
    """The newest verdict of every incident of the tenant, as known at `now`, oldest first."""
    rows = state.connection.execute(
        "select incident, tenant, account, kind, started_at, ended_at, size, verdict, reason,"
        " author, at, expires_at, max(number) from verdicts"
        " where tenant = ? and at <= ? group by incident order by 13",
        [tenant, text_of(now)],
    ).fetchall()
    return [_verdict(row) for row in rows]


def _verdict(row: tuple[Any, ...]) -> Verdict:
    incident, tenant, account, kind, started, ended, size, status, reason, author, at, ends = row[
        :12
    ]
    end = time_of(ended) if ended else None
    judged = Judged(incident, tenant, account, kind, time_of(started), end, size)
    return Verdict(judged, status, reason, author, time_of(at), time_of(ends))
