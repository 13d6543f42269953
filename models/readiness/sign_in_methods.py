"""How the accounts sign in: by password or OAuth, and at the right server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial

from hve_monitor.quoting import powershell
from models.readiness.facts import SIGN_INS, Facts
from models.readiness.finding import Finding, Severity, Status
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
    today, sign_ins = facts.now.date(), facts.signed_in(account)
    ends = basic_ends(today)
    finding = partial(Finding, OAUTH, account=account, source=SOURCE, due_on=ends)
    if sign_ins.last_basic_at is not None:
        sources = ", ".join(sign_ins.basic_sources) or "an unknown address"
        evidence = f"Basic was last used on {sign_ins.last_basic_at:%Y-%m-%d} from {sources}"
        status: Status = "fail" if today >= ends else "warn"
        fix = _fix(account)
        return finding(status, _urgency(ends - today), evidence, state="basic_seen", fix=fix)
    missing = _missing(facts, account)
    if missing:
        return finding("unknown", "medium", missing, state="unknown")
    apps = [app for app in facts.senders_of(account) if facts.signed_in(app).last_success_at]
    evidence = (
        f"mail is sent, application {', '.join(apps)} may send and signs in, and no sign-in by"
        " password was seen; that is likely, not proven"
    )
    return finding("pass", "low", evidence, state="oauth_likely")


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


def _urgency(left: timedelta) -> Severity:
    if left.days < 90:
        return "high"
    return "medium" if left.days < 365 else "low"


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
    finding = partial(Finding, ENDPOINT, source=LEARN)
    if host.lower() == CLIENT_HOST:
        evidence = f"{smtp} is client submission, not High Volume Email: it answers 535 5.7.57"
        return finding("fail", "high", evidence, fix=fix)
    if host.lower() == OLD_HOST:
        evidence = f"{smtp} still works, and Microsoft will withdraw it for {right}"
        return finding("warn", "low", evidence, fix=fix)
    if host.lower() != HVE_HOST:
        evidence = f"{smtp} is no server that Microsoft names for High Volume Email"
        return finding("unknown", "low", evidence, fix=fix)
    if (port or PORT) != PORT:
        return finding("fail", "high", f"{smtp}: Microsoft names port {PORT} alone", fix=fix)
    return finding("pass", "low", f"{smtp} is the HVE server")
