"""One test message to the configured targets, past the outbox: what does each receiver answer?"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from hve_monitor.clock import iso
from hve_monitor.config import AlertTarget, Config
from hve_monitor.errors import ConfigError, HveError
from publish.alerts.routing import named
from publish.outgoing import Undelivered, quickly, trusting
from publish.senders import sender_of
from publish.target import Bearer

TITLE = "test of the alerts"
FIX = "mend the target in hve.toml or what stands between, see docs/alerts.md; send the test again"


def try_targets(
    config: Config, now: datetime, bearer: Bearer, only: str | None = None
) -> list[dict[str, Any]]:
    """Sends one message to each target, or to the named one; what was answered, or what failed.

    Nothing is noted in the outbox, and nothing is tried later.
    Raises: ConfigError when there is no target, or none of that name.
    """
    targets = named(config.alerts.targets)
    if not targets:
        raise ConfigError("alerts.targets: there is none; see docs/alerts.md")
    if only is not None and only not in targets:
        raise ConfigError(f"{only}: no such target in alerts.targets (known: {', '.join(targets)})")
    with trusting(config.endpoints.ca_bundle):
        wanted = targets if only is None else {only: targets[only]}
        return [_tried(config, now, bearer, *each) for each in wanted.items()]


def _tried(
    config: Config, now: datetime, bearer: Bearer, name: str, target: AlertTarget
) -> dict[str, Any]:
    message, identity = _message(config, now, name), secrets.token_hex(16)
    told = {"target": name, "id": identity, "status": "accepted", "answer": None, "error": None}
    try:
        with sender_of(target, config, bearer) as send:
            answer = quickly(lambda: send(message, identity, 1))
    except (Undelivered, HveError) as error:
        return {**told, "status": "failed", "error": str(error), "fix": FIX}
    return {**told, "answer": answer, "fix": ""}


def _message(config: Config, now: datetime, name: str) -> dict[str, Any]:
    """In the form of an alert, so that it passes whatever a receiver makes of one."""
    return {
        "type": "test",
        "stage": "opened",
        "kind": "test",
        "key": f"test:{name}",
        "tenant": config.served[0].name,
        "severity": "low",
        "audience": ["security", "finops", "mail"],
        "at": iso(now),
        "title": TITLE,
        "account": None,
        "what": "somebody asked hve-monitor for a test; nothing happened",
        "more": "nothing was sent by any account",
        "since": {"from": iso(now), "to": iso(now), "zone": "UTC"},
        "money": "nothing",
        "why": [f"'hve alerts test' was called for the target {name}"],
        "next": ["Nothing: alerts reach this place"],
        "link": config.alerts.dashboard_url,
        "details": {},
    }
