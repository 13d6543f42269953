"""Hourly usage of a tenant's accounts as a grid, from the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa

from hve_monitor.clock import days_between
from hve_monitor.config import Tenant
from models.baseline.grid import HourlyGrid
from models.statistics import blank
from models.usage.coverage import coverage_of, covered_until
from models.usage.file_days import FileDays
from models.usage.unread import unread_windows
from warehouse.connection import files_sql
from warehouse.records.stored import stored_days
from warehouse.store import Store, StoredFiles
from warehouse.tables import HVE_USAGE_HOURLY
from warehouse.windows import Window

HOUR = timedelta(hours=1)
# More than a year, so that yearly mailings are known; a stray row of long ago costs nothing.
HISTORY = timedelta(days=400)


def known_until(store: Store, tenant: Tenant, now: datetime) -> datetime:
    """The end of what is known: the last read of traces, or the last row of files."""
    if tenant.accounts != "files":
        return min(now, covered_until(store, tenant.name) or now)
    days = store.delta.rows_by_day(HVE_USAGE_HOURLY, tenant.name)
    past = sorted(day for day in days if day <= now.date())
    # Of the last day all hours may be to come; the hours of the one before are over.
    files = store.delta.files(HVE_USAGE_HOURLY, tenant.name, past[-2:])
    with store.compute() as connection:
        rows = connection.execute(
            f"select max(hour_utc) from ({files_sql(HVE_USAGE_HOURLY, files)})"
            " where hour_utc <= $now",
            {"now": now},
        ).fetchall()
    last: datetime | None = rows[0][0]
    return now if last is None else min(now, last + HOUR)


def last_hours(store: Store, tenant: str, until: datetime) -> dict[str, datetime]:
    """Every account with mail in the history: the end of its last hour with any."""
    files = store.delta.files(HVE_USAGE_HOURLY, tenant)
    with store.compute() as connection:
        rows = connection.execute(
            "select account, max(hour_utc) + interval 1 hour"
            f" from ({files_sql(HVE_USAGE_HOURLY, files)})"
            " where hour_utc >= $since and hour_utc < $until group by account order by account",
            {"since": until - HISTORY, "until": until},
        ).fetchall()
    return dict(rows)


def gaps_of(
    store: Store, tenant: str, accounts: Iterable[str], until: datetime
) -> dict[str, list[Window]]:
    """Of which windows of each account's history nothing is known."""
    history = Window(until - HISTORY, until)
    files = FileDays(stored_days(store, tenant), store.state.file_spans(tenant))
    # What waits for the next run is not judged before.
    return unread_windows(coverage_of(store, tenant), accounts, files, history)


def hours_of(
    store: StoredFiles,
    tenant: str,
    since: datetime,
    until: datetime,
    accounts: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Stored hours of a tenant, or of some accounts, as `grid_from_hours` takes them."""
    days = days_between(since.date(), until.date())
    files = store.files(HVE_USAGE_HOURLY, tenant, days)
    judged = "" if accounts is None else " semi join judged using (account)"
    with store.compute() as connection:
        connection.register("judged", pa.table({"account": pa.array(accounts or [], pa.string())}))
        frame: pd.DataFrame = connection.execute(
            "select account, hour_utc, recipients, recipients_q1, recipients_q2, recipients_q3,"
            " recipients_q4, new_recipients, new_sources"
            f" from ({files_sql(HVE_USAGE_HOURLY, files)}){judged}"
            " where hour_utc >= $since and hour_utc < $until",
            {"since": since, "until": until},
        ).df()
    return frame


def first_mails(
    store: StoredFiles, tenant: str, since: datetime, until: datetime, local: pd.DataFrame
) -> pd.DataFrame:
    """The first hour with mail of every account and local day: account, day, hour.

    local: hour_utc, day and hour of the tenant's local time.
    """
    files = store.files(HVE_USAGE_HOURLY, tenant, days_between(since.date(), until.date()))
    with store.compute() as connection:
        connection.register("local", pa.Table.from_pandas(local))
        frame: pd.DataFrame = connection.execute(
            "select account, local.day, min(local.hour) as hour"
            f" from ({files_sql(HVE_USAGE_HOURLY, files)}) inner join local using (hour_utc)"
            " where recipients > 0 and hour_utc >= $since and hour_utc < $until"
            " group by account, local.day",
            {"since": since, "until": until},
        ).df()
    return frame


def without_gaps(grid: HourlyGrid, gaps: Mapping[str, Sequence[Window]]) -> HourlyGrid:
    """The grid with hours unknown that were not read and of which no mail is stored."""
    recipients = grid.recipients.copy()
    count = recipients.shape[1]
    for row, account in enumerate(grid.accounts):
        for window in gaps.get(account, ()):
            first = max(int((window.start - grid.start) / HOUR), 0)
            last = min(count, int(np.ceil((window.end - grid.start) / HOUR)))
            unread = recipients[row, first : max(last, first)]
            unread[unread == 0] = np.nan
    return replace(grid, recipients=recipients)


def widened(grid: HourlyGrid, start: datetime) -> HourlyGrid:
    """The grid with the hours from `start` on: earlier ones are blank until they are recalled."""
    before = (grid.start - start) // HOUR
    accounts, hours = grid.recipients.shape
    shape = accounts, before + hours
    recipients, new, sources = (blank(shape) for _ in range(3))
    quarters = np.moveaxis(blank((4, *shape)), 0, 2)
    for whole, part in (
        (recipients, grid.recipients),
        (new, grid.new_recipients),
        (sources, grid.new_sources),
        (quarters, grid.quarters),
    ):
        whole[:, before:] = part
    return HourlyGrid(
        grid.accounts, start, recipients, quarters, new, sources, grid.complete_quarters
    )
