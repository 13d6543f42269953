"""Delivery search: which messages reached whom, with what outcome."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import duckdb
import msgspec

from hve_monitor.clock import iso
from hve_monitor.config import Config
from hve_monitor.document import Document
from hve_monitor.errors import ConfigError
from hve_monitor.files import sql
from models.engine.sql import records
from models.usage.coverage import CoverageReport, coverage_report
from warehouse.connection import Row
from warehouse.privacy import audit
from warehouse.protection.mode import Protection, read_protection
from warehouse.protection.pseudonyms import Mask
from warehouse.reading import Published, read_published
from warehouse.store import open_store

ROWS_AT_ONCE, LARGEST = 10_000, 2**62
COLUMNS = (
    *("received_at", "status", "account", "sender", "recipient", "subject", "size_bytes"),
    *("from_ip", "to_ip", "message_id", "id", "source", "tenant"),
)
# What each field demands of a row; addresses are stored in lower case. Several values are
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


class DeliveryRow(Document):
    """One message and recipient of the message trace; `id` is the trace id. Times are UTC."""

    tenant: str
    id: str
    message_id: str | None
    account: str
    sender: str
    recipient: str
    received_at: datetime
    subject: str | None
    status: str | None
    size_bytes: int | None
    from_ip: str | None
    to_ip: str | None
    source: str


class SearchedWindow(Document):
    """From when until when was searched; since is None where the search is open."""

    since: datetime | None
    until: datetime


class DeliverySearch(Document):
    """Rows of a search, newest first, and what they do not cover.

    next_offset: where the next page begins, None on the last one.
    """

    rows: list[DeliveryRow]
    truncated: bool
    offset: int
    next_offset: int | None
    searched: SearchedWindow
    coverage: CoverageReport


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
    """The same where a store hides what is asked for: the masks of its tenants."""

    masks: tuple[Mask, ...] = field(default=(), repr=False)


def find_traces(
    config: Config, wanted: TraceFilter, now: datetime, limit: int, who: str
) -> DeliverySearch:
    """search_traces by addresses and message ids as people write them, whatever the store holds.

    Raises: ConfigError for what the privacy mode cannot find, or as search_traces.
    """
    with searching(config, wanted, now, who) as (published, stored):
        return search_traces(published, stored, limit)


@contextmanager
def searching(
    config: Config, wanted: TraceFilter, now: datetime, who: str, what: str = "search"
) -> Iterator[tuple[Published, TraceFilter]]:
    """The published store, and the search as it must be made there.

    Where it holds pseudonyms, the search is made with theirs and leaves an entry in the audit log.
    Raises: ConfigError for what the privacy mode cannot find.
    """
    root = config.warehouse.path
    protection = read_protection(config.privacy, root)
    if not protection.is_plain:
        _refuse_unsearchable(protection, wanted)
        names = [wanted.tenant] if wanted.tenant else [served.name for served in config.served]
        with open_store(root, protection=protection) as store:
            masks = {name: store.mask(name) for name in names}
            for name, mask in masks.items() if protection.mode == "pseudonymous" else ():
                audit.record(store.state, now, who, what, _audited(wanted, name, mask), "", "done")
        wanted = MaskedFilter(**vars(wanted), masks=tuple(masks.values()))
    with read_published(root, now) as published:
        yield published, wanted


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


def _audited(wanted: TraceFilter, tenant: str, mask: Mask) -> str:
    """What was searched for, as the audit log keeps it."""
    values = _fields(wanted) | {"tenant": tenant}
    if wanted.recipient:
        values["recipient"] = mask.recipient(wanted.recipient.strip().lower())
    if wanted.message_id:
        values["message_id"] = mask.message_id(wanted.message_id.strip())
    if wanted.id:
        values["id"] = mask.trace_id(wanted.id.strip())
    return " ".join(f"{name}={value}" for name, value in values.items() if value is not None)


def _fields(wanted: TraceFilter) -> dict[str, object]:
    """The fields of the filter by name."""
    return {name: value for name, value in vars(wanted).items() if name != "masks"}


def search_traces(
    published: Published, wanted: TraceFilter, limit: int, offset: int = 0
) -> DeliverySearch:
    """One page of a search. With `--now` its pages hold together while new rows arrive.

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
    return DeliverySearch(
        rows=[DeliveryRow(**row) for row in rows[:limit]],
        truncated=more,
        offset=offset,
        next_offset=offset + limit if more else None,
        searched=SearchedWindow(since=wanted.since, until=wanted.until or published.now),
        coverage=search_coverage(published, wanted),
    )


def exported_rows(
    published: Published, wanted: TraceFilter, limit: int | None = None, offset: int = 0
) -> Iterator[Row]:
    """Every row of the search with its times as text, a few thousand in memory at a time."""
    sql, parameters = _select(published, wanted)
    page = {"limit": limit or LARGEST, "offset": offset}
    result = published.connection.execute(f"{sql}\nlimit $limit offset $offset", parameters | page)
    names = [column[0] for column in result.description or []]
    while rows := result.fetchmany(ROWS_AT_ONCE):
        for values in rows:
            row = dict(zip(names, values, strict=True))
            yield row | {"received_at": iso(row["received_at"])}


def search_coverage(published: Published, wanted: TraceFilter) -> CoverageReport:
    """Coverage of the searched window, of the sender's account alone where it has one."""
    report = coverage_report(published.of(wanted.tenant), wanted.since, wanted.until)
    if not wanted.sender or report.complete is None:
        return report
    accounts = {row["account"] for row in _addresses(published.connection, wanted)}
    if not accounts:
        return report
    gaps = [gap for gap in report.gaps if gap.account in accounts]
    return msgspec.structs.replace(report, gaps=gaps, complete=not gaps)


def account_of(connection: duckdb.DuckDBPyConnection, wanted: TraceFilter) -> str | None:
    """The account of the sender; the sender itself where no account lists it."""
    if not wanted.sender:
        return None
    rows = _addresses(connection, wanted)
    return str(rows[0]["account"]) if rows else wanted.sender.strip().lower()


def _select(published: Published, wanted: TraceFilter) -> tuple[str, dict[str, object]]:
    """The search without a limit, and its parameters."""
    values = _values(wanted)
    lists = _texts(published.connection, wanted)
    conditions = [CONDITIONS[name] for name in values]
    for name, texts in lists.items():
        places = {f"{name}_{at}": text for at, text in enumerate(texts)}
        written = ", ".join(f"${place}" for place in places)
        conditions += [CONDITIONS[name].replace(f"{{{name}}}", written)] if places else []
        values |= places
    lines = "".join(f"    and {condition}\n" for condition in conditions)
    return sql(__file__, "traces").replace("-- conditions\n", lines), values | {
        "now": published.now
    }


def _values(wanted: TraceFilter) -> dict[str, object]:
    """Values of the conditions that compare with one value, as they are stored."""
    values = {
        "tenant": wanted.tenant,
        "words": (wanted.subject or "").lower().split(),
        "status": _stored(wanted.status or ""),
        "from_ip": _stored(wanted.from_ip or ""),
        "since": wanted.since,
        "until": wanted.until,
    }
    return {name: value for name, value in values.items() if value}


def _texts(connection: duckdb.DuckDBPyConnection, wanted: TraceFilter) -> dict[str, list[str]]:
    """Values of the conditions that compare with several spellings, as they are stored."""
    masks = wanted.masks if isinstance(wanted, MaskedFilter) else ()
    texts: dict[str, list[str]] = {}
    if wanted.sender:
        sender = _stored(wanted.sender)
        texts["senders"] = [sender, *(row["address"] for row in _addresses(connection, wanted))]
    if wanted.recipient:
        recipient = _stored(wanted.recipient)
        texts["recipients"] = [mask.recipient(recipient) for mask in masks] or [recipient]
    if wanted.id:
        # A message id that stands in for a trace id is hashed as it was written.
        hidden = [mask.trace_id(wanted.id.strip()) for mask in masks]
        texts["ids"] = [wanted.id.strip().lower(), *hidden]
    if wanted.message_id:
        spellings = _spellings(wanted.message_id.strip())
        hidden = [mask.message_id(spelling) for mask in masks for spelling in spellings]
        texts["message_ids"] = hidden or spellings
    return {name: list(dict.fromkeys(values)) for name, values in texts.items()}


def _stored(text: str) -> str:
    """Addresses and statuses are stored in lower case."""
    return text.strip().lower()


def _spellings(message_id: str) -> list[str]:
    """A message id with and without its angle brackets: exports differ, and so do people."""
    bare = message_id.removeprefix("<").removesuffix(">")
    return [message_id, bare, f"<{bare}>"]


def _addresses(connection: duckdb.DuckDBPyConnection, wanted: TraceFilter) -> list[Row]:
    sender = (wanted.sender or "").strip().lower()
    parameters = {"sender": sender, "tenant": wanted.tenant}
    return records(connection, sql(__file__, "sender_addresses"), parameters)
