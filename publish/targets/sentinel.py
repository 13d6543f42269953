"""Microsoft Sentinel through the Logs Ingestion API of Azure Monitor.

Source: Microsoft Learn, "Logs Ingestion API in Azure Monitor": POST {endpoint}/dataCollectionRules/
{immutable id}/streams/{stream}?api-version=2023-01-01 with a JSON array, 204 is success; the
application needs the role Monitoring Metrics Publisher on the rule. The URL of the target is
sentinel+https://{endpoint}/{immutable id}/{stream}.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import SplitResult, quote

from hve_monitor.clock import iso
from hve_monitor.errors import ConfigError
from hve_monitor.https import Client
from publish.message import Alert, DigestMessage
from publish.ocsf import Finding
from publish.outgoing import post
from publish.target import Send, bare_url
from publish.targets.webhook import document

VERSION = "2023-01-01"


def sender(opened: Client, place: SplitResult, token: Callable[[], str], form: str) -> Send:
    """Sends rows to a stream; the token is requested at each sending and remembered by msal."""
    url = _address(place)

    def send(message: Alert | DigestMessage, identity: str, attempt: int) -> str:
        rows = [_row(document(message, identity, form), message, identity, attempt)]
        headers = {"Authorization": f"Bearer {token()}", "Content-Type": "application/json"}
        return str(post(opened, url, json.dumps(rows).encode(), headers))

    return send


def _row(event: Finding, message: Alert | DigestMessage, identity: str, attempt: int) -> Finding:
    """Columns of the table: the usual ones flat, everything else in `Event`."""
    return {
        "TimeGenerated": iso(message.at),
        "AlertId": identity,
        "Attempt": attempt,
        "Type_s": message.type,
        "Tenant": message.tenant,
        "Severity": message.severity,
        "Account": message.account if isinstance(message, Alert) else None,
        "Title": event.get("title") or event.get("message"),
        "Event": event,
    }


def _address(place: SplitResult) -> str:
    parts = [part for part in place.path.split("/") if part]
    if len(parts) < 2:
        raise ConfigError(
            "alerts.targets: write sentinel+https://<endpoint>/<rule's immutable id>/<stream>"
        )
    *before, rule, stream = parts
    prefix = "".join(f"/{part}" for part in before)
    path = f"{prefix}/dataCollectionRules/{quote(rule)}/streams/{quote(stream)}"
    return f"{bare_url(place, path)}?api-version={VERSION}"
