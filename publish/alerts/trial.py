"""One test message to the configured targets, past the outbox: what does each receiver answer?"""

from __future__ import annotations

import secrets
from datetime import datetime

from hve_monitor.config import AlertTarget, Config
from hve_monitor.document import Document
from hve_monitor.errors import ConfigError, HveError
from publish.alerts.routing import named
from publish.message import Alert, Since
from publish.outgoing import Undelivered, quickly
from publish.senders import connections, sender_of
from publish.target import Bearer

TITLE = "test of the alerts"
FIX = "mend the target in hve.toml or what stands between, see docs/alerts.md; send the test again"


class TargetTrial(Document):
    """What one target answered, or why it did not accept; fix is empty where it accepted."""

    target: str
    id: str
    status: str  # accepted or failed
    answer: str | None
    error: str | None
    fix: str


def try_targets(
    config: Config, now: datetime, bearer: Bearer, only: str | None = None
) -> list[TargetTrial]:
    """Sends one message to each target, or to the named one; what was answered, or what failed.

    Nothing is noted in the outbox, and nothing is tried later.
    Raises: ConfigError when there is no target, or none of that name.
    """
    targets = named(config.alerts.targets)
    if not targets:
        raise ConfigError("alerts.targets: there is none; see docs/alerts.md")
    if only is not None and only not in targets:
        raise ConfigError(f"{only}: no such target in alerts.targets (known: {', '.join(targets)})")
    chosen = targets if only is None else {only: targets[only]}
    with connections(chosen.values(), config):
        return [_trial(config, now, bearer, name, target) for name, target in chosen.items()]


def _trial(
    config: Config, now: datetime, bearer: Bearer, name: str, target: AlertTarget
) -> TargetTrial:
    message, identity = _message(config, now, name), secrets.token_hex(16)
    try:
        with sender_of(target, config, bearer) as send:
            answer = quickly(lambda: send(message, identity, 1))
    except (Undelivered, HveError) as error:
        return TargetTrial(
            target=name, id=identity, status="failed", answer=None, error=str(error), fix=FIX
        )
    return TargetTrial(
        target=name, id=identity, status="accepted", answer=answer, error=None, fix=""
    )


def _message(config: Config, now: datetime, name: str) -> Alert:
    """In the form of an alert, so that it passes whatever a receiver makes of one."""
    return Alert(
        type="test",
        stage="opened",
        kind="test",
        key=f"test:{name}",
        tenant=config.served[0].name,
        severity="low",
        audience=("security", "finops", "mail"),
        at=now,
        title=TITLE,
        account=None,
        what="somebody asked hve-monitor for a test; nothing happened",
        more="nothing was sent by any account",
        since=Since(start=now, end=now, zone="UTC"),
        money="nothing",
        why=(f"'hve alerts test' was called for the target {name}",),
        next=("Nothing: alerts reach this place",),
        link=config.alerts.dashboard_url,
        details={},
    )
