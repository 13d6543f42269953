"""Incidents as people read them: the contract's JSON, newest first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hve_monitor.clock import iso
from hve_monitor.document import plain
from hve_monitor.errors import ConfigError
from hve_monitor.files import sql
from models.engine.sql import records
from warehouse.reading import Published

STATUSES = ("open", "acknowledged", "planned", "false_positive", "confirmed", "closed")


def incident_cards(
    published: Published,
    *,
    incident: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    status: str | None = None,
) -> list[dict[str, Any]]:
    """Incidents raised until `now`, overlapping the period, of the asked status.

    Raises: ConfigError for a status that does not exist or an id that is not there.
    """
    if status is not None and status not in STATUSES:
        raise ConfigError(f"--status {status}: use one of {', '.join(STATUSES)}")
    parameters = {
        "now": published.now,
        "tenant": published.tenant,
        "id": incident,
        "since": since,
        "until": until,
    }
    rows = records(published.connection, sql(__file__, "incidents"), parameters)
    if incident is not None and not rows:
        raise ConfigError(f"{incident}: no such incident; see 'hve incidents'")
    return [_card(row) for row in rows if status is None or row["status"] == status]


def _card(row: dict[str, Any]) -> dict[str, Any]:
    times = ("started_at", "ended_at", "detected_at")
    card: dict[str, Any] = {
        name: iso(value) if name in times and value else value for name, value in row.items()
    }
    card["interval"] = [card.pop("interval_low"), card.pop("interval_high")]
    card["extra_cost"] = plain(row["extra_cost"])
    said = row["verdict"]
    if said:
        card["verdict"] = said | {name: iso(said[name]) for name in ("at", "expires_at")}
    return card
