"""What is about to stop sending: billing, certificates and secrets; and who stopped long ago."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial

from hve_monitor.clock import parse_time
from hve_monitor.errors import ConfigError
from hve_monitor.plural import agreeing, plural
from hve_monitor.quoting import powershell
from models.readiness.facts import Facts
from models.readiness.finding import Finding, Severity
from warehouse.records.accounts import Account
from warehouse.records.policies import Policy

BILLING, CREDENTIALS, IDLE = "billing_policy", "credentials", "idle_account"
BILLING_SOURCE = (
    "https://learn.microsoft.com/powershell/module/exchangepowershell/get-hveaccountbillingpolicy"
)
APP_SOURCE = "https://learn.microsoft.com/graph/api/resources/application"
LEARN = "https://learn.microsoft.com/exchange/mail-flow-best-practices/high-volume-mails-m365"
VALID = "billingpolicyvalid"
# Microsoft calls these states common, so another text is unknown, not wrong.
STATES = {
    "noproperbillingpolicystored": "no billing policy is assigned",
    "billingpolicynotfound": "the assigned billing policy does not exist any more",
    "billingpolicymismatched": "the assigned billing policy belongs to something else",
    "noconnectedbillingpolicyfound": "no billing policy is connected to High Volume Email",
    "subscriptionisnotactive": "the Azure subscription of the billing policy is not active",
    "nospolicensefound": "the tenant lacks the SharePoint licence that billing policies need",
}
KINDS = (("passwordCredentials", "secret"), ("keyCredentials", "certificate"))


def check_billing(facts: Facts) -> Iterator[Finding]:
    """One finding per account: without a valid billing policy it stops sending."""
    for account in facts.accounts:
        yield _billing(facts, account.account)


def _billing(facts: Facts, account: str) -> Finding:
    finding = partial(Finding, account=account, source=BILLING_SOURCE)
    policy = facts.billing.get(account)
    if policy is None or policy.unavailable_reason:
        reason = policy.unavailable_reason if policy else None
        evidence = reason or "never read; needed: Exchange.ManageAsApp or 'hve collect'"
        return finding(BILLING, "unknown", "high", evidence)
    name = policy.billing_policy_name or policy.billing_policy_id or "without a name"
    status = (policy.billing_status or "").strip()
    if status.lower() == VALID:
        return finding(BILLING, "pass", "low", f"'{name}' is valid", state=status)
    if status.lower() not in STATES:
        evidence = f"'{name}' has the state '{status}'" if status else f"'{name}' shows no state"
        return finding(BILLING, "unknown", "high", evidence, state=status or None)
    return finding(
        BILLING,
        "fail",
        "high",
        f"{STATES[status.lower()]} ({status}, policy '{name}'): the account stops sending",
        state=status,
        fix=_billing_fix(facts, account, status),
    )


def _billing_fix(facts: Facts, account: str, status: str) -> str:
    if status.lower() == "subscriptionisnotactive":
        return "Azure portal > Subscriptions: activate it, or assign a policy of another one:\n" + (
            _assign(facts, account)
        )
    return _assign(facts, account)


def _assign(facts: Facts, account: str) -> str:
    """How to give the account a policy: the one that holds for others, where there is one."""
    valid = {
        policy.billing_policy_id
        for policy in facts.billing.values()
        if policy.billing_policy_id and (policy.billing_status or "").strip().lower() == VALID
    }
    given = powershell(next(iter(valid))) if len(valid) == 1 else "'<its id>'"
    return (
        "Get-BillingPolicy -ResourceType HVE  # none: admin center > Billing > Pay-as-you-go\n"
        f"Set-HVEAccountBillingPolicy -Identity {powershell(account)} -BillingPolicyId {given}"
    )


def check_credentials(facts: Facts) -> Iterator[Finding]:
    """One finding for our own credential and one for each application that sends."""
    if facts.credential:
        yield _own(facts)
    for app in facts.sending_applications():
        if app != facts.client_id:
            yield _of_application(facts, app)


def _own(facts: Facts) -> Finding:
    """A certificate file tells its end; the end of a secret stands in Entra ID."""
    finding = partial(Finding, subject="own", source=APP_SOURCE)
    if facts.credential in ("managed", "federated"):
        evidence = f"our own {facts.credential} credential has no end"
        return finding(CREDENTIALS, "pass", "low", evidence)
    if facts.credential == "certificate":
        own = facts.policies.get(("own_credential", "own"))
        reason = own.unavailable_reason if own else "never read; 'hve ingest policies' reads it"
        end = _moment(own.content.get("endDateTime")) if own else None
        if end is None:
            evidence = reason or "the certificate tells no end"
            return finding(CREDENTIALS, "unknown", "high", evidence)
        return _ending(facts, "our own certificate", [("certificate", end)], "own")
    return _of_application(facts, facts.client_id, "own")


def _of_application(facts: Facts, app: str, subject: str = "") -> Finding:
    subject = subject or app
    application = facts.one("application", app)
    who = "our own application" if subject == "own" else f"application {app}"
    if isinstance(application, str):
        evidence = f"{who}: {application}"
        return Finding(CREDENTIALS, "unknown", "high", evidence, subject=subject, source=APP_SOURCE)
    ends = [
        (kind, end)
        for name, kind in KINDS
        for credential in application.content.get(name) or []
        if (end := _moment(credential.get("endDateTime"))) is not None
    ]
    called = who if subject == "own" else f"application '{application.name or app}'"
    if not ends:
        evidence = f"{called} has neither secret nor certificate here"
        return Finding(CREDENTIALS, "pass", "low", evidence, subject=subject, source=APP_SOURCE)
    return _ending(facts, called, ends, subject, application)


def _ending(
    facts: Facts,
    who: str,
    ends: list[tuple[str, datetime]],
    subject: str,
    application: Policy | None = None,
) -> Finding:
    """What has ended beside something valid is only untidy; what ends soon may be in use."""
    alive = sorted((end, kind) for kind, end in ends if end > facts.now)
    soon = facts.now + timedelta(days=facts.settings.ending_days)
    finding = partial(Finding, subject=subject, source=APP_SOURCE)
    fix = _renew(application)
    if not alive:
        last = max(end for _, end in ends)
        evidence = f"{who}: the last credential ended on {last:%Y-%m-%d}: it cannot sign in"
        return finding(CREDENTIALS, "fail", "high", evidence, fix=fix, due_on=last.date())
    end, kind = alive[0]
    others = (
        f"; {plural(len(alive) - 1, 'other')} {agreeing(len(alive) - 1, 'lasts', 'last')} longer"
        if len(alive) > 1
        else ""
    )
    evidence = f"{who}: the {kind} ends on {end:%Y-%m-%d}{others}"
    if end > soon:
        return finding(CREDENTIALS, "pass", "low", evidence, due_on=end.date())
    severity: Severity = "medium" if len(alive) > 1 else "high"
    return finding(CREDENTIALS, "warn", severity, evidence, fix=fix, due_on=end.date())


def _renew(application: Policy | None) -> str:
    if application is None:
        return "a new certificate at the application in Entra ID, then certificate_file of hve.toml"
    wanted = powershell(f"appId eq '{application.object_id}'")
    return (
        f"Add-MgApplicationPassword -ApplicationId (Get-MgApplication -Filter {wanted}).Id"
        "  # or a certificate; then change the sending application, then remove the old one"
    )


def _moment(text: object) -> datetime | None:
    try:
        return parse_time(str(text)) if text else None
    except ConfigError:
        return None


def check_idle(facts: Facts) -> Iterator[Finding]:
    """One finding per account: credentials that nobody uses are only good for a thief."""
    for account in facts.accounts:
        yield _idle(facts, account)


def _idle(facts: Facts, account: Account) -> Finding:
    finding = partial(Finding, account=account.account, source=LEARN)
    days = facts.settings.idle_days
    start = facts.now - timedelta(days=days)
    last = facts.last_sent.get(account.account)
    if last is not None and last >= start.date():
        return finding(IDLE, "pass", "low", f"mail was sent in the last {days} days")
    if account.created_at is not None and account.created_at > start:
        return finding(IDLE, "pass", "low", f"younger than {days} days")
    read = facts.read_since.get(account.account)
    if read is None or read > start:
        since = f"only since {read:%Y-%m-%d}" if read else "not up to now"
        evidence = f"no mail is known, but its traces were read {since}, not for {days} days"
        return finding(IDLE, "unknown", "medium", evidence)
    return _silent(facts, account, last, finding)


def _silent(
    facts: Facts, account: Account, last: date | None, finding: partial[Finding]
) -> Finding:
    days, user = facts.settings.idle_days, facts.one("directory_user", account.account)
    sent = f"the last mail was sent on {last}" if last else "no mail is known"
    enabled = user if isinstance(user, str) else user.content.get("accountEnabled")
    if enabled is False:
        return finding(IDLE, "pass", "low", f"{sent}, and the account is disabled")
    if not isinstance(enabled, bool):
        evidence = f"{sent}; whether it can still sign in is unknown: {enabled or 'User.Read.All'}"
        return finding(IDLE, "unknown", "medium", evidence)
    used = facts.signed_in(account.account).last_success_at
    signed = f"; it signed in on {used.astimezone(UTC):%Y-%m-%d}" if used else ""
    fix = (
        f"Update-MgUser -UserId {powershell(account.account)} -AccountEnabled:$false\n"
        f"Remove-MailUser -Identity {powershell(account.account)}  # when nobody misses it"
    )
    evidence = f"{sent}, none for {days} days, and the account can sign in{signed}"
    return finding(IDLE, "warn", "medium", evidence, fix=fix)
