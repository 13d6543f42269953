"""A person confirms the clock, after it was wrong or when nothing else can confirm it."""

from __future__ import annotations

from datetime import datetime

from hve_monitor.config import Config
from hve_monitor.document import Document
from warehouse.business_time import set_clock
from warehouse.configured import store_of
from warehouse.maintenance.backup import still
from warehouse.privacy import audit


class ClockSet(Document):
    """What was recorded by another clock and was put right, a line for each tenant."""

    now: datetime
    put_right: list[str]


def confirm_clock(config: Config, now: datetime, who: str, reason: str) -> ClockSet:
    """Takes the time as the right one, with an entry in the audit log. Raises: LockedError."""
    with store_of(config) as store, still(store):
        lines = set_clock(store, now, config.retention.facts_days)
        audit.record(store, now, who, "set-clock", "", reason, "; ".join(lines) or "confirmed")
    return ClockSet(now=now, put_right=lines)
