"""Who is told what, and when: at once, with the next digest, or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from hve_monitor.clock import iso
from hve_monitor.config import Alerts, AlertTarget
from publish.alerts.calendar import after_quiet, next_digest
from publish.alerts.candidates import INCIDENT, Candidate
from warehouse.records.outbox import Notice, OutgoingMessage

Stage = Literal["opened", "updated", "resolved"]
RANK = {"low": 0, "medium": 1, "high": 2}
MONTH = timedelta(days=30)
GROWN = 2  # times as large as it was told
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
    """The targets by a name that says nothing secret: the given one, else scheme and place."""
    found: dict[str, AlertTarget] = {}
    for target in targets:
        base = target.name or _plain_name(target)
        number, name = 1, base
        while name in found:
            number += 1
            name = f"{base}#{number}"
        found[name] = target
    return found


def _plain_name(target: AlertTarget) -> str:
    """Only our own schemes have a host that is no secret: others keep tokens in its place."""
    scheme = target.scheme
    if not scheme.endswith("+https") and scheme not in ("smtp", "smtps"):
        return scheme
    rest = target.url.get_secret_value().partition("://")[2]
    return f"{scheme}://{rest.split('/')[0].split('?')[0].rpartition('@')[2]}"


def stage_of(candidate: Candidate, target: AlertTarget, told: Notice | None) -> Stage | None:
    """What there is to tell this target of the candidate, None when nothing."""
    is_wanted = RANK[candidate.severity] >= RANK[target.min_severity]
    if told is None:
        return "opened" if candidate.standing == "going_on" and is_wanted else None
    if candidate.standing == "over":
        return None if told.stage == "resolved" else "resolved"
    if candidate.standing == "judged":
        return None
    is_raised = RANK[candidate.severity] > RANK[told.severity]
    has_grown = 0 < told.size * GROWN <= candidate.size
    return "updated" if is_raised or has_grown else None


def concerns(candidate: Candidate, target: AlertTarget) -> bool:
    """Whether the target asked for this tenant and this audience."""
    if target.tenants and candidate.tenant not in target.tenants:
        return False
    wanted = set(target.audience or candidate.audience)
    return bool(wanted & set(candidate.audience))


def page_bar(told: Mapping[tuple[str, str], Notice], standing: Mapping[str, str], now: datetime,
             budget: float) -> float:  # fmt: skip
    """Times the expected volume that still page: 0 while the budget of false pages lasts.

    A page counts as false when its incident is over and nobody confirmed it, so the bar stands
    still while incidents are open. standing: key to status.
    """
    since = iso(now - MONTH)
    paged = {key for (_, key), each in told.items() if each.paged_at and each.paged_at > since}
    true_ones = ("open", "acknowledged", "confirmed")
    spent = sum(standing.get(key, "closed") not in true_ones for key in paged)
    if spent < budget:
        return 0.0
    return float(min(FIRST_BAR * 2 ** (spent - budget), LAST_BAR))


def may_page(candidate: Candidate, bar: float) -> bool:
    """Whether the candidate is sent at once; a broken ceiling always is."""
    if candidate.severity != "high":
        return False
    return candidate.kind == "ceiling" or candidate.strength >= bar


def route(
    candidate: Candidate,
    stage: Stage,
    target: AlertTarget,
    told: Notice | None,
    alerts: Alerts,
    zone: str,
    bar: float,
    now: datetime,
) -> Route:
    """When the stage goes out to the target."""
    if not target.is_digested:
        return Route(candidate, stage, now, is_page=False)
    was_paged = told is not None and told.paged_at is not None
    if stage == "resolved" and was_paged:
        return Route(candidate, stage, after_quiet(now, zone, alerts.quiet_hours), is_page=False)
    if stage != "resolved" and may_page(candidate, bar):
        return Route(candidate, stage, now, is_page=True)
    cadences = {
        getattr(alerts.digest, each)
        for each in candidate.audience
        if not target.audience or each in target.audience
    }
    cadence = "day" if "day" in cadences else "week"
    due = next_digest(now, zone, cadence, alerts.digest_time)
    return Route(candidate, stage, after_quiet(due, zone, alerts.quiet_hours), is_page=False)


def vanished(
    told: Mapping[tuple[str, str], Notice], candidates: Mapping[str, Candidate], tenant: str
) -> Iterator[Candidate]:
    """Told incidents that newer rows explained away: they are over."""
    gone = {
        key: each
        for (_, key), each in told.items()
        if key.startswith(f"{INCIDENT}:") and key not in candidates and each.stage != "resolved"
    }
    for key, each in gone.items():
        yield Candidate(
            kind="withdrawn",
            key=key,
            tenant=tenant,
            audience=("security", "finops", "mail"),
            severity=each.severity,
            standing="over",
            status="closed",
            size=0,
            strength=0.0,
            parts={**each.parts, "why": ["later rows no longer show this incident"], "next": []},
        )


def message_id(tenant: str, target: str, key: str, count: int) -> str:
    """The same message has the same id, whatever crashes in between."""
    text = "|".join([tenant, target, key, str(count)])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def message(found: Route, tenant: str, now: datetime) -> dict[str, object]:
    """What is kept and sent; `at` is business time."""
    candidate = found.candidate
    return {
        "type": f"{'budget' if candidate.kind == 'budget' else 'incident'}.{found.stage}",
        "stage": found.stage,
        "kind": candidate.kind,
        "key": candidate.key,
        "tenant": tenant,
        "severity": candidate.severity,
        "audience": list(candidate.audience),
        "at": iso(now.astimezone(UTC)),
        **candidate.parts,
    }


def entry(found: Route, tenant: str, target: str, count: int, now: datetime) -> OutgoingMessage:
    """The message in the outbox: held until it is due."""
    key = found.candidate.key
    state = "held" if found.due_at > now or found.is_joined else "due"
    return OutgoingMessage(
        message_id(tenant, target, key, count), tenant, target, key, state, found.due_at,
        message(found, tenant, now),
    )  # fmt: skip
