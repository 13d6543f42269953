"""The ledgers of a tenant's Azure scopes, from the published version."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial

from hve_monitor.clock import days_between
from hve_monitor.config import Config
from hve_monitor.files import sql
from models.engine.sql import records
from models.invoice.hour_counts import STATUSES, HourCounts, hour_counts
from models.invoice.invoiced import InvoiceRow, ReadSpan, invoice_rows, read_spans
from models.invoice.ledger import LedgerSettings, ScopeLedger, Usage
from models.invoice.meters import ledgers
from models.invoice.rate import Pinned
from models.periods import end_of_month
from models.reference.prices import PriceBook
from models.usage.coverage import coverage_report
from warehouse.reading import Published

ONE_DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
DAYS_BEFORE, DAYS_AFTER = timedelta(days=21), timedelta(days=7)


def scope_ledgers(
    published: Published, config: Config, prices: PriceBook, first: date
) -> list[ScopeLedger]:
    """Every scope of which Azure has amounts, in each of its currencies.

    Meters and rates are those of the month that begins with `first`: agreements change, so that
    days long before or after it must not decide.
    """
    begin, end = first - DAYS_BEFORE, end_of_month(first) + DAYS_AFTER
    spans = read_spans(published)
    grouped: dict[tuple[str, str], list[InvoiceRow]] = {}
    for row in invoice_rows(published):
        if not begin <= row.day <= end:
            continue
        grouped.setdefault((row.tenant, row.scope), []).append(row)
    scoped = []
    for (owner, scope), rows in grouped.items():
        read = spans.get((owner, scope)) or _span_of(rows, published.now)
        start = datetime(begin.year, begin.month, begin.day, tzinfo=UTC)
        stop = datetime(end.year, end.month, end.day, tzinfo=UTC) + ONE_DAY
        span = ReadSpan(max(read.first, start), min(read.last, stop - SECOND), stop <= read.last)
        usages = _usages(published.of(owner), config, scope, span)
        price = prices.of(owner).unit_price
        scoped += ledgers(owner, scope, rows, usages, price, span, _settings(config))
    return scoped


def _settings(config: Config) -> LedgerSettings:
    pinned = config.azure_cost
    return LedgerSettings(
        Pinned(pinned.day_starts_at_hours, None, pinned.price_ratio),
        pinned.lag_hours,
        pinned.recipients_per_unit,
        pinned.rounding_digits,
    )


def _span_of(rows: list[InvoiceRow], now: datetime) -> ReadSpan:
    """Days that have rows, where the spans that were read are not known."""
    first = min(row.day for row in rows)
    return ReadSpan(now.replace(year=first.year, month=first.month, day=first.day), now)


def _usages(published: Published, config: Config, scope: str, span: ReadSpan) -> list[Usage]:
    """All accounts of the tenant and those of each billing policy, or of the pinned policies."""
    policies = _policies(published)
    pinned = {
        name.lower()
        for name, place in config.azure_cost.policies.items()
        if place.lower().rstrip("/") == scope.lower().rstrip("/")
    }
    accounts_of: dict[str | None, frozenset[str] | None] = {None: None}
    if pinned:
        chosen = {name: accounts for name, accounts in policies.items() if set(name) & pinned}
        names = " and ".join(sorted(identity for identity, _ in chosen))
        accounts_of = {names: frozenset[str]().union(*chosen.values())}
    elif len(policies) > 1:
        accounts_of |= {identity: accounts for (identity, _), accounts in policies.items()}
    gaps = _gap_days(published, span)
    make = partial(_usage, published, span.first.date() - ONE_DAY, gaps)
    return [make(policy, accounts) for policy, accounts in accounts_of.items()]


def _policies(published: Published) -> dict[tuple[str, str], frozenset[str]]:
    """Accounts of each billing policy, by its id and name in lower case."""
    policies: dict[tuple[str, str], set[str]] = {}
    for row in records(
        published.connection,
        sql(__file__, "account_policies"),
        {"tenant": published.tenant, "now": published.now},
    ):
        key = (row["billing_policy_id"].lower(), (row["billing_policy_name"] or "").lower())
        policies.setdefault(key, set()).add(row["account"])
    return {key: frozenset(accounts) for key, accounts in policies.items()}


def _usage(
    published: Published,
    first: date,
    gaps: frozenset[date],
    policy: str | None,
    accounts: frozenset[str] | None,
) -> Usage:
    listed = None if accounts is None else sorted(accounts)
    hours = _hours(published, first, listed)
    return Usage(
        policy,
        hours,
        _accounts_between(published, listed),
        gaps,
        accounts,
    )


def _hours(published: Published, first: date, accounts: list[str] | None) -> HourCounts:
    bounds = {
        "tenant": published.tenant,
        "first": first,
        "now": published.now,
        "accounts": accounts,
    }
    rows = records(published.connection, sql(__file__, "status_hours"), bounds)
    counts = ((row["hour_utc"], {name: row[name] for name in STATUSES}) for row in rows)
    return hour_counts(counts, first, published.now.date())


def _accounts_between(
    published: Published, accounts: list[str] | None
) -> Callable[[datetime, datetime], Mapping[str, int]]:
    def between(since: datetime, until: datetime) -> Mapping[str, int]:
        bounds = {
            "tenant": published.tenant,
            "since": since,
            "until": until,
            "accounts": accounts,
        }
        rows = records(published.connection, sql(__file__, "account_recipients"), bounds)
        return {row["account"]: row["recipients"] for row in rows}

    return between


def _gap_days(published: Published, span: ReadSpan) -> frozenset[date]:
    """Days of the span of which some address was not read."""
    days: set[date] = set()
    for gap in coverage_report(published, span.first, span.last).gaps:
        days.update(days_between(gap.start.date(), gap.end.date()))
    return frozenset(days)
