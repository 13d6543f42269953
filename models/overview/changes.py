"""What changed since an instant: incidents, addresses, accounts and results of checks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from hve_monitor.files import sql
from models.engine.sql import records
from models.incidents.cards import incident_cards
from warehouse.reading import Published


@dataclass(frozen=True)
class Change:
    """One thing that is different; `incident` is its id where it is one, `check` names one."""

    at: datetime
    account: str
    what: str
    incident: str | None = None
    check: str | None = None


def changes_since(published: Published, since: datetime) -> list[Change]:
    """Everything that changed after `since` and until `now`, newest first."""
    bounds = {"since": since, "now": published.now, "tenant": published.tenant}
    sources = published.connection.execute(sql(__file__, "new_sources"), bounds).fetchall()
    firsts = published.connection.execute(sql(__file__, "first_sends"), bounds).fetchall()
    found = [
        *(
            Change(at, account, f"sent from {ip} for the first time")
            for _, account, ip, at in sources
        ),
        *(Change(at, account, "sent its first mail") for _, account, at in firsts),
        *_incidents(published, since),
        *_findings(published.connection, bounds),
    ]
    return sorted(found, key=lambda change: (change.at, change.account), reverse=True)


def _incidents(published: Published, since: datetime) -> list[Change]:
    changes = []
    for card in incident_cards(published):
        name = f"{card.severity} {card.kind}"
        raised = card.detected_at
        if raised > since:
            changes.append(Change(raised, card.account, f"{name} detected", card.id))
        ended = card.ended_at
        if ended is not None and since < ended <= published.now:
            changes.append(Change(ended, card.account, f"{name} ended", card.id))
    return changes


def _findings(connection: duckdb.DuckDBPyConnection, bounds: dict[str, Any]) -> list[Change]:
    return [
        Change(
            row["observed_at"],
            row["account"] or row["subject"] or row["tenant"],
            f"{row['check_name'].replace('_', ' ')}: {row['status'] or 'no longer judged'},"
            f" {row['status_before'] or 'not judged'} before",
            check=row["check_name"],
        )
        for row in records(connection, sql(__file__, "changed_findings"), bounds)
    ]
