"""What was read: windows of every address, and where they leave gaps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb

from hve_monitor.clock import iso
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
    ends = [each.windows[-1].end for each in coverage_of(store, tenant) if each.windows]
    return max(ends, default=None)


def account_gaps(
    store: Store, tenant: str, start: datetime, end: datetime
) -> dict[str, list[Window]]:
    """Windows between start and end that some address of an account lacks, by account."""
    missing: dict[str, list[Window]] = {}
    for each in coverage_of(store, tenant):
        found = gaps(each.windows, Window(start, end))
        if found:
            missing.setdefault(each.account, []).extend(found)
    return missing


def coverage_report(
    published: Published, since: datetime | None = None, until: datetime | None = None
) -> dict[str, Any]:
    """`complete` is true, false, or null where only files were imported; `gaps` lists holes.

    Without since and until the whole time that should have been read is judged.
    """
    covered = covered_addresses(published)
    ends = {each.tenant: _end(published.of(each.tenant), until) for each in covered}
    missing = [
        {
            "tenant": each.tenant,
            "account": each.account,
            "address": each.address,
            "from": iso(gap.start),
            "to": iso(gap.end),
        }
        for each in covered
        for gap in gaps(each.windows, _wanted(each, covered, since, ends[each.tenant]))
    ]
    only_files = published.connection.execute(
        sql(__file__, "tenants_of_files"), {"tenant": published.tenant}
    ).fetchall()
    complete = None if only_files and not missing else bool(covered) and not missing
    as_of = iso(published_as_of(published.connection))
    return {"complete": complete, "gaps": missing, "as_of": as_of}


def published_as_of(connection: duckdb.DuckDBPyConnection) -> datetime:
    """Business time of the published version."""
    rows = connection.execute("select as_of from state.publication").fetchall()
    moment: datetime = rows[0][0]
    return moment


def _wanted(
    each: AddressCoverage, covered: list[AddressCoverage], since: datetime | None, end: datetime
) -> Window:
    """What should have been read: from the asked start, the first read, or the tenant's first."""
    firsts = [one.windows[0].start for one in covered if one.tenant == each.tenant and one.windows]
    own = each.windows[0].start if each.windows else min(firsts, default=end - NEVER_READ)
    return Window(since or own, end)


def _end(published: Published, until: datetime | None) -> datetime:
    """The asked end, or the tenant's last run where that is not too long before it."""
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
    found: dict[tuple[str, str, str], list[Window]] = {}
    for name, account, address, start, end in rows:
        windows = found.setdefault((name, account, address), [])
        if start is not None:
            windows.append(Window(start, end))
    return [AddressCoverage(*key, tuple(windows)) for key, windows in found.items()]
