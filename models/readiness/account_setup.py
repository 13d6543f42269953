"""How an account is set up: licence, display name, ReplyTo, addresses, applications."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from hve_monitor.clock import iso
from hve_monitor.plural import plural
from hve_monitor.quoting import powershell
from models.readiness.facts import Facts
from models.readiness.finding import Finding
from warehouse.records.accounts import Account

LISTED, LICENCE, NAME, REPLY_TO, ALIASES, APPS = (
    "account_listed",
    "licence_assigned",
    "display_name",
    "reply_to",
    "aliases",
    "app_access",
)
LEARN = "https://learn.microsoft.com/exchange/mail-flow-best-practices/high-volume-mails-m365"
OAUTH = "https://learn.microsoft.com/exchange/mail-flow-best-practices/oauth-high-volume-mails-m365"
SETTINGS = "https://learn.microsoft.com/powershell/module/exchangepowershell/set-hveaccountsettings"
MOST_APPS = 10
TOLD_FOR = timedelta(days=30)
# Words that say nothing of the sender; a name of nothing else is generic.
WORDS = (
    "hve|high|volume|smtp|mail|email|e-mail|mailer|user|account|acct|sender|sending|service|svc|app"
    "|application|device|relay|default|new|test|demo|temp|tmp|no-?reply|do-?not-?reply|send|system"
)
GENERIC = re.compile(rf"(?:(?:{WORDS})[\s._-]*)+\d*|\d+", re.IGNORECASE)


def check_listed(facts: Facts) -> Iterator[Finding]:
    """One finding per account that the directory does not have, or that Exchange does not list any
    more (for 30 days).
    """
    for listed in facts.accounts:
        if facts.is_missing(listed.account):
            yield Finding(
                LISTED,
                "fail",
                "high",
                "the directory has no such user: the address is mistyped, or it was deleted",
                account=listed.account,
                fix="Get-MailUser -HVEAccount  # then correct 'accounts' in hve.toml",
                source=LEARN,
            )
    for account, since in facts.former.items():
        if facts.now - since <= TOLD_FOR:
            evidence = f"is no listed HVE account since {iso(since)}; its mail is not read any more"
            yield Finding(LISTED, "warn", "medium", evidence, account=account, source=LEARN)


def check_licence(facts: Facts) -> Iterator[Finding]:
    """One finding per account: an HVE account needs no licence, and must not have one."""
    for account in facts.accounts:
        finding = partial(Finding, account=account.account, source=LEARN)
        user = facts.one("directory_user", account.account)
        licences = user if isinstance(user, str) else user.content.get("assignedLicenses")
        if not isinstance(licences, list):
            evidence = (
                licences if isinstance(licences, str) else "the answer has no assignedLicenses"
            )
            yield finding(LICENCE, "unknown", "medium", evidence)
        elif licences:
            listed = ", ".join(map(str, licences))
            removed = ", ".join(powershell(str(licence)) for licence in licences)
            yield finding(
                LICENCE,
                "fail",
                "medium",
                f"licences are assigned: {listed}",
                fix=f"Set-MgUserLicense -UserId {powershell(account.account)} -AddLicenses @()"
                f" -RemoveLicenses @({removed})",
            )
        else:
            yield finding(LICENCE, "pass", "low", "no licence is assigned")


def check_display_name(facts: Facts) -> Iterator[Finding]:
    """One finding per account: recipients see this name, it should say who writes."""
    for account in facts.accounts:
        finding = partial(Finding, account=account.account, source=LEARN)
        name = account.display_name
        if name is None:
            evidence = (
                "the display name was not read; needed: Exchange.ManageAsApp or 'hve collect'"
            )
            yield finding(NAME, "unknown", "low", evidence)
        elif is_generic(name, account):
            yield finding(
                NAME,
                "warn",
                "low",
                f"the display name '{name}' does not tell recipients who writes",
                fix=f"Set-User -Identity {powershell(account.account)}"
                " -DisplayName '<a name that recipients know>'",
            )
        else:
            yield finding(NAME, "pass", "low", f"recipients see '{name}'")


def is_generic(name: str, account: Account) -> bool:
    """Whether a name is empty, an address, or made of words that fit every sender."""
    text = name.strip()
    return not text or text.lower() in account.addresses or bool(GENERIC.fullmatch(text))


def check_reply_to(facts: Facts) -> Iterator[Finding]:
    """One finding per account: an HVE account has no mailbox, so answers need another place."""
    senders = {address for account in facts.accounts for address in account.addresses}
    for account in facts.accounts:
        yield _reply_to(facts, account, senders)


def _reply_to(facts: Facts, account: Account, senders: set[str]) -> Finding:
    finding = partial(Finding, account=account.account, source=SETTINGS)
    settings = facts.one("account_settings", account.account)
    if isinstance(settings, str) or "ReplyTo" not in settings.content:
        evidence = settings if isinstance(settings, str) else "the settings show no ReplyTo"
        return finding(REPLY_TO, "unknown", "low", evidence)
    address = str(settings.content["ReplyTo"] or "").strip().lower()
    fix = (
        f"Set-HVEAccountSettings -Identity {powershell(account.account)}"
        " -ReplyTo '<a mailbox that somebody reads>'"
    )
    if not address:
        evidence = "no ReplyTo is set: answers go to an account without a mailbox and bounce"
    elif address in senders:
        evidence = f"ReplyTo {address} is an HVE account without a mailbox: answers bounce"
    else:
        return finding(REPLY_TO, "pass", "low", f"answers go to {address}")
    return finding(REPLY_TO, "warn", "low", evidence, fix=fix)


def check_aliases(facts: Facts) -> Iterator[Finding]:
    """One finding per account: an address of two accounts makes their mail one heap."""
    owners = Counter(address for account in facts.accounts for address in account.addresses)
    for account in facts.accounts:
        finding = partial(Finding, account=account.account, source=LEARN)
        shared = [address for address in account.addresses if owners[address] > 1]
        if shared:
            alias = powershell(f"smtp:{shared[0]}")
            yield finding(
                ALIASES,
                "fail",
                "medium",
                f"also an address of another account: {', '.join(shared)}",
                fix=f"Set-MailUser -Identity {powershell(account.account)}"
                f" -EmailAddresses @{{ remove = {alias} }}",
            )
        else:
            evidence = (
                f"sends from {plural(len(account.addresses), 'address', 'addresses')}, all its own"
            )
            yield finding(ALIASES, "pass", "low", evidence)


def check_app_access(facts: Facts) -> Iterator[Finding]:
    """One finding per account: which applications may send for it, at most ten."""
    for account in facts.accounts:
        yield _app_access(facts, account.account)


def _app_access(facts: Facts, account: str) -> Finding:
    finding = partial(Finding, account=account, source=OAUTH)
    apps = facts.allowed_apps(account)
    if isinstance(apps, str):
        return finding(APPS, "unknown", "medium", apps)
    gone = [app for app in apps if facts.is_unregistered(app)]
    if gone:
        evidence = f"applications that this tenant does not know may send: {', '.join(gone)}"
        ids = ", ".join(map(powershell, gone))
        fix = f"Remove-HVEAppAccess -Identity {powershell(account)} -AppIds {ids}"
        return finding(APPS, "warn", "medium", evidence, fix=fix)
    trouble = facts.trouble("application") if apps else None
    if trouble is not None:
        return finding(APPS, "unknown", "medium", trouble)
    if len(apps) >= MOST_APPS:
        evidence = (
            f"{len(apps)} of at most {MOST_APPS} applications are allowed: no further one fits"
        )
        return finding(APPS, "warn", "low", evidence)
    evidence = f"{len(apps)} of at most {MOST_APPS} applications are allowed"
    return finding(APPS, "pass", "low", evidence)
