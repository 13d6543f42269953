"""The board against simulated tenants: every mistake is found, and nothing is invented."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from models.readiness.checks import CHECKS, findings_of
from models.readiness.facts import PERMISSIONS, Facts, SignInFacts
from simulator import Account as Sender
from simulator import SimulatedTenant
from simulator.world.readiness import ALLOWING
from tests.misconfiguration import ROLE, Mistake, heal, mistakes
from tests.unit.models.conftest import NOW
from tests.unit.models.readiness.conftest import facts_of, problems, with_policies
from warehouse.records.policies import Policy

SEEDS = range(20)
CONTRACT = (
    *("security_defaults", "conditional_access", "authentication_policy", "licence_assigned"),
    *("billing_policy", "display_name", "oauth_migration", "reply_to", "app_access"),
    *("idle_account", "endpoint"),
)


def healthy(seed: int = 7) -> SimulatedTenant:
    tenant = SimulatedTenant(seed=seed, now=NOW, days=30, staff=20)
    heal(tenant)
    return tenant


def test_a_tenant_that_is_set_up_right_passes_everything() -> None:
    findings = findings_of(facts_of(healthy()))
    assert {finding.status for finding in findings} == {"pass"}
    assert {finding.check for finding in findings} == set(CHECKS) - {"account_listed"}, (
        "nobody is gone"
    )
    assert set(CONTRACT) <= set(CHECKS)
    assert all(finding.evidence and finding.source and not finding.fix for finding in findings)
    keys = [finding.key for finding in findings]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("mistake", mistakes(), ids=lambda each: each.name)
def test_a_mistake_flips_its_own_check_alone(mistake: Mistake) -> None:
    tenant = healthy()
    expected = set(mistake.make(tenant, tenant.accounts[5]))
    facts = facts_of(tenant)
    assert problems(facts) == expected
    for finding in findings_of(facts):
        if finding.status in ("fail", "warn") and finding.check != "app_access":
            assert finding.fix


@pytest.mark.parametrize("seed", SEEDS)
def test_all_mistakes_of_a_seed_are_found_and_none_is_invented(seed: int) -> None:
    tenant, random = healthy(seed), np.random.default_rng(seed)
    # Of two mistakes in the credentials of one application the later one stands.
    expected: dict[tuple[str, str | None, str | None], str] = {}
    others = list(tenant.accounts[1:])
    random.shuffle(others)  # type: ignore[arg-type] # any sequence is shuffled
    chosen = [mistake for mistake in mistakes() if random.random() < 0.4][: len(others)]
    for mistake, account in zip(chosen, others, strict=False):
        expected |= {found[:3]: found[3] for found in mistake.make(tenant, account)}
    assert problems(facts_of(tenant)) == {(*key, status) for key, status in expected.items()}


@pytest.mark.parametrize("seed", range(40))
def test_drawn_settings_agree_with_the_truth(seed: int) -> None:
    tenant = SimulatedTenant(seed=seed, now=NOW, days=30, staff=20)
    found = {(finding.check, finding.account): finding for finding in findings_of(facts_of(tenant))}
    for truth in tenant.readiness.truth():
        defaults = found["security_defaults", None]
        allowed = found["authentication_policy", truth["account"]]
        rules = found["conditional_access", truth["account"]]
        assert (defaults.status == "fail") is truth["security_defaults"]
        assert allowed.status == ("pass" if truth["basic_allowed"] else "fail")
        assert (rules.status == "fail") is bool(truth["blocked_by"])
        for name in truth["blocked_by"]:
            assert f"'{name}'" in rules.evidence
        if truth["reported_by"] and not truth["blocked_by"]:
            assert rules.status == "warn"


@pytest.mark.parametrize(
    ("kind", "checks"),
    [
        ("security_defaults", {"security_defaults"}),
        ("conditional_access", {"conditional_access", "workload_conditional_access"}),
        ("group_members", {"conditional_access"}),
        ("directory_user", {"licence_assigned"}),
        ("directory_roles", {"conditional_access"}),
        ("application", {"app_access", "credentials"}),
        ("organization_config", {"authentication_policy"}),
        ("account_authentication", {"authentication_policy"}),
        ("authentication_policy", {"authentication_policy"}),
        ("account_settings", {"reply_to", "app_access", "oauth_migration"}),
    ],
)
def test_what_may_not_be_read_is_unknown_and_never_passes(kind: str, checks: set[str]) -> None:
    tenant = healthy()
    account = tenant.accounts[5]
    _name_everything(tenant, account)
    whole = facts_of(tenant)
    read_at = {name: at for name, at in whole.read_at.items() if name != kind}
    blind = findings_of(replace(whole, read_at=read_at, policies=_without(whole, kind)))
    unknown = {check.check: check.evidence for check in blind if check.status == "unknown"}
    assert set(unknown) == checks
    assert all(PERMISSIONS[kind] in said for said in unknown.values()), unknown


def _name_everything(tenant: SimulatedTenant, account: Sender) -> None:
    """Policies that leave out a group or a role, and one that allows Basic."""
    tenant.readiness.account_policies[account.primary] = ALLOWING
    rules = [
        mistake for mistake in mistakes() if mistake.name.endswith(("multifactor", "strength"))
    ]
    for rule in rules:
        rule.make(tenant, account)
    by_group, by_role = (policy["conditions"]["users"] for policy in tenant.readiness.policies[-2:])
    group = next(iter(tenant.readiness.groups))
    tenant.readiness.groups[group].append(account.object_id)
    tenant.readiness.roles[account.primary] = [ROLE]
    by_group["excludeGroups"], by_role["excludeRoles"] = [group], [ROLE]


def _without(facts: Facts, kind: str) -> dict[tuple[str, str | None], object]:
    return {key: value for key, value in facts.policies.items() if key[0] != kind}


def test_nothing_read_at_all_is_unknown_everywhere() -> None:
    tenant = healthy()
    accounts = facts_of(tenant).accounts
    facts = Facts(
        "contoso", NOW, tuple(replace(account, display_name=None) for account in accounts)
    )
    statuses = {(finding.check, finding.status) for finding in findings_of(facts)}
    assert {check for check, status in statuses if status == "pass"} == {"aliases", "endpoint"} | (
        {"idle_account"} if ("idle_account", "pass") in statuses else set()
    )


@pytest.mark.parametrize(
    ("smtp", "status"),
    [
        ("smtp.hve.mx.microsoft:587", "pass"),
        ("SMTP.hve.mx.microsoft:587", "pass"),
        ("smtp.hve.mx.microsoft:25", "fail"),
        ("smtp-hve.office365.com:587", "warn"),
        ("smtp.office365.com:587", "fail"),
        ("127.0.0.1:2525", "unknown"),
    ],
)
def test_the_configured_server(smtp: str, status: str) -> None:
    whole = facts_of(healthy())
    facts = replace(whole, settings=replace(whole.settings, smtp=smtp))
    assert problems(facts) == (set() if status == "pass" else {("endpoint", None, None, status)})


def test_failed_smtp_sign_ins_are_a_hypothesis_only() -> None:
    whole = facts_of(healthy())
    account = whole.accounts[3].account
    failing = SignInFacts(True, last_failed_smtp_at=NOW - timedelta(days=1))
    facts = replace(whole, sign_ins={**whole.sign_ins, account: failing})
    assert problems(facts) == {("endpoint", account, None, "unknown")}
    (finding,) = [finding for finding in findings_of(facts) if finding.state == "hypothesis"]
    assert "hypothesis" in finding.evidence
    works = replace(failing, last_success_at=NOW - timedelta(days=2))
    assert problems(replace(whole, sign_ins={**whole.sign_ins, account: works})) == set()


def test_a_mistyped_account_is_not_found_and_never_to_be_excluded() -> None:
    tenant = healthy()
    name = tenant.accounts[0].primary
    whole = facts_of(tenant)
    gone = Policy("directory_user", name, None, unavailable_reason=f"user {name}: HTTP 404: no")
    findings = findings_of(replace(whole, policies=with_policies(whole, gone)))
    found = {finding.check: finding for finding in findings if finding.account == name}
    assert (found["account_listed"].status, found["conditional_access"].status) == (
        "fail",
        "unknown",
    )
    assert not [value.fix for value in found.values() if "exclude" in value.fix.lower()]
