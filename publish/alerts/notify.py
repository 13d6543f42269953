"""Tells people: what is due is decided, kept in the outbox, and delivered from there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from hve_monitor.clock import iso
from hve_monitor.config import Config
from hve_monitor.errors import LockedError
from models.cost.spend import spend
from publish.alerts.candidates import Candidate, budget_candidates, incident_candidates
from publish.alerts.delivery import Delivery
from publish.alerts.planning import join, plan
from publish.alerts.routing import named
from publish.target import Bearer
from warehouse.locks import exclusive
from warehouse.reading import read_published
from warehouse.records.outbox import Outbox
from warehouse.store import Store


def alert(store: Store, config: Config, now: datetime, bearer: Bearer) -> dict[str, Any]:
    """The contract's `alerts` part of a run: what was written, sent, waits and failed.

    bearer: (tenant, scope) to a token, for targets that sign in with Entra ID. Where another
    process delivers at this moment, it is left to it: two would send everything twice.
    """
    outbox, targets = Outbox(store.state), named(config.alerts.targets)
    stages, sent = Counter[str](), 0
    try:
        with exclusive(store.root / "locks", "alerts"):
            if targets:
                stages.update(plan(outbox, config, targets, candidates(store, config, now), now))
            join(outbox, config, now)
            sent = Delivery(store.root, config, now, bearer).deliver(targets)
            outbox.forget(now)
    except LockedError:
        pass
    told = {stage: stages[stage] for stage in ("opened", "updated", "resolved")}
    return {**told, "sent": sent, **standing(outbox)}


def standing(outbox: Outbox) -> dict[str, Any]:
    """What the outbox holds: waiting for its time, due, given up, and the targets in trouble."""
    counts = outbox.waiting()
    failed = [
        trouble._asdict() | {"retry_at": iso(datetime.fromtimestamp(int(trouble.retry_at), UTC))}
        for trouble in outbox.troubles()
    ]
    return {
        "held": counts.get("held", 0),
        "due": counts.get("due", 0),
        "given_up": counts.get("failed", 0),
        "failed": failed,
    }


def candidates(store: Store, config: Config, now: datetime) -> list[Candidate]:
    """Everything of the published version that may have to be told."""
    with read_published(store.root, now) as published:
        found = incident_candidates(published, config)
    return [*found, *_budgets(config, now)]


def _budgets(config: Config, now: datetime) -> Iterator[Candidate]:
    """Budgets over all tenants where they bill in one currency, as `hve cost` shows them."""
    if not config.budgets:
        return
    tenants = config.served
    together = len({tenant.currency for tenant in tenants}) == 1
    for tenant in tenants[:1] if together else tenants:
        report = spend(config, now, None if together else tenant.name)
        yield from budget_candidates(
            report["budgets"], tenant.name, report["currency"], config.alerts, now
        )
