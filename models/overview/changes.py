"""What changed since an instant: incidents, addresses, accounts and results of checks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb

from hve_monitor.files import sql
from models.engine.sql import records
from models.incidents.cards import incident_cards
from warehouse.reading import Published


@dataclass(frozen=True)
class ChangeNote:
    """One thing that is different; `incident` is the id of one, `check` the name of one."""

    at: datetime
    tenant: str
    account: str
    what: str
    incident: str | None = None
    check: str | None = None


def changes_since(published: Published, since: datetime) -> list[ChangeNote]:
    """Everything that changed after `since` and until `now`, newest first."""
    bounds: dict[str, object] = {"since": since, "now": published.now, "tenant": published.tenant}
    sources = published.connection.execute(sql(__file__, "new_sources"), bounds).fetchall()
    firsts = published.connection.execute(sql(__file__, "first_sends"), bounds).fetchall()
    changes = [
        *(
            ChangeNote(at, name, account, f"sent from {ip} for the first time")
            for name, account, ip, at in sources
        ),
        *(ChangeNote(at, name, account, "sent its first mail") for name, account, at in firsts),
        *_incidents(published, since),
        *_findings(published.connection, bounds),
    ]
    return sorted(changes, key=lambda change: (change.at, change.account), reverse=True)


def _incidents(published: Published, since: datetime) -> list[ChangeNote]:
    changes = []
    for card in incident_cards(published):
        kind, whose = f"{card.severity} {card.kind.replace('_', ' ')}", (card.tenant, card.account)
        if card.detected_at > since:
            changes.append(ChangeNote(card.detected_at, *whose, f"{kind} detected", card.id))
        ended = card.ended_at
        if ended is not None and since < ended <= published.now:
            changes.append(ChangeNote(ended, *whose, f"{kind} ended", card.id))
    return changes


def _findings(connection: duckdb.DuckDBPyConnection, bounds: dict[str, object]) -> list[ChangeNote]:
    return [
        ChangeNote(
            row["observed_at"],
            row["tenant"],
            row["account"] or row["subject"] or row["tenant"],
            f"{row['check_name'].replace('_', ' ')}: {row['status'] or 'no longer judged'},"
            f" {row['status_before'] or 'not judged'} before",
            check=row["check_name"],
        )
        for row in records(connection, sql(__file__, "changed_findings"), bounds)
    ]
