"""Whether the numbers may be trusted: what was read, run, refused, and how old the models are."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import pandas as pd

from hve_monitor.clock import iso, midnight
from hve_monitor.config import Config
from hve_monitor.files import sql
from models.engine.sql import records
from models.usage.accounts import learning_states
from models.usage.coverage import (
    AddressCoverage,
    coverage_report,
    covered_addresses,
    published_as_of,
)
from warehouse.reading import Published
from warehouse.state import open_state
from warehouse.windows import Window, gaps

Row = dict[str, Any]
MOST_RUNS = 30
SIGNALS_OF = timedelta(days=30)
ONE_DAY = timedelta(days=1)


def health_report(published: Published) -> Row:
    """Coverage, rejected lines, what is unavailable, and the age of each model, as JSON.

    rejected: tenant, file, reason, lines, first_line, last_at. settings: tenant, kind, reason,
    objects, since. signals: signal, reason, incidents, accounts, last_at (incidents of 30 days).
    sources: tenant, source, read_until. marts: mart, newest (day, null for an empty mart).
    waiting_days: days whose marts are out of date. learning: accounts whose baseline is young.
    """
    asked = {"now": published.now, "tenant": published.tenant}
    rows = published.connection.execute("select published_at from state.publication").fetchall()
    learning = learning_states(published)
    return {
        "coverage": coverage_report(published),
        "as_of": iso(published_as_of(published.connection)),
        "published_at": iso(rows[0][0]),
        "sources": _timed(
            published.connection, "sources_read", {"tenant": published.tenant}, "read_until"
        ),
        "rejected": _timed(published.connection, "rejected_rows", asked, "last_at"),
        "settings": _timed(published.connection, "unavailable_objects", asked, "since"),
        "signals": _timed(
            published.connection,
            "unavailable_signals",
            asked | {"since": published.now - SIGNALS_OF},
            "last_at",
        ),
        "marts": [
            row | {"newest": None if row["newest"] is None else str(row["newest"])}
            for row in records(
                published.connection, sql(__file__, "newest_days"), {"tenant": published.tenant}
            )
        ],
        "waiting_days": _waiting(published.connection, published.tenant),
        "learning": sum(day > 0 for day in learning.values()),
        "accounts": len(learning),
    }


def _timed(connection: duckdb.DuckDBPyConnection, name: str, asked: Row, moment: str) -> list[Row]:
    rows = records(connection, sql(__file__, name), asked)
    return [row | {moment: iso(row[moment])} for row in rows]


def _waiting(connection: duckdb.DuckDBPyConnection, tenant: str | None) -> int:
    rows = connection.execute(
        "select count(*) from state.dirty_days where $tenant is null or tenant = $tenant",
        {"tenant": tenant},
    ).fetchall()
    return int(rows[0][0])


def coverage_days(published: Published, first: date) -> pd.DataFrame:
    """How much of each UTC day was read.

    Shape: tenant, account, day, share (0 to 1, over the account's addresses), one row per account
    and day from `first` to the day of `now`, which counts up to the last run.
    """
    end = min(published.now, published_as_of(published.connection))
    days = [midnight(end) - ONE_DAY * n for n in range((end.date() - first).days, -1, -1)]
    by_account: dict[tuple[str, str], list[AddressCoverage]] = {}
    for each in covered_addresses(published):
        by_account.setdefault((each.tenant, each.account), []).append(each)
    rows = [
        (*key, start.date(), _share(addresses, Window(start, min(start + ONE_DAY, end))))
        for key, addresses in by_account.items()
        for start in days
        if start < end
    ]
    return pd.DataFrame(rows, columns=["tenant", "account", "day", "share"])


def _share(addresses: Sequence[AddressCoverage], day: Window) -> float:
    missing = sum(
        (gap.end - gap.start for each in addresses for gap in gaps(each.windows, day)),
        timedelta(0),
    )
    return 1.0 - missing / ((day.end - day.start) * len(addresses))


def last_runs(config: Config, tenant: str | None = None, most: int = MOST_RUNS) -> list[Row]:
    """The newest runs first: started_at, seconds, and the run's summary of the asked tenant.

    Times are those of the real clock. Runs finish after the version that they publish, so they
    come from state.db itself.
    """
    with open_state(config.warehouse.path) as state:
        runs = state.recent_runs(most)
    return [
        {
            "started_at": iso(start),
            "seconds": (end - start).total_seconds(),
            "sources": [
                each for each in summary["sources"] if tenant in (None, each.get("tenant"))
            ],
            **{name: summary[name] for name in ("models", "incidents_opened", "alerts")},
        }
        for start, end, summary in runs
    ]


def quota_use(config: Config, tenant: str | None = None, at: float | None = None) -> list[Row]:
    """Requests for message traces in the running window of each tenant, beside what is allowed.

    JSON: tenant, used, allowed (our share), published (Microsoft's quota), window_seconds,
    last_at. at: real epoch seconds; the clock's when None.
    """
    clock = time.time() if at is None else at
    limits = config.limits
    with open_state(config.warehouse.path) as state:
        used = {
            each.name: state.quota_use(each.name, clock - limits.message_trace_window_seconds)
            for each in config.served
            if tenant in (None, each.name)
        }
    return [
        {
            "tenant": name,
            "used": len(times),
            "allowed": int(limits.message_trace_requests * limits.share),
            "published": limits.message_trace_requests,
            "window_seconds": limits.message_trace_window_seconds,
            "last_at": iso(datetime.fromtimestamp(times[-1], UTC)) if times else None,
        }
        for name, times in used.items()
    ]
