"""What people report to the monitor: verdicts on incidents, who has them, what is done about them,
and announced sends.

All are written to state.db at once; they never wait for a run.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from datetime import datetime

from hve_monitor.addresses import address_of
from hve_monitor.clock import iso
from hve_monitor.config import Config, Tenant
from hve_monitor.document import Document
from hve_monitor.errors import ConfigError, StoreError
from models.incidents.cards import one_card
from models.incidents.overspill import (
    PlanDocument,
    PlanFor,
    PlannedSend,
    plan_document,
    planned_send,
)
from models.incidents.verdicts import judged_incident, status_of
from models.usage.accounts import accounts
from warehouse.configured import store_of
from warehouse.privacy import audit
from warehouse.protection.pseudonyms import hidden
from warehouse.reading import published_connection, read_published
from warehouse.records.accounts import account_addresses, sending_accounts
from warehouse.records.plans import add_plan, remove_plan, stored_plans
from warehouse.records.verdicts import (
    Judged,
    Verdict,
    record_assignment,
    record_step,
    record_verdict,
)
from warehouse.store import Store

LONGEST_NAME = 200


class VerdictDocument(Document):
    """A verdict as it was stored; it holds until expires_at."""

    id: str  # of the incident
    tenant: str
    account: str
    status: str
    reason: str
    author: str
    at: datetime
    expires_at: datetime


class VerdictsDocument(Document):
    """What `hve verdict` prints; verdict: the first of them."""

    verdict: VerdictDocument
    verdicts: Sequence[VerdictDocument]


class AssignmentDocument(Document):
    """Who looks after an incident from now on; None is nobody."""

    id: str  # of the incident
    tenant: str
    assigned_to: str | None
    author: str
    at: datetime


class AssignmentsDocument(Document):
    """What `hve assign` prints; assignment: the first of them."""

    assignment: AssignmentDocument
    assignments: Sequence[AssignmentDocument]


class StepDocument(Document):
    """A step of an incident's runbook, and whether it is done from now on."""

    id: str  # of the incident
    number: int
    step: str
    is_done: bool
    author: str
    at: datetime


class StepsDocument(Document):
    """What `hve step` prints."""

    steps: Sequence[StepDocument]


class Withdrawal(Document):
    """A plan that ended before its time."""

    removed: str  # id of the plan
    author: str
    at: datetime


def give_verdict(
    config: Config, incident: str, verdict: str, reason: str, author: str, now: datetime
) -> VerdictDocument:
    """Stores a verdict and returns it. Raises: ConfigError for an unknown verdict or incident."""
    return give_verdicts(config, [incident], verdict, reason, author, now)[0]


def give_verdicts(
    config: Config, incidents: Sequence[str], verdict: str, reason: str, author: str, now: datetime
) -> list[VerdictDocument]:
    """Stores the same verdict on each, all or none.

    Raises: ConfigError for an unknown verdict or incident.
    """
    status = status_of(verdict)
    judged = _judged(config, incidents, now)
    with store_of(config) as store, store.state.transaction():
        given = [
            record_verdict(
                store.state, one, status, _without_people(store, one.tenant, reason), author, now
            )
            for one in judged
        ]
    return [_document(stored) for stored in given]


def _document(given: Verdict) -> VerdictDocument:
    return VerdictDocument(
        id=given.judged.incident,
        tenant=given.judged.tenant,
        account=given.judged.account,
        status=given.status,
        reason=given.reason,
        author=given.author,
        at=given.at,
        expires_at=given.expires_at,
    )


def _judged(config: Config, incidents: Sequence[str], now: datetime) -> list[Judged]:
    with read_published(config.warehouse.path, now) as published:
        return [judged_incident(published, incident) for incident in incidents]


def assign(
    config: Config,
    incidents: Sequence[str],
    holder: str | None,
    author: str,
    now: datetime,
    subject: str = "",
) -> list[AssignmentDocument]:
    """Stores who looks after each, nobody for None, and notes it in the audit log; all or none.

    Raises: ConfigError for an unknown incident or a name of several lines.
    """
    name = _name_of(holder)
    tenants = {one.incident: one.tenant for one in _judged(config, incidents, now)}
    with store_of(config) as store, store.state.transaction():
        for incident, tenant in tenants.items():
            record_assignment(store.state, incident, tenant, name, author, now)
            audit.record(store, now, author, "assign", incident, "", "done", subject)
    return [
        AssignmentDocument(
            id=incident, tenant=tenant, assigned_to=name or None, author=author, at=now
        )
        for incident, tenant in tenants.items()
    ]


def tick(
    config: Config,
    incident: str,
    numbers: Sequence[int],
    author: str,
    now: datetime,
    *,
    is_done: bool = True,
    subject: str = "",
) -> list[StepDocument]:
    """Stores that steps of the incident's runbook are done, or no longer; all or none.

    numbers: of the steps, the first is 1. Raises: ConfigError for an unknown incident or number.
    """
    with read_published(config.warehouse.path, now) as published:
        card = one_card(published, incident)
    for number in numbers:
        if not 1 <= number <= len(card.next_steps):
            raise ConfigError(f"step {number}: {incident} has steps 1 to {len(card.next_steps)}")
    with store_of(config) as store, store.state.transaction():
        for number in numbers:
            step = card.next_steps[number - 1]
            record_step(store.state, incident, card.tenant, step, author, now, is_done=is_done)
            word = "step done" if is_done else "step not done"
            audit.record(store, now, author, word, f"{incident} step {number}", "", "done", subject)
    return [
        StepDocument(
            id=incident, number=number, step=card.next_steps[number - 1], is_done=is_done,
            author=author, at=now,
        )
        for number in numbers
    ]  # fmt: skip


def _name_of(holder: str | None) -> str:
    name = (holder or "").strip()
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise ConfigError(f"assign: the name must be one line of at most {LONGEST_NAME} characters")
    return name


def announce(
    config: Config,
    tenant: Tenant,
    senders: PlanFor,
    window: tuple[datetime, datetime],
    recipients: int,
    note: str,
    author: str,
    now: datetime,
) -> PlanDocument:
    """Stores a plan and returns it.

    Raises: ConfigError when not exactly one sender is named, is unknown, or the window is empty.
    """
    scope, covered = _scope(config, tenant, senders)
    if window[0] >= window[1]:
        raise ConfigError(f"--end {iso(window[1])}: must be after --start {iso(window[0])}")
    if recipients < 1:
        raise ConfigError(f"--recipients {recipients}: must be at least 1")
    with store_of(config) as store:
        kept_note = _without_people(store, tenant.name, note)
        plan = add_plan(
            store.state, tenant.name, scope, covered, window, recipients, kept_note, author, now
        )
    return plan_document(plan)


def planned(config: Config, tenant: str | None, now: datetime) -> list[PlannedSend]:
    """Every plan that holds, with what was really sent in its window so far."""
    with store_of(config) as store:
        plans = stored_plans(store.state, now, tenant)
    if not (config.warehouse.path / "hve.duckdb").exists():
        return [planned_send(plan, None) for plan in plans]
    with read_published(config.warehouse.path, now) as published:
        return [planned_send(plan, published) for plan in plans]


def withdraw(config: Config, plan: str, author: str, now: datetime) -> Withdrawal:
    """Ends a plan. Raises: ConfigError when none of that id holds."""
    with store_of(config) as store:
        if not remove_plan(store.state, plan, author, now):
            raise ConfigError(f"{plan}: no such plan; see 'hve plan list'")
    return Withdrawal(removed=plan, author=author, at=now)


def _without_people(store: Store, tenant: str, text: str) -> str:
    """What a person wrote, as the privacy mode allows it to be kept: without pseudonyms too, or
    writing an address into a note would tell its pseudonym.
    """
    if store.protection.mode == "full":
        return text
    return hidden(text, account_addresses(store, tenant) | sending_accounts(store, tenant))


def _scope(config: Config, tenant: Tenant, senders: PlanFor) -> tuple[str, tuple[str, ...]]:
    account, center, everything = senders
    if sum((account is not None, center is not None, everything)) != 1:
        raise ConfigError("plan add: give exactly one of --account, --cost-center, --all")
    if account is not None:
        return "account", (_known_account(config, tenant, address_of(account).lower()),)
    if center is None:
        return "all", ()
    for cost_center in config.cost_centers:
        if cost_center.name == center:
            return f"cost center {center}", tuple(name.lower() for name in cost_center.accounts)
    names = ", ".join(cost_center.name for cost_center in config.cost_centers) or "none"
    raise ConfigError(f"--cost-center {center}: no such cost center (known: {names})")


def _known_account(config: Config, tenant: Tenant, account: str) -> str:
    """The account; before anything is stored every address is taken as it is."""
    try:
        with published_connection(config.warehouse.path) as connection:
            names = [sender.account for sender in accounts(connection, tenant.name)]
    except StoreError:
        return account
    if account in names or not names:
        return account
    near = difflib.get_close_matches(account, names, n=1, cutoff=0.4)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    raise ConfigError(f"--account {account}: no such account in tenant '{tenant.name}'{hint}")
