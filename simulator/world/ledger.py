"""The tenant's own count of what a complete reading must find, and the list of incidents."""

from __future__ import annotations

from typing import TypedDict

import numpy as np

from simulator.mail.block import (
    DELIVERED,
    EXPANDED,
    FAILED,
    GETTING,
    PENDING,
    QUARANTINED,
    SPAM,
    STATUSES,
    DayBlock,
)
from simulator.mail.incident import InjectedIncident
from simulator.mail.instant import day_of, day_text, moment_of
from simulator.mail.traffic import SimulatedTraffic

RETENTION_DAYS = 90


class DayCount(TypedDict):
    """Rows of one account and UTC day that are visible at the clock.

    `messages` counts trace ids, `recipients` rows that are not `expanded`; a status without a
    column of its own counts as `other`.
    """

    account: str
    day_utc: str
    messages: int
    recipients: int
    delivered: int
    failed: int
    quarantined: int
    filtered_as_spam: int
    pending: int
    expanded: int
    other: int


class IncidentLabel(TypedDict):
    """An injected incident that has begun; `ended_at` is None while it is running.

    `rows` counts the rows of a surge visible at the clock; 0 and no `source_ip` for a silence.
    """

    account: str
    kind: str
    family: str
    started_at: str
    ended_at: str | None
    rows: int
    source_ip: str | None


def oldest_day(clock: int) -> int:
    """First UTC day that message traces still hold: 00:00 UTC ninety days back."""
    return day_of(clock) - RETENTION_DAYS


def count_truth(traffic: SimulatedTraffic, clock: int) -> list[DayCount]:
    """One row per (account, UTC day) with at least one row visible at the clock."""
    days = range(max(traffic.first_day, oldest_day(clock)), day_of(clock) + 1)
    rows = (
        _count(traffic.block(account.index, day), account.primary, day, clock)
        for account in traffic.hve_accounts
        for day in days
    )
    return [row for row in rows if row]


def _count(block: DayBlock, account: str, day: int, clock: int) -> DayCount | None:
    visible = block.visible_at(clock)
    if not visible.any():
        return None
    counts = np.bincount(block.status_at(clock)[visible], minlength=len(STATUSES)).tolist()
    return {
        "account": account,
        "day_utc": day_text(day),
        "messages": len(np.unique(block.message[visible])),
        "recipients": int(visible.sum()) - counts[EXPANDED],
        "delivered": counts[DELIVERED],
        "failed": counts[FAILED],
        "quarantined": counts[QUARANTINED],
        "filtered_as_spam": counts[SPAM],
        "pending": counts[PENDING],
        "expanded": counts[EXPANDED],
        "other": counts[GETTING],
    }


def list_labels(traffic: SimulatedTraffic, clock: int) -> list[IncidentLabel]:
    """Incidents that have begun."""
    return [_label(traffic, item, clock) for item in traffic.incidents if item.start <= clock]


def _label(traffic: SimulatedTraffic, item: InjectedIncident, clock: int) -> IncidentLabel:
    return {
        "account": traffic.accounts[item.account].primary,
        "kind": item.kind,
        "family": item.family,
        "started_at": _iso(item.start),
        "ended_at": _iso(item.end) if item.end <= clock else None,
        "rows": _surge_rows(traffic, item, clock),
        "source_ip": item.source_ip,
    }


def _surge_rows(traffic: SimulatedTraffic, item: InjectedIncident, clock: int) -> int:
    if item.source_ip is None:
        return 0
    source = traffic.sources(item.account).index(item.source_ip)
    blocks = [traffic.block(item.account, day_of(item.start) + later) for later in (0, 1)]
    return sum(
        int(((block.source == source)[block.message] & block.visible_at(clock)).sum())
        for block in blocks
    )


def _iso(instant: int) -> str:
    return moment_of(instant).replace(microsecond=0).isoformat().replace("+00:00", "Z")
