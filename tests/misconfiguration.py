"""A tenant that is set up right, and single mistakes to put into it.

Every mistake names what a checklist must then say of it, and nothing else may change: that is how
a check is known to look at its own setting alone.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from simulator.mail.account import Account
from simulator.world.conditional_access import (
    ENABLED,
    REPORT_ONLY,
    ServedPolicy,
    build_policy,
    grant_controls,
    session_policy,
)
from simulator.world.readiness import REFUSING, build_certificate, build_secret
from simulator.world.tenant import SimulatedTenant

Expected = tuple[str, str | None, str | None, str]  # check, account, subject, status
ROLE = "62e90394-69f5-4237-9190-012177145e10"  # a role template
STATES = (
    "NoProperBillingPolicyStored",
    "BillingPolicyNotFound",
    "BillingPolicyMismatched",
    "NoConnectedBillingPolicyFound",
    "SubscriptionIsNotActive",
    "NoSPOLicenseFound",
)
USUAL_APPLICATIONS = 4


@dataclass(frozen=True)
class Mistake:
    """One wrong setting; `make` puts it in and returns what must be found."""

    name: str
    make: Callable[[SimulatedTenant, Account], list[Expected]]


def heal(tenant: SimulatedTenant) -> None:
    """Sets everything right: no policy in the way, valid billing, OAuth with lasting secrets."""
    readiness, now = tenant.readiness, tenant.now
    readiness.security_defaults, readiness.default_policy = False, None
    readiness.account_policies = dict.fromkeys(readiness.account_policies)
    readiness.policies = [session_policy()]
    outer, inner = readiness.groups
    readiness.groups = {outer: [inner], inner: []}
    readiness.applications = readiness.applications[:USUAL_APPLICATIONS]
    for number, application in enumerate([*readiness.applications, readiness.own_application]):
        key = f"00000000-0000-0000-0000-{number:012}"
        application |= {"passwordCredentials": [build_secret(key, now, 400)], "keyCredentials": []}
    apps = [application["appId"] for application in readiness.applications]
    readiness.licences, readiness.roles, readiness.disabled = {}, {}, set()
    readiness.is_attacked = False
    readiness.without_basic = {account.primary for account in tenant.accounts}
    for at, account in enumerate(tenant.accounts):
        readiness.allowed_apps[account.primary] = [apps[at % len(apps)]]
        tenant.accounts[at] = replace(
            account,
            display_name=tenant.traffic.accounts[account.index].display_name,
            reply_to=f"contact-{account.alias}@{tenant.domain}",
            billing_status="BillingPolicyValid",
            suspended_at=None,
        )


def mistakes() -> list[Mistake]:
    """Every mistake there is."""
    return [
        Mistake("security defaults", _security_defaults),
        *(Mistake(f"conditional access: {name}", _rule(*how)) for name, how in _RULES.items()),
        Mistake("conditional access: nested group", _nested_group),
        Mistake("conditional access: role", _role),
        Mistake("workload policy", _workload),
        Mistake("authentication policy of the account", _account_policy),
        Mistake("authentication policy of the organisation", _default_policy),
        Mistake("licence", _licence),
        *(Mistake(f"billing: {state}", _billing(state)) for state in STATES),
        Mistake("secret ends soon", _credential("passwordCredentials", 9, "warn")),
        Mistake("secret ended", _credential("passwordCredentials", -12, "fail")),
        Mistake("certificate ends soon", _credential("keyCredentials", 25, "warn")),
        Mistake("own secret ends soon", _own_secret),
        Mistake("generic name", _named("HVE01")),
        Mistake("address as name", _named("")),
        Mistake("no ReplyTo", _reply_to(None)),
        Mistake("ReplyTo without mailbox", _reply_to("sender")),
        Mistake("unknown application", _orphan),
        Mistake("ten applications", _ten_apps),
        Mistake("basic", _basic),
    ]


_ALL, _LEGACY = ["all"], ["exchangeActiveSync", "other"]
_STRENGTH = {"id": "s", "displayName": "MFA", "requirementsSatisfied": "mfa"}
_KNOWN = ["android", "iOS", "windows", "macOS", "linux"]
# name: clients, grant, further conditions, state of the policy, what it means
_RULES: dict[str, tuple[list[str], dict[str, Any] | None, dict[str, Any], str, str]] = {
    "legacy": (_LEGACY, grant_controls(["block"]), {}, ENABLED, "fail"),
    "multifactor": (_ALL, grant_controls(["mfa"]), {}, ENABLED, "fail"),
    "strength": (_ALL, grant_controls([], _STRENGTH), {}, ENABLED, "fail"),
    "compliant device": (_ALL, grant_controls(["compliantDevice"]), {}, ENABLED, "fail"),
    "joined device": (_ALL, grant_controls(["domainJoinedDevice"]), {}, ENABLED, "fail"),
    "unknown platform": (
        _ALL,
        grant_controls(["block"]),
        {"platforms": {"includePlatforms": ["all"], "excludePlatforms": _KNOWN}},
        ENABLED,
        "fail",
    ),
    "untrusted place": (
        _ALL,
        grant_controls(["block"]),
        {"locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}},
        ENABLED,
        "warn",
    ),
    "every place": (
        _ALL,
        grant_controls(["block"]),
        {"locations": {"includeLocations": ["All"], "excludeLocations": []}},
        ENABLED,
        "fail",
    ),
    "report-only": (_LEGACY, grant_controls(["block"]), {}, REPORT_ONLY, "warn"),
}


def _rule(
    clients: list[str],
    grant: dict[str, Any] | None,
    conditions: dict[str, Any],
    state: str,
    status: str,
) -> Callable[[SimulatedTenant, Account], list[Expected]]:
    """A policy that means this account alone."""

    def make(tenant: SimulatedTenant, account: Account) -> list[Expected]:
        rule = _for(account.object_id, clients, grant, state, len(tenant.readiness.policies))
        rule["conditions"] |= conditions
        tenant.readiness.policies.append(rule)
        return [("conditional_access", account.primary, None, status)]

    return make


def _for(
    user: str, clients: list[str], grant: dict[str, Any] | None, state: str, number: int
) -> ServedPolicy:
    rule = deepcopy(build_policy(f"Rule {number}", state, clients, ([], []), grant))
    rule["conditions"]["users"]["includeUsers"] = [user]
    return rule


def _nested_group(tenant: SimulatedTenant, account: Account) -> list[Expected]:
    """The policy names the outer group, and the account is in the one inside."""
    readiness = tenant.readiness
    outer, inner = readiness.groups
    readiness.groups[inner] = [account.object_id]
    rule = _for("None", _LEGACY, grant_controls(["block"]), ENABLED, len(readiness.policies))
    rule["conditions"]["users"]["includeGroups"] = [outer]
    readiness.policies.append(rule)
    return [("conditional_access", account.primary, None, "fail")]


def _role(tenant: SimulatedTenant, account: Account) -> list[Expected]:
    readiness = tenant.readiness
    readiness.roles[account.primary] = [ROLE]
    rule = _for("None", _ALL, grant_controls(["mfa"]), ENABLED, len(readiness.policies))
    rule["conditions"]["users"]["includeRoles"] = [ROLE]
    readiness.policies.append(rule)
    return [("conditional_access", account.primary, None, "fail")]


def _security_defaults(tenant: SimulatedTenant, _: Account) -> list[Expected]:
    tenant.readiness.security_defaults = True
    return [("security_defaults", None, None, "fail")]


def _application(tenant: SimulatedTenant, account: Account) -> dict[str, Any]:
    """The application that may send for the account."""
    app_id = tenant.readiness.allowed_apps[account.primary][0]
    return next(row for row in tenant.readiness.applications if row["appId"] == app_id)


def _workload(tenant: SimulatedTenant, account: Account) -> list[Expected]:
    application = _application(tenant, account)
    number = len(tenant.readiness.policies)
    rule = _for("None", _ALL, grant_controls(["block"]), ENABLED, number)
    rule["conditions"]["clientApplications"] = {
        "includeServicePrincipals": [application["id"]],
        "excludeServicePrincipals": [],
    }
    tenant.readiness.policies.append(rule)
    return [("workload_conditional_access", None, str(application["appId"]), "fail")]


def _account_policy(tenant: SimulatedTenant, account: Account) -> list[Expected]:
    """As a distinguished name: Exchange shows references in that form as well."""
    tenant.readiness.account_policies[account.primary] = f"CN={REFUSING},CN=Auth Policies,DC=x"
    return [("authentication_policy", account.primary, None, "fail")]


def _default_policy(tenant: SimulatedTenant, _: Account) -> list[Expected]:
    """Accounts with a policy of their own do not look at the organisation's."""
    readiness = tenant.readiness
    readiness.default_policy = REFUSING
    return [
        ("authentication_policy", visible.primary, None, "fail")
        for visible in tenant.visible_accounts()
        if readiness.account_policies[visible.primary] is None
    ]


def _licence(tenant: SimulatedTenant, account: Account) -> list[Expected]:
    tenant.readiness.licences[account.primary] = ["05e9a617-0261-4cee-bb44-138d3ef5d965"]
    return [("licence_assigned", account.primary, None, "fail")]


def _change(tenant: SimulatedTenant, account: Account, **values: Any) -> None:
    at = [sender.primary for sender in tenant.accounts].index(account.primary)
    tenant.accounts[at] = replace(tenant.accounts[at], **values)


def _billing(state: str) -> Callable[[SimulatedTenant, Account], list[Expected]]:
    def make(tenant: SimulatedTenant, account: Account) -> list[Expected]:
        _change(tenant, account, billing_status=state)
        return [("billing_policy", account.primary, None, "fail")]

    return make


def _credential(
    kind: str, days: int, status: str
) -> Callable[[SimulatedTenant, Account], list[Expected]]:
    build = build_secret if kind == "passwordCredentials" else build_certificate

    def make(tenant: SimulatedTenant, account: Account) -> list[Expected]:
        application = _application(tenant, account)
        key = "00000000-0000-0000-0000-0000000000ff"
        application |= {"passwordCredentials": [], "keyCredentials": []}
        application |= {kind: [build(key, tenant.now, days)]}
        return [("credentials", None, str(application["appId"]), status)]

    return make


def _own_secret(tenant: SimulatedTenant, _: Account) -> list[Expected]:
    key = "00000000-0000-0000-0000-0000000000fe"
    tenant.readiness.own_application["passwordCredentials"] = [build_secret(key, tenant.now, 5)]
    return [("credentials", None, "own", "warn")]


def _named(name: str) -> Callable[[SimulatedTenant, Account], list[Expected]]:
    def make(tenant: SimulatedTenant, account: Account) -> list[Expected]:
        _change(tenant, account, display_name=name or account.primary)
        return [("display_name", account.primary, None, "warn")]

    return make


def _reply_to(kind: str | None) -> Callable[[SimulatedTenant, Account], list[Expected]]:
    def make(tenant: SimulatedTenant, account: Account) -> list[Expected]:
        _change(tenant, account, reply_to=tenant.accounts[0].primary if kind else None)
        return [("reply_to", account.primary, None, "warn")]

    return make


def _orphan(tenant: SimulatedTenant, account: Account) -> list[Expected]:
    """An application that was deleted is still in the list."""
    orphan = "00000000-0000-0000-0000-00000000dead"
    tenant.readiness.allowed_apps[account.primary].append(orphan)
    return [("app_access", account.primary, None, "warn")]


def _ten_apps(tenant: SimulatedTenant, account: Account) -> list[Expected]:
    """Ten registered applications: as many as an account can have."""
    readiness = tenant.readiness
    apps = [application["appId"] for application in readiness.applications]
    while len(apps) < 10:
        number = len(readiness.applications)
        key = f"00000000-0000-0000-0001-{number:012}"
        extra = {
            **readiness.applications[0],
            "id": key,
            "appId": key,
            "displayName": f"Extra {number}",
        }
        readiness.applications.append(extra)
        apps.append(key)
    readiness.allowed_apps[account.primary] = apps
    return [("app_access", account.primary, None, "warn")]


def _basic(tenant: SimulatedTenant, account: Account) -> list[Expected]:
    tenant.readiness.without_basic.discard(account.primary)
    return [("oauth_migration", account.primary, None, "warn")]
