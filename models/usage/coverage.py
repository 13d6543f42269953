"""What was read: windows of every address, and where they leave gaps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import duckdb
import msgspec

from hve_monitor.document import Document
from hve_monitor.files import sql
from warehouse.reading import Published
from warehouse.windows import Window, gaps

if TYPE_CHECKING:  # readers of the published file start faster without
    from warehouse.store import Store

SOURCE = "message_traces"
# The schedule's usual step is 15 minutes; four missed runs are no longer a slow one.
FRESH_FOR = timedelta(hours=1)
NEVER_READ = timedelta(days=90)


@dataclass(frozen=True)
class AddressCoverage:
    """Windows of one address of an account that were read completely."""

    tenant: str
    account: str
    address: str
    windows: tuple[Window, ...]


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


def coverage_of(store: Store, tenant: str) -> list[AddressCoverage]:
    """Coverage of every address of the tenant's current accounts."""
    from warehouse.records.accounts import current_accounts

    return [
        AddressCoverage(
            tenant,
            account.account,
            address,
            tuple(store.state.covered(tenant, SOURCE, address)),
        )
        for account in current_accounts(store, tenant)
        for address in account.addresses
    ]


def covered_until(store: Store, tenant: str) -> datetime | None:
    """Latest instant up to which any address was read, None before the first read."""
    ends = [address.windows[-1].end for address in coverage_of(store, tenant) if address.windows]
    return max(ends, default=None)


def account_gaps(
    store: Store, tenant: str, start: datetime, end: datetime
) -> dict[str, list[Window]]:
    """Windows between start and end that some address of an account lacks, by account."""
    missing: dict[str, list[Window]] = {}
    for address in coverage_of(store, tenant):
        unread = gaps(address.windows, Window(start, end))
        if unread:
            missing.setdefault(address.account, []).extend(unread)
    return missing


def coverage_report(
    published: Published, since: datetime | None = None, until: datetime | None = None
) -> CoverageReport:
    """What was read between since and until; without them, the whole time that should have been."""
    addresses = covered_addresses(published)
    tenants = {address.tenant for address in addresses}
    ends = {tenant: _end(published.of(tenant), until) for tenant in tenants}
    missing = [
        CoverageGap(
            tenant=address.tenant,
            account=address.account,
            address=address.address,
            start=gap.start,
            end=gap.end,
        )
        for address in addresses
        for gap in gaps(address.windows, _due(address, addresses, since, ends[address.tenant]))
    ]
    only_files = published.connection.execute(
        sql(__file__, "tenants_of_files"), {"tenant": published.tenant}
    ).fetchall()
    return CoverageReport(
        complete=None if only_files and not missing else bool(addresses) and not missing,
        gaps=missing,
        as_of=published_as_of(published.connection),
    )


def published_as_of(connection: duckdb.DuckDBPyConnection) -> datetime:
    """Business time of the published version."""
    rows = connection.execute("select as_of from state.publication").fetchall()
    moment: datetime = rows[0][0]
    return moment


def _due(
    address: AddressCoverage,
    addresses: list[AddressCoverage],
    since: datetime | None,
    end: datetime,
) -> Window:
    """What should have been read: from `since`, its first read, or the tenant's first read on."""
    firsts = [
        other.windows[0].start
        for other in addresses
        if other.tenant == address.tenant and other.windows
    ]
    own = address.windows[0].start if address.windows else min(firsts, default=end - NEVER_READ)
    return Window(since or own, end)


def _end(published: Published, until: datetime | None) -> datetime:
    """`until` or now, or the tenant's last run where that is not too long before it."""
    rows = published.connection.execute(
        "select cast(last_now as timestamptz) from state.tenants where tenant = $tenant",
        {"tenant": published.tenant},
    ).fetchall()
    end = published.now if until is None else min(until, published.now)
    last: datetime = rows[0][0] if rows else end
    return min(last, end) if end - last <= FRESH_FOR else end


def covered_addresses(published: Published) -> list[AddressCoverage]:
    """Published coverage of every address of the current accounts."""
    rows = published.connection.execute(
        sql(__file__, "coverage"), {"tenant": published.tenant, "source": SOURCE}
    ).fetchall()
    read: dict[tuple[str, str, str], list[Window]] = {}
    for tenant, account, address, start, end in rows:
        windows = read.setdefault((tenant, account, address), [])
        if start is not None:
            windows.append(Window(start, end))
    return [AddressCoverage(*key, tuple(windows)) for key, windows in read.items()]
