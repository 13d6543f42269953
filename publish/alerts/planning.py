"""Writes into the outbox what the targets do not know yet, and joins what goes out together."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from msgspec import convert

from hve_monitor.clock import iso
from hve_monitor.config import AlertTarget, Config, Tenant
from hve_monitor.document import encoded
from publish import wording
from publish.alerts.candidates import Candidate
from publish.alerts.routing import (
    PAGES_AT_ONCE,
    Route,
    concerns,
    outgoing,
    page_bar,
    route,
    stage_of,
    vanished,
)
from publish.message import Alert
from warehouse.records.outbox import Notice, Outbox, OutgoingMessage

Targets = Mapping[str, AlertTarget]


class Planned(NamedTuple):
    """A stage for the target of that name, and the target's last notice."""

    target: str
    route: Route
    last: Notice | None


def plan(
    outbox: Outbox, config: Config, targets: Targets, candidates: Sequence[Candidate], now: datetime
) -> list[str]:
    """The stages that were written, one for each message; one transaction for each tenant."""
    written: list[str] = []
    for tenant in config.served:
        by_key = {one.alert.key: one for one in candidates if one.alert.tenant == tenant.name}
        with outbox.transaction():
            notices = outbox.notices(tenant.name)
            current = [*by_key.values(), *vanished(notices, by_key, tenant.name, now)]
            planned = list(_planned(config, tenant, targets, current, notices, now))
            written += [_write(outbox, one, now) for one in _few_pages(planned)]
    return written


def join(outbox: Outbox, config: Config, now: datetime) -> None:
    """Makes one message of what is due at a target together; of one thing only the newest stage."""
    groups: dict[tuple[str, str], list[OutgoingMessage]] = defaultdict(list)
    with outbox.transaction():
        for message in outbox.ripe(now):
            groups[message.tenant, message.target].append(message)
        for messages in groups.values():
            ids = [message.id for message in messages]
            if len(messages) == 1:
                outbox.release(ids)
            else:
                newest = list({message.key: message for message in messages}.values())
                outbox.join(ids, _joined(newest, ids, config), now)


def _planned(
    config: Config,
    tenant: Tenant,
    targets: Targets,
    candidates: Sequence[Candidate],
    notices: Mapping[tuple[str, str], Notice],
    now: datetime,
) -> Iterator[Planned]:
    alerts = config.alerts
    statuses = {candidate.alert.key: candidate.status for candidate in candidates}
    bar = page_bar(notices, statuses, now, alerts.budget_false_pages_per_tenant_month)
    for name, target in targets.items():
        for candidate in candidates:
            last = notices.get((name, candidate.alert.key))
            if last is None and not concerns(candidate, target):
                continue
            stage = stage_of(candidate, target, last)
            if stage is not None:
                timed = route(candidate, stage, target, last, alerts, tenant.timezone, bar, now)
                yield Planned(name, timed, last)


def _few_pages(planned: Sequence[Planned]) -> Iterator[Planned]:
    """Many pages of one run to one target wait until `join` makes one message of them."""
    pages = Counter(one.target for one in planned if one.route.is_page)
    for one in planned:
        is_joined = one.route.is_page and pages[one.target] > PAGES_AT_ONCE
        yield one._replace(route=replace(one.route, is_joined=is_joined))


def _write(outbox: Outbox, planned: Planned, now: datetime) -> str:
    name, route, last = planned
    candidate, alert = route.candidate, route.candidate.alert
    count = last.count + 1 if last else 1
    paged_at = iso(now) if route.is_page else last.paged_at if last else None
    notice = Notice(route.stage, alert.severity, candidate.size, count, paged_at, encoded(alert))
    outbox.note(alert.tenant, name, alert.key, notice)
    outbox.add(outgoing(route, name, count, now), now)
    return route.stage


def _joined(
    messages: Sequence[OutgoingMessage], ids: Sequence[str], config: Config
) -> OutgoingMessage:
    alerts = [convert(message.message, Alert) for message in messages]
    digest = wording.digest(alerts, config.alerts.dashboard_url)
    name = hashlib.sha256("|".join(ids).encode()).hexdigest()[:32]
    due = max(message.due_at for message in messages)
    first = messages[0]
    return OutgoingMessage(name, first.tenant, first.target, "digest", "due", due, encoded(digest))
