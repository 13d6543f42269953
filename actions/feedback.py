"""What people tell the monitor: verdicts on incidents, and announced sends.

Both are written to state.db at once; they never wait for a run.
"""

from __future__ import annotations

import difflib
from datetime import datetime
from typing import Any

from hve_monitor.clock import iso
from hve_monitor.config import Config, Tenant
from hve_monitor.errors import ConfigError, StoreError
from models.incidents.overspill import Actual, actual_recipients
from models.incidents.verdicts import judged_incident, status_of
from models.usage.accounts import accounts
from warehouse.configured import store_of
from warehouse.reading import published_connection, read_published
from warehouse.records.accounts import account_addresses
from warehouse.records.plans import Plan, add_plan, remove_plan, stored_plans
from warehouse.records.verdicts import record_verdict
from warehouse.store import Store


def give_verdict(
    config: Config, incident: str, verdict: str, reason: str, author: str, now: datetime
) -> dict[str, Any]:
    """Stores a verdict and returns it. Raises: ConfigError for an unknown verdict or incident."""
    status = status_of(verdict)
    with read_published(config.warehouse.path, now) as published:
        judged = judged_incident(published, incident)
    with store_of(config) as store:
        why = _without_people(store, judged.tenant, reason)
        said = record_verdict(store.state, judged, status, why, author, now)
    return {
        "id": incident,
        "tenant": judged.tenant,
        "account": judged.account,
        "status": status,
        "reason": said.reason,
        "author": said.author,
        "at": iso(said.at),
        "expires_at": iso(said.expires_at),
    }


def announce(
    config: Config,
    tenant: Tenant,
    named: tuple[str | None, str | None, bool],
    window: tuple[datetime, datetime],
    recipients: int,
    note: str,
    author: str,
    now: datetime,
) -> dict[str, Any]:
    """Stores a plan and returns it. `named` is an account, a cost center, or everything.

    Raises: ConfigError when not exactly one of them is named, is unknown, or the window is empty.
    """
    scope, covered = _scope(config, tenant, named)
    if window[0] >= window[1]:
        raise ConfigError(f"--end {iso(window[1])}: must be after --start {iso(window[0])}")
    if recipients < 1:
        raise ConfigError(f"--recipients {recipients}: must be at least 1")
    with store_of(config) as store:
        said = _without_people(store, tenant.name, note)
        plan = add_plan(
            store.state, tenant.name, scope, covered, window, recipients, said, author, now
        )
    return plan_document(plan)


def planned(config: Config, tenant: str | None, now: datetime) -> list[dict[str, Any]]:
    """Every plan that holds, with what was really sent in its window so far."""
    with store_of(config) as store:
        plans = stored_plans(store.state, now, tenant)
    if not (config.warehouse.path / "hve.duckdb").exists():
        return [plan_document(plan) | _came(plan, None) for plan in plans]
    with read_published(config.warehouse.path, now) as published:
        return [
            plan_document(plan)
            | _came(
                plan,
                actual_recipients(published, plan),
            )
            for plan in plans
        ]


def _came(plan: Plan, actual: Actual | None) -> dict[str, Any]:
    """sent, usual and overspill in recipients; all None before the window begins."""
    if actual is None:
        return {"sent": None, "usual": None, "overspill": None}
    return vars(actual) | {"overspill": actual.beyond(plan.recipients)}


def withdraw(config: Config, plan: str, author: str, now: datetime) -> dict[str, Any]:
    """Ends a plan. Raises: ConfigError when none of that id holds."""
    with store_of(config) as store:
        if not remove_plan(store.state, plan, author, now):
            raise ConfigError(f"{plan}: no such plan; see 'hve plan list'")
    return {"removed": plan, "author": author, "at": iso(now)}


def _without_people(store: Store, tenant: str, text: str) -> str:
    """What a person wrote, as the privacy mode allows it to be kept."""
    return store.mask(tenant).text(text, account_addresses(store, tenant)) or ""


def plan_document(plan: Plan) -> dict[str, Any]:
    """The JSON of a plan."""
    single = len(plan.accounts) == 1
    return {
        "id": plan.id,
        "tenant": plan.tenant,
        "scope": plan.scope,
        "account": plan.accounts[0] if single else None,
        "accounts": list(plan.accounts),
        "start": iso(plan.start),
        "end": iso(plan.end),
        "recipients": plan.recipients,
        "note": plan.note,
        "author": plan.author,
        "created_at": iso(plan.created_at),
    }


def _scope(
    config: Config, tenant: Tenant, named: tuple[str | None, str | None, bool]
) -> tuple[str, tuple[str, ...]]:
    account, center, everything = named
    if sum((account is not None, center is not None, everything)) != 1:
        raise ConfigError("plan add: give exactly one of --account, --cost-center, --all")
    if account is not None:
        return "account", (_known_account(config, tenant, account.strip().lower()),)
    if center is None:
        return "all", ()
    for each in config.cost_centers:
        if each.name == center:
            return f"cost center {center}", tuple(name.lower() for name in each.accounts)
    known = ", ".join(each.name for each in config.cost_centers) or "none"
    raise ConfigError(f"--cost-center {center}: no such cost center (known: {known})")


def _known_account(config: Config, tenant: Tenant, account: str) -> str:
    """The account; before anything is stored every address is taken as it is."""
    try:
        with published_connection(config.warehouse.path) as connection:
            known = [each.account for each in accounts(connection, tenant.name)]
    except StoreError:
        return account
    if account in known or not known:
        return account
    near = difflib.get_close_matches(account, known, n=1, cutoff=0.4)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    raise ConfigError(f"--account {account}: no such account in tenant '{tenant.name}'{hint}")
