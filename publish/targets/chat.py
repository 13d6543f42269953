"""Teams, Slack, PagerDuty and everything else that apprise knows.

apprise only sends: what is sent, when, and how often is decided before. It keeps nothing on disk
here, and its words reach nobody unless they are free of the target's secrets.
"""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import quote

import apprise

from hve_monitor.errors import ConfigError
from publish import wording
from publish.message import Alert, DigestMessage
from publish.outgoing import Undelivered, within, without_secrets
from publish.target import Send
from publish.targets.wires import troubles

PLACE = "{secret}"
SECONDS = 45.0  # a service may need more than one request
# No picture from somebody else's server in the message.
ASSET = apprise.AppriseAsset(
    app_id="hve-monitor", app_url="", image_url_mask="", image_url_logo="", http_redirects=False
)
# They tell this machine alone, and need no connection.
LOCAL = ("dbus", "gio", "glib", "gnome", "kde", "macosx", "qt", "syslog", "windows")
KINDS = {
    "high": apprise.NotifyType.FAILURE,
    "medium": apprise.NotifyType.WARNING,
    "low": apprise.NotifyType.INFO,
}
logging.getLogger("apprise").propagate = False


def sender(url: str, secret: str) -> Send:
    """Sends through the service of the URL; `{secret}` in it stands for the target's secret.

    Raises: ConfigError when no service knows the URL.
    """
    filled = url.replace(PLACE, quote(secret, safe=""))
    _opened(filled)

    def send(message: Alert | DigestMessage, identity: str, _attempt: int) -> str:
        kind = KINDS[message.severity]
        if message.stage == "resolved":
            kind = apprise.NotifyType.SUCCESS
        service = _opened(_threaded(filled, message, identity))
        form, text = _in_form(service, wording.body(message, rendered=True))
        heading = wording.heading(message, rendered=True)
        refusals: list[Undelivered] = []
        troubles.set(refusals)
        try:
            result = within(SECONDS, lambda: service.notify(text, heading, kind, form))
        except TimeoutError:
            scheme = url.partition("://")[0]
            raise Undelivered(f"{scheme}: no end after {SECONDS:g} s", is_passing=True) from None
        if not result:
            raise _undelivered(refusals, [str(line.message) for line in result.logs()], filled)
        return "accepted"

    return send


def _in_form(service: apprise.Apprise, text: str) -> tuple[apprise.NotifyFormat, str]:
    """Harmless text is Markdown of itself; escaped once more it would lose its link."""
    if service[0].notify_format == apprise.NotifyFormat.MARKDOWN:
        return apprise.NotifyFormat.MARKDOWN, text.replace("\n", "  \n")
    return apprise.NotifyFormat.TEXT, text


def _opened(url: str) -> apprise.Apprise:
    opened, scheme = apprise.Apprise(asset=ASSET), url.partition("://")[0]
    if not opened.add(url):
        raise ConfigError(f"alerts.targets: no service knows this {scheme}:// URL; see apprise")
    if len(opened) != 1:
        raise ConfigError(f"alerts.targets: this {scheme}:// URL names several services")
    _check(opened[0], scheme)
    return opened


def _check(service: Any, scheme: str) -> None:
    """What the opened service would do decides: a URL has more spellings than a filter knows.

    Raises: ConfigError.
    """
    names = service.secure_protocol or ()
    secure_names = (names,) if isinstance(names, str) else names
    is_secure = service.secure or service.schema in secure_names or service.schema in LOCAL
    if not is_secure or getattr(service, "secure_mode", "") == "insecure":
        raise ConfigError(
            f"alerts.targets: {scheme}:// goes out without TLS; write {scheme.rstrip('s')}s://"
            " where the service has it"
        )
    if not service.verify_certificate:
        raise ConfigError(
            f"alerts.targets: {scheme}://: verification of certificates is never switched off"
        )
    if service.redirects:
        raise ConfigError(f"alerts.targets: {scheme}://: redirects are never followed")


def _threaded(url: str, message: Alert | DigestMessage, identity: str) -> str:
    """PagerDuty joins what has one key, and closes it when it is resolved."""
    if not url.lower().startswith("pagerduty://") or "dedup" in url:
        return url
    key = identity if isinstance(message, DigestMessage) else f"{message.tenant}:{message.key}"
    return f"{url}{'&' if '?' in url else '?'}dedup={quote(key, safe='')}&action=map"


def _undelivered(refusals: list[Undelivered], lines: list[str], url: str) -> Undelivered:
    """What the receiver answered, or else what apprise says, without what may be secret."""
    scheme = url.partition("://")[0]
    refusal = refusals[0] if refusals else Undelivered(next(iter(lines), "not accepted"))
    reason = wording.plain(without_secrets(str(refusal), url))
    return Undelivered(
        f"{scheme}: {reason}",
        seconds=refusal.seconds,
        is_passing=refusal.is_passing,
        is_of_target=refusal.is_of_target,
    )
