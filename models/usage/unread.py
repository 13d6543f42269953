"""Of which time it is unknown what an account sent: windows for baselines, UTC days for costs.

Of accounts that are read, what was not read; of files, and of the time before the first reading,
the days that no file knows (models.usage.file_days).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from hve_monitor.clock import days_between, start_of_day
from hve_monitor.files import sql
from models.usage.coverage import (
    AddressCoverage,
    covered_addresses,
    due_until,
    tenants_of_files,
)
from models.usage.file_days import unknown_file_days
from warehouse.reading import Published
from warehouse.windows import Window, gaps, merge

ONE_DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)
TenantAccount = tuple[str, str]


def unread_days(
    published: Published, first: date, last: date
) -> dict[TenantAccount, frozenset[date]]:
    """Days from `first` to `last` that are not wholly known, by tenant and account.

    What lies after now is left out. An account of which everything is known has no entry.
    """
    accounts = _grouped(published, "mail_accounts")
    days = _grouped(published, "mail_days")
    from_files = tenants_of_files(published)
    coverage = [row for row in covered_addresses(published) if row.tenant not in from_files]
    unread: dict[TenantAccount, frozenset[date]] = {}
    for tenant in {*accounts, *(address.tenant for address in coverage)}:
        own = [address for address in coverage if address.tenant == tenant]
        end = min(due_until(published.of(tenant)), start_of_day(last + ONE_DAY))
        windows = unread_windows(
            own, accounts.get(tenant, ()), days.get(tenant, ()), Window(start_of_day(first), end)
        )
        unread |= {(tenant, account): _days_of(lost) for account, lost in windows.items()}
    return unread


def unread_windows(
    coverage: Sequence[AddressCoverage],
    accounts: Iterable[str],
    mail_days: Collection[date],
    whole: Window,
) -> dict[str, list[Window]]:
    """Parts of the whole window of which nothing is known, by account of one tenant.

    coverage: of all its addresses, empty for files. accounts: who sent mail. mail_days: UTC days
    with mail of the tenant.
    """
    starts = [address.due_from for address in coverage if address.due_from is not None]
    begin = max(whole.start, min(starts, default=whole.end))
    before = _unknown_to_files(mail_days, Window(whole.start, min(begin, whole.end)))
    unread = {account: [*before] for account in accounts}
    for address in coverage:
        known = unread.setdefault(address.account, [*before])
        if begin < whole.end:
            known += gaps(address.windows, Window(begin, whole.end))
    return {account: merge(windows) for account, windows in unread.items() if windows}


def _unknown_to_files(mail_days: Collection[date], whole: Window) -> list[Window]:
    if whole.start >= whole.end:
        return []
    unknown = unknown_file_days(mail_days, whole.start.date(), (whole.end - MOMENT).date())
    days = merge(Window(start_of_day(day), start_of_day(day + ONE_DAY)) for day in unknown)
    return [Window(max(start, whole.start), min(end, whole.end)) for start, end in days]


def _days_of(windows: Iterable[Window]) -> frozenset[date]:
    return frozenset(
        day
        for window in windows
        for day in days_between(window.start.date(), (window.end - MOMENT).date())
    )


def _grouped(published: Published, name: str) -> dict[str, list[Any]]:
    """Second column of the SQL beside this module, by tenant."""
    grouped: dict[str, list[Any]] = {}
    bounds = {"tenant": published.tenant}
    for tenant, value in published.connection.execute(sql(__file__, name), bounds).fetchall():
        grouped.setdefault(tenant, []).append(value)
    return grouped
