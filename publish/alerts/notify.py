"""Tells people: what is due is decided, kept in the outbox, and delivered from there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from msgspec import UNSET, UnsetType

from hve_monitor.config import Config
from hve_monitor.document import Document
from hve_monitor.errors import LockedError
from models.cost.spend import spend
from publish.alerts.audit_entries import forward_audit
from publish.alerts.candidates import Candidate, budget_candidates, incident_candidates
from publish.alerts.delivery import Delivery
from publish.alerts.planning import join, plan
from publish.alerts.routing import named
from publish.target import Bearer
from warehouse.locks import exclusive
from warehouse.reading import read_published
from warehouse.records.outbox import Outbox
from warehouse.store import Store


class TargetTrouble(Document, kw_only=True):
    """A target that cannot be reached: messages that wait for it, and when it is tried again."""

    target: str
    messages: int | UnsetType = UNSET
    attempts: int | UnsetType = UNSET
    retry_at: datetime | UnsetType = UNSET
    error: str


class AlertsPart(Document, kw_only=True):
    """The `alerts` part of a run; nothing but `failed` where alerts as a whole failed."""

    opened: int | UnsetType = UNSET
    updated: int | UnsetType = UNSET
    resolved: int | UnsetType = UNSET
    sent: int | UnsetType = UNSET
    held: int | UnsetType = UNSET
    due: int | UnsetType = UNSET
    given_up: int | UnsetType = UNSET
    failed: list[TargetTrouble]


def alert(store: Store, config: Config, now: datetime, bearer: Bearer) -> AlertsPart:
    """What was written, sent, waits and failed.

    bearer: (tenant, scope) to a token, for targets that sign in with Entra ID. Where another
    process delivers at this moment, it is left to it: two would send everything twice.
    """
    outbox, targets = Outbox(store.state), named(config.alerts.targets)
    stages, sent = Counter[str](), 0
    try:
        with exclusive(store.root / "locks", "alerts"):
            if targets:
                stages.update(plan(outbox, config, targets, candidates(store, config, now), now))
                forward_audit(store, config, targets, now)
            join(outbox, config, now)
            sent = Delivery(store.root, config, now, bearer).deliver(targets)
            outbox.forget(now)
    except LockedError:
        pass
    waiting = outbox.waiting()
    return AlertsPart(
        opened=stages["opened"],
        updated=stages["updated"],
        resolved=stages["resolved"],
        sent=sent,
        held=waiting.get("held", 0),
        due=waiting.get("due", 0),
        given_up=waiting.get("failed", 0),
        failed=troubles(outbox),
    )


def troubles(outbox: Outbox) -> list[TargetTrouble]:
    """The targets that cannot be reached."""
    return [
        TargetTrouble(
            target=trouble.target,
            messages=trouble.messages,
            attempts=trouble.attempts,
            retry_at=datetime.fromtimestamp(int(trouble.retry_at), UTC),
            error=trouble.error,
        )
        for trouble in outbox.troubles()
    ]


def candidates(store: Store, config: Config, now: datetime) -> list[Candidate]:
    """Everything of the published version that may have to be sent."""
    with read_published(store.root, now) as published:
        incidents = incident_candidates(published, config)
    return [*incidents, *_budgets(config, now)]


def _budgets(config: Config, now: datetime) -> Iterator[Candidate]:
    """Budgets over all tenants where they bill in one currency, as `hve cost` shows them."""
    if not config.budgets:
        return
    tenants = config.served
    together = len({tenant.currency for tenant in tenants}) == 1
    for tenant in tenants[:1] if together else tenants:
        report = spend(config, now, None if together else tenant.name)
        yield from budget_candidates(
            report.budgets, tenant.name, report.currency, config.alerts, now
        )
