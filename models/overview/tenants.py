"""Several tenants of one store side by side: the morning's summary of who looks after them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from msgspec import UNSET, UnsetType
from msgspec.structs import asdict

from hve_monitor.config import Config
from hve_monitor.document import Document
from hve_monitor.files import sql
from models.cost.documents import Range
from models.cost.spend import announced_plans
from models.incident import Severity
from models.incidents.cards import IncidentCounts, incident_counts
from models.overview.money import NextBudget, TenantMoney, kept_tenants_money, tenant_money
from models.overview.reads import TenantRead, last_reads
from models.reference.cost_centers import read_centers
from models.usage.coverage import (
    FRESH_FOR,
    CoverageReport,
    PublishedCoverage,
    published_coverage,
)
from models.usage.unread import tenants_with_gaps
from warehouse.reading import Published, read_published
from warehouse.state import State, open_state

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
KnownMoney = tuple[datetime, TenantMoney]  # as of when it is known
RANK: tuple[Severity, ...] = ("high", "medium", "low")
NO_INCIDENTS = IncidentCounts({}, 0)


class TenantCoverage(Document):
    """Whether everything was read (None: rows come from files), and the number of gaps.

    gaps: None where nobody knows: of files, and where nothing was read.
    """

    complete: bool | None
    gaps: int | None


class TenantSummary(Document):
    """One tenant. Unknown is None.

    read_at: up to when all of it was read, of files the end of the newest hour with a row; None
    where nothing ever was.
    error: why its last run could not read it as a whole. Volume: recipients in whole UTC hours;
    whole: whether all of these is known; otherwise there are at least so many.
    open_incidents, unjudged_high (high ones that ended and that nobody judged): None where nothing
    ever was read. highest: severity of its open incidents, None without. The rest as in
    TenantMoney; projected_at: as of when that is known, its last run where many tenants are served.
    is_unread: its store cannot be read now, so that all but the error is unknown.
    """

    tenant: str
    read_at: datetime | None
    fresh: bool | None
    error: str | None
    coverage: TenantCoverage
    recipients_24h: int | None
    recipients_7d: int | None
    whole_24h: bool
    whole_7d: bool
    open_incidents: int | None
    highest: Severity | None
    unjudged_high: int | None
    currency: str
    month_to_date: Decimal | None
    unknown_recipients: int
    unread_days: int
    range: Range
    month_end: Decimal | None
    budget: NextBudget | None
    projected_at: datetime
    is_unread: bool = False


class TenantsReport(Document):
    """What `hve tenants` prints: what needs a look first.

    unread_shards: those that could not be read now; their tenants are unknown.
    """

    tenants: list[TenantSummary]
    unread_shards: list[str] | UnsetType = UNSET


class DatedSummary(NamedTuple):
    """A summary, and until when it stays as it is while nothing is read, built or said."""

    summary: TenantSummary
    until: datetime


def tenant_summaries(config: Config, now: datetime) -> TenantsReport:
    """Every configured tenant of one store, what needs a look first."""
    return in_order([dated.summary for dated in dated_summaries(config, now)])


def in_order(rows: Sequence[TenantSummary]) -> TenantsReport:
    """The document of some tenants, what needs a look first."""
    return TenantsReport(tenants=sorted(rows, key=_urgency))


def dated_summaries(
    config: Config, now: datetime, money: Mapping[str, KnownMoney] = MappingProxyType({})
) -> list[DatedSummary]:
    """The tenants of one store. money: what is known of it already, by tenant."""
    root = config.warehouse.path
    with read_published(root, now) as published, open_state(root) as state:
        return list(_summaries(config, published, state, money))


def _summaries(
    config: Config, published: Published, state: State, money: Mapping[str, KnownMoney]
) -> Iterator[DatedSummary]:
    """Each thing is asked once for all tenants, but for what is projected."""
    names = [tenant.name for tenant in config.served]
    coverage = published_coverage(published, names)
    hour = published.now.replace(minute=0, second=0, microsecond=0)
    recipients = _recent_recipients(published, names, coverage, hour)
    incidents, centers = incident_counts(published), read_centers(config)
    kept = {**kept_tenants_money(state, config, published.now, coverage.last_runs), **money}
    next_incidents = _next_incidents(published)
    for read in last_reads(config, published, coverage):
        report = coverage.report(read.tenant)
        counts = incidents.get(read.tenant, NO_INCIDENTS)
        day, week = recipients[read.tenant]
        projected_at, spent = kept.get(read.tenant) or (
            published.now,
            tenant_money(
                config,
                published.of(read.tenant),
                announced_plans(state, published.now, [read.tenant]),
                centers,
            ),
        )
        is_known = read.read_at is not None or read.tenant in incidents
        summary = TenantSummary(
            tenant=read.tenant,
            read_at=read.read_at,
            fresh=None if read.read_at is None else read.fresh,
            error=read.error,
            coverage=TenantCoverage(complete=report.complete, gaps=_gaps(report)),
            recipients_24h=day.recipients,
            recipients_7d=week.recipients,
            whole_24h=day.is_whole,
            whole_7d=week.is_whole,
            open_incidents=sum(counts.open.values()) if is_known else None,
            highest=next((severity for severity in RANK if severity in counts.open), None),
            unjudged_high=counts.unjudged_high if is_known else None,
            **asdict(spent),
            projected_at=projected_at,
        )
        until = min(_until(read, coverage), next_incidents.get(read.tenant, coverage.now + HOUR))
        yield DatedSummary(summary, until)


def _gaps(report: CoverageReport) -> int | None:
    return len(report.gaps) or (0 if report.complete else None)


def _next_incidents(published: Published) -> dict[str, datetime]:
    """When time alone gives the first incident of each tenant another status."""
    bounds = {"now": published.now, "tenant": published.tenant}
    return dict(published.connection.execute(sql(__file__, "next_status"), bounds).fetchall())


def _until(read: TenantRead, coverage: PublishedCoverage) -> datetime:
    """The end of the hour, or earlier where a reading is old or late by then."""
    now = coverage.now
    addresses = coverage.by_tenant.get(read.tenant, ())
    moments = [left.end for address in addresses for left in address.postponed]
    moments += [at for at in (read.read_at, coverage.last_runs.get(read.tenant)) if at is not None]
    late = [moment + FRESH_FOR for moment in moments if now < moment + FRESH_FOR]
    return min([now.replace(minute=0, second=0, microsecond=0) + HOUR, *late])


class _Volume(NamedTuple):
    """Recipients in whole hours, None where nothing was seen in hours that were not read."""

    recipients: int | None
    is_whole: bool


def _recent_recipients(
    published: Published, tenants: Sequence[str], coverage: PublishedCoverage, hour: datetime
) -> dict[str, tuple[_Volume, _Volume]]:
    """The last 24 hours and the last 7 days of each tenant, up to the hour."""
    bounds = {"tenants": tenants, "day": hour - DAY, "week": hour - WEEK, "until": hour}
    rows = published.connection.execute(sql(__file__, "recent_recipients"), bounds).fetchall()
    seen = {tenant: (of_day, of_week) for tenant, of_day, of_week in rows}
    day, week = (_known_wholly(published, tenants, coverage, hour - s, hour) for s in (DAY, WEEK))
    return {
        name: (_volume(of_day, name in day), _volume(of_week, name in week))
        for name in tenants
        for of_day, of_week in [seen.get(name, (0, 0))]
    }


def _volume(seen: int, is_whole: bool) -> _Volume:
    """None where nothing was seen in a window that was not read: that is no 0."""
    return _Volume(seen if seen or is_whole else None, is_whole)


def _known_wholly(
    published: Published,
    tenants: Sequence[str],
    coverage: PublishedCoverage,
    since: datetime,
    until: datetime,
) -> set[str]:
    """The tenants of which a whole window is known: it was read, or files know its days."""
    complete = {name: coverage.report(name, since, until).complete for name in tenants}
    from_files = {name for name, answer in complete.items() if answer is None}
    unknown = from_files and tenants_with_gaps(
        replace(published, now=until), from_files, since, until
    )
    return {name for name, answer in complete.items() if answer or name in from_files - unknown}


def _urgency(row: TenantSummary) -> tuple[int, bool, bool, str]:
    """The severest incident first, then what was not read, then a budget in sight, then names."""
    severity = RANK.index(row.highest) if row.highest else len(RANK)
    is_unread = row.coverage.complete is False or row.fresh is not True
    return severity, not is_unread, row.budget is None, row.tenant
