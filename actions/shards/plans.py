"""Announced sends of the tenants of all shards."""

from __future__ import annotations

from datetime import datetime

from actions.feedback import Withdrawal, planned, withdraw
from actions.shards.stores import filled, of_each
from hve_monitor.config import Config
from hve_monitor.errors import ConfigError
from models.incidents.overspill import PlannedSend


def plans_of(config: Config, tenant: str | None, now: datetime) -> list[PlannedSend]:
    """`hve plan list` of every store, by start."""
    outcome = of_each(config.stores, lambda _, own: planned(own, tenant, now))
    plans = [plan for part in outcome.document.values() for plan in part]
    return sorted(plans, key=lambda plan: (plan.start, plan.id))


def withdraw_from(config: Config, plan: str, author: str, now: datetime) -> Withdrawal:
    """`hve plan remove` in the store that has the plan. Raises: ConfigError where none has."""
    unknown: ConfigError | None = None
    for own in filled(config).values():
        try:
            return withdraw(own, plan, author, now)
        except ConfigError as error:
            unknown = error
    raise unknown or ConfigError(f"{plan}: no such plan; see 'hve plan list'")
