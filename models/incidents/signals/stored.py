"""Tabular signals of a tenant in the store: only the days that changed are judged again.

What fired is kept per day in the mart hve_signals, so that a run costs what its new days cost and
still puts all signals since the first together in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa

from models.incident import Event
from models.incidents.signals.quarter_hours import COUNTS, QuarterHours, activity_of
from models.incidents.signals.rules import CONTEXT_DAYS, Fired, find
from warehouse.connection import arrow, files_sql
from warehouse.store import StoredFiles
from warehouse.tables import HVE_ACTIVITY, HVE_SIGNALS, HVE_USAGE_DAILY
from warehouse.windows import Window

HISTORY = timedelta(days=400)
_NUMBERS = ", ".join(f"cast({name} as double) as {name}" for name in COUNTS)
# An episode and what may still join it lie within this time.
EPISODE_DAYS = 15


@dataclass(frozen=True)
class Tabular:
    """The activity around the judged days, the signals that fired on them, and their rows.

    Shape:  rows are those of the mart hve_signals for the days from the first judged one on.
    """

    activity: QuarterHours
    fired: Fired
    events: list[tuple[str, Event]]
    rows: pa.Table


def judge_days(
    store: StoredFiles,
    tenant: str,
    accounts: Sequence[str],
    until: datetime,
    first: date,
    unread: Mapping[str, Sequence[Window]],
    described_from: date | None = None,
) -> Tabular:
    """Judges the days of some accounts from `first` on.

    unread: windows by account of which nothing is known. described_from: first day of which
    incidents are described, where that is earlier.
    """
    judged = pa.table({"account": pa.array(accounts, pa.string())})
    since = min(first, described_from or first) - timedelta(days=CONTEXT_DAYS + EPISODE_DAYS)
    rows, born = _rows(store, tenant, judged, until, since)
    activity = activity_of(rows, until, born, first, unread)
    fired = find(activity)
    events = [(name, event) for name, event in tabular_events(fired) if event.known_at <= until]
    return Tabular(activity, fired, events, _signals(tenant, fired))


def _rows(
    store: StoredFiles, tenant: str, judged: pa.Table, until: datetime, since: date
) -> tuple[pd.DataFrame, dict[str, date]]:
    """Rows since a day, and the first day of each account.

    Accounts come as numbers: their names, millions of times, would take longer than the rest.
    """
    names = pa.chunked_array([judged["account"].combine_chunks().sort()])
    numbered = pa.table({"account": names, "number": pa.array(range(len(names)), pa.int32())})
    files = files_sql(HVE_ACTIVITY, store.files(HVE_ACTIVITY, tenant))
    daily = files_sql(HVE_USAGE_DAILY, store.files(HVE_USAGE_DAILY, tenant))
    with store.compute() as connection:
        connection.register("judged", numbered)
        rows = arrow(
            connection,
            f"select number, hour_utc, quarter, {_NUMBERS} from ({files}) join judged"
            " using (account) where day >= $since and hour_utc < $until",
            {"since": since, "until": until},
        )
        born = connection.execute(
            # A stray row of long ago is no history.
            f"select account, min(day) from ({daily}) semi join judged using (account)"
            " where recipients > 0 and day >= $since and day <= $until group by account",
            {"since": (until - HISTORY).date(), "until": until.date()},
        ).fetchall()
    columns = {name: rows[name].to_numpy() for name in rows.column_names}
    account = pd.Categorical.from_codes(columns.pop("number"), names.to_pandas())
    return pd.DataFrame({"account": account, **columns}, copy=False), dict(born)


def _signals(tenant: str, fired: Fired) -> pa.Table:
    """Rows of the mart."""
    start, accounts = fired.activity.start, pa.array(fired.activity.accounts, pa.string())
    began, known = (
        np.datetime64(start.replace(tzinfo=None), "us") + quarters * np.timedelta64(15, "m")
        for quarters in (fired.began, fired.quarter + 1)
    )
    names = pa.DictionaryArray.from_arrays(pa.array(fired.account, pa.int32()), accounts)
    rows = {
        "tenant": pa.repeat(pa.scalar(tenant), len(known)),
        "day": (known - np.timedelta64(1, "us")).astype("M8[D]"),
        "account": names.cast(pa.string()),
        "known_at": pa.array(known).cast(pa.timestamp("us", tz="UTC")),
        "began_at": pa.array(began).cast(pa.timestamp("us", tz="UTC")),
        "signal": pa.array(fired.signal, pa.string()),
        "level": fired.level,
        "value": fired.value,
        "usual": fired.usual,
        "window_quarters": fired.window,
    }
    return pa.table(rows).select(HVE_SIGNALS.schema.names).cast(HVE_SIGNALS.schema)


def stored_events(
    store: StoredFiles, tenant: str, accounts: Sequence[str], before: date
) -> Iterator[tuple[str, Event]]:
    """Signals of some accounts that fired on the days before."""
    judged = pa.table({"account": pa.array(accounts, pa.string())})
    files = files_sql(HVE_SIGNALS, store.files(HVE_SIGNALS, tenant))
    with store.compute() as connection:
        connection.register("judged", judged)
        rows = connection.execute(
            "select account, signal, level, known_at, began_at, known_at, value, usual,"
            f" window_quarters from ({files}) semi join judged using (account)"
            " where day < $before order by account, known_at, signal, window_quarters",
            {"before": before},
        ).fetchall()
    for account, *values in rows:
        yield account, Event(*values)


def tabular_events(fired: Fired) -> Iterator[tuple[str, Event]]:
    """The fired as events with their accounts."""
    time_of, accounts = fired.activity.time_of, fired.activity.accounts
    columns = (
        fired.account,
        fired.signal,
        fired.level,
        fired.quarter,
        fired.began,
        fired.value,
        fired.usual,
        fired.window,
    )
    for account, signal, level, quarter, began, value, usual, window in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        end = time_of(quarter + 1)
        event = Event(signal, level, end, time_of(began), end, value, usual, window)
        yield accounts[account], event
