"""What was read: windows of every address, and where they leave gaps."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import duckdb
import msgspec

from hve_monitor.document import Document
from hve_monitor.files import sql
from warehouse.reading import Published
from warehouse.records.coverage import POSTPONED, backfill_start, covered_windows, postponed
from warehouse.windows import Window, gaps

if TYPE_CHECKING:  # readers of the published file start faster without
    from warehouse.store import Store

SOURCE = "message_traces"
# The schedule's usual step is 15 minutes; four missed runs are no longer a slow one.
FRESH_FOR = timedelta(hours=1)
NEVER_READ = timedelta(days=90)
Covered: TypeAlias = tuple[str, str, str, datetime | None]  # tenant, account, address, planned from
LAST_RUNS = "select tenant, cast(last_now as timestamptz) as last_now from state.tenants"


@dataclass(frozen=True)
class AddressCoverage:
    """Windows of one address of an account that were read completely.

    planned_from: since when it is meant to be read; None where no reading was planned.
    postponed: newest minutes that the last run left for the next one, which is not late yet.
    """

    tenant: str
    account: str
    address: str
    windows: tuple[Window, ...]
    planned_from: datetime | None = None
    postponed: tuple[Window, ...] = ()

    def is_read(self, start: datetime, end: datetime) -> bool:
        """Whether one window holds all of it; mostly the first does."""
        return any(window.start <= start and end <= window.end for window in self.windows[:1])

    @cached_property
    def due_from(self) -> datetime | None:
        """Since when it should have been read; None where neither read nor planned."""
        starts = [window.start for window in self.windows[:1]]
        return min([*starts, *([self.planned_from] if self.planned_from else [])], default=None)

    def gaps(self, whole: Window) -> list[Window]:
        """What was not read of a window, but for what waits for the next run."""
        return gaps([*self.windows, *self.postponed], whole)


class CoverageGap(Document):
    """A window of one address that was not read. Times are UTC."""

    tenant: str
    account: str
    address: str
    start: datetime = msgspec.field(name="from")
    end: datetime = msgspec.field(name="to")


class CoverageReport(Document):
    """What was read of what should have been.

    complete: None where only files were imported. as_of: business time of the published version.
    """

    complete: bool | None
    gaps: list[CoverageGap]
    as_of: datetime


def joined_coverage(reports: Sequence[CoverageReport], *, is_whole: bool) -> CoverageReport:
    """The reports of several stores as one; without is_whole that of some store is not there."""
    answers = [report.complete for report in reports]
    complete = None if None in answers else True
    return CoverageReport(
        complete=False if False in answers or not is_whole else complete,
        gaps=[gap for report in reports for gap in report.gaps],
        as_of=min(report.as_of for report in reports),
    )


def coverage_of(store: Store, tenant: str, now: datetime | None = None) -> list[AddressCoverage]:
    """Coverage of every address of the tenant's current accounts.

    now: what was left for the next run waits for an hour; without it nothing does.
    """
    from warehouse.records.accounts import current_accounts

    return [
        AddressCoverage(
            tenant,
            account.account,
            address,
            tuple(covered_windows(store.state, tenant, SOURCE, address)),
            backfill_start(store.state, tenant, SOURCE, address),
            _waiting(postponed(store.state, tenant, SOURCE, address), now),
        )
        for account in current_accounts(store, tenant)
        for address in account.addresses
    ]


def _waiting(left: Iterable[Window], now: datetime | None) -> tuple[Window, ...]:
    """The windows for which the next run is not late."""
    return tuple(window for window in left if now is not None and now - window.end <= FRESH_FOR)


def covered_until(store: Store, tenant: str) -> datetime | None:
    """Latest instant up to which any address was read, None before the first read."""
    ends = [address.windows[-1].end for address in coverage_of(store, tenant) if address.windows]
    return max(ends, default=None)


def coverage_report(
    published: Published,
    since: datetime | None = None,
    until: datetime | None = None,
    *,
    needed_from: datetime | None = None,
) -> CoverageReport:
    """What was read between since and until; without them, the whole time that should have been.

    needed_from: a start that the time must not begin after, such as that of a month.
    """
    return published_coverage(published).report(None, since, until, needed_from)


def published_coverage(
    published: Published, tenants: Collection[str] | None = None
) -> PublishedCoverage:
    """Everything that says how far the view's tenants were read, or some of them."""
    from_files, rows = tenants_of_files(published), covered_addresses(published, tenants)
    runs = published.connection.execute(LAST_RUNS).fetchall()
    return PublishedCoverage(
        addresses=[address for address in rows if address.tenant not in from_files],
        from_files=frozenset(from_files),
        unlisted=frozenset(unlisted_tenants(published)),
        last_runs=dict(runs),
        now=published.now,
        as_of=published_as_of(published.connection),
    )


@dataclass(frozen=True)
class PublishedCoverage:
    """How far tenants were read, for questions about all of them together and about each.

    addresses: of tenants that are read. from_files: tenants whose rows came from files alone.
    unlisted: tenants that were tried and of which nothing came. last_runs: business time.
    """

    addresses: Sequence[AddressCoverage]
    from_files: frozenset[str]
    unlisted: frozenset[str]
    last_runs: Mapping[str, datetime]
    now: datetime
    as_of: datetime

    def report(
        self,
        tenant: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        needed_from: datetime | None = None,
    ) -> CoverageReport:
        """As coverage_report, of one tenant or of all."""
        addresses = self.addresses if tenant is None else self.by_tenant.get(tenant, [])
        ends = {name: self.due_until(name, until) for name in _names(addresses)}
        missing = list(_missing(addresses, ends, since, needed_from))
        complete: bool | None = bool(addresses)
        if missing or _has(self.unlisted, tenant):
            complete = False
        elif _has(self.from_files, tenant):
            complete = None
        return CoverageReport(complete=complete, gaps=missing, as_of=self.as_of)

    def due_until(self, tenant: str, until: datetime | None = None) -> datetime:
        """`until` or now, or the tenant's last run where that is not too long before it."""
        return _due_until(self.last_runs.get(tenant), self.now, until)

    @cached_property
    def by_tenant(self) -> dict[str, list[AddressCoverage]]:
        """The addresses of each tenant that has any."""
        by_tenant: dict[str, list[AddressCoverage]] = {}
        for address in self.addresses:
            by_tenant.setdefault(address.tenant, []).append(address)
        return by_tenant


def _has(tenants: Collection[str], tenant: str | None) -> bool:
    """Whether the tenant is among them; without one, whether there is any."""
    return bool(tenants) if tenant is None else tenant in tenants


def stored_coverage(store: Store, tenants: Iterable[str], now: datetime) -> CoverageReport:
    """What was read of the tenants as the store has it before the next build; None without any."""
    names = list(tenants)
    addresses = [address for tenant in names for address in coverage_of(store, tenant, now)]
    missing = list(_missing(addresses, dict.fromkeys(names, now)))
    complete = _names(addresses) == set(names) and not missing
    return CoverageReport(complete=complete if names else None, gaps=missing, as_of=now)


def _missing(
    addresses: Sequence[AddressCoverage],
    ends: Mapping[str, datetime],
    since: datetime | None = None,
    needed_from: datetime | None = None,
) -> Iterator[CoverageGap]:
    """Gaps of every address since it was due; one without a plan is due as its tenant is."""
    firsts = {} if since else _first_due(addresses)
    for address in addresses:
        end = ends[address.tenant]
        due = address.due_from or firsts.get(address.tenant, end - NEVER_READ)
        start = since or (due if needed_from is None else min(due, needed_from))
        if address.is_read(start, end):
            continue
        for gap in address.gaps(Window(start, end)):
            yield CoverageGap(
                tenant=address.tenant,
                account=address.account,
                address=address.address,
                start=gap.start,
                end=gap.end,
            )


def _first_due(addresses: Iterable[AddressCoverage]) -> dict[str, datetime]:
    """Since when the first address of each tenant is due."""
    firsts: dict[str, datetime] = {}
    for address in addresses:
        if address.due_from is not None:
            first = firsts.get(address.tenant, address.due_from)
            firsts[address.tenant] = min(first, address.due_from)
    return firsts


def _names(addresses: Iterable[AddressCoverage]) -> set[str]:
    return {address.tenant for address in addresses}


def tenants_of_files(published: Published) -> set[str]:
    """Tenants whose rows came from files alone."""
    bounds = {"tenant": published.tenant, "source": SOURCE}
    rows = published.connection.execute(sql(__file__, "tenants_of_files"), bounds).fetchall()
    return {tenant for (tenant,) in rows}


def unlisted_tenants(published: Published) -> list[str]:
    """Tenants that were tried and of which nothing came."""
    select = sql(__file__, "unlisted_tenants")
    rows = published.connection.execute(select, {"tenant": published.tenant}).fetchall()
    return [tenant for (tenant,) in rows]


def published_as_of(connection: duckdb.DuckDBPyConnection) -> datetime:
    """Business time of the published version."""
    rows = connection.execute("select as_of from state.publication").fetchall()
    moment: datetime = rows[0][0]
    return moment


def due_until(published: Published, until: datetime | None = None) -> datetime:
    """`until` or now, or the tenant's last run where that is not too long before it."""
    rows = published.connection.execute(
        f"{LAST_RUNS} where tenant = $tenant", {"tenant": published.tenant}
    ).fetchall()
    return _due_until(rows[0][1] if rows else None, published.now, until)


def _due_until(last_run: datetime | None, now: datetime, until: datetime | None) -> datetime:
    end = now if until is None else min(until, now)
    last = end if last_run is None else last_run
    return min(last, end) if end - last <= FRESH_FOR else end


def covered_addresses(
    published: Published, tenants: Collection[str] | None = None
) -> list[AddressCoverage]:
    """Published coverage of every address of the current accounts, of these tenants alone."""
    bounds = {
        "tenant": published.tenant,
        "tenants": None if tenants is None else sorted(tenants),
        "source": SOURCE,
        "postponed": f"{SOURCE}{POSTPONED}",
    }
    rows = published.connection.execute(sql(__file__, "coverage"), bounds).fetchall()
    read: dict[Covered, tuple[list[Window], list[Window]]] = {}
    for tenant, account, address, is_postponed, start, end, planned in rows:
        windows = read.setdefault((tenant, account, address, planned), ([], []))
        if start is not None:
            windows[bool(is_postponed)].append(Window(start, end))
    return [
        AddressCoverage(
            tenant, account, address, tuple(windows), planned, _waiting(left, published.now)
        )
        for (tenant, account, address, planned), (windows, left) in read.items()
    ]
