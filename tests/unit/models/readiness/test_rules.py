"""Names, policies, credentials, idle accounts and migration: the edges of each rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from hve_monitor.quoting import powershell
from models.readiness.account_setup import is_generic
from models.readiness.checks import findings_of
from models.readiness.facts import Facts, SignInFacts
from models.readiness.finding import Finding
from models.readiness.sign_in_methods import basic_ends
from simulator import SimulatedTenant
from tests.misconfiguration import heal
from tests.unit.models.conftest import NOW
from tests.unit.models.readiness.conftest import facts_of, policy, with_policies
from warehouse.records.accounts import Account
from warehouse.records.billing import BillingPolicy
from warehouse.records.policies import Policy

WHO = "payroll@contoso.com"
DAY = timedelta(days=1)


@pytest.fixture
def facts() -> Facts:
    tenant = SimulatedTenant(now=NOW, days=30, staff=20)
    heal(tenant)
    return facts_of(tenant)


def finding(facts: Facts, check: str, who: str | None = WHO, subject: str | None = None) -> Finding:
    (found,) = [
        finding
        for finding in findings_of(facts)
        if finding.key == (check, who or "", subject or "")
    ]
    return found


def told(facts: Facts, check: str, *policies: Policy) -> tuple[str, str]:
    found = finding(replace(facts, policies=with_policies(facts, *policies)), check)
    return found.status, found.evidence


@pytest.mark.parametrize(
    "name", ["", "  ", "HVE01", "hve", "HVE account 2", "SMTP relay", "noreply", "No-Reply", "007",
             "test", "Mail", "Service Account", "hr@contoso.com"]
)  # fmt: skip
def test_generic_names(name: str) -> None:
    assert is_generic(name, Account("hr@contoso.com", ("hr@contoso.com",)))


@pytest.mark.parametrize(
    "name", ["HR Notifications", "IT Alerts - Contoso", "Payroll", "Service Desk", "Newsletter",
             "HVE-HRNotifications", "Mailroom Berlin", "Personalabteilung", "人事部"]
)  # fmt: skip
def test_names_that_say_who_writes(name: str) -> None:
    assert not is_generic(name, Account("hr@contoso.com", ("hr@contoso.com",)))


@pytest.mark.parametrize(
    ("account", "organization", "status"),
    [
        (None, None, "pass"),
        ("Block Basic Auth", None, "fail"),
        ("block basic auth", None, "fail"),
        ("CN=Block Basic Auth,CN=Auth Policies,DC=x", None, "fail"),
        (None, "Block Basic Auth", "fail"),
        ("Allow Basic for HVE", "Block Basic Auth", "pass"),
        ("Gone", None, "unknown"),
    ],
)
def test_the_policy_in_force(
    facts: Facts, account: str | None, organization: str | None, status: str
) -> None:
    own = policy("account_authentication", WHO, {"AuthenticationPolicy": account})
    default = {"DefaultAuthenticationPolicy": organization}
    whole = policy("organization_config", "organization", default)
    assert told(facts, "authentication_policy", own, whole)[0] == status


def test_a_policy_that_does_not_say_is_unknown(facts: Facts) -> None:
    own = policy("account_authentication", WHO, {"AuthenticationPolicy": "Odd"})
    odd = policy("authentication_policy", "Odd", {"Name": "Odd", "AllowBasicAuthSmtp": None})
    assert told(facts, "authentication_policy", own, odd)[0] == "unknown"


@pytest.mark.parametrize(
    ("billing", "status"),
    [
        (None, "unknown"),
        (BillingPolicy(WHO, "p1", "HVE", "BillingPolicyValid"), "pass"),
        (BillingPolicy(WHO, "p1", "HVE", None), "unknown"),
        (BillingPolicy(WHO, "p1", "HVE", "SomethingNew"), "unknown"),
        (BillingPolicy(WHO, unavailable_reason="HTTP 403"), "unknown"),
    ],
)
def test_a_billing_state_that_is_not_documented_is_unknown(
    facts: Facts, billing: BillingPolicy | None, status: str
) -> None:
    known = {**facts.billing} | ({WHO: billing} if billing else {})
    if billing is None:
        known.pop(WHO)
    assert finding(replace(facts, billing=known), "billing_policy").status == status


def ends(*days: float) -> dict[str, Any]:
    """An application whose secrets end after so many days."""
    moments = [(NOW + day * DAY).isoformat() for day in days]
    return {"passwordCredentials": [{"endDateTime": moment} for moment in moments]}


@pytest.mark.parametrize(
    ("days", "status", "severity"),
    [
        ((400,), "pass", "low"),
        ((-12, 400), "pass", "low"),
        ((31,), "pass", "low"),
        ((30,), "warn", "high"),
        ((9, 400), "warn", "medium"),
        ((-1,), "fail", "high"),
        ((), "pass", "low"),
    ],
)
def test_credentials(facts: Facts, days: tuple[float, ...], status: str, severity: str) -> None:
    app = facts.sending_applications()[0]
    changed = with_policies(facts, policy("application", app, ends(*days), "Orders"))
    found = finding(replace(facts, policies=changed), "credentials", None, app)
    assert (found.status, found.severity) == (status, severity)
    if days:
        alive = [day for day in days if day > 0] or [max(days)]
        assert found.due_on == (NOW + min(alive) * DAY).date()


@pytest.mark.parametrize(
    ("values", "status"), [({"endDateTime": "2026-12-01T00:00:00Z"}, "warn"), ({}, "unknown")]
)
def test_our_own_certificate(facts: Facts, values: dict[str, str], status: str) -> None:
    own = policy("own_credential", "own", {"kind": "certificate", **values})
    changed = replace(facts, credential="certificate", policies=with_policies(facts, own))
    assert finding(changed, "credentials", None, "own").status == status
    blind = replace(facts, credential="certificate")
    assert finding(blind, "credentials", None, "own").status == "unknown"
    managed = replace(facts, credential="managed")
    assert finding(managed, "credentials", None, "own").status == "pass"
    files = replace(facts, credential="")
    assert not [finding for finding in findings_of(files) if finding.subject == "own"]


def quiet(facts: Facts, days: int | None, read_days: int | None, **changes: Any) -> Facts:
    """The account sent its last mail so many days ago, and was read for so many days."""
    sent = {**facts.last_sent}
    sent.pop(WHO)
    if days is not None:
        sent[WHO] = (NOW - days * DAY).date()
    read = {**facts.read_since}
    read.pop(WHO)
    if read_days is not None:
        read[WHO] = NOW - read_days * DAY
    return replace(facts, last_sent=sent, read_since=read, **changes)


@pytest.mark.parametrize(
    ("days", "read_days", "status"),
    [
        (60, 90, "pass"),
        (61, 90, "warn"),
        (None, 90, "warn"),
        (None, 59, "unknown"),
        (None, None, "unknown"),
        (70, 10, "unknown"),
        (1, None, "pass"),
    ],
)
def test_idle_accounts(facts: Facts, days: int | None, read_days: int | None, status: str) -> None:
    assert finding(quiet(facts, days, read_days), "idle_account").status == status


@pytest.mark.parametrize(
    ("enabled", "status"), [(False, "pass"), (True, "warn"), (None, "unknown")]
)
def test_idle_asks_whether_the_account_can_sign_in(
    facts: Facts, enabled: bool | None, status: str
) -> None:
    user = policy("directory_user", WHO, {"accountEnabled": enabled, "assignedLicenses": []})
    changed = quiet(facts, None, 90, policies=with_policies(facts, user))
    assert finding(changed, "idle_account").status == status


def test_a_young_account_is_not_idle(facts: Facts) -> None:
    young = tuple(
        replace(account, created_at=NOW - 5 * DAY) if account.account == WHO else account
        for account in facts.accounts
    )
    assert finding(quiet(facts, None, 90, accounts=young), "idle_account").status == "pass"


def migration(facts: Facts, **changes: Any) -> tuple[str, str | None]:
    found = finding(replace(facts, **changes), "oauth_migration")
    return found.status, found.state


def test_oauth_is_likely_only_with_all_of_its_signs(facts: Facts) -> None:
    assert migration(facts) == ("pass", "oauth_likely")
    signs = {**facts.sign_ins}
    assert migration(facts, sign_ins={**signs, WHO: SignInFacts()}) == ("unknown", "unknown")
    app = facts.senders_of(WHO)[0]
    assert migration(facts, sign_ins={**signs, app: SignInFacts(True)}) == ("unknown", "unknown")
    none = policy("account_settings", WHO, {"ReplyTo": "x@contoso.com", "AppIds": []})
    assert migration(facts, policies=with_policies(facts, none)) == ("unknown", "unknown")
    assert migration(quiet(facts, 45, 90)) == ("unknown", "unknown")


def test_basic_is_told_with_day_source_and_deadline(facts: Facts) -> None:
    basic = SignInFacts(True, NOW - DAY, ("192.0.2.9",), NOW - DAY)
    changed = replace(facts, sign_ins={**facts.sign_ins, WHO: basic})
    found = finding(changed, "oauth_migration")
    assert (found.status, found.severity, found.state) == ("warn", "low", "basic_seen")
    assert found.evidence == "Basic was last used on 2026-11-23 from 192.0.2.9"
    assert found.due_on == basic_ends(NOW.date())
    assert str(basic_ends(NOW.date())) == "2028-09-01"
    late = finding(replace(changed, now=NOW + 650 * DAY), "oauth_migration")
    assert (late.status, late.severity) == ("fail", "high")


def test_an_address_of_two_accounts_is_told_for_both(facts: Facts) -> None:
    other = "crm@contoso.com"
    accounts = tuple(
        replace(account, addresses=(*account.addresses, "shared@contoso.com"))
        if account.account in (WHO, other)
        else account
        for account in facts.accounts
    )
    changed = replace(facts, accounts=accounts)
    for who in (WHO, other):
        found = finding(changed, "aliases", who)
        assert (found.status, "shared@contoso.com" in found.fix) == ("fail", True)


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("o'hara", "'o''hara'"),
        ("a\u2019; Remove-Item", "'a\u2019\u2019; Remove-Item'"),
        ("$(x)\nnext", "('' + '$(x)' + [char]::ConvertFromUtf32(0x000a) + 'next')"),
    ],
)
def test_fixes_run_nothing_that_data_says(text: str, literal: str) -> None:
    assert powershell(text) == literal


@pytest.mark.parametrize("members", [[], ["crm@contoso.com"]], ids=["people", "accounts"])
def test_an_account_is_left_out_by_a_group_of_accounts_alone(
    facts: Facts, members: list[str]
) -> None:
    rule = {
        "state": "enabled",
        "grantControls": {"operator": "OR", "builtInControls": ["block"]},
        "conditions": {
            "clientAppTypes": ["other"],
            "applications": {"includeApplications": ["All"]},
            "users": {"includeUsers": ["All"], "excludeGroups": ["g1"]},
        },
    }
    changed = with_policies(
        facts,
        policy("conditional_access", "r1", rule, "Block legacy authentication"),
        policy("group_members", "g1", {"accounts": members}),
    )
    fix = finding(replace(facts, policies=changed), "conditional_access").fix
    assert ("New-MgGroupMember -GroupId 'g1'" in fix) is bool(members)
    assert ("excludeGroups = @('g1', $group.Id)" in fix) is not bool(members)
    assert "(Get-MgUser -UserId 'payroll@contoso.com').Id" in fix
