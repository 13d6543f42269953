"""Delivery search: which messages reached whom, with what outcome."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb
import msgspec

from hve_monitor.clock import iso
from hve_monitor.config import Config
from hve_monitor.errors import ConfigError
from hve_monitor.files import sql
from models.engine.sql import records
from models.usage.coverage import CoverageReport, coverage_report
from warehouse.privacy import audit
from warehouse.protection.mode import Protection, read_protection
from warehouse.protection.pseudonyms import Mask
from warehouse.reading import Published, published_connection
from warehouse.store import open_store

Row = dict[str, Any]
ROWS_AT_ONCE, LARGEST = 10_000, 2**62
COLUMNS = (
    *("received_at", "status", "account", "sender", "recipient", "subject", "size_bytes"),
    *("from_ip", "to_ip", "message_id", "id", "source", "tenant"),
)
# What each asked field demands of a row; addresses are stored in lower case. Several values are
# written out: only against plain values can the engine pass over files by their statistics.
CONDITIONS = {
    "tenant": "tenant = $tenant",
    "senders": "sender in ({senders})",
    "recipients": "recipient in ({recipients})",
    "ids": "trace_id in ({ids})",
    "message_ids": "message_id in ({message_ids})",
    "words": "len(list_filter($words,"
    " lambda word: not contains(lower(coalesce(subject, '')), word))) = 0",
    "status": "(lower(status) = $status or status_group = $status)",
    "from_ip": "from_ip = $from_ip",
    "since": "received_at >= $since and day >= cast($since as date)",
    "until": "received_at < $until and day <= cast($until as date)",
}


@dataclass(frozen=True)
class TraceFilter:
    """What to look for; None does not restrict. Addresses, ids and statuses in any case.

    sender: any address of an account. message_id: with or without angle brackets.
    """

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


@dataclass(frozen=True)
class MaskedFilter(TraceFilter):
    """The same where a store hides what is asked for: the masks of the asked tenants."""

    masks: tuple[Mask, ...] = field(default=(), repr=False)


def find_traces(
    config: Config, wanted: TraceFilter, now: datetime, limit: int, who: str
) -> dict[str, Any]:
    """search_traces by addresses and message ids as people write them, whatever the store holds.

    Raises: ConfigError for what the privacy mode cannot find, or as search_traces.
    """
    with searching(config, wanted, now, who) as (connection, asked):
        return search_traces(Published(connection, now), asked, limit)


@contextmanager
def searching(
    config: Config, wanted: TraceFilter, now: datetime, who: str, what: str = "search"
) -> Iterator[tuple[duckdb.DuckDBPyConnection, TraceFilter]]:
    """The published store, and the search as it must be made there.

    Where it holds pseudonyms, the search is made with theirs and leaves an entry in the audit log.
    Raises: ConfigError for what the privacy mode cannot find.
    """
    root = config.warehouse.path
    protection = read_protection(config.privacy, root)
    if not protection.is_plain:
        _refuse_unsearchable(protection, wanted)
        names = [wanted.tenant] if wanted.tenant else [each.name for each in config.served]
        with open_store(root, protection=protection) as store:
            masks = {name: store.mask(name) for name in names}
            for name, mask in masks.items() if protection.mode == "pseudonymous" else ():
                audit.record(store.state, now, who, what, _told(wanted, name, mask), "", "done")
        wanted = MaskedFilter(**vars(wanted), masks=tuple(masks.values()))
    with published_connection(root) as connection:
        yield connection, wanted


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


def _told(wanted: TraceFilter, tenant: str, mask: Mask) -> str:
    """What was searched for, as the audit log keeps it."""
    asked = _fields(wanted) | {"tenant": tenant}
    if wanted.recipient:
        asked["recipient"] = mask.recipient(wanted.recipient.strip().lower())
    if wanted.message_id:
        asked["message_id"] = mask.message_id(wanted.message_id.strip())
    if wanted.id:
        asked["id"] = mask.trace_id(wanted.id.strip())
    return " ".join(f"{name}={value}" for name, value in asked.items() if value is not None)


def _fields(wanted: TraceFilter) -> Row:
    """What is asked, by name."""
    return {name: value for name, value in vars(wanted).items() if name != "masks"}


def search_traces(
    published: Published, wanted: TraceFilter, limit: int, offset: int = 0
) -> dict[str, Any]:
    """The contract's trace JSON: rows newest first, whether more exist, and the coverage.

    `next_offset` is where the next page begins, None on the last one. With `--now` the pages of a
    search hold together while new rows arrive.
    Raises: ConfigError for a limit below 1 or an offset below 0.
    """
    if limit < 1:
        raise ConfigError(f"--limit {limit}: must be at least 1")
    if offset < 0:
        raise ConfigError(f"--offset {offset}: must be at least 0")
    sql, parameters = _select(published, wanted)
    page = {"limit": limit + 1, "offset": offset}
    rows = records(published.connection, f"{sql}\nlimit $limit offset $offset", parameters | page)
    more = len(rows) > limit
    return {
        "rows": [_shown(row) for row in rows[:limit]],
        "truncated": more,
        "offset": offset,
        "next_offset": offset + limit if more else None,
        "searched": {
            "since": iso(wanted.since) if wanted.since else None,
            "until": iso(wanted.until or published.now),
        },
        "coverage": search_coverage(published, wanted),
    }


def found_rows(
    published: Published, wanted: TraceFilter, limit: int | None = None, offset: int = 0
) -> Iterator[Row]:
    """Every row of the search, newest first, a few thousand in memory at a time."""
    sql, parameters = _select(published, wanted)
    page = {"limit": limit or LARGEST, "offset": offset}
    found = published.connection.execute(f"{sql}\nlimit $limit offset $offset", parameters | page)
    names = [column[0] for column in found.description or []]
    while rows := found.fetchmany(ROWS_AT_ONCE):
        yield from (_shown(dict(zip(names, row, strict=True))) for row in rows)


def search_coverage(published: Published, wanted: TraceFilter) -> CoverageReport:
    """Coverage of the searched window, of the asked sender's account alone where it has one."""
    report = coverage_report(published.of(wanted.tenant), wanted.since, wanted.until)
    if not wanted.sender or report.complete is None:
        return report
    accounts = {row["account"] for row in _addresses(published.connection, wanted)}
    if not accounts:
        return report
    gaps = [gap for gap in report.gaps if gap.account in accounts]
    return msgspec.structs.replace(report, gaps=gaps, complete=not gaps)


def account_of(connection: duckdb.DuckDBPyConnection, wanted: TraceFilter) -> str | None:
    """The account of the asked sender; the sender itself where no account lists it."""
    if not wanted.sender:
        return None
    rows = _addresses(connection, wanted)
    return str(rows[0]["account"]) if rows else wanted.sender.strip().lower()


def _select(published: Published, wanted: TraceFilter) -> tuple[str, Row]:
    """The search without a limit, and its parameters."""
    values = _parameters(published.connection, wanted)
    wide = ("senders", "recipients", "ids", "message_ids")
    lists = {name: values.pop(name, []) for name in wide}
    several = {name: [f"{name}_{at}" for at in range(len(each))] for name, each in lists.items()}
    asked = [CONDITIONS[name] for name in values] + [
        CONDITIONS[name].replace(f"{{{name}}}", ", ".join(f"${each}" for each in names))
        for name, names in several.items()
        if names
    ]
    for name, names in several.items():
        values |= dict(zip(names, lists[name], strict=True))
    lines = "".join(f"    and {condition}\n" for condition in asked)
    return sql(__file__, "traces").replace("-- conditions\n", lines), values | {
        "now": published.now
    }


def _parameters(connection: duckdb.DuckDBPyConnection, wanted: TraceFilter) -> Row:
    """Values of the conditions that were asked for, as they are stored."""
    values = _fields(wanted)
    masks = wanted.masks if isinstance(wanted, MaskedFilter) else ()
    recipient, trace_id = values.pop("recipient"), values.pop("id")
    for name in ("sender", "status", "from_ip"):
        values[name] = values[name].strip().lower() if values[name] else None
    sender, message_id = values.pop("sender"), values.pop("message_id")
    if sender is not None:
        listed = [row["address"] for row in _addresses(connection, wanted)]
        values["senders"] = _distinct([sender, *listed])
    if recipient:
        asked = recipient.strip().lower()
        values["recipients"] = _distinct([mask.recipient(asked) for mask in masks] or [asked])
    if trace_id:
        ids = [trace_id.strip().lower()]
        if masks:  # a message id that stands in for a trace id is hashed as it was written
            ids += [mask.trace_id(trace_id.strip()) for mask in masks]
        values["ids"] = _distinct(ids)
    if message_id:
        said = _spellings(message_id.strip())
        hidden = [mask.message_id(each) for mask in masks for each in said]
        values["message_ids"] = _distinct(hidden or said)
    values["words"] = (values.pop("subject") or "").lower().split()
    return {name: value for name, value in values.items() if value}


def _spellings(message_id: str) -> list[str]:
    """A message id with and without its angle brackets: exports differ, and so do people."""
    bare = message_id.removeprefix("<").removesuffix(">")
    return _distinct([message_id, bare, f"<{bare}>"])


def _distinct(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _addresses(connection: duckdb.DuckDBPyConnection, wanted: TraceFilter) -> list[Row]:
    sender = (wanted.sender or "").strip().lower()
    parameters = {"sender": sender, "tenant": wanted.tenant}
    return records(connection, sql(__file__, "sender_addresses"), parameters)


def _shown(row: Row) -> Row:
    return row | {"received_at": iso(row["received_at"])}
