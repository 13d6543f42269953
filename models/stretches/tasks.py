"""What the workers of a build compute: DuckDB over a stretch of days, below the store they see.

Reading order: firsts of every stretch, one merge of them all, then the marts of every stretch.
Tasks leave Parquet files; a task that is done twice leaves files that nobody names.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from uuid import uuid4

import duckdb
import numpy as np
import pyarrow as pa

from hve_monitor.errors import ModelError
from models.engine import sql as runner
from models.engine.workplace import Workplace
from models.usage.corrections import CORRECTED
from models.usage.first_contacts import FIRSTS, earlier_sql, offer_kept
from warehouse.connection import compute, quoted
from warehouse.delta.written import WrittenFile, write_files
from warehouse.tables import (
    DAILY_MARTS,
    FIRST_SUBJECTS,
    HVE_USAGE_CORRECTIONS,
    HVE_USAGE_DAILY,
    MESSAGE_TRACES,
    Table,
)


@dataclass(frozen=True)
class Job:
    """What a worker must know for any task; `root` is where it sees the store."""

    root: Path
    scratch: Path
    memory_limit: str
    release: str


@dataclass(frozen=True)
class Stretch:
    """Some days of a tenant: names of the files of their traces, and small tables as rows."""

    job: Job
    traces: Sequence[str]
    rows: Mapping[str, pa.Table]


@dataclass(frozen=True)
class Merge:
    """Firsts of one table in all stretches, for accounts of one part of so many.

    candidates: files of scratch. marks: of subjects, the file that says which digest has which.
    """

    job: Job
    table: Table
    candidates: Sequence[Path]
    stored: Sequence[str]
    part: int
    parts: int
    marks: Path


@dataclass(frozen=True)
class Merged:
    """Rows that are new or earlier, and the days that lose a first to them."""

    files: Sequence[WrittenFile]
    days: frozenset[date]


@dataclass(frozen=True)
class Marts:
    """The marts of a stretch, from the firsts of its own days and all that are stored.

    past: files of what is stored of the daily usage, whose corrections are noted at a moment
    (now, batch).
    """

    stretch: Stretch
    candidates: Mapping[str, Path]
    firsts: Mapping[str, Sequence[str]]
    marks: Path
    past: Sequence[str]
    moment: Mapping[str, object]


def release() -> str:
    """What must be the same for a worker as for the one who sends the tasks."""
    own, models = version("hve-monitor"), runner.version()
    libraries = f"DuckDB {duckdb.__version__}, numpy {np.__version__}"
    return f"hve-monitor {own}, models {models}, {libraries}"


def firsts_of(stretch: Stretch) -> dict[str, Path]:
    """Leaves the firsts of a stretch as files of scratch, by the name of their table."""
    files = {}
    with _workplace(stretch.job) as place:
        _offer(place, stretch)
        for table in FIRSTS:
            sql = runner.model(f"marts.{table.name}").sql
            files[table.name] = _left(place, stretch.job, sql)
    return files


def merged(merge: Merge) -> Merged:
    """Writes what the stretches have that is new or earlier than what is stored."""
    table = merge.table
    with _workplace(merge.job) as place:
        part = f"where hash(account) % {merge.parts} = {merge.part}"
        _offer_candidates(place, table, merge.candidates, merge.marks, part)
        _offer_kept(place, merge.job, table, merge.stored)
        place.create("stored.fresh", earlier_sql(table), stored=True)
        select = "select * exclude (displaced_at) from stored.fresh"
        files = write_files(place.connection, merge.job.root, table, select)
        days = place.rows(
            "select distinct cast(displaced_at as date) as day from stored.fresh"
            " where displaced_at is not null"
        )
    return Merged(files, frozenset(days["day"].to_pylist()))


def marts_of(marts: Marts) -> dict[str, list[WrittenFile]]:
    """Writes the marts of a stretch; returns the files by the name of their table."""
    stretch, files = marts.stretch, {}
    root = stretch.job.root
    with _workplace(stretch.job) as place:
        _offer(place, stretch)
        for table in FIRSTS:
            _offer_candidates(place, table, [marts.candidates[table.name]], marts.marks)
            _offer_kept(place, stretch.job, table, marts.firsts[table.name])
        place.take_steps()
        for table in DAILY_MARTS:
            name = f"marts.{table.name}"
            place.create(name, runner.model(name).sql, stored=True)
            files[table.name] = write_files(place.connection, root, table, f"from {name}")
            if table == HVE_USAGE_DAILY and marts.past:
                files[HVE_USAGE_CORRECTIONS.name] = _corrections(place, marts)
    return files


def _corrections(place: Workplace, marts: Marts) -> list[WrittenFile]:
    job = marts.stretch.job
    place.offer_files("kept.usage_daily", HVE_USAGE_DAILY, _paths(job, marts.past))
    place.offer_rows("stored.corrected", place.rows(CORRECTED, marts.moment))
    return write_files(place.connection, job.root, HVE_USAGE_CORRECTIONS, "from stored.corrected")


@contextmanager
def _workplace(job: Job) -> Iterator[Workplace]:
    with duckdb_of(job) as connection:
        yield Workplace(connection)


@contextmanager
def duckdb_of(job: Job) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB of one thread: the workers are as many as there are cores.

    Raises: ModelError for a worker of another release.
    """
    if job.release != release():
        raise ModelError(f"the worker has {release()}, the driver {job.release}: install one wheel")
    # Spark names its disks of this machine; they are fresh for every application.
    disks = os.environ.get("SPARK_LOCAL_DIRS", "").split(",")[0]
    with (
        tempfile.TemporaryDirectory(prefix="hve-", dir=disks or job.scratch) as spill,
        compute(Path(spill), job.memory_limit, 1, job.root) as connection,
    ):
        yield connection


def _offer(place: Workplace, stretch: Stretch) -> None:
    for name, rows in stretch.rows.items():
        place.offer_rows(name, rows)
    traces = _paths(stretch.job, stretch.traces)
    place.offer_files(MESSAGE_TRACES.published_name, MESSAGE_TRACES, traces)
    place.stage()


def _offer_candidates(
    place: Workplace, table: Table, files: Sequence[Path], marks: Path, where: str = ""
) -> None:
    """Makes marts.<table> of what the stretches have first."""
    value = table.key[-1]
    listed = ", ".join(quoted(str(file)) for file in files)
    source, named = f"read_parquet([{listed}])", value
    if table == FIRST_SUBJECTS:
        source += f" inner join read_parquet({quoted(str(marks))}) using (subject_hash)"
        named = "mark"
    place.create(
        f"marts.{table.name}",
        f"select tenant, account, {named} as {value}, min(first_at) as first_at"
        f" from {source} {where} group by all",
        stored=True,
    )


def _offer_kept(place: Workplace, job: Job, table: Table, files: Sequence[str]) -> None:
    """Makes kept.<table> of these candidates and what is stored of them."""
    place.offer_files(f"stored.{table.name}", table, _paths(job, files))
    offer_kept(place, table)


def _left(place: Workplace, job: Job, sql: str) -> Path:
    file = job.scratch / f"{uuid4()}.parquet"
    place.connection.execute(f"copy ({sql}) to {quoted(str(file))} (format parquet)")
    return file


def _paths(job: Job, names: Sequence[str]) -> list[str]:
    return [str(job.root / name) for name in names]
