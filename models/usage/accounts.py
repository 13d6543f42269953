"""What one account does: its hours against the baseline, its sources, its habits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb
import pandas as pd

from hve_monitor.files import sql
from models.usage.coverage import published_as_of
from models.usage.sources import ADDRESSES, ROWS, SOURCES, with_revised_days
from warehouse.lookup.contact_files import contact_files, contacts_sql
from warehouse.reading import Published

CONTACTS = sql(__file__, "account_contacts")
HOUR = timedelta(hours=1)
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Sender:
    """An account of a tenant."""

    tenant: str
    account: str


def accounts(connection: duckdb.DuckDBPyConnection, tenant: str | None = None) -> list[Sender]:
    """Every account that is listed or ever sent, by tenant and name."""
    rows = connection.execute(sql(__file__, "accounts"), {"tenant": tenant}).fetchall()
    return [Sender(*row) for row in rows]


def account_hours(
    published: Published,
    sender: Sender,
    since: datetime,
    until: datetime,
    gaps: Sequence[tuple[datetime, datetime]] = (),
) -> pd.DataFrame:
    """Observed and expected recipients of an account, hour by hour.

    Shape: hour_utc, observed, expected, lo80, hi80, lo95, hi95, learning_day. An hour without rows
    is 0, but null where it touches one of the gaps (windows that were not read).
    An hour that `now` cuts in a later publication is left out: its count would come from after it.
    """
    last = min(
        until,
        published.now
        if published.now >= published_as_of(published.connection)
        else published.now - HOUR,
    )
    parameters = {**vars(sender), "since": since, "until": last}
    frame = published.connection.execute(sql(__file__, "account_hours"), parameters).df()
    hours = pd.to_datetime(frame["hour_utc"], utc=True)
    unread = pd.Series(False, index=frame.index)
    for start, end in gaps:
        unread |= (hours < end) & (hours + HOUR > start)
    observed = frame["observed"].astype("Float64")
    return frame.assign(hour_utc=hours, observed=observed.where(unread, observed.fillna(0)))


def account_sources(
    connection: duckdb.DuckDBPyConnection, sender: Sender, since: datetime, until: datetime
) -> pd.DataFrame:
    """Addresses of an account: from_ip, messages, recipients, first_seen, last_seen (UTC)."""
    parameters = {**vars(sender), "since": since, "until": until}
    return connection.execute(SOURCES, with_revised_days(connection, parameters)).df()


def account_contacts(
    connection: duckdb.DuckDBPyConnection, sender: Sender, since: datetime, until: datetime
) -> pd.DataFrame:
    """Domains an account wrote to, most recipients first: domain, recipients, people, new_people.

    Units: recipients are rows, people are distinct addresses; new ones had its first mail then.
    """
    files = contact_files(connection, sender.tenant, since, until)
    query = CONTACTS.format(contacts=contacts_sql(files.values()), addresses=ADDRESSES, rows=ROWS)
    parameters = {**vars(sender), "since": since, "until": until, "kept": list(files)}
    return connection.execute(query, with_revised_days(connection, parameters)).df()


def learning_states(published: Published) -> dict[Sender, int]:
    """Day n of 14 of every account that still learns, 0 for those that have a full baseline."""
    rows = published.connection.execute(
        sql(__file__, "learning_states"), {"now": published.now, "tenant": published.tenant}
    ).fetchall()
    return {Sender(name, account): int(day or 0) for name, account, day in rows}


def week_of(hours: pd.DataFrame, timezone: str) -> pd.DataFrame:
    """Mean recipients per hour of the local week.

    Shape: weekday (Mon to Sun), hour (0 to 23), recipients (mean over the weeks); unread hours
    stay out of the mean.
    """
    local = hours["hour_utc"].dt.tz_convert(timezone)
    frame = pd.DataFrame(
        {
            "day": local.dt.day_of_week,
            "hour": local.dt.hour,
            "recipients": hours["observed"].astype("float64"),
        }
    )
    means = frame.groupby(["day", "hour"], as_index=False)["recipients"].mean()
    week = pd.DataFrame(means)
    week["weekday"] = [WEEKDAYS[day] for day in week["day"]]
    return week.filter(["weekday", "hour", "recipients"])
