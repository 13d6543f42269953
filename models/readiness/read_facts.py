"""The facts of one tenant, from the store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from hve_monitor.clock import days_between
from hve_monitor.config import Tenant
from hve_monitor.files import sql
from models.engine.sql import records
from models.readiness.facts import PERMISSIONS, Facts, ReadinessSettings, SignInFacts
from models.usage.coverage import coverage_of
from warehouse.connection import Row
from warehouse.records.accounts import Account, current_accounts, former_accounts
from warehouse.records.billing import newest_billing
from warehouse.records.coverage import covered_windows
from warehouse.records.policies import newest_policies
from warehouse.store import Store
from warehouse.tables import HVE_USAGE_DAILY, SIGN_INS

LOG_DAYS = 30  # what Entra ID keeps of sign-ins
STILL_NOW = timedelta(days=1)


def read_facts(store: Store, tenant: Tenant, now: datetime, settings: ReadinessSettings) -> Facts:
    """What is known of the tenant at `now`; what was never read stays absent."""
    name, state = tenant.name, store.state
    accounts = tuple(current_accounts(store, name))
    ends = {kind: covered_windows(state, name, "policies", kind) for kind in PERMISSIONS}
    return Facts(
        tenant=name,
        now=now,
        accounts=accounts,
        former=former_accounts(store, name),
        policies=newest_policies(store, name),
        read_at={kind: windows[-1].end for kind, windows in ends.items() if windows},
        billing=newest_billing(store, name),
        last_sent=_last_sent(store, name, now),
        read_since=_read_since(store, name, now),
        sign_ins=_sign_ins(store, tenant, accounts, now),
        client_id=tenant.client_id.lower(),
        sending_apps=tenant.sending_apps,
        credential=_credential(tenant),
        settings=settings,
    )


def _credential(tenant: Tenant) -> str:
    if tenant.accounts == "files":
        return ""
    if tenant.client_secret_file is not None:
        return "secret"
    if tenant.certificate_file is not None:
        return "certificate"
    return "managed" if tenant.managed_identity else "federated"


def _last_sent(store: Store, tenant: str, now: datetime) -> dict[str, date]:
    with store.compute() as connection:
        store.view(connection, "marts.hve_usage_daily", HVE_USAGE_DAILY, tenant)
        rows = records(connection, sql(__file__, "last_sends"), {"today": now.date()})
    return {row["account"]: row["last_sent"] for row in rows}


def _read_since(store: Store, tenant: str, now: datetime) -> dict[str, datetime]:
    """Start of the time up to now in which every address of an account was read."""
    since: dict[str, datetime | None] = {}
    for address in coverage_of(store, tenant):
        last = address.windows[-1] if address.windows else None
        start = last.start if last and now - last.end <= STILL_NOW else None
        earlier = since.setdefault(address.account, start)
        since[address.account] = max(earlier, start) if earlier and start else None
    return {account: start for account, start in since.items() if start is not None}


def _sign_ins(
    store: Store, tenant: Tenant, accounts: Sequence[Account], now: datetime
) -> dict[str, SignInFacts]:
    since = now - timedelta(days=LOG_DAYS)
    days = days_between(since.date(), now.date())
    with store.compute() as connection:
        store.view(connection, "raw.sign_ins", SIGN_INS, tenant.name, days)
        rows = records(connection, sql(__file__, "sign_in_facts"), {"now": now, "since": since})
    by_subject = {row.pop("subject"): row for row in rows}
    subjects = {*by_subject, *(account.account for account in accounts)}
    return {
        subject: _facts(by_subject.get(subject, {}), store, tenant.name, subject)
        for subject in subjects
    }


def _facts(row: Row, store: Store, tenant: str, subject: str) -> SignInFacts:
    is_read = bool(covered_windows(store.state, tenant, "sign_ins", subject))
    sources = tuple(row.pop("basic_sources", None) or ())
    return SignInFacts(is_read, basic_sources=sources, **row)
