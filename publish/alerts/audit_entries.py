"""Entries of the audit log on their way to the targets that name the audience "audit".

What has left the machine cannot be taken back by whoever may change the store. Each entry leaves
once, with the next run, in the order of the log and with its seal.
"""

from __future__ import annotations

from datetime import datetime

from hve_monitor.config import Config
from hve_monitor.document import encoded
from publish.alerts.planning import Targets
from publish.alerts.routing import message_id
from publish.message import Alert, Since
from warehouse.privacy.audit import AuditEntry, entries_after
from warehouse.records.outbox import Outbox, OutgoingMessage
from warehouse.state import time_of
from warehouse.store import Store

AUDIT = "audit"
EVERY_TENANT = "*"


def forward_audit(store: Store, config: Config, targets: Targets, now: datetime) -> None:
    """Writes what these targets do not have yet into the outbox, at most 1,000 entries a run.

    A target that takes digests gets the entries of a run as one message.
    """
    outbox = Outbox(store.state)
    for name, target in targets.items():
        if AUDIT not in target.audience:
            continue
        state = "held" if target.is_digested else "due"
        with outbox.transaction():
            for entry in entries_after(store.state, outbox.forwarded(name)):
                outbox.add(_outgoing(entry, name, state, config.alerts.dashboard_url, now), now)
                outbox.note_forwarded(name, entry.number)


def _outgoing(
    entry: AuditEntry, target: str, state: str, link: str, now: datetime
) -> OutgoingMessage:
    """By its seal, too: after a restore another entry may bear the number."""
    message = _message(entry, link)
    identity = message_id(EVERY_TENANT, target, f"{message.key}:{entry.chain}", 1)
    return OutgoingMessage(
        identity, EVERY_TENANT, target, message.key, state, now, encoded(message)
    )


def _message(entry: AuditEntry, link: str) -> Alert:
    """In the form of an alert, so that every kind of target can send it."""
    at = time_of(entry.at)
    target = entry.target or "the store"
    seal = f"seal {entry.chain[:16]}" if entry.chain else "without a seal"
    return Alert(
        type="audit.recorded",
        stage="opened",
        kind=entry.what,
        key=f"{AUDIT}:{entry.number}",
        tenant=EVERY_TENANT,
        severity="low",
        audience=(AUDIT,),
        at=at,
        title=f"audit {entry.number}: {entry.what} by {entry.who}",
        account=None,
        what=f"{entry.what} of {target} by {entry.who}: {entry.outcome}",
        more=f"entry {entry.number} of the audit log, {seal}",
        since=Since(start=at, end=at, zone="UTC"),
        money="nothing",
        why=(entry.reason,) if entry.reason else (),
        next=(),
        link=link,
        details=entry._asdict(),
    )
