"""What a search demands of a row, in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import duckdb

from hve_monitor.files import sql
from models.delivery.terms import (
    STATUSES,
    Term,
    address_terms,
    holds,
    message_id_terms,
    networks_of,
    status_spellings,
    status_terms,
    trace_id_terms,
)
from models.engine.sql import records
from warehouse.connection import Row
from warehouse.protection.pseudonyms import Mask

Parameters = dict[str, object]
# What each plain field demands of a row.
CONDITIONS = {
    "tenant": "tenant = $tenant",
    "words": "len(list_filter($words,"
    " lambda word: not contains(lower(coalesce(subject, '')), word))) = 0",
    "since": "received_at >= $since and day >= cast($since as date)",
    "until": "received_at < $until and day <= cast($until as date)",
}
# Only against plain values can the engine pass over files by their statistics: they are written
# out, and other kinds of terms stand beside them only where somebody looks for such.
OTHER_KINDS = {
    "domain": "ends_with({column}, ${place})",
    "part": "contains({column}, ${place})",
    "pattern": r"{column} like ${place} escape '\'",
}


@dataclass(frozen=True)
class TraceFilter:
    """What to look for; None does not restrict. Addresses, ids and statuses in any case.

    sender, recipient, id, message_id, from_ip and status hold one or several terms (see
    models.delivery.terms); sender is any address of an account.
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
class StoredFilter(TraceFilter):
    """The same in one store: the masks of its tenants where it hides what is asked for.

    kept_from: rows before it may have been purged. is_verbatim: id and recipient are single values
    as the store holds them.
    """

    masks: tuple[Mask, ...] = field(default=(), repr=False)
    kept_from: datetime | None = None
    is_verbatim: bool = False


def terms_of(wanted: TraceFilter) -> dict[str, tuple[Term, ...]]:
    """The terms of every field that is asked for and may hold several."""
    if _is_verbatim(wanted):
        single = {"recipient": wanted.recipient, "id": wanted.id}
        return {name: (Term("whole", text),) for name, text in single.items() if text is not None}
    fields = {
        "sender": address_terms(wanted.sender or ""),
        "recipient": address_terms(wanted.recipient or ""),
        "id": trace_id_terms(wanted.id or ""),
        "message_id": message_id_terms(wanted.message_id or ""),
    }
    return {name: terms for name, terms in fields.items() if terms}


def _is_verbatim(wanted: TraceFilter) -> bool:
    return isinstance(wanted, StoredFilter) and wanted.is_verbatim


def empty_fields(wanted: TraceFilter) -> list[str]:
    """Fields that are given and name nothing: without them every row would match."""
    fields = terms_of(wanted)
    named = {
        "status": bool(status_terms(wanted.status or "")),
        "subject": bool((wanted.subject or "").split()),
        "from_ip": bool(networks_of(wanted.from_ip or "")),
        **{name: name in fields for name in ("sender", "recipient", "id", "message_id")},
    }
    return [name for name, is_named in named.items() if not is_named and _given(wanted, name)]


def _given(wanted: TraceFilter, name: str) -> bool:
    return getattr(wanted, name) is not None


def is_exact(wanted: TraceFilter) -> bool:
    """Whether every field is compared as a whole, so that no row means no such message."""
    whole = all(term.kind == "whole" for terms in terms_of(wanted).values() for term in terms)
    known = all(
        any(spelling in STATUSES for spelling in status_spellings(status))
        for status in status_terms(wanted.status or "")
    )
    return whole and known and not wanted.subject and not wanted.from_ip


def conditions_of(
    connection: duckdb.DuckDBPyConnection, wanted: TraceFilter, now: datetime
) -> tuple[list[str], Parameters]:
    """SQL conditions and the values in them. Raises: ConfigError for a source that is none."""
    values = _plain(wanted)
    conditions = [CONDITIONS[name] for name in values]
    parts = [_of_terms(name, terms, wanted) for name, terms in _searched(connection, wanted)]
    parts += [_of_status(wanted), _of_source(connection, wanted, now)]
    for condition, parameters in parts:
        conditions += [condition] if condition else []
        values |= parameters
    return conditions, values


def accounts_of(connection: duckdb.DuckDBPyConnection, wanted: TraceFilter) -> list[Row]:
    """Addresses of the accounts to which an address of the senders belongs."""
    senders = terms_of(wanted).get("sender", ())
    if not senders:
        return []
    condition, values = _any("address", senders, "asked")
    text = sql(__file__, "sender_addresses").replace("-- conditions\n", f"    and {condition}\n")
    return records(connection, text, values | {"tenant": wanted.tenant})


def unlisted_senders(connection: duckdb.DuckDBPyConnection, wanted: TraceFilter) -> list[str]:
    """Whole sender addresses that belong to no account: their mail is not read."""
    senders = [term.text for term in terms_of(wanted).get("sender", ()) if term.kind == "whole"]
    listed = {row["address"] for row in accounts_of(connection, wanted)} if senders else set()
    return [sender for sender in senders if sender not in listed]


def _plain(wanted: TraceFilter) -> Parameters:
    """Values of the conditions that compare with one value, as they are stored."""
    values = {
        "tenant": wanted.tenant,
        "words": (wanted.subject or "").lower().split(),
        "since": wanted.since,
        "until": wanted.until,
    }
    return {name: value for name, value in values.items() if value}


def _searched(
    connection: duckdb.DuckDBPyConnection, wanted: TraceFilter
) -> Iterable[tuple[str, Sequence[Term]]]:
    """Terms by column; the addresses of an account stand for each other."""
    for name, terms in terms_of(wanted).items():
        if name == "sender":
            own = [Term("whole", row["address"]) for row in accounts_of(connection, wanted)]
            yield name, list(dict.fromkeys([*terms, *own]))
        else:
            yield name, terms


def _of_terms(name: str, terms: Sequence[Term], wanted: TraceFilter) -> tuple[str, Parameters]:
    columns = {"id": "trace_id", "message_id": "lower(message_id)"}
    whole = [
        spelling
        for term in terms
        if term.kind == "whole"
        for spelling in _stored(name, term.text, wanted)
    ]
    others = [term for term in terms if term.kind != "whole"]
    column = "message_id" if name == "message_id" else columns.get(name, name)
    exact, values = _in(column, list(dict.fromkeys(whole)), name)
    loose, more = _any(columns.get(name, name), others, f"{name}_like")
    joined = " or ".join(condition for condition in (exact, loose) if condition)
    return f"({joined})", values | more


def stored_names(wanted: TraceFilter) -> dict[str, list[str]]:
    """Every spelling of whole recipients and ids by column, but of columns searched by parts."""
    columns = {"id": "trace_id", "message_id": "message_id", "recipient": "recipient"}
    return {
        columns[name]: [text for term in terms for text in _stored(name, term.text, wanted)]
        for name, terms in terms_of(wanted).items()
        if name in columns and all(term.kind == "whole" for term in terms)
    }


def _stored(name: str, text: str, wanted: TraceFilter) -> list[str]:
    """A whole value in the forms in which the store may hold it."""
    masks = wanted.masks if isinstance(wanted, StoredFilter) else ()
    if _is_verbatim(wanted) or name == "sender":
        return [text]
    if name == "recipient":
        return [mask.recipient(text) for mask in masks] or [text]
    spellings = [text, f"<{text}>"] if name == "message_id" else _id_spellings(text)
    hide = "message_id" if name == "message_id" else "trace_id"
    hidden = [getattr(mask, hide)(spelling) for mask in masks for spelling in spellings]
    return [*spellings, *hidden] if name == "id" else hidden or spellings


def _id_spellings(text: str) -> list[str]:
    """A message id that stands in for a trace id is stored as it was written."""
    bare = text.removeprefix("<").removesuffix(">")
    return [text, text.lower(), bare, f"<{bare}>"] if "@" in text else [text]


def _in(column: str, texts: Sequence[str], name: str) -> tuple[str, Parameters]:
    values: Parameters = {f"{name}_{at}": text for at, text in enumerate(texts)}
    written = ", ".join(f"${place}" for place in values)
    return (f"{column} in ({written})" if values else ""), values


def _any(column: str, terms: Sequence[Term], name: str) -> tuple[str, Parameters]:
    """A condition that any of the terms fulfils."""
    exact, values = _in(column, [term.text for term in terms if term.kind == "whole"], name)
    conditions = [exact] if exact else []
    for at, term in enumerate(terms):
        if term.kind != "whole":
            place = f"{name}_{at}_{term.kind}"
            conditions.append(OTHER_KINDS[term.kind].format(column=column, place=place))
            values[place] = _like(term.text) if term.kind == "pattern" else term.text
    return (f"({' or '.join(conditions)})" if conditions else ""), values


def _like(pattern: str) -> str:
    r"""The pattern for LIKE: `%`, `_` and `\` stand for themselves."""
    for sign in "\\%_":
        pattern = pattern.replace(sign, f"\\{sign}")
    return pattern.replace("*", "%")


def _of_status(wanted: TraceFilter) -> tuple[str, Parameters]:
    statuses = status_terms(wanted.status or "")
    if not statuses:
        return "", {}
    spellings = [text for status in statuses for text in status_spellings(status)]
    written, values = _in("lower(status)", spellings, "status")
    grouped = written.replace("lower(status)", "status_group", 1)
    without = " or status_group is null" if "unknown" in spellings else ""
    return f"({written} or {grouped}{without})", values


def _of_source(
    connection: duckdb.DuckDBPyConnection, wanted: TraceFilter, now: datetime
) -> tuple[str, Parameters]:
    """Stored source addresses that lie in the networks, however they are written."""
    if not wanted.from_ip:
        return "", {}
    networks = networks_of(wanted.from_ip)
    names = {"tenant": wanted.tenant, "since": wanted.since, "until": wanted.until or now}
    rows = records(connection, sql(__file__, "stored_sources"), names)
    sources = [row["from_ip"] for row in rows if holds(networks, row["from_ip"])]
    return "from_ip in (select unnest($sources))", {"sources": sources}
