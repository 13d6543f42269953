"""Whether the tenant lets a password in: Security Defaults and authentication policies."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from hve_monitor.quoting import powershell
from models.readiness.facts import Facts
from models.readiness.finding import Finding
from warehouse.records.policies import Policy

DEFAULTS, AUTHENTICATION = "security_defaults", "authentication_policy"
SOURCE = "https://learn.microsoft.com/exchange/mail-flow-best-practices/troubleshoot-high-volume-email-m365"
NAMES = ("Name", "Identity", "DistinguishedName", "Guid", "Id")
NEW_POLICY = "Allow Basic Auth SMTP - HVE"


def check_security_defaults(facts: Facts) -> Iterator[Finding]:
    """One finding for the tenant: Security Defaults stop every password over SMTP."""
    defaults = facts.one(DEFAULTS, "tenant")
    if isinstance(defaults, str) or "isEnabled" not in defaults.content:
        reason = defaults if isinstance(defaults, str) else "the answer has no isEnabled"
        yield Finding(DEFAULTS, "unknown", "high", reason, source=SOURCE)
    elif defaults.content["isEnabled"]:
        yield Finding(
            DEFAULTS,
            "fail",
            "high",
            "Security Defaults are on: Basic authentication over SMTP is blocked for every account"
            " and no exception is possible",
            fix="Update-MgPolicyIdentitySecurityDefaultEnforcementPolicy -IsEnabled:$false"
            "  # only together with Conditional Access (Entra ID P1); or send by OAuth",
            source=SOURCE,
        )
    else:
        yield Finding(DEFAULTS, "pass", "low", "Security Defaults are off", source=SOURCE)


def check_authentication_policy(facts: Facts) -> Iterator[Finding]:
    """One finding per account: the policy in force, and whether it allows Basic over SMTP."""
    for account in facts.accounts:
        yield _of_account(facts, account.account)


def _of_account(facts: Facts, account: str) -> Finding:
    finding = partial(Finding, account=account, source=SOURCE)
    name, origin = _effective(facts, account)
    if origin == "unknown":
        return finding(AUTHENTICATION, "unknown", "high", str(name))
    if name is None:
        evidence = "neither the account nor the organisation has a policy: this layer allows Basic"
        return finding(AUTHENTICATION, "pass", "low", evidence)
    policy = _named(facts, name)
    allowed = policy if isinstance(policy, str) else policy.content.get("AllowBasicAuthSmtp")
    if not isinstance(allowed, bool):
        evidence = allowed if isinstance(allowed, str) else f"'{name}' shows no AllowBasicAuthSmtp"
        return finding(AUTHENTICATION, "unknown", "high", evidence)
    if allowed:
        evidence = f"'{name}' ({origin}) allows Basic over SMTP"
        return finding(AUTHENTICATION, "pass", "low", evidence)
    evidence = f"'{name}' ({origin}) has AllowBasicAuthSmtp = False"
    return finding(AUTHENTICATION, "fail", "high", evidence, fix=_fix(account))


def _effective(facts: Facts, account: str) -> tuple[str | None, str]:
    """Name of the policy in force and where it comes from; a reason with `unknown`."""
    own = facts.one("account_authentication", account)
    if isinstance(own, str):
        return own, "unknown"
    if own.content.get("AuthenticationPolicy"):
        return str(own.content["AuthenticationPolicy"]), "set for the account"
    organization = facts.one("organization_config", "organization")
    if isinstance(organization, str):
        return organization, "unknown"
    name = organization.content.get("DefaultAuthenticationPolicy")
    return (str(name) if name else None), "default of the organisation"


def _named(facts: Facts, reference: str) -> Policy | str:
    """The policy that a name, a distinguished name or an id refers to, or why it is unknown."""
    trouble = facts.trouble(AUTHENTICATION)
    if trouble is not None:
        return trouble
    wanted = {reference.lower(), _common_name(reference)}
    for policy in facts.all_of(AUTHENTICATION):
        names = {str(policy.content[name]).lower() for name in NAMES if policy.content.get(name)}
        if policy.document is not None and wanted & names:
            return policy
    return f"no authentication policy is called '{reference}'"


def _common_name(reference: str) -> str:
    """`Allow` of `CN=Allow,CN=Auth Policies,…`; a comma inside the name has a backslash."""
    if not reference.lower().startswith("cn="):
        return reference.lower()
    text = reference[3:].replace("\\,", "\0").split(",")[0]
    return text.replace("\0", ",").lower()


def _fix(account: str) -> str:
    assign = (
        f"Set-User -Identity {powershell(account)} -AuthenticationPolicy '{NEW_POLICY}'"
        " -STSRefreshTokensValidFrom (Get-Date)  # without the time it takes up to 24 hours"
    )
    return f"New-AuthenticationPolicy -Name '{NEW_POLICY}' -AllowBasicAuthSmtp  # once\n{assign}"
