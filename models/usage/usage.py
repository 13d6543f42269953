"""Usage rows: what each account sent, by day, or summed by some of their keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import duckdb

from hve_monitor.document import Document
from hve_monitor.errors import ConfigError
from hve_monitor.files import sql
from models.engine.sql import create, model, records, steps_of
from models.usage.coverage import CoverageReport, coverage_report, published_as_of
from warehouse.connection import Row
from warehouse.reading import Published

if TYPE_CHECKING:  # `hve usage` answers before pandas would be there
    import pandas as pd

COUNTS = (
    "messages",
    "recipients",
    "delivered",
    "failed",
    "quarantined",
    "filtered_as_spam",
    "pending",
    "expanded",
    "other",
    "billable_recipients",
    "unknown_recipients",
)
KEYS = ("tenant", "account", "day", "month")
ONE_DAY = timedelta(days=1)


class UsageReport(Document):
    """What `hve usage` prints; the columns of the rows are its keys, the counts and `range`.

    range: least and most of billable_recipients. Of the unknown recipients any number may belong
    to it, as to each count by status, of which a row has the known part.
    """

    rows: list[Row]
    coverage: CoverageReport


@dataclass(frozen=True)
class UsagePeriod:
    """Rows received from `since` on and before `until`; None is open."""

    since: datetime | None
    until: datetime | None

    def cut_days(self) -> list[date]:
        """Days of which only a part is meant."""
        edges = [edge for edge in (self.since, self.until) if edge and edge.time() != time(0)]
        return sorted({edge.date() for edge in edges})

    def last_day(self) -> date | None:
        """The last day of the period; an end at midnight belongs to the day before."""
        return None if self.until is None else (self.until - timedelta(microseconds=1)).date()


def daily_usage(
    published: Published, since: datetime | None = None, until: datetime | None = None
) -> pd.DataFrame:
    """Usage per tenant, account and UTC day.

    Shape: tenant, account, day and the counts (nullable integers); days without rows are absent.
    Whole days come from the mart; a day that the period or `now` cuts is counted from the facts.
    """
    import pandas as pd

    sql, bounds = _daily(published, since, until)
    frame = published.connection.execute(f"{sql} order by tenant, account, day", bounds).df()
    frame = frame.astype(dict.fromkeys(COUNTS, "Int64"))
    return frame.assign(day=pd.to_datetime(frame["day"]).dt.date)


def is_any_mail(published: Published) -> bool:
    """Whether any account of the tenant, or of all, ever sent something."""
    rows = published.connection.execute(
        "select 1 from marts.hve_usage_daily where $tenant is null or tenant = $tenant limit 1",
        {"tenant": published.tenant},
    ).fetchall()
    return bool(rows)


def usage_report(
    published: Published,
    by: Sequence[str],
    since: datetime | None = None,
    until: datetime | None = None,
) -> UsageReport:
    """Usage by the keys, and what of the period was read. Raises: ConfigError."""
    return UsageReport(
        rows=[row | {"range": _billable(row)} for row in usage_sums(published, by, since, until)],
        coverage=coverage_report(published, since, until),
    )


def _billable(row: Row) -> tuple[int, int]:
    known: int = row["billable_recipients"] or 0
    return known, known + row["unknown_recipients"]


def usage_sums(
    published: Published,
    by: Sequence[str],
    since: datetime | None = None,
    until: datetime | None = None,
    *,
    account: str | None = None,
    together: bool = False,
) -> list[Row]:
    """daily_usage summed over everything but tenant and the keys of `by`.

    Shape: tenant, the keys (day as day_utc, text) and the counts, in this order; an unknown count
    stays None unless some day knows it. together: sums over all tenants, without the key tenant.
    Raises: ConfigError for a key that does not exist.
    """
    keys = _keys(by)[1:] if together else _keys(by)
    sql, bounds = _daily(published, since, until)
    named = {"day": "cast(day as varchar) as day_utc", "month": "strftime(day, '%Y-%m') as month"}
    shown = ", ".join(named.get(key, key) for key in keys)
    counts = ", ".join(f"cast(sum({name}) as bigint) as {name}" for name in COUNTS)
    places = ", ".join(str(place + 1) for place in range(len(keys)))
    one = "" if account is None else "where account = $account"
    summed = f"select {shown}, {counts} from ({sql}) {one} group by {places} order by {places}"
    return records(
        published.connection, summed, bounds if account is None else bounds | {"account": account}
    )


def window_usage(published: Published, since: datetime, until: datetime) -> pd.DataFrame:
    """Usage per tenant and account in the whole UTC hours of [since, until), from the marts alone.

    Shape: tenant, account and the counts but billable recipients (nullable integers).
    """
    bounds = {"since": since, "until": until, "tenant": published.tenant}
    frame = published.connection.execute(sql(__file__, "usage_hours"), bounds).df()
    return frame.astype({name: "Int64" for name in COUNTS if name in frame})


def _keys(by: Sequence[str]) -> list[str]:
    """The keys after the tenant, which is always one. Raises: ConfigError."""
    unknown = [key for key in by if key not in KEYS]
    if unknown or not by:
        raise ConfigError(f"--by {','.join(by)}: use some of {', '.join(KEYS)}")
    return list(dict.fromkeys(["tenant", *by]))


def _visible(published: Published, since: datetime | None, until: datetime | None) -> UsagePeriod:
    """The period without what was received after `now`.

    A version published until `now` holds nothing later of today, so that today need not be cut.
    """
    today = datetime.combine(published.now.date(), time(0), UTC)
    is_older = published.now < published_as_of(published.connection)
    end = published.now + timedelta(microseconds=1) if is_older else today + ONE_DAY
    return UsagePeriod(since, end if until is None else min(until, end))


def _daily(
    published: Published, since: datetime | None, until: datetime | None
) -> tuple[str, dict[str, object]]:
    """A select of what daily_usage promises, and its parameters."""
    period = _visible(published, since, until)
    cut = period.cut_days()
    bounds: dict[str, object] = {
        "tenant": published.tenant,
        "since_day": None if period.since is None else period.since.date(),
        "until_day": period.last_day(),
        "cut_days": cut,
    }
    whole = f"select * from ({sql(__file__, 'usage')})"
    if not cut:
        return whole, bounds
    _count_cut_days(published.connection, published.tenant, period, cut)
    columns = ", ".join(("tenant", "account", "day", *COUNTS))
    return f"select * from ({whole} union all select {columns} from live.marts.cut_days)", bounds


def _count_cut_days(
    connection: duckdb.DuckDBPyConnection, tenant: str | None, period: UsagePeriod, days: list[date]
) -> None:
    """The daily mart's own SQL over a part of some days, as live.marts.cut_days."""
    bounds = {
        "tenant": tenant,
        "days": days,
        "since": period.since or datetime.combine(min(days), time(0), UTC),
        "until": period.until or datetime.combine(max(days) + ONE_DAY, time(0), UTC),
    }
    for schema in ("raw", "staging", "reference", "steps", "marts"):
        connection.execute(f"create schema if not exists live.{schema}")
    connection.execute(
        "create or replace table live.staging.stg_message_traces as "
        + sql(__file__, "trace_rows_of_days"),
        bounds,
    )
    # Rows name their accounts already.
    connection.execute(
        "create or replace view live.raw.message_traces as"
        " select tenant, day, account as sender from live.staging.stg_message_traces"
    )
    connection.execute(
        "create or replace table live.staging.stg_account_addresses as"
        " from hve.staging.stg_account_addresses limit 0"
    )
    connection.execute(
        "create or replace table live.reference.billable_statuses as"
        " from hve.reference.billable_statuses"
    )
    connection.execute("use live")
    try:
        for step in steps_of("marts.hve_usage_daily"):
            create(connection, step)
        counted = model("marts.hve_usage_daily").sql
        connection.execute(f"create or replace table live.marts.cut_days as {counted}")
    finally:
        connection.execute("use hve")
