"""How the accounts sign in: by password or OAuth, and at the right server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from models.readiness.facts import SIGN_INS, Facts
from models.readiness.finding import Finding, Severity, Status, powershell
from models.reference.limits import limit

OAUTH, ENDPOINT = "oauth_migration", "endpoint"
SOURCE = (
    "https://learn.microsoft.com/exchange/mail-flow-best-practices/oauth-high-volume-mails-m365"
)
LEARN = "https://learn.microsoft.com/exchange/mail-flow-best-practices/high-volume-mails-m365"
HVE_HOST, OLD_HOST, CLIENT_HOST = (
    "smtp.hve.mx.microsoft",
    "smtp-hve.office365.com",
    "smtp.office365.com",
)
PORT = "587"
RECENT = timedelta(days=7)


def basic_ends(day: date) -> date:
    """First day of the month in which Microsoft ends Basic authentication, as known on the day."""
    return date.fromisoformat(f"{limit('basic_authentication_ends', day).value}-01")


def check_oauth(facts: Facts) -> Iterator[Finding]:
    """One finding per account: `basic_seen`, `oauth_likely` or `unknown`, never a proof."""
    for account in facts.accounts:
        yield _migration(facts, account.account)


def _migration(facts: Facts, account: str) -> Finding:
    seen = facts.signed_in(account)
    usual: dict[str, Any] = {
        "account": account,
        "source": SOURCE,
        "due_on": basic_ends(facts.now.date()),
    }
    if seen.last_basic_at is not None:
        sources = ", ".join(seen.basic_sources) or "an unknown address"
        said = f"Basic was last used on {seen.last_basic_at:%Y-%m-%d} from {sources}"
        status: Status = "fail" if facts.now.date() >= basic_ends(facts.now.date()) else "warn"
        more: dict[str, Any] = {"state": "basic_seen", "fix": _fix(account)}
        return Finding(OAUTH, status, _urgency(facts), said, **more, **usual)
    missing = _missing(facts, account)
    if missing:
        return Finding(OAUTH, "unknown", "medium", missing, state="unknown", **usual)
    apps = [app for app in facts.senders_of(account) if facts.signed_in(app).last_success_at]
    said = (
        f"mail is sent, application {', '.join(apps)} may send and signs in, and no sign-in by"
        " password was seen; that is likely, not proven"
    )
    return Finding(OAUTH, "pass", "low", said, state="oauth_likely", **usual)


def _missing(facts: Facts, account: str) -> str:
    """What is missing before OAuth is likely; empty when nothing is."""
    if not facts.signed_in(account).is_read:
        return f"its sign-ins were not read; needed: {SIGN_INS}"
    apps = facts.senders_of(account)
    if not apps:
        listed = facts.allowed_apps(account)
        known = listed if isinstance(listed, str) else "no application may send for it"
        return f"no sign-in by password was seen, which proves nothing, and {known}"
    if not any(facts.signed_in(app).last_success_at for app in apps):
        return "no sign-in by password was seen, and none of the applications that may send"
    last = facts.last_sent.get(account)
    if last is None or last < (facts.now - timedelta(days=30)).date():
        return "no sign-in by password was seen, but no mail of the last 30 days is known either"
    return ""


def _urgency(facts: Facts) -> Severity:
    left = (basic_ends(facts.now.date()) - facts.now.date()).days
    if left < 90:
        return "high"
    return "medium" if left < 365 else "low"


def _fix(account: str) -> str:
    return (
        "register an application with Office 365 Exchange Online > Mail.Send and admin consent,"
        f" then\nAdd-HVEAppAccess -Identity {powershell(account)} -AppIds '<its client id>'"
    )


def check_endpoint(facts: Facts) -> Iterator[Finding]:
    """The configured server, and accounts whose failed sign-ins may come from a wrong one."""
    yield _configured(facts.settings.smtp)
    for account in facts.accounts:
        seen = facts.signed_in(account.account)
        failed, worked = seen.last_failed_smtp_at, seen.last_success_at
        if failed and failed > facts.now - RECENT and (worked is None or worked < failed - RECENT):
            yield Finding(
                ENDPOINT,
                "unknown",
                "low",
                f"only failed SMTP sign-ins since {failed:%Y-%m-%d}: a hypothesis is that the"
                f" sender uses {CLIENT_HOST} or an old password; the log does not tell the server",
                account.account,
                fix=f"set the sender to {HVE_HOST}:{PORT} with TLS; 'hve send-test --preflight'",
                source=LEARN,
                state="hypothesis",
            )


def _configured(smtp: str) -> Finding:
    host, _, port = smtp.partition(":")
    right = f"{HVE_HOST}:{PORT}"
    fix = f'hve.toml: [endpoints] smtp = "{right}"; the same in every sending application'
    usual: dict[str, Any] = {"source": LEARN}
    if host.lower() == CLIENT_HOST:
        said = f"{smtp} is client submission, not High Volume Email: it answers 535 5.7.57"
        return Finding(ENDPOINT, "fail", "high", said, fix=fix, **usual)
    if host.lower() == OLD_HOST:
        said = f"{smtp} still works, and Microsoft will withdraw it for {right}"
        return Finding(ENDPOINT, "warn", "low", said, fix=fix, **usual)
    if host.lower() != HVE_HOST:
        said = f"{smtp} is no server that Microsoft names for High Volume Email"
        return Finding(ENDPOINT, "unknown", "low", said, fix=fix, **usual)
    if (port or PORT) != PORT:
        said = f"{smtp}: Microsoft names port {PORT} alone"
        return Finding(ENDPOINT, "fail", "high", said, fix=fix, **usual)
    return Finding(ENDPOINT, "pass", "low", f"{smtp} is the HVE server", **usual)
