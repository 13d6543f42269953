"""Teams, Slack, PagerDuty and everything else that apprise knows.

apprise only sends: what is sent, when, and how often is decided before. It keeps nothing on disk
here, and its words reach nobody unless they are free of the target's secrets.
"""

from __future__ import annotations

import logging
import re
from urllib.parse import quote, unquote

import apprise

from hve_monitor.errors import ConfigError
from publish import wording
from publish.message import Alert, DigestMessage
from publish.outgoing import Undelivered
from publish.target import Send

PLACE = "{secret}"
SECONDS = 30
# No picture from somebody else's server in the message.
ASSET = apprise.AppriseAsset(app_id="hve-monitor", app_url="", image_url_mask="", image_url_logo="")
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
        result = service.notify(text, heading, kind, form, timeout=SECONDS)
        if not result:
            raise Undelivered(_reason(result, filled), is_passing=False)
        return "accepted"

    return send


def _in_form(service: apprise.Apprise, text: str) -> tuple[apprise.NotifyFormat, str]:
    """Harmless text is Markdown of itself; escaped once more it would lose its link."""
    if service[0].notify_format == apprise.NotifyFormat.MARKDOWN:
        return apprise.NotifyFormat.MARKDOWN, text.replace("\n", "  \n")
    return apprise.NotifyFormat.TEXT, text


def _opened(url: str) -> apprise.Apprise:
    opened = apprise.Apprise(asset=ASSET)
    if not opened.add(url):
        scheme = url.partition("://")[0]
        raise ConfigError(f"alerts.targets: no service knows this {scheme}:// URL; see apprise")
    return opened


def _threaded(url: str, message: Alert | DigestMessage, identity: str) -> str:
    """PagerDuty joins what has one key, and closes it when it is resolved."""
    if not url.lower().startswith("pagerduty://") or "dedup" in url:
        return url
    key = identity if isinstance(message, DigestMessage) else f"{message.tenant}:{message.key}"
    return f"{url}{'&' if '?' in url else '?'}dedup={quote(key, safe='')}&action=map"


def _reason(result: apprise.AppriseResult, url: str) -> str:
    """The first warning of the service, without any part of its URL that may be secret."""
    reason = next((str(record.message) for record in result.logs()), "not accepted")
    scheme, _, rest = url.partition("://")
    pieces = {unquote(piece) for piece in re.split(r"[/?&=:@]", rest)}
    for piece in sorted((piece for piece in pieces if len(piece) > 3), key=len, reverse=True):
        reason = reason.replace(piece, "…")
    return f"{scheme}: {wording.plain(reason)}"
