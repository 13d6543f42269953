"""Delivery search: which messages reached whom, with what outcome."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import duckdb

from hve_monitor.clock import iso
from hve_monitor.config import Config
from hve_monitor.errors import ConfigError
from models.coverage import coverage_report
from models.runner import query, records
from warehouse import audit
from warehouse.protection import Protection, read_protection
from warehouse.pseudonyms import Mask
from warehouse.publication import published
from warehouse.store import open_store


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


def find_traces(
    config: Config, wanted: TraceFilter, now: datetime, limit: int, who: str
) -> dict[str, Any]:
    """search_traces by addresses and message ids as people write them, whatever the store holds.

    Where it holds pseudonyms, the search is made with theirs and leaves an entry in the audit log.
    Raises: ConfigError for what the privacy mode cannot find, or as search_traces.
    """
    root = config.warehouse.path
    protection = read_protection(config.privacy, root)
    if protection.is_plain:
        with published(root) as connection:
            return search_traces(connection, wanted, now, limit)
    _refuse_unsearchable(protection, wanted)
    names = [wanted.tenant] if wanted.tenant else [each.name for each in config.served]
    with open_store(root, protection=protection) as store, published(root) as connection:
        asked = [_hidden(store.mask(name), replace(wanted, tenant=name)) for name in names]
        found = [search_traces(connection, each, now, limit) for each in asked]
        coverage = coverage_report(connection, now, wanted.tenant, wanted.since, wanted.until)
        for each in asked if protection.mode == "pseudonymous" else []:
            audit.record(store.state, now, who, "search", _told(each), "", "done")
    rows = sorted(
        (row for each in found for row in each["rows"]),
        key=lambda row: (row["received_at"], row["id"], row["recipient"]),
        reverse=True,
    )
    more = len(rows) > limit or any(each["truncated"] for each in found)
    return {"rows": rows[:limit], "truncated": more, "coverage": coverage}


def _refuse_unsearchable(protection: Protection, wanted: TraceFilter) -> None:
    if wanted.subject and protection.subjects != "keep":
        kept = "as keyed hashes" if protection.subjects == "hash" else "not at all"
        raise ConfigError(
            f"--subject: this store keeps subjects {kept} (privacy.subjects), so that their words"
            " cannot be found; search by recipient, message id or time"
        )
    if wanted.recipient and protection.mode == "aggregate":
        raise ConfigError(
            "--recipient: this store keeps no recipients (privacy.mode = 'aggregate');"
            " search by sender, status, message id or time"
        )


def _hidden(mask: Mask, wanted: TraceFilter) -> TraceFilter:
    recipient, message_id = wanted.recipient, wanted.message_id
    return replace(
        wanted,
        recipient=mask.recipient(recipient.strip().lower()) if recipient else None,
        message_id=mask.message_id(message_id) if message_id else None,
        id=mask.trace_id(wanted.id) if wanted.id else None,
    )


def _told(wanted: TraceFilter) -> str:
    """What was searched for, as the audit log keeps it."""
    asked = {name: value for name, value in asdict(wanted).items() if value is not None}
    return " ".join(f"{name}={value}" for name, value in asked.items())


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
