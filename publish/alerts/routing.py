"""Who is notified of what, and when: at once, with the next digest, or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from msgspec import convert
from msgspec.structs import replace

from hve_monitor.clock import iso
from hve_monitor.config import Alerts, AlertTarget
from hve_monitor.document import encoded
from models.incident import RANK
from publish.alerts.calendar import after_quiet, next_digest
from publish.alerts.candidates import INCIDENT, Candidate
from publish.message import Alert
from warehouse.records.outbox import Notice, OutgoingMessage

Stage = Literal["opened", "updated", "resolved"]
MONTH = timedelta(days=30)
GROWN = 2  # times as large as in the last notice
# How many times the expected volume pages although the budget of false pages is used up; the bar
# doubles with each further false page and stops, so that no number of them silences a gross surge.
FIRST_BAR, LAST_BAR = 5.0, 40.0
# More pages than this for one target in one run go out as one message.
PAGES_AT_ONCE = 3


@dataclass(frozen=True)
class Route:
    """A stage of a candidate for one target.

    `is_page`: it may wake a person. `is_joined`: it goes out as part of one message of many.
    """

    candidate: Candidate
    stage: Stage
    due_at: datetime
    is_page: bool
    is_joined: bool = False


def named(targets: Iterable[AlertTarget]) -> dict[str, AlertTarget]:
    """The targets by a name without anything secret: the given one, else scheme and place."""
    by_name: dict[str, AlertTarget] = {}
    for target in targets:
        base = target.name or _plain_name(target)
        number, name = 1, base
        while name in by_name:
            number += 1
            name = f"{base}#{number}"
        by_name[name] = target
    return by_name


def _plain_name(target: AlertTarget) -> str:
    """Only our own schemes have a host that is no secret: others keep tokens in its place."""
    scheme = target.scheme
    if not scheme.endswith("+https") and scheme not in ("smtp", "smtps"):
        return scheme
    rest = target.url.get_secret_value().partition("://")[2]
    return f"{scheme}://{rest.split('/')[0].split('?')[0].rpartition('@')[2]}"


def stage_of(candidate: Candidate, target: AlertTarget, last: Notice | None) -> Stage | None:
    """The stage that this target is to be notified of, None when there is nothing new."""
    severity = RANK[candidate.alert.severity]
    if last is None:
        is_severe = severity >= RANK[target.min_severity]
        return "opened" if candidate.standing == "going_on" and is_severe else None
    if candidate.standing == "over":
        return None if last.stage == "resolved" else "resolved"
    if candidate.standing == "judged":
        return None
    has_grown = 0 < last.size * GROWN <= candidate.size
    return "updated" if severity > RANK[last.severity] or has_grown else None


def concerns(candidate: Candidate, target: AlertTarget) -> bool:
    """Whether the target is for this tenant and this audience."""
    alert = candidate.alert
    if target.tenants and alert.tenant not in target.tenants:
        return False
    return bool(set(target.audience or alert.audience) & set(alert.audience))


def page_bar(
    notices: Mapping[tuple[str, str], Notice],
    statuses: Mapping[str, str],
    now: datetime,
    budget: float,
) -> float:
    """Times the expected volume that still page: 0 while the budget of false pages lasts.

    A page counts as false when its incident is over and nobody confirmed it, so the bar stands
    still while incidents are open. statuses: key to status.
    """
    since = iso(now - MONTH)
    paged = {
        key for (_, key), notice in notices.items() if notice.paged_at and notice.paged_at > since
    }
    true_ones = ("open", "acknowledged", "confirmed")
    spent = sum(statuses.get(key, "closed") not in true_ones for key in paged)
    if spent < budget:
        return 0.0
    return float(min(FIRST_BAR * 2 ** (spent - budget), LAST_BAR))


def may_page(candidate: Candidate, bar: float) -> bool:
    """Whether the candidate is sent at once; a broken ceiling always is."""
    if candidate.alert.severity != "high":
        return False
    return candidate.alert.kind == "ceiling" or candidate.strength >= bar


def route(
    candidate: Candidate,
    stage: Stage,
    target: AlertTarget,
    last: Notice | None,
    alerts: Alerts,
    zone: str,
    bar: float,
    now: datetime,
) -> Route:
    """When the stage goes out to the target."""
    if not target.is_digested:
        return Route(candidate, stage, now, is_page=False)
    was_paged = last is not None and last.paged_at is not None
    if stage == "resolved" and was_paged:
        return Route(candidate, stage, after_quiet(now, zone, alerts.quiet_hours), is_page=False)
    if stage != "resolved" and may_page(candidate, bar):
        return Route(candidate, stage, now, is_page=True)
    cadences = {
        getattr(alerts.digest, role)
        for role in candidate.alert.audience
        if not target.audience or role in target.audience
    }
    cadence = "day" if "day" in cadences else "week"
    due = next_digest(now, zone, cadence, alerts.digest_time)
    return Route(candidate, stage, after_quiet(due, zone, alerts.quiet_hours), is_page=False)


def vanished(
    notices: Mapping[tuple[str, str], Notice],
    candidates: Mapping[str, Candidate],
    tenant: str,
    now: datetime,
) -> Iterator[Candidate]:
    """Incidents of earlier notices that newer rows explained away: they are over."""
    gone = {
        key: notice
        for (_, key), notice in notices.items()
        if key.startswith(f"{INCIDENT}:") and key not in candidates and notice.stage != "resolved"
    }
    for key, notice in gone.items():
        stored = notice.parts | {
            "type": "incident.resolved",
            "stage": "resolved",
            "kind": "withdrawn",
            "key": key,
            "tenant": tenant,
            "severity": notice.severity,
            "audience": ("security", "finops", "mail"),
            "at": now,
            "why": ("later rows no longer show this incident",),
            "next": (),
        }
        yield Candidate(convert(stored, Alert), "over", "closed", size=0, strength=0.0)


def message_id(tenant: str, target: str, key: str, count: int) -> str:
    """The same message has the same id, whatever crashes in between."""
    text = "|".join([tenant, target, key, str(count)])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def message(route: Route, now: datetime) -> Alert:
    """The alert of the stage, at business time."""
    subject = route.candidate.alert.type.partition(".")[0]
    return replace(
        route.candidate.alert, type=f"{subject}.{route.stage}", stage=route.stage, at=now
    )


def outgoing(route: Route, target: str, count: int, now: datetime) -> OutgoingMessage:
    """The message in the outbox: held until it is due."""
    alert = message(route, now)
    name = message_id(alert.tenant, target, alert.key, count)
    state = "held" if route.due_at > now or route.is_joined else "due"
    return OutgoingMessage(
        name, alert.tenant, target, alert.key, state, route.due_at, encoded(alert)
    )
