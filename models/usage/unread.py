"""Of which time it is unknown what an account sent: windows for baselines, UTC days for costs.

Of accounts that are read, what was not read; of files, and of the time before the first reading,
the days that no file knows (models.usage.file_days).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from hve_monitor.clock import days_between, start_of_day
from hve_monitor.files import sql
from models.usage.coverage import AddressCoverage, coverage_report, published_coverage
from models.usage.file_days import NO_FILES, FileDays, unknown_file_days
from warehouse.reading import Published
from warehouse.windows import Window, merge

ONE_DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)
TenantAccount = tuple[str, str]


def unread_days(
    published: Published, first: date, last: date, tenants: Collection[str] | None = None
) -> dict[TenantAccount, frozenset[date]]:
    """Days from `first` to `last` that are not wholly known, by tenant and account.

    tenants: None means all of the view. What lies after now is left out. A day that begins just now
    is known as the day before it is. An account of which everything is known has no entry.
    """
    whole = Window(start_of_day(first), start_of_day(last + ONE_DAY))
    unread = unread_times(published, whole, tenants)
    # Accounts of a tenant mostly lack the same: their days are counted once.
    days_of = {windows: _days_of(windows) for windows in {*map(tuple, unread.values())}}
    days = {account: days_of[tuple(windows)] for account, windows in unread.items()}
    today = published.now.date()
    if published.now != start_of_day(today) or not first < today <= last:
        return days
    return {
        account: unknown | {today} if today - ONE_DAY in unknown else unknown
        for account, unknown in days.items()
    }


def unread_times(
    published: Published, whole: Window, tenants: Collection[str] | None = None
) -> dict[TenantAccount, list[Window]]:
    """Windows of a time up to now of which nothing is known, by tenant and account."""
    accounts, files = _accounts(published), _file_days(published)
    coverage = published_coverage(published, tenants)
    names = {*accounts, *coverage.by_tenant}
    unread: dict[TenantAccount, list[Window]] = {}
    for tenant in names if tenants is None else names.intersection(tenants):
        windows = unread_windows(
            coverage.by_tenant.get(tenant, ()),
            accounts.get(tenant, ()),
            files.get(tenant, NO_FILES),
            Window(whole.start, min(coverage.due_until(tenant), whole.end)),
        )
        unread |= {(tenant, account): lost for account, lost in windows.items()}
    return unread


def is_whole(published: Published, since: datetime, until: datetime) -> bool:
    """Whether all that was sent in a window is known: it was read, or files know its days."""
    complete = coverage_report(replace(published, now=until), since, until).complete
    if complete is None:
        return not unread_days(published, since.date(), (until - MOMENT).date())
    return complete


def tenants_with_gaps(
    published: Published, tenants: Collection[str], since: datetime, until: datetime
) -> set[str]:
    """Of tenants from files those of which not all that was sent in a window is known."""
    unknown = unread_days(published, since.date(), (until - MOMENT).date(), tenants)
    return {tenant for tenant, _ in unknown}


def unread_windows(
    coverage: Sequence[AddressCoverage],
    accounts: Iterable[str],
    file_days: FileDays,
    whole: Window,
) -> dict[str, list[Window]]:
    """Parts of the whole window of which nothing is known, by account of one tenant.

    coverage: of all its addresses, empty for files. accounts: who sent mail.
    """
    starts = [address.due_from for address in coverage if address.due_from is not None]
    begin = max(whole.start, min(starts, default=whole.end))
    before = _unknown_to_files(file_days, Window(whole.start, min(begin, whole.end)))
    unread = {account: [*before] for account in accounts}
    for address in coverage:
        known = unread.setdefault(address.account, [*before])
        if begin < whole.end:
            known += address.gaps(Window(begin, whole.end))
    return {account: merge(windows) for account, windows in unread.items() if windows}


def _unknown_to_files(known: FileDays, whole: Window) -> list[Window]:
    if whole.start >= whole.end:
        return []
    last = (whole.end - MOMENT).date()
    unknown = unknown_file_days(known, whole.start.date(), last)
    days = merge(Window(start_of_day(day), start_of_day(day + ONE_DAY)) for day in unknown)
    return [Window(max(start, whole.start), min(end, whole.end)) for start, end in days]


def _days_of(windows: Iterable[Window]) -> frozenset[date]:
    return frozenset(
        day
        for window in windows
        for day in days_between(window.start.date(), (window.end - MOMENT).date())
    )


def _accounts(published: Published) -> dict[str, list[str]]:
    """Accounts that ever sent mail, by tenant."""
    accounts: dict[str, list[str]] = {}
    for tenant, account in _rows(published, "mail_accounts"):
        accounts.setdefault(tenant, []).append(account)
    return accounts


def _file_days(published: Published) -> dict[str, FileDays]:
    """Days with mail, and the spans of files, by tenant."""
    known: dict[str, FileDays] = {}
    for tenant, day in _rows(published, "mail_days"):
        known.setdefault(tenant, FileDays([], [])).days.append(day)
    for tenant, first, last in _rows(published, "file_spans"):
        known.setdefault(tenant, FileDays([], [])).spans.append((first, last))
    return known


def _rows(published: Published, name: str) -> list[tuple[Any, ...]]:
    """Rows of the SQL beside this module."""
    return published.connection.execute(
        sql(__file__, name), {"tenant": published.tenant}
    ).fetchall()
