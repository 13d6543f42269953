"""A plain webhook: the message as JSON, signed.

Headers: X-HVE-Id (the same for every repetition of a message), X-HVE-Attempt, X-HVE-Timestamp
(epoch seconds of the sending) and, with a secret, X-HVE-Signature: `v1=` and the hexadecimal
HMAC-SHA256 of timestamp, a dot, and the body as received.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from urllib.parse import SplitResult

from msgspec import convert

from hve_monitor.document import encoded
from hve_monitor.https import Client
from models.incidents.cards import IncidentCard
from publish import ocsf, wording
from publish.message import Alert, DigestMessage
from publish.outgoing import post
from publish.target import Send, bare_url


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What the receiver computes anew and compares in constant time."""
    mac = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"v1={mac.hexdigest()}"


def headers(secret: str, identity: str, attempt: int, body: bytes) -> dict[str, str]:
    """The headers of one sending."""
    timestamp = str(int(time.time()))
    signed = {
        "Content-Type": "application/json",
        "X-HVE-Id": identity,
        "X-HVE-Attempt": str(attempt),
        "X-HVE-Timestamp": timestamp,
    }
    if secret:
        signed["X-HVE-Signature"] = signature(secret, timestamp, body)
    return signed


def document(message: Alert | DigestMessage, identity: str, form: str) -> ocsf.Finding:
    """The message as receivers get it: with its text, or as an OCSF finding."""
    if form == "ocsf" and message.type.startswith("incident.") and isinstance(message, Alert):
        card = convert(message.details, IncidentCard)
        return ocsf.finding(card, ocsf.ACTIVITIES[message.stage], message.at)
    return {
        "id": identity,
        **encoded(message),
        "title": wording.title(message),
        "subject": message.title,
        "text": wording.body(message),
    }


def sender(opened: Client, place: SplitResult, secret: str, form: str) -> Send:
    """Sends JSON to the URL."""
    url = bare_url(place)

    def send(message: Alert | DigestMessage, identity: str, attempt: int) -> str:
        body = json.dumps(document(message, identity, form), ensure_ascii=False).encode()
        return str(post(opened, url, body, headers(secret, identity, attempt, body)))

    return send
