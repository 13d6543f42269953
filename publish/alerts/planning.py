"""Writes into the outbox what the targets do not know yet, and joins what goes out together."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from hve_monitor.clock import iso
from hve_monitor.config import AlertTarget, Config, Tenant
from publish import wording
from publish.alerts.candidates import Candidate
from publish.alerts.routing import (
    PAGES_AT_ONCE,
    Route,
    concerns,
    entry,
    page_bar,
    route,
    stage_of,
    vanished,
)
from warehouse.records.outbox import Notice, Outbox, OutgoingMessage

Targets = Mapping[str, AlertTarget]
Planned = tuple[str, Route, Notice | None]


def plan(
    outbox: Outbox, config: Config, targets: Targets, found: Sequence[Candidate], now: datetime
) -> list[str]:
    """The stages that were written, one for each message; one transaction for each tenant."""
    written: list[str] = []
    for tenant in config.served:
        mine = {each.key: each for each in found if each.tenant == tenant.name}
        with outbox.transaction():
            told = outbox.notices(tenant.name)
            everything = [*mine.values(), *vanished(told, mine, tenant.name)]
            routes = list(_routes(config, tenant, targets, everything, told, now))
            written += [_write(outbox, tenant.name, one, now) for one in _few_pages(routes)]
    return written


def join(outbox: Outbox, config: Config, now: datetime) -> None:
    """Makes one message of what is due at a target together; of one thing only the newest stage."""
    groups: dict[tuple[str, str], list[OutgoingMessage]] = defaultdict(list)
    with outbox.transaction():
        for each in outbox.ripe(now):
            groups[each.tenant, each.target].append(each)
        for (tenant, target), entries in groups.items():
            newest = list({each.key: each for each in entries}.values())
            ids = [each.id for each in entries]
            if len(entries) == 1:
                outbox.release(ids)
            else:
                outbox.join(ids, _joined(tenant, target, newest, ids, config), now)


def _routes(
    config: Config,
    tenant: Tenant,
    targets: Targets,
    found: Sequence[Candidate],
    told: Mapping[tuple[str, str], Notice],
    now: datetime,
) -> Iterator[Planned]:
    alerts = config.alerts
    statuses = {each.key: each.status for each in found}
    bar = page_bar(told, statuses, now, alerts.budget_false_pages_per_tenant_month)
    for name, target in targets.items():
        for candidate in found:
            before = told.get((name, candidate.key))
            if before is None and not concerns(candidate, target):
                continue
            stage = stage_of(candidate, target, before)
            if stage is not None:
                yield (
                    name,
                    route(candidate, stage, target, before, alerts, tenant.timezone, bar, now),
                    before,
                )


def _few_pages(routes: Sequence[Planned]) -> Iterator[Planned]:
    """Many pages of one run to one target are held until `join` makes one message of them."""
    pages: dict[str, int] = defaultdict(int)
    for name, one, _ in routes:
        pages[name] += one.is_page
    for name, one, before in routes:
        yield name, replace(one, is_joined=one.is_page and pages[name] > PAGES_AT_ONCE), before


def _write(outbox: Outbox, tenant: str, planned: Planned, now: datetime) -> str:
    name, one, before = planned
    count = before.count + 1 if before else 1
    paged_at = iso(now) if one.is_page else before.paged_at if before else None
    candidate = one.candidate
    told = Notice(
        one.stage, candidate.severity, candidate.size, count, paged_at, dict(candidate.parts)
    )
    outbox.note(tenant, name, candidate.key, told)
    outbox.add(entry(one, tenant, name, count, now), now)
    return one.stage


def _joined(
    tenant: str, target: str, entries: Sequence[OutgoingMessage], ids: Sequence[str], config: Config
) -> OutgoingMessage:
    message = wording.digest([each.message for each in entries], config.alerts.dashboard_url)
    name = hashlib.sha256("|".join(ids).encode()).hexdigest()[:32]
    due = max(each.due_at for each in entries)
    return OutgoingMessage(name, tenant, target, "digest", "due", due, message)
