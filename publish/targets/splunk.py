"""Splunk's HTTP Event Collector: one event for each message.

Source: Splunk documentation, "HTTP Event Collector" and "Format events for HTTP Event Collector":
POST /services/collector/event, `Authorization: Splunk <token>`, code 0 in the answer is success.
"""

from __future__ import annotations

import json
from urllib.parse import SplitResult
from uuid import uuid4

from hve_monitor.https import Client
from publish.message import Alert, DigestMessage
from publish.outgoing import Undelivered, post
from publish.target import Send, bare_url
from publish.targets.webhook import document

PATH = "/services/collector/event"
# No data, invalid data, an event that is missing or blank, an indexed field: this message's fault.
# Every other code would meet the next message too, such as 7 (index) and 10 (no data channel).
OF_THE_EVENT = (5, 6, 12, 13, 15)


def sender(opened: Client, place: SplitResult, secret: str, form: str) -> Send:
    """Sends events with the token; a URL without a path means the usual one."""
    url = bare_url(place, place.path if place.path.strip("/") else PATH)
    headers = {
        "Authorization": f"Splunk {secret}",
        "Content-Type": "application/json",
        # Tokens with indexer acknowledgement refuse whoever names no channel.
        "X-Splunk-Request-Channel": str(uuid4()),
    }

    def send(message: Alert | DigestMessage, identity: str, attempt: int) -> str:
        event = document(message, identity, form)
        wrapped = {
            "time": message.at.timestamp(),
            "source": "hve-monitor",
            "sourcetype": "hve:ocsf" if "class_uid" in event else "hve:alert",
            "event": event,
            "fields": {"hve_id": identity, "hve_attempt": attempt},
        }
        try:
            answer = post(opened, url, json.dumps(wrapped).encode(), headers)
        except Undelivered as error:
            error.is_of_target = _code(error.body) not in OF_THE_EVENT
            raise
        _check(answer.body)
        return f"{answer}, code 0"

    return send


def _check(answer: bytes) -> None:
    """Splunk may say no with HTTP 200."""
    code = _code(answer or b"{}")
    if code is None:
        raise Undelivered("the collector's answer is no JSON; is it Splunk?")
    if code != 0:
        is_of_target = code not in OF_THE_EVENT
        raise Undelivered(f"the collector answered with code {code}", is_of_target=is_of_target)


def _code(answer: bytes) -> object:
    """The collector's code, 0 where it says none; None where it is no JSON object."""
    try:
        return json.loads(answer).get("code", 0)
    except (ValueError, AttributeError, RecursionError):
        return None
