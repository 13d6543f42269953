"""Baselines and incidents of a service provider's fleet: from scratch, and run after run.

python benchmarks/provider.py [--accounts 10000] [--days 90]
Fills the hourly and the quarter-hourly mart of one tenant and judges everything. All accounts are
judged again after a quarter of an hour, then on the next day, and after a row of yesterday came
late. The plain alternative, in the same run: a z-score of every account-hour against its own last
28 days, in one SQL query over the same mart.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.measure import Measured, in_child, report, table
from hve_monitor.config import Tenant
from models.incidents.detect import detect
from models.reference.book import shipped_reference
from warehouse.connection import arrow
from warehouse.state import DirtyDay
from warehouse.store import Store, open_store
from warehouse.tables import HVE_ACTIVITY, HVE_USAGE_HOURLY, MESSAGE_TRACES, Table

TENANT = Tenant(name="contoso", accounts="files", timezone="Europe/Berlin")
END = datetime(2026, 11, 1, 10, 15, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
NEXT_DAY = datetime(2026, 11, 2, 0, 15, tzinfo=UTC)
Ints = NDArray[np.int64]
Z_SCORES = """
select count(*) from (
    select
        recipients,
        avg(recipients) over past as usual,
        stddev(recipients) over past as spread
    from read_parquet('{files}/**/*.parquet')
    window past as (
        partition by account order by hour_utc
        range between interval 28 days preceding and interval 1 hour preceding
    )
)
where recipients > usual + 4 * spread
"""


def rates(accounts: int) -> NDArray[np.float64]:
    """Expected recipients per account and hour of the week: (accounts, 168).

    A tenth sends round the clock, four tenths in office hours, four tenths once a day, the rest
    once a week.
    """
    random = np.random.default_rng(7)
    hour = np.arange(168)
    office = (hour % 24 >= 7) & (hour % 24 < 18) & (hour < 120)
    shape = np.zeros((accounts, 168))
    kind = np.arange(accounts) % 10
    shape[kind == 0] = 1.0
    shape[(kind > 0) & (kind < 5)] = office
    at = random.integers(4, 10, accounts)
    shape[(kind >= 5) & (kind < 9)] = hour % 24 == at[(kind >= 5) & (kind < 9), None]
    shape[kind == 9] = hour == at[kind == 9, None] + 24
    return np.asarray(shape * random.lognormal(2.5, 1.0, (accounts, 1)))


def fill(store: Store, accounts: int, days: int) -> None:
    """Both marts of so many days, until END."""
    usual, random = rates(accounts), np.random.default_rng(11)
    first = END.date() - timedelta(days=days)
    for number in range(days + 1):
        day = first + timedelta(days=number)
        hours = 24 if day < END.date() else END.hour
        week = (day.weekday() * 24 + np.arange(hours)) % 168
        sent = random.poisson(usual[:, week] * random.gamma(20.0, 0.05, (accounts, hours)))
        write(store, day, quarters_of(sent, random))
        note_read(store, day)


def note_read(store: Store, day: date) -> None:
    """One message trace of the day: without any, nobody would know that quiet hours were read."""
    row = {field.name: pa.nulls(1, field.type) for field in MESSAGE_TRACES.schema}
    row |= {"tenant": pa.array([TENANT.name]), "day": pa.array([day], pa.date32())}
    table = pa.table(row, schema=MESSAGE_TRACES.schema)
    store.delta.replace(MESSAGE_TRACES, table, TENANT.name, [day])


def quarters_of(sent: Ints, random: np.random.Generator) -> Ints:
    """Recipients by quarter-hour: (accounts, hours, 4)."""
    return np.asarray(random.multinomial(sent, [0.25] * 4), np.int64)


def write(store: Store, day: date, quarters: Ints) -> None:
    """The day's rows of both marts."""
    names = np.array([f"app{number}@contoso.com" for number in range(len(quarters))], object)
    for mart, frame in ((HVE_USAGE_HOURLY, hourly(quarters)), (HVE_ACTIVITY, quarterly(quarters))):
        frame["account"] = names[frame["account"]]
        frame["hour_utc"] = pd.Timestamp(day, tz=UTC) + pd.to_timedelta(frame["hour_utc"], unit="h")
        frame["tenant"], frame["day"] = TENANT.name, day
        store.delta.replace(mart, as_table(frame, mart), TENANT.name, [day])


def as_table(frame: pd.DataFrame, mart: Table) -> pa.Table:
    """The frame with every column of the mart; what it lacks is 0."""
    for name in mart.schema.names:
        if name not in frame:
            frame[name] = 0
    return pa.Table.from_pandas(frame, schema=mart.schema, preserve_index=False)


def hourly(quarters: Ints) -> pd.DataFrame:
    """Rows of the hours with mail."""
    account, hour = np.nonzero(quarters.sum(axis=2))
    parts = {f"recipients_q{n + 1}": quarters[account, hour, n] for n in range(4)}
    total = quarters[account, hour].sum(axis=1)
    counts = {"messages": total, "recipients": total, "delivered": total}
    return pd.DataFrame({"account": account, "hour_utc": hour, **counts, **parts})


def quarterly(quarters: Ints) -> pd.DataFrame:
    """Rows of the quarter-hours with mail."""
    account, hour, quarter = np.nonzero(quarters)
    total = quarters[account, hour, quarter]
    known = {"known_status_recipients": total, "known_source_recipients": total}
    counts = {"messages": total, "recipients": total, **known}
    return pd.DataFrame(
        {"account": account, "hour_utc": hour, "quarter": quarter, "widest": 1, **counts}
    )


def add_hours(store: Store, accounts: int, until: datetime) -> None:
    """Both marts of the days from END's on, up to an instant."""
    usual, random = rates(accounts), np.random.default_rng(13)
    day = END.date()
    while day <= until.date():
        begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
        quarters_over = min(int((until - begin) / QUARTER), 96)
        hours = -(-quarters_over // 4)
        week = (day.weekday() * 24 + np.arange(hours)) % 168
        quarters = quarters_of(random.poisson(usual[:, week]), random)
        quarters.reshape(accounts, -1)[:, quarters_over:] = 0
        write(store, day, quarters)
        note_read(store, day)
        day += timedelta(days=1)


def add_late_row(store: Store, day: date) -> None:
    """One more recipient of one account in the first hour of a day."""
    for mart in (HVE_USAGE_HOURLY, HVE_ACTIVITY):
        with store.existing(mart, TENANT.name, [day]) as connection:
            rows = arrow(
                connection, "select * from existing order by account, hour_utc"
            ).to_pylist()
        rows[0]["recipients"] += 1
        if mart is HVE_USAGE_HOURLY:
            rows[0]["recipients_q1"] += 1
        table = pa.Table.from_pylist(rows, schema=mart.schema)
        store.delta.replace(mart, table, TENANT.name, [day])


def judge(root: Path, until: datetime, first: date, days: int) -> int:
    """Baselines and incidents until an instant; how many incidents are new."""
    dirty = [DirtyDay(TENANT.name, first + timedelta(days=number), 1) for number in range(days)]
    with open_store(root) as store:
        return detect(store, TENANT, until, dirty, shipped_reference().prices)


def naive(root: Path) -> int:
    """Account-hours that a z-score calls unusual."""
    with duckdb.connect() as connection:
        files = root / "marts" / HVE_USAGE_HOURLY.name
        return int(connection.execute(Z_SCORES.format(files=files)).fetchall()[0][0])


def steps(root: Path, accounts: int) -> Iterator[tuple[str, str]]:
    """Puts in what has come since the run before: names of the way and of the child."""
    yield "scratch", "scratch"
    with open_store(root) as store:
        add_hours(store, accounts, END + QUARTER)
    yield "15 minutes", "after"
    with open_store(root) as store:
        add_hours(store, accounts, NEXT_DAY)
    yield "a new day", "day"
    with open_store(root) as store:
        add_late_row(store, END.date())
    yield "a late row of yesterday", "late"


def compare(accounts: int, days: int) -> None:
    """Prints seconds and memory of all ways."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        with open_store(root) as store:
            fill(store, accounts, days)
        arguments = (folder, str(accounts), str(days))
        plain = in_child(__file__, "naive", *arguments)
        rows = [("way", "seconds", "ratio", "MiB", "incidents")]
        rows.append(row_of("z-score in SQL", plain, plain))
        for name, child in steps(root, accounts):
            rows.append(row_of(name, in_child(__file__, child, *arguments), plain))
    print(table(rows))


def row_of(name: str, done: Measured, plain: Measured) -> tuple[str, ...]:
    """The row of one way beside the plain one."""
    ratio = f"{done.seconds / plain.seconds:.1f}"
    return name, f"{done.seconds:.1f}", ratio, f"{done.peak_mib:.0f}", str(done.result)


def main() -> None:
    """Compares; as a child, does one of the jobs."""
    if len(sys.argv) > 1 and sys.argv[1] in ("naive", "scratch", "after", "day", "late"):
        root, days = Path(sys.argv[2]), int(sys.argv[4])
        first = END.date() - timedelta(days=days)
        jobs = {
            "naive": lambda: naive(root),
            "scratch": lambda: judge(root, END, first, days + 1),
            "after": lambda: judge(root, END + QUARTER, END.date(), 1),
            "day": lambda: judge(root, NEXT_DAY, END.date(), 2),
            "late": lambda: judge(root, NEXT_DAY, END.date(), 2),
        }
        report(jobs[sys.argv[1]])
        return
    parser = argparse.ArgumentParser()
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=90)
    options = parser.parse_args()
    compare(options.accounts, options.days)


if __name__ == "__main__":
    main()
