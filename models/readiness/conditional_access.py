"""Which Conditional Access policy would stop an account, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from hve_monitor.quoting import powershell
from models.readiness.conditions import Person, applies, applies_to_workload, places, risks
from models.readiness.facts import Facts
from models.readiness.finding import Finding
from models.readiness.grants import unmet_demands
from warehouse.records.accounts import Account
from warehouse.records.policies import Policy

CHECK, WORKLOADS = "conditional_access", "workload_conditional_access"
SOURCE = "https://learn.microsoft.com/exchange/mail-flow-best-practices/troubleshoot-high-volume-email-m365"
WORKLOAD_SOURCE = "https://learn.microsoft.com/entra/identity/conditional-access/workload-identity"
NO_USER = "the directory has no such user"
ENFORCED, REPORTING, DISABLED = "enabled", "enabledForReportingButNotEnforced", "disabled"
Effect = Literal["blocks", "reports", "may_block", "unknown", "none"]


@dataclass(frozen=True)
class PolicyEffect:
    """What one policy does to one sign-in."""

    policy: Policy
    effect: Effect
    why: str = ""

    @property
    def text(self) -> str:
        """The policy's name and the reason."""
        return f"'{self.policy.name or self.policy.object_id}' {self.why}".strip()


def check_accounts(facts: Facts) -> Iterator[Finding]:
    """One finding per account: what happens when it signs in with its password."""
    trouble = facts.trouble("conditional_access")
    for account in facts.accounts:
        if trouble is not None:
            yield Finding(CHECK, "unknown", "high", trouble, account.account, source=SOURCE)
        elif facts.is_missing(account.account):
            yield Finding(CHECK, "unknown", "high", NO_USER, account.account, source=SOURCE)
        else:
            person = person_of(facts, account)
            rules = [effect_of(rule, person) for rule in _of_users(facts)]
            yield _finding(facts, account, rules)


def check_workloads(facts: Facts) -> Iterator[Finding]:
    """One finding per application that sends: policies for users do not hold for its tokens."""
    trouble = facts.trouble("conditional_access")
    for app in facts.sending_applications():
        if trouble is not None:
            yield Finding(WORKLOADS, "unknown", "high", trouble, None, subject=app)
            continue
        application = facts.one("application", app)
        rules = [_judge_workload(rule, application) for rule in _of_workloads(facts)]
        name = app if isinstance(application, str) else application.name or app
        yield _workload_finding(app, name, rules)


def person_of(facts: Facts, account: Account) -> Person:
    """The account as Conditional Access sees it, with what of it is unknown."""
    groups: dict[str, bool | None] = {}
    for group in facts.all_of("group_members"):
        known = facts.one("group_members", str(group.object_id))
        members = None if isinstance(known, str) else known.content.get("accounts")
        inside = None if members is None else account.account in members
        groups[str(group.object_id)] = inside
    roles = facts.one("directory_roles", account.account)
    user = facts.one("directory_user", account.account)
    kind = "" if isinstance(user, str) else str(user.content.get("userType") or "")
    return Person(
        facts.object_id(account),
        groups,
        None if isinstance(roles, str) else frozenset(roles.content.get("roles") or []),
        kind.lower() == "guest",
    )


def effect_of(rule: Policy, person: Person) -> PolicyEffect:
    """What the policy does when the account signs in with its password."""
    content = rule.content
    state, demands = str(content.get("state")), unmet_demands(content.get("grantControls"))
    if rule.document is None:
        return PolicyEffect(rule, "unknown", f"cannot be read: {rule.unavailable_reason}")
    if not demands or state == DISABLED:
        return PolicyEffect(rule, "none")
    if state not in (ENFORCED, REPORTING):
        return PolicyEffect(rule, "unknown", f"has a state that is not documented: {state}")
    conditions: Mapping[str, Any] = content.get("conditions") or {}
    meant = applies(conditions, person)
    if meant.holds is False:
        return PolicyEffect(rule, "none")
    return _weighed(rule, conditions, demands, meant.holds, meant.why)


def _weighed(
    rule: Policy,
    conditions: Mapping[str, Any],
    demands: list[str],
    holds: bool | None,
    why: str,
) -> PolicyEffect:
    """The effect of a policy that applies, or may: places and risks decide case by case."""
    evidence = " and ".join(demands)
    risk, place = risks(conditions), places(conditions)
    if risk:
        return PolicyEffect(rule, "none", f"{evidence}, {risk}")
    if rule.content.get("state") == REPORTING:
        effect: Effect = "reports" if holds and not place else "none"
        return PolicyEffect(rule, effect, f"{evidence} ({why})" if holds and not place else "")
    if holds is None:
        return PolicyEffect(rule, "unknown", f"{evidence}, but {why}")
    if place:
        return PolicyEffect(rule, "may_block", f"{evidence}, {place} ({why})")
    return PolicyEffect(rule, "blocks", f"{evidence} ({why})")


def _judge_workload(rule: Policy, application: Policy | str) -> PolicyEffect:
    content = rule.content
    demands = unmet_demands(content.get("grantControls"))
    if not demands or content.get("state") not in (ENFORCED, REPORTING):
        return PolicyEffect(rule, "none")
    conditions: Mapping[str, Any] = content.get("conditions") or {}
    registered = None if isinstance(application, str) else application
    principal = None if registered is None else registered.content.get("servicePrincipalId")
    meant = applies_to_workload(conditions, principal, is_own=registered is not None)
    if meant.holds is False:
        return PolicyEffect(rule, "none")
    return _weighed(rule, conditions, demands, meant.holds, meant.why or "this application")


def _of_users(facts: Facts) -> list[Policy]:
    return [rule for rule in facts.all_of("conditional_access") if not _is_workload(rule)]


def _of_workloads(facts: Facts) -> list[Policy]:
    return [rule for rule in facts.all_of("conditional_access") if _is_workload(rule)]


def _is_workload(rule: Policy) -> bool:
    conditions = rule.content.get("conditions") or {}
    applications = conditions.get("clientApplications") or {}
    return bool(applications.get("includeServicePrincipals"))


def _finding(facts: Facts, account: Account, rules: list[PolicyEffect]) -> Finding:
    stops, unknown, maybe, reports = _sorted(rules)
    last = facts.signed_in(account.account).last_blocked_at
    seen = f"; Entra ID last refused it with AADSTS53003 on {last:%Y-%m-%d}" if last else ""
    finding = partial(Finding, account=account.account, source=SOURCE)
    if stops:
        fix = "\n".join(_exclusion(facts, account, effect.policy) for effect in stops)
        return finding(CHECK, "fail", "high", f"{_texts(stops)}{seen}", fix=fix)
    if unknown:
        return finding(CHECK, "unknown", "high", _texts(unknown))
    if maybe:
        fix = "\n".join(_exclusion(facts, account, effect.policy) for effect in maybe)
        return finding(CHECK, "warn", "medium", f"{_texts(maybe)}{seen}", fix=fix)
    if reports:
        evidence = f"only reported, it would stop the account when enforced: {_texts(reports)}"
        fix = "\n".join(_exclusion(facts, account, effect.policy) for effect in reports)
        return finding(CHECK, "warn", "low", evidence, fix=fix)
    return finding(CHECK, "pass", "low", _passed(rules))


def _workload_finding(app: str, name: str, rules: list[PolicyEffect]) -> Finding:
    stops, unknown, maybe, reports = _sorted(rules)
    relevant = stops or unknown or maybe or reports
    evidence = f"application '{name}': " + (
        _texts(relevant) if relevant else "no enforced policy for workload identities stops it"
    )
    exclude = "Entra admin center > Conditional Access > the policy > Workload identities > Exclude"
    fix = f"{exclude}: {name} ({app})" if stops or maybe else ""
    finding = partial(Finding, subject=app, source=WORKLOAD_SOURCE, fix=fix)
    if stops:
        return finding(WORKLOADS, "fail", "high", evidence)
    if unknown:
        return finding(WORKLOADS, "unknown", "high", evidence)
    if maybe or reports:
        return finding(WORKLOADS, "warn", "medium" if maybe else "low", evidence)
    return finding(WORKLOADS, "pass", "low", evidence)


def _sorted(rules: list[PolicyEffect]) -> tuple[list[PolicyEffect], ...]:
    kinds = ("blocks", "unknown", "may_block", "reports")
    return tuple([rule for rule in rules if rule.effect == kind] for kind in kinds)


def _texts(rules: list[PolicyEffect]) -> str:
    return "; ".join(rule.text for rule in rules)


def _passed(rules: list[PolicyEffect]) -> str:
    evidence = "no enforced policy stops a sign-in with the account's password"
    noted = [rule.text for rule in rules if rule.why]
    return f"{evidence}; {'; '.join(noted)}" if noted else evidence


def _exclusion(facts: Facts, account: Account, rule: Policy) -> str:
    """Cmdlets that leave the account out of a policy.

    By a group that leaves out other HVE accounts already, else by a new one: other excluded groups
    belong to people, often to those who must get in when everything else fails.
    """
    users = (rule.content.get("conditions") or {}).get("users") or {}
    groups = [str(group) for group in users.get("excludeGroups") or []]
    ours = next((group for group in groups if _holds_accounts(facts, group)), None)
    member = f"(Get-MgUser -UserId {powershell(account.account)}).Id"
    if ours is not None:
        return (
            f"New-MgGroupMember -GroupId {powershell(ours)} -DirectoryObjectId {member}"
            f"  # excluded from {powershell(rule.name or '')}"
        )
    new_group = (
        "$group = New-MgGroup -DisplayName 'SG-Exchange-HVEAccounts' -MailEnabled:$false"
        " -SecurityEnabled -MailNickname 'SG-Exchange-HVEAccounts'  # once for all accounts"
    )
    excluded = ", ".join([*map(powershell, groups), "$group.Id"])
    update = (
        "Update-MgIdentityConditionalAccessPolicy -ConditionalAccessPolicyId"
        f" {powershell(str(rule.object_id))} -BodyParameter"
        f" @{{ conditions = @{{ users = @{{ excludeGroups = @({excluded}) }} }} }}"
        "  # a Microsoft-managed policy: Entra admin center > the policy > Exclude"
    )
    join = f"New-MgGroupMember -GroupId $group.Id -DirectoryObjectId {member}"
    return "\n".join([new_group, join, update])


def _holds_accounts(facts: Facts, group: str) -> bool:
    registered = facts.one("group_members", group)
    return not isinstance(registered, str) and bool(registered.content.get("accounts"))
