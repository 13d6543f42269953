"""Who and what an incident is made of: sources, subjects, and each recipient with its trace ids."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hve_monitor.clock import iso, parse_time
from hve_monitor.files import sql
from models.engine.sql import records
from models.incidents.runbooks import limits_of
from models.usage.accounts import source_records
from warehouse.reading import Published


def whole_card(
    published: Published, card: dict[str, Any], *, with_recipients: bool = False
) -> dict[str, Any]:
    """The card with its sources and subjects and, where asked, every recipient.

    Addresses and subjects are what the store holds: pseudonyms where it holds pseudonyms.
    """
    ended = parse_time(card["ended_at"]) if card["ended_at"] else published.now
    bounds = {
        "tenant": card["tenant"],
        "account": card["account"],
        "since": parse_time(card["started_at"]),
        "until": ended,
    }
    more: dict[str, Any] = {
        "sources": _told(source_records(published.connection, bounds)),
        "subjects": _told(
            records(published.connection, sql(__file__, "incident_subjects"), bounds)
        ),
        "limits": limits_of(card["kind"], card["severity"]),
        "verdicts": _told(
            records(
                published.connection,
                sql(__file__, "incident_verdicts"),
                {"id": card["id"], "now": published.now},
            )
        ),
    }
    if with_recipients:
        rows = records(published.connection, sql(__file__, "incident_recipients"), bounds)
        more["recipients"] = _told(rows)
    return card | more


def _told(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {name: iso(value) if isinstance(value, datetime) else value for name, value in row.items()}
        for row in rows
    ]
