"""What a store lends to tasks: names of files, and the folder below which a worker finds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath

import duckdb

from models.stretches.tasks import Job, duckdb_of, release
from models.stretches.workers import SharedFolder, Workers
from warehouse.tables import Table


@dataclass(frozen=True)
class Lent:
    """Files of a tenant below the root of a job, by table: a worker's StoredFiles."""

    job: Job
    names: Mapping[str, Sequence[str]]

    def files(
        self,
        table: Table,
        tenant: str,  # noqa: ARG002 - all are of one tenant
        days: Iterable[date] | None = None,
    ) -> list[str]:
        """The files of a table, or those of given days."""
        names = self.names[table.name]
        if days is not None:
            folders = {f"day={day}" for day in days}
            names = [name for name in names if PurePosixPath(name).parent.name in folders]
        return [str(self.job.root / name) for name in names]

    def compute(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """A DuckDB of one thread."""
        return duckdb_of(self.job)


def job_of(shared: SharedFolder, workers: Workers) -> Job:
    """What every task must know."""
    return Job(shared.root, shared.scratch, workers.memory_limit, release())


def lent(shared: SharedFolder, workers: Workers, tenant: str, tables: Sequence[Table]) -> Lent:
    """All files of a tenant in some tables, where the workers can read them now."""
    names = {table.name: shared.lent(shared.store.files(table, tenant)) for table in tables}
    return Lent(job_of(shared, workers), names)
