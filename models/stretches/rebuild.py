"""Rebuilds days of a tenant in tasks side by side: a stretch of days each, whoever computes them.

Firsts of all stretches are merged before the marts, which count what is new. Workers write the
Parquet files; here they are committed, so that memory follows the number of files, not of rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from models.reference.book import Reference
from models.stretches.lent import job_of
from models.stretches.tasks import (
    Job,
    Marts,
    Merge,
    Stretch,
    firsts_of,
    marts_of,
    merged,
)
from models.stretches.workers import SharedFolder, Workers
from models.usage.first_contacts import FIRSTS, days_that_lose
from warehouse.connection import compute, quoted
from warehouse.delta.portions import portions
from warehouse.privacy.subjects import mark_stored, marked
from warehouse.store import Store
from warehouse.tables import (
    DAILY_MARTS,
    FIRST_SUBJECTS,
    HVE_ACCOUNTS,
    HVE_USAGE_CORRECTIONS,
    HVE_USAGE_DAILY,
    MESSAGE_TRACES,
    Table,
)

# A task holds the marts of its stretch in memory; far fewer rows would not be worth a task.
MOST_ROWS, LEAST_ROWS = 2_000_000, 100_000
MARKS = pa.schema([("subject_hash", pa.string()), ("mark", pa.string())])
Candidates = Sequence[Mapping[str, Path]]  # of every stretch: the file of each first table


@dataclass(frozen=True)
class Rebuild:
    """The days of a tenant that are built again, and by whom."""

    store: Store
    workers: Workers
    shared: SharedFolder
    tenant: str

    def stored(self, table: Table, days: Sequence[date] | None = None) -> list[str]:
        """Files of the table that hold rows of the tenant, as the workers find them."""
        return self.shared.lent(self.store.delta.files(table, self.tenant, days))

    @property
    def job(self) -> Job:
        """What every task must know."""
        return job_of(self.shared, self.workers)


def rebuild_in_tasks(
    store: Store,
    workers: Workers,
    tenant: str,
    rows_by_day: Mapping[date, int],
    reference: Reference,
    now: datetime,
) -> None:
    """Replaces the marts of these days; days that lose a first contact become dirty.

    rows_by_day: how many trace rows each has. Raises: ModelError, StoreError.
    """
    shared = SharedFolder(store, workers.location)
    rebuild = Rebuild(store, workers, shared, tenant)
    mark_stored(store, tenant)
    with shared.opened():
        parts = list(portions(rows_by_day.items(), _rows_of_a_task(workers, rows_by_day)))
        stretches = [_stretch(rebuild, days, reference) for days in parts]
        candidates = workers.run(firsts_of, stretches)
        marks = _marks(rebuild, [files[FIRST_SUBJECTS.name] for files in candidates])
        _keep_firsts(rebuild, candidates, marks, set(rows_by_day))
        _store_marts(rebuild, stretches, parts, candidates, marks, now)


def _rows_of_a_task(workers: Workers, rows_by_day: Mapping[date, int]) -> int:
    """Two tasks for a worker, so that a slow one leaves less to wait for."""
    share = sum(rows_by_day.values()) // (2 * workers.count)
    return min(max(share, LEAST_ROWS), MOST_ROWS)


def _stretch(rebuild: Rebuild, days: Sequence[date], reference: Reference) -> Stretch:
    files = rebuild.stored(MESSAGE_TRACES, days)
    accounts = rebuild.store.small.rows(HVE_ACCOUNTS, rebuild.tenant)
    rows = {HVE_ACCOUNTS.published_name: accounts, **reference.tables()}
    return Stretch(rebuild.job, files, rows)


def _marks(rebuild: Rebuild, candidates: Sequence[Path]) -> Path:
    """A file of scratch with the keyed mark of every digest: the key stays here."""
    file = rebuild.shared.scratch / f"{uuid4()}.parquet"
    store, listed = rebuild.store, ", ".join(quoted(str(path)) for path in candidates)
    with (
        compute(store.spill, store.memory_limit, store.threads, rebuild.shared.root) as connection,
        pq.ParquetWriter(file, MARKS) as writer,
    ):
        digests = connection.sql(f"select distinct subject_hash from read_parquet([{listed}])")
        for batch in digests.to_arrow_reader(100_000):
            known = pa.chunked_array([batch["subject_hash"]])
            marks = marked(store, rebuild.tenant, known)
            writer.write_table(pa.table([known, marks], schema=MARKS))
    return file


def _keep_firsts(rebuild: Rebuild, candidates: Candidates, marks: Path, days: set[date]) -> None:
    """Adds what is new or earlier; who loses a first is dirty before that is committed."""
    store, tenant = rebuild.store, rebuild.tenant
    count = rebuild.workers.count
    merges = [
        Merge(rebuild.job, table, _of(table, candidates), stored, part, count, marks)
        for table in FIRSTS
        for stored in [rebuild.stored(table)]
        for part in range(count)
    ]
    done = rebuild.workers.run(merged, merges)
    for table in FIRSTS:
        parts = [part for merge, part in zip(merges, done, strict=True) if merge.table == table]
        lost = {day for part in parts for day in part.days}
        store.state.mark_dirty(tenant, days_that_lose(store, table, tenant, lost) - days)
        files = [file for part in parts for file in part.files]
        rebuild.shared.take(table, files, tenant, None)


def _of(table: Table, candidates: Candidates) -> list[Path]:
    return [files[table.name] for files in candidates]


def _store_marts(
    rebuild: Rebuild,
    stretches: Sequence[Stretch],
    parts: Sequence[Sequence[date]],
    candidates: Candidates,
    marks: Path,
    now: datetime,
) -> None:
    store, tenant = rebuild.store, rebuild.tenant
    firsts = {table.name: rebuild.stored(table) for table in FIRSTS}
    moment = {"now": now, "batch": store.state.next_batch()}
    tasks = [
        Marts(stretch, of_stretch, firsts, marks, _past(rebuild, days, now), moment)
        for stretch, days, of_stretch in zip(stretches, parts, candidates, strict=True)
    ]
    done = rebuild.workers.run(marts_of, tasks)
    rebuilt = [day for days in parts for day in days]
    # Notes of corrections come first, as in models.usage.corrections.
    for table in (HVE_USAGE_CORRECTIONS, *DAILY_MARTS):
        files = [file for of_stretch in done for file in of_stretch.get(table.name, ())]
        rebuild.shared.take(table, files, tenant, rebuilt if table in DAILY_MARTS else None)


def _past(rebuild: Rebuild, days: Sequence[date], now: datetime) -> list[str]:
    """Files of the daily usage that is stored of the days before today."""
    return rebuild.stored(HVE_USAGE_DAILY, [day for day in days if day < now.date()])
