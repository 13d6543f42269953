"""The tenant's own count of what a complete reading must find, and the list of incidents."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.mail.block import EXPANDED, STATUSES, DayBlock
from simulator.mail.instant import DAY, day_of, day_text, moment_of
from simulator.mail.traffic import SimulatedTraffic

RETENTION_DAYS = 90
_COLUMNS = {
    "delivered": "delivered",
    "failed": "failed",
    "quarantined": "quarantined",
    "filteredAsSpam": "filtered_as_spam",
    "pending": "pending",
    "expanded": "expanded",
}


def oldest_day(clock: int) -> int:
    """First UTC day that message traces still hold: 00:00 UTC ninety days back."""
    return day_of(clock) - RETENTION_DAYS


def count_truth(traffic: SimulatedTraffic, clock: int) -> list[dict[str, Any]]:
    """One row per (account, UTC day) with at least one row visible at the clock.

    `messages` counts trace ids, `recipients` rows that are not `expanded`; a status without a
    column of its own counts as `other`.
    """
    days = range(max(traffic.first_day, oldest_day(clock)), day_of(clock) + 1)
    rows = (
        _count(traffic.block(account.index, day), account.primary, day, clock)
        for account in traffic.hve_accounts
        for day in days
    )
    return [row for row in rows if row]


def _count(block: DayBlock, account: str, day: int, clock: int) -> dict[str, Any] | None:
    visible = block.visible_at(clock)
    if not visible.any():
        return None
    counts = np.bincount(block.status_at(clock)[visible], minlength=len(STATUSES)).tolist()
    by_name = dict(zip(STATUSES, counts, strict=True))
    named = {column: by_name[status] for status, column in _COLUMNS.items()}
    return {
        "account": account,
        "day_utc": day_text(day),
        "messages": len(np.unique(block.message[visible])),
        "recipients": int(visible.sum()) - counts[EXPANDED],
        **named,
        "other": sum(counts) - sum(named.values()),
    }


def list_labels(traffic: SimulatedTraffic, clock: int) -> list[dict[str, Any]]:
    """Incidents that have begun; `ended_at` is None while one is running.

    `rows` counts the rows of a surge visible at the clock; 0 and no `source_ip` for a silence.
    """
    labels = []
    for item in traffic.incidents:
        if item.start <= clock:
            ended = _iso(item.end) if item.end <= clock else None
            labels.append(
                {
                    "account": traffic.accounts[item.account].primary,
                    "kind": item.kind,
                    "family": item.family,
                    "started_at": _iso(item.start),
                    "ended_at": ended,
                    "rows": _surge_rows(traffic, item.account, item.source_ip, item.start, clock),
                    "source_ip": item.source_ip,
                }
            )
    return labels


def _surge_rows(
    traffic: SimulatedTraffic, account: int, source_ip: str | None, start: int, clock: int
) -> int:
    if source_ip is None:
        return 0
    source = traffic.sources(account).index(source_ip)
    blocks = [traffic.block(account, start // DAY + later) for later in (0, 1)]
    return sum(
        int(((block.source == source)[block.message] & block.visible_at(clock)).sum())
        for block in blocks
    )


def _iso(instant: int) -> str:
    return moment_of(instant).replace(microsecond=0).isoformat().replace("+00:00", "Z")
