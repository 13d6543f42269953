"""Delivery search: which messages reached whom, with what outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import msgspec

from hve_monitor.clock import iso, midnight
from hve_monitor.config import Config
from hve_monitor.document import Document
from hve_monitor.errors import ConfigError
from hve_monitor.files import sql
from models.delivery.conditions import (
    Parameters,
    StoredFilter,
    TraceFilter,
    accounts_of,
    conditions_of,
    empty_fields,
    stored_names,
    terms_of,
    unlisted_senders,
)
from models.delivery.meaning import meaning, searched_words
from models.delivery.terms import STATUSES, Term, networks_of, status_spellings, status_terms
from models.engine import sql as runner
from models.engine.sql import records
from models.usage.coverage import (
    CoverageReport,
    coverage_report,
    covered_addresses,
    due_until,
)
from warehouse.connection import Row
from warehouse.lookup.trace_files import TraceRows, trace_rows
from warehouse.privacy import audit
from warehouse.protection.mode import Protection, read_protection
from warehouse.protection.pseudonyms import Mask
from warehouse.reading import Published, read_published
from warehouse.records.accounts import account_addresses, sending_accounts
from warehouse.records.landing import SETTLED, UNSETTLED
from warehouse.store import open_store

ROWS_AT_ONCE, LARGEST = 10_000, 2**62
RAW, STAGED = "raw.message_traces", "staging.stg_message_traces"
HIDDEN_WORDS = "(hidden)"
COLUMNS = (
    *("received_at", "status", "account", "sender", "recipient", "subject", "size_bytes"),
    *("from_ip", "to_ip", "message_id", "id", "source", "tenant"),
)


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


class DeliverySearch(Document, kw_only=True):
    """Rows of a search, newest first, and what they do not cover.

    next_offset: where the next page begins, None on the last one. total, by_status, by_account: all
    rows that match, also where the list is cut, the most first; `unknown` are those without a
    status. looked_for: the terms as they were understood. meaning: what the answer says of the
    window, empty where it says all.
    """

    rows: list[DeliveryRow]
    truncated: bool
    offset: int
    next_offset: int | None
    searched: SearchedWindow
    coverage: CoverageReport
    total: int
    by_status: dict[str, int]
    by_account: dict[str, int]
    looked_for: str
    meaning: str


def find_traces(
    config: Config, wanted: TraceFilter, now: datetime, limit: int, who: str, subject: str = ""
) -> DeliverySearch:
    """search_traces by addresses and message ids as people write them, whatever the store holds.

    Raises: ConfigError for what the privacy mode cannot find, or as search_traces.
    """
    with searching(config, wanted, now, who, subject=subject) as (published, stored):
        return search_traces(published, stored, limit)


@contextmanager
def searching(
    config: Config,
    wanted: TraceFilter,
    now: datetime,
    who: str,
    what: str = "search",
    subject: str = "",
) -> Iterator[tuple[Published, TraceFilter]]:
    """The published store, and the search as it must be made there.

    Where it holds pseudonyms, the search is made with theirs and leaves an entry in the audit log.
    Raises: ConfigError for what the privacy mode cannot find.
    """
    root = config.warehouse.path
    protection = read_protection(config.privacy, root)
    masks: dict[str, Mask] = {}
    if not protection.is_plain:
        _refuse_unsearchable(protection, wanted)
        names = [wanted.tenant] if wanted.tenant else [served.name for served in config.served]
        with open_store(root, protection=protection, is_checked=True) as store:
            masks = {name: store.mask(name) for name in names}
            for name, mask in masks.items() if protection.mode == "pseudonymous" else ():
                accounts = account_addresses(store, name) | sending_accounts(store, name)
                target = _audited(wanted, name, mask, accounts)
                audit.record(store, now, who, what, target, "", "done", subject)
    kept_from = midnight(now) - timedelta(days=config.retention.facts_days)
    stored = StoredFilter(**vars(wanted), masks=tuple(masks.values()), kept_from=kept_from)
    with read_published(root, now) as published:
        yield published, stored


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
    if protection.mode != "full":
        _refuse_parts(wanted)


def _refuse_parts(wanted: TraceFilter) -> None:
    """Pseudonyms show whole addresses and domains; no part of what they stand for.

    Raises: ConfigError.
    """
    terms = terms_of(wanted)
    for term in terms.get("recipient", ()):
        if term.kind not in ("whole", "domain"):
            raise ConfigError(
                f"--recipient {term.text}: this store keeps pseudonyms, which no part of an address"
                " finds; search for a whole address or a domain (@contoso.com)"
            )
    for term in terms.get("message_id", ()):
        if term.kind != "whole":
            raise ConfigError(
                f"--message-id {term.text}: this store keeps hashes of message ids, which no part"
                " finds; search for the whole id"
            )


def _audited(wanted: TraceFilter, tenant: str, mask: Mask, accounts: Collection[str]) -> str:
    """What was searched for, as the audit log keeps it: words that may name a person are hidden."""
    shown: dict[str, Callable[[Term], str]] = {
        "sender": lambda term: _of_accounts(term, accounts),
        "recipient": lambda term: _whole(term, mask.recipient),
        "message_id": lambda term: _whole(term, mask.message_id),
        "id": lambda term: _whole(term, mask.trace_id),
    }
    values = vars(wanted) | {"tenant": tenant}
    for name, terms in terms_of(wanted).items():
        values[name] = ",".join(shown[name](term) for term in terms)
    if wanted.status:
        values["status"] = ",".join(map(_known_status, status_terms(wanted.status)))
    if wanted.from_ip:
        values["from_ip"] = ",".join(map(str, networks_of(wanted.from_ip)))
    if wanted.subject:
        values["subject"] = HIDDEN_WORDS
    return " ".join(f"{name}={value}" for name, value in values.items() if value is not None)


def _whole(term: Term, hide: Callable[[str], str]) -> str:
    """Of a part of an id the digits alone; a domain as it is."""
    if term.kind == "whole":
        return hide(term.text)
    is_plain = term.kind == "domain" or set(term.text) <= set("0123456789abcdef-*")
    return term.text if is_plain else HIDDEN_WORDS


def _of_accounts(term: Term, accounts: Collection[str]) -> str:
    """What was looked for where accounts answer to it: they are applications, not people."""
    return term.text if any(map(term.matches, accounts)) else HIDDEN_WORDS


def _known_status(word: str) -> str:
    known = {*STATUSES, *SETTLED, *UNSETTLED}
    return word if known.intersection(status_spellings(word)) else HIDDEN_WORDS


def search_traces(
    published: Published, wanted: TraceFilter, limit: int, offset: int = 0
) -> DeliverySearch:
    """One page of a search. With `--now` its pages hold together while new rows arrive.

    Raises: ConfigError for a limit below 1, an offset below 0, or a source that is no address.
    """
    if limit < 1:
        raise ConfigError(f"--limit {limit}: must be at least 1")
    if offset < 0:
        raise ConfigError(f"--offset {offset}: must be at least 0")
    text, parameters = _select(published, wanted)
    page = {"limit": limit + 1, "offset": offset}
    rows = records(published.connection, f"{text}\nlimit $limit offset $offset", parameters | page)
    groups = Counter((row["account"], row.pop("status_group")) for row in rows)
    more = len(rows) > limit
    if more or offset:
        groups = _groups(published, text, parameters)
    coverage, until = search_coverage(published, wanted), wanted.until or published.now
    return DeliverySearch(
        rows=[DeliveryRow(**row) for row in rows[:limit]],
        truncated=more,
        offset=offset,
        next_offset=offset + limit if more else None,
        searched=SearchedWindow(since=wanted.since, until=until),
        coverage=coverage,
        total=groups.total(),
        by_status=_sums((status or "unknown", number) for (_, status), number in groups.items()),
        by_account=_sums((account, number) for (account, _), number in groups.items()),
        looked_for=searched_words(wanted),
        meaning=_meaning(published, wanted, coverage, any_rows=bool(rows) or offset > 0),
    )


def _groups(
    published: Published, text: str, parameters: Parameters
) -> Counter[tuple[str, str | None]]:
    """All rows that match by account and status group."""
    counted = f"select account, status_group, count(*) from ({text}) group by all"
    rows = published.connection.execute(counted, parameters).fetchall()
    return Counter({(account, status): number for account, status, number in rows})


def _sums(numbers: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Sums by name, the largest first."""
    sums: Counter[str] = Counter()
    for name, number in numbers:
        sums[name] += number
    return dict(sorted(sums.items(), key=lambda pair: (-pair[1], pair[0])))


def nothing_words(published: Published, wanted: TraceFilter, coverage: CoverageReport) -> str:
    """What it means that no row matches."""
    return _meaning(published, wanted, coverage, any_rows=False)


def _meaning(
    published: Published, wanted: TraceFilter, coverage: CoverageReport, *, any_rows: bool
) -> str:
    # Of files every sender is an account; only of others can one be no account at all.
    is_certain = not any_rows and coverage.complete is not None
    unlisted = unlisted_senders(published.connection, wanted) if is_certain else []
    until = wanted.until or published.now
    read_until = until if any_rows else _read_until(published, wanted)
    return meaning(wanted, coverage, unlisted, until, read_until, any_rows=any_rows)


def _read_until(published: Published, wanted: TraceFilter) -> datetime:
    """Up to when a window without gaps was read: the last run may lie shortly before its end, and
    what it left for the next one was not read.
    """
    rows = published.connection.execute("select tenant from state.tenants").fetchall()
    names = [wanted.tenant] if wanted.tenant else [name for (name,) in rows]
    ends = [due_until(published.of(name), wanted.until) for name in names]
    addresses = covered_addresses(published, names)
    ends += [left.start for address in addresses for left in address.postponed]
    return min(ends, default=published.now)


def exported_rows(
    published: Published, wanted: TraceFilter, limit: int | None = None, offset: int = 0
) -> Iterator[Row]:
    """Every row of the search with its times as text, a few thousand in memory at a time."""
    text, parameters = _select(published, wanted)
    page = {"limit": limit or LARGEST, "offset": offset}
    result = published.connection.execute(f"{text}\nlimit $limit offset $offset", parameters | page)
    names = [column[0] for column in result.description or []]
    while rows := result.fetchmany(ROWS_AT_ONCE):
        for values in rows:
            row = dict(zip(names, values, strict=True))
            del row["status_group"]
            yield row | {"received_at": iso(row["received_at"])}


def search_coverage(published: Published, wanted: TraceFilter) -> CoverageReport:
    """Coverage of the searched window, of the sender's account alone where it has one."""
    report = coverage_report(published.of(wanted.tenant), wanted.since, wanted.until)
    if not wanted.sender or report.complete is None:
        return report
    accounts = {row["account"] for row in accounts_of(published.connection, wanted)}
    if not accounts:
        return report
    gaps = [gap for gap in report.gaps if gap.account in accounts]
    return msgspec.structs.replace(report, gaps=gaps, complete=not gaps)


def _select(published: Published, wanted: TraceFilter) -> tuple[str, Parameters]:
    """The search without a limit, and its parameters.

    Raises: ConfigError for a field that is given and names nothing.
    """
    for name in empty_fields(wanted):
        raise ConfigError(f"--{name.replace('_', '-')}: names nothing to look for")
    conditions, values = conditions_of(published.connection, wanted, published.now)
    lines = "".join(f"    and {condition}\n" for condition in conditions)
    text = sql(__file__, "traces").replace("-- conditions\n", lines)
    window = wanted.tenant, wanted.since, wanted.until
    rows = trace_rows(published.connection, *window, stored_names(wanted))
    return over_few_files(text, rows), values | {"now": published.now}


def over_few_files(text: str, rows: TraceRows | None) -> str:
    """A query of staged traces over the files that it needs, in place of the view of all."""
    if rows is None:
        return text
    staging = sql(runner.__file__, "../staging/stg_message_traces")
    head, ranked, latest, rest = staging.split(RAW)
    narrowed = f"{head}({rows.revised}){ranked}({rows.revised}){latest}({rows.rows}){rest}"
    return text.replace(STAGED, f"({narrowed})")
