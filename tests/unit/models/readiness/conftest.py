"""Facts of a simulated tenant without any request: what a complete reading would have stored."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from ingest.policy_part import document
from models.readiness.checks import findings_of
from models.readiness.facts import PERMISSIONS, Facts, SignInFacts
from simulator import SimulatedTenant
from simulator.mail.account import Account as Sender
from simulator.world.readiness import authentication_policies
from tests.unit.models.conftest import NOW
from warehouse.records.accounts import Account
from warehouse.records.billing import BillingPolicy
from warehouse.records.policies import Identity, Policy

Found = tuple[str, str | None, str | None, str]


def policy(kind: str, object_id: str, values: dict[str, Any], name: str | None = None) -> Policy:
    """An object as ingest stores it."""
    return Policy(kind, object_id, name, document(values))


def facts_of(tenant: SimulatedTenant, **changes: Any) -> Facts:
    """The tenant as a complete reading knows it: every account sent mail today."""
    accounts = [_account(account) for account in tenant.accounts]
    usual: dict[str, Any] = {
        "tenant": "contoso",
        "now": NOW,
        "accounts": tuple(accounts),
        "policies": {policy.identity: policy for policy in _policies(tenant)},
        "read_at": dict.fromkeys(PERMISSIONS, NOW),
        "billing": {account.primary: _billing(account) for account in tenant.accounts},
        "last_sent": {account.account: NOW.date() for account in accounts},
        "read_since": {account.account: NOW - timedelta(days=90) for account in accounts},
        "sign_ins": _sign_ins(tenant),
        "client_id": tenant.client_id,
        "credential": "secret",
    }
    return Facts(**usual | changes)


def problems(facts: Facts) -> set[Found]:
    """Everything that does not pass."""
    return {
        (finding.check, finding.account, finding.subject, finding.status)
        for finding in findings_of(facts)
        if finding.status != "pass"
    }


def with_policies(facts: Facts, *policies: Policy) -> dict[Identity, Policy]:
    """The facts' policies with some of them replaced."""
    return {**facts.policies, **{policy.identity: policy for policy in policies}}


def _account(sender: Sender) -> Account:
    return Account(
        sender.primary,
        sender.addresses,
        sender.display_name,
        sender.object_id,
        sender.created_at,
        sender.reply_to,
    )


def _billing(sender: Sender) -> BillingPolicy:
    return BillingPolicy(sender.primary, "p1", "HVE company", sender.billing_status)


def _policies(tenant: SimulatedTenant) -> Iterable[Policy]:
    readiness = tenant.readiness
    yield policy("security_defaults", "tenant", {"isEnabled": readiness.security_defaults})
    yield policy(
        "organization_config",
        "organization",
        {"DefaultAuthenticationPolicy": readiness.default_policy},
    )
    for record in authentication_policies():
        yield policy("authentication_policy", record["Name"], record)
    for rule in readiness.policies:
        yield policy("conditional_access", rule["id"], rule, rule["displayName"])
    for group in readiness.groups:
        inside = [
            account.primary for account in tenant.accounts if group in readiness.groups_of(account)
        ]
        yield policy("group_members", group, {"accounts": inside})
    for application in [*readiness.applications, readiness.own_application]:
        content = {**application, "servicePrincipalId": application["id"]}
        name, app_id = application["displayName"], application["appId"]
        yield policy("application", app_id, content, name)
    yield from _unregistered(tenant)
    for account in tenant.accounts:
        yield from _of_account(tenant, account)


def _unregistered(tenant: SimulatedTenant) -> Iterable[Policy]:
    known = {application["appId"] for application in tenant.readiness.applications}
    for app in {app for apps in tenant.readiness.allowed_apps.values() for app in apps} - known:
        reason = "the application is not registered in this tenant"
        yield Policy("application", app, unavailable_reason=reason)


def _of_account(tenant: SimulatedTenant, sender: Sender) -> Iterable[Policy]:
    readiness, account = tenant.readiness, sender.primary
    enabled = account not in readiness.disabled
    user = {
        "id": sender.object_id,
        "accountEnabled": enabled,
        "assignedLicenses": readiness.licences.get(account, []),
    }
    yield policy("directory_user", account, user)
    yield policy("directory_roles", account, {"roles": readiness.roles.get(account, [])})
    named = {"AuthenticationPolicy": readiness.account_policies[account]}
    yield policy("account_authentication", account, named)
    settings = {"ReplyTo": sender.reply_to, "AppIds": readiness.allowed_apps[account]}
    yield policy("account_settings", account, settings)


def _sign_ins(tenant: SimulatedTenant) -> dict[str, SignInFacts]:
    modern = tenant.readiness.without_basic
    basic = SignInFacts(True, NOW, ("198.51.100.10",), NOW)
    return {
        **{
            account.primary: SignInFacts(True)
            for account in tenant.accounts
            if account.primary in modern
        },
        **{account.primary: basic for account in tenant.accounts if account.primary not in modern},
        **{
            application["appId"]: SignInFacts(True, last_success_at=NOW)
            for application in tenant.readiness.applications
        },
    }
