"""Tabular signals of a tenant in the store: only the days that changed are judged again.

What fired is kept per day in the mart hve_signals, so that a run costs what its new days cost and
still puts all signals since the first together in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pandas as pd
import pyarrow as pa

from models.activity import Activity, activity_of
from models.findings import CONTEXT_DAYS, Findings, find
from models.fusion import Event, tabular_events
from warehouse.connection import arrow, compute, files_sql
from warehouse.store import Store
from warehouse.tables import HVE_ACTIVITY, HVE_SIGNALS

HISTORY = timedelta(days=400)
# An episode and what may still join it lie within this time.
STORY_DAYS = 15


@dataclass(frozen=True)
class Tabular:
    """The activity around the judged days, and every signal that ever fired."""

    activity: Activity
    findings: Findings
    events: list[tuple[str, Event]]


def judge_days(store: Store, tenant: str, until: datetime, first: date) -> Tabular:
    """Judges the days from `first` on, stores what fired in them, and returns it with the rest."""
    rows, born = _rows(store, tenant, until, first - timedelta(days=CONTEXT_DAYS + STORY_DAYS))
    activity = activity_of(rows, until, born, first)
    findings = find(activity)
    fresh = list(tabular_events(findings))
    _store(store, tenant, fresh, [first + timedelta(days=n) for n in range(_span(first, until))])
    return Tabular(activity, findings, _events(store, tenant, until))


def _span(first: date, until: datetime) -> int:
    return max((until.date() - first).days, 0) + 1


def _rows(
    store: Store, tenant: str, until: datetime, since: date
) -> tuple[pd.DataFrame, dict[str, date]]:
    """Activity since a day, and the first day of each account."""
    files = files_sql(HVE_ACTIVITY, store.delta.files(HVE_ACTIVITY, tenant))
    with compute(store.spill, store.memory_limit, store.threads) as connection:
        frame: pd.DataFrame = connection.execute(
            f"select * exclude (tenant, day) from ({files})"
            " where day >= $since and hour_utc < $until",
            {"since": since, "until": until},
        ).df()
        born = connection.execute(
            # A stray row of long ago is no history.
            f"select account, min(day) from ({files}) where hour_utc >= $since group by account",
            {"since": until - HISTORY},
        ).fetchall()
    return frame, dict(born)


def _store(store: Store, tenant: str, events: list[tuple[str, Event]], days: list[date]) -> None:
    rows = [
        {
            "tenant": tenant,
            "day": (event.known_at - timedelta(microseconds=1)).date(),
            "account": account,
            "known_at": event.known_at,
            "began_at": event.began,
            "signal": event.signal,
            "level": event.level,
            "value": event.value,
            "usual": event.usual,
            "window_quarters": event.window,
        }
        for account, event in events
    ]
    store.delta.replace(
        HVE_SIGNALS, pa.Table.from_pylist(rows, schema=HVE_SIGNALS.schema), tenant, days
    )


def _events(store: Store, tenant: str, until: datetime) -> list[tuple[str, Event]]:
    files = files_sql(HVE_SIGNALS, store.delta.files(HVE_SIGNALS, tenant))
    with compute(store.spill, store.memory_limit, store.threads) as connection:
        table = arrow(connection, f"select * from ({files}) order by account, known_at, signal")
    names = ("signal", "level", "known_at", "began_at", "known_at", "value", "usual")
    columns = [table[name].to_pylist() for name in (*names, "window_quarters")]
    accounts = table["account"].to_pylist()
    return [
        (account, Event(*values))
        for account, *values in zip(accounts, *columns, strict=True)
        if values[2] <= until
    ]
