"""What a slice of the accounts gave, and how its baselines come into the store.

The rows of baselines are many: each slice leaves them as a file, so that only those of some days
are in memory at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import numpy as np
import pandas as pd
import pyarrow as pa

from hve_monitor.clock import days_between
from models.incidents.announced import Spent, spent
from models.incidents.changes import Change, Changed, Judging
from models.incidents.walks.slices import Walked
from warehouse.delta.portions import portions
from warehouse.records.stored import replace_of_accounts
from warehouse.store import Store
from warehouse.tables import HVE_BASELINE_HOURLY

FORMAT = pa.ipc.IpcWriteOptions(compression="lz4")
ROWS_AT_ONCE = 400_000  # of baselines: 100 MB while they are written
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Baselines:
    """Baselines of a slice from a day on: an Arrow file with a batch for each day."""

    file: Path
    since: date
    row_count: int

    def rows(self, first: date, last: date) -> pa.Table:
        """The rows of some days."""
        with pa.OSFile(str(self.file)) as file, pa.ipc.open_file(file) as batches:
            places = range((first - self.since).days, (last - self.since).days + 1)
            read = [batches.get_batch(place) for place in places]
            return pa.Table.from_batches(read, batches.schema)


@dataclass(frozen=True)
class Judged:
    """What a slice of the accounts gave: its baselines, and what becomes of its incidents."""

    accounts: tuple[str, ...]
    baselines: Baselines
    change: Change


def judged_alone(judging: Judging, scratch: Path, walked: Walked) -> Judged:
    """What a slice gave whose accounts share no announced send with those of another one."""
    changed = judging.changed(walked)
    near = [
        plan
        for plan in judging.plans_since(changed.oldest)
        if any(map(plan.covers, walked.accounts))
    ]
    return finished(judging, changed, [spent(plan, walked.traffic) for plan in near], scratch)


def finished(judging: Judging, changed: Changed, used: Sequence[Spent], scratch: Path) -> Judged:
    """Looks at the incidents of a slice again and leaves its baselines as a file of scratch.

    used: how far the plans were used that may speak of them.
    """
    walked, change = changed.walked, judging.change(changed, used)
    since, file = walked.since.date(), scratch / f"{uuid4()}.arrow"
    rows = _baselines(judging.tenant, walked, since)
    _leave(file, _by_day(rows, since, judging.until.date()))
    return Judged(walked.accounts, Baselines(file, since, rows.num_rows), change)


def store_baselines(store: Store, tenant: str, until: datetime, judged: Sequence[Judged]) -> None:
    """Replaces the days of every slice from the first one on that may have changed for it."""
    parts = [part.baselines for part in judged]
    common = max(part.since for part in parts)
    for part in judged:
        since = part.baselines.since
        if since < common:
            rows = part.baselines.rows(since, common - ONE_DAY)
            earlier = list(days_between(since, common - ONE_DAY))
            replace_of_accounts(store, HVE_BASELINE_HOURLY, rows, tenant, earlier, part.accounts)
    for days in days_at_once(common, until.date(), parts):
        store.delta.replace(HVE_BASELINE_HOURLY, rows_of_days(parts, days), tenant, days)


def days_at_once(first: date, last: date, parts: Sequence[Baselines]) -> Iterator[list[date]]:
    """Days whose rows are stored together; every day has as many of them, or nearly."""
    days = list(days_between(first, last))
    rows = -(-sum(part.row_count for part in parts) // len(days))
    return portions([(day, rows) for day in days], ROWS_AT_ONCE)


def rows_of_days(parts: Sequence[Baselines], days: Sequence[date]) -> pa.Table:
    """The baselines of all slices on days that follow each other."""
    return pa.concat_tables([part.rows(days[0], days[-1]) for part in parts])


def _leave(file: Path, days: Sequence[pa.RecordBatch]) -> None:
    with (
        pa.OSFile(str(file), "wb") as target,
        pa.ipc.new_file(target, days[0].schema, options=FORMAT) as batches,
    ):
        for day in days:
            batches.write(day)


def _by_day(rows: pa.Table, first: date, last: date) -> list[pa.RecordBatch]:
    """The rows of each day, in order, also of days without any."""
    columns = [column.combine_chunks() for column in rows.columns]
    whole = pa.RecordBatch.from_arrays(columns, schema=rows.schema)
    days = np.datetime64(first) + np.arange((last - first).days + 2)
    ends = np.searchsorted(whole["day"].to_numpy(zero_copy_only=False), days).tolist()
    return [whole.slice(begin, end - begin) for begin, end in pairwise(ends)]


def _baselines(tenant: str, walked: Walked, first: date) -> pa.Table:
    """Rows of the hours from a UTC day on."""
    grid, analysis = walked.grid, walked.analysis
    skipped = max(0, (first - grid.start.date()).days * 24 - grid.start.hour)
    walked.walk.traffic.recall(skipped)
    account, hour = np.nonzero(np.isfinite(analysis.expected[:, skipped:]))
    hour += skipped
    # Day by day, as they are partitioned: they are written a quarter faster so.
    by_day = np.argsort(((hour + grid.start.hour) // 24).astype(np.int16), kind="stable")
    account, hour = account[by_day], hour[by_day]
    hours = pd.date_range(grid.start, periods=grid.hours, freq="h")
    names = pa.DictionaryArray.from_arrays(pa.array(account, pa.int32()), list(grid.accounts))
    frame = {
        "tenant": pa.repeat(pa.scalar(tenant), len(account)),
        "day": pa.array(hours.date, pa.date32()).take(pa.array(hour)),
        "account": names.cast(pa.string()),
        "hour_utc": pa.array(hours, pa.timestamp("us", tz="UTC")).take(pa.array(hour)),
    }
    for name in ("expected", "lo80", "hi80", "lo95", "hi95"):
        frame[name] = pa.array(getattr(analysis, name)[account, hour])
    frame["learning_day"] = pa.array(analysis.learning_day[account, hour].astype("int32"))
    return pa.table(frame)
