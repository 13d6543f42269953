"""Splunk's HTTP Event Collector: one event for each message.

Source: Splunk documentation, "HTTP Event Collector" and "Format events for HTTP Event Collector":
POST /services/collector/event, `Authorization: Splunk <token>`, code 0 in the answer is success.
"""

from __future__ import annotations

import json
from urllib.parse import SplitResult

from hve_monitor.https import Client
from publish.message import Alert, DigestMessage
from publish.outgoing import Undelivered, post
from publish.target import Send, bare_url
from publish.targets.webhook import document

PATH = "/services/collector/event"


def sender(opened: Client, place: SplitResult, secret: str, form: str) -> Send:
    """Sends events with the token; a URL without a path means the usual one."""
    url = bare_url(place, place.path if place.path.strip("/") else PATH)
    headers = {"Authorization": f"Splunk {secret}", "Content-Type": "application/json"}

    def send(message: Alert | DigestMessage, identity: str, attempt: int) -> str:
        event = document(message, identity, form)
        wrapped = {
            "time": message.at.timestamp(),
            "source": "hve-monitor",
            "sourcetype": "hve:ocsf" if "class_uid" in event else "hve:alert",
            "event": event,
            "fields": {"hve_id": identity, "hve_attempt": attempt},
        }
        answer = post(opened, url, json.dumps(wrapped).encode(), headers)
        _check(answer.body)
        return f"{answer}, code 0"

    return send


def _check(answer: bytes) -> None:
    """Splunk may say no with HTTP 200."""
    try:
        code = json.loads(answer or b"{}").get("code", 0)
    except (ValueError, AttributeError):
        raise Undelivered("the collector's answer is no JSON; is it Splunk?") from None
    if code != 0:
        raise Undelivered(f"the collector answered with code {code}", is_of_target=False)
