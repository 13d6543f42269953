"""Delivery search: which messages reached whom, with what outcome."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import duckdb

from hve_monitor.clock import iso
from hve_monitor.errors import ConfigError
from models.coverage import coverage_report
from models.runner import query, records


@dataclass(frozen=True)
class TraceFilter:
    """What to look for; None does not restrict. Addresses and statuses in any case."""

    tenant: str | None = None
    sender: str | None = None
    recipient: str | None = None
    id: str | None = None
    message_id: str | None = None
    subject: str | None = None
    status: str | None = None
    from_ip: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def search_traces(
    connection: duckdb.DuckDBPyConnection, wanted: TraceFilter, now: datetime, limit: int
) -> dict[str, Any]:
    """The contract's trace JSON: rows newest first, whether more exist, and the coverage.

    Raises: ConfigError for a limit below 1.
    """
    if limit < 1:
        raise ConfigError(f"--limit {limit}: must be at least 1")
    parameters = asdict(wanted)
    words = (parameters.pop("subject") or "").lower().split()
    for name in ("sender", "recipient", "status"):
        parameters[name] = parameters[name].strip().lower() if parameters[name] else None
    parameters |= {"now": now, "limit": limit + 1, "words": words or None}
    rows = records(connection, query("traces"), parameters)
    return {
        "rows": [row | {"received_at": iso(row["received_at"])} for row in rows[:limit]],
        "truncated": len(rows) > limit,
        "coverage": coverage_report(connection, now, wanted.tenant, wanted.since, wanted.until),
    }
