"""Alerts as mail over SMTP with verified TLS; plain text, one message for each alert.

smtps:// speaks TLS from the start. smtp:// asks for STARTTLS and refuses to go on without it,
except on loopback or with `?starttls=never`; a password never travels in the clear.
"""

from __future__ import annotations

import hashlib
import smtplib
from email.message import EmailMessage
from email.utils import formatdate
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote

from hve_monitor.errors import ConfigError
from hve_monitor.plural import plural
from hve_monitor.smtp import Dialogue, SecureDialogue
from hve_monitor.tls import trust
from publish import wording
from publish.message import Alert, DigestMessage
from publish.outgoing import Undelivered
from publish.target import Send, options

STEP_SECONDS, DIALOGUE_SECONDS = 20.0, 60.0
DOMAIN = "hve-monitor.invalid"


def sender(place: SplitResult, secret: str, ca_bundle: str) -> Send:
    """Sends mail from `?from=` to `?to=` (or the path); several are parted by commas."""
    chosen = options(place)
    addresses = (chosen.get("to") or place.path.strip("/")).split(",")
    readers = [unquote(address.strip()) for address in addresses if address.strip()]
    if not readers:
        raise ConfigError("alerts.targets: write smtps://host/?from=…&to=address,address")
    writer = chosen.get("from") or readers[0]

    def send(message: Alert | DigestMessage, identity: str, _attempt: int) -> str:
        mail = letter(message, identity, writer, readers)
        try:
            with _connected(place, ca_bundle, chosen.get("starttls", ""), bool(secret)) as server:
                if secret:
                    server.login(unquote(place.username or ""), secret)
                refused = server.send_message(mail, writer, readers)
        except (smtplib.SMTPException, OSError) as error:
            raise _undelivered(place, error) from None
        return f"SMTP 250 for {len(readers) - len(refused)} of {plural(len(readers), 'recipient')}"

    return send


def letter(
    message: Alert | DigestMessage, identity: str, writer: str, readers: list[str]
) -> EmailMessage:
    """The mail. Its Message-ID is that of the alert, so that a repetition can be recognised."""
    mail = EmailMessage()
    mail["Subject"] = wording.heading(message)
    mail["From"], mail["To"] = wording.plain(writer), ", ".join(map(wording.plain, readers))
    mail["Date"] = formatdate()
    mail["Message-ID"] = f"<{identity}@{DOMAIN}>"
    mail["Auto-Submitted"] = "auto-generated"
    if isinstance(message, Alert):
        thread = hashlib.sha256(f"{message.tenant}|{message.key}".encode()).hexdigest()[:32]
        mail["References"] = f"<{thread}@{DOMAIN}>"
    mail.set_content(wording.body(message) + "\n")
    return mail


def _connected(place: SplitResult, ca_bundle: str, starttls: str, has_secret: bool) -> Dialogue:
    host, context = place.hostname or "", trust(ca_bundle)
    if place.scheme == "smtps":
        port = place.port or 465
        return SecureDialogue(host, port, STEP_SECONDS, DIALOGUE_SECONDS, context=context)
    server = Dialogue(host, place.port or 25, STEP_SECONDS, DIALOGUE_SECONDS)
    server.ehlo()
    if server.has_extn("starttls") and starttls != "never":
        server.starttls(context=context)
        server.ehlo()
    elif has_secret or not (starttls == "never" or _is_loopback(host)):
        server.close()
        raise Undelivered(f"{host}: offers no STARTTLS; use smtps:// or ?starttls=never")
    return server


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _undelivered(place: SplitResult, error: Exception) -> Undelivered:
    """The server's word without the addresses that it may repeat."""
    host = place.hostname
    if isinstance(error, smtplib.SMTPResponseException):
        code = error.smtp_code
        is_of_target = not isinstance(error, smtplib.SMTPDataError) or code < 500
        return Undelivered(
            f"{host}: SMTP {code}", is_passing=400 <= code < 500, is_of_target=is_of_target
        )
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = sorted({code for code, _ in error.recipients.values()})
        return Undelivered(f"{host}: recipients refused (SMTP {codes[0]})")
    reason = getattr(error, "strerror", None) or type(error).__name__
    if isinstance(error, smtplib.SMTPServerDisconnected):  # in our own words and those of smtplib
        reason = str(error)
    return Undelivered(f"{host}: {reason}", is_passing=isinstance(error, OSError))
