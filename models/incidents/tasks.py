"""Judging from scratch in tasks side by side: a slice of the accounts each, whoever computes them.

A worker walks its slice and leaves the kept walk and the baselines as files; incidents and signals,
which are few, come back to the driver. What is seen in all accounts together comes along: hours in
which the tenant rests, plans, settings and sign-ins.
"""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from uuid import uuid4

from models.incidents.announced import SentAndExpected, Spent, part_of, spent
from models.incidents.changes import Judging
from models.incidents.judged import (
    Baselines,
    Judged,
    days_at_once,
    finished,
    judged_alone,
    rows_of_days,
)
from models.incidents.walks.kept_walks import distrust_after
from models.incidents.walks.slices import Slice, Walker
from models.stretches.lent import Lent, lent
from models.stretches.tasks import Job, duckdb_of
from models.stretches.workers import SharedFolder, Workers
from warehouse.delta.written import WrittenFile, write_files
from warehouse.records.plans import Plan
from warehouse.tables import (
    HVE_ACTIVITY,
    HVE_BASELINE_HOURLY,
    HVE_SIGNALS,
    HVE_USAGE_DAILY,
    HVE_USAGE_HOURLY,
)
from warehouse.walks import WalkFiles

READ = (HVE_USAGE_HOURLY, HVE_ACTIVITY, HVE_USAGE_DAILY, HVE_SIGNALS)


@dataclass(frozen=True)
class SliceWork:
    """A slice of the accounts, what judges it, and the files of its tenant."""

    part: Slice
    walker: Walker
    judging: Judging
    lent: Lent


def judged_slice(work: SliceWork) -> Judged:
    """Walks a slice from its first day; leaves files in scratch."""
    return judged_alone(work.judging, work.lent.job.scratch, work.walker.begun(work.part))


@dataclass(frozen=True)
class WalkedSlice:
    """A slice that was walked and waits: its file of scratch, and its parts of every plan."""

    work: SliceWork
    file: Path
    parts: Sequence[SentAndExpected]


def walked_slice(work: SliceWork) -> WalkedSlice:
    """Walks a slice that shares an announced send with others, and leaves it in scratch."""
    changed = work.judging.changed(work.walker.begun(work.part).slimmed())
    file = work.lent.job.scratch / f"{uuid4()}.walked"
    file.write_bytes(pickle.dumps(changed))
    parts = [part_of(plan, changed.walked.traffic) for plan in work.judging.plans]
    return WalkedSlice(work, file, parts)


def finished_slice(walked: WalkedSlice, used: Sequence[Spent]) -> Judged:
    """What a slice gave that was walked, when it is known how far every plan was used."""
    changed = pickle.loads(walked.file.read_bytes())  # noqa: S301 - of our own workers
    return finished(walked.work.judging, changed, used, walked.work.lent.job.scratch)


def judged_in_tasks(
    shared: SharedFolder,
    workers: Workers,
    judging: Judging,
    walker: Walker,
    slices: Sequence[Slice],
) -> list[Judged]:
    """What every slice gave; their baselines and kept walks are stored then.

    Raises: ModelError.
    """
    distrust_after(walker.files, walker.standing, walker.inputs.start)
    files = lent(shared, workers, judging.tenant, READ)
    kept = WalkFiles(shared.scratch, judging.tenant)
    walker = replace(walker, rest=walker.all_rest(), standing=None)
    walker = replace(walker, files=kept, store=files)
    works = [_work(part, walker, judging, files) for part in slices]
    if judging.has_shared_plans:
        judged = _judged_together(workers, judging.plans, works)
    else:
        judged = workers.run(judged_slice, works)
    _store_baselines(shared, workers, judging, files.job, [part.baselines for part in judged])
    for part in slices:
        _take(kept, WalkFiles(shared.store.root, judging.tenant), part)
    return judged


@dataclass(frozen=True)
class BaselineDays:
    """Days of the baselines of all slices."""

    job: Job
    parts: Sequence[Baselines]
    days: Sequence[date]


def baselines_of(work: BaselineDays) -> list[WrittenFile]:
    """Writes the baselines of some days where the table is."""
    with duckdb_of(work.job) as connection:
        connection.register("of_days", rows_of_days(work.parts, work.days))
        return write_files(connection, work.job.root, HVE_BASELINE_HOURLY, "from of_days")


def _store_baselines(
    shared: SharedFolder, workers: Workers, judging: Judging, job: Job, parts: Sequence[Baselines]
) -> None:
    """Every slice was judged from its first day: whole days take the place of the stored ones."""
    portions = list(days_at_once(parts[0].since, judging.until.date(), parts))
    written = workers.run(baselines_of, [BaselineDays(job, parts, days) for days in portions])
    files = [file for of_days in written for file in of_days]
    days = [day for portion in portions for day in portion]
    shared.take(HVE_BASELINE_HOURLY, files, judging.tenant, days)


def _judged_together(
    workers: Workers, plans: Sequence[Plan], works: Sequence[SliceWork]
) -> list[Judged]:
    """The size of an announced send is that of its accounts in all slices together."""
    walked = workers.run(walked_slice, works)
    used = [
        spent(plan, *parts) for plan, *parts in zip(plans, *(w.parts for w in walked), strict=True)
    ]
    slim = [replace(part, parts=()) for part in walked]
    return workers.run(partial(finished_slice, used=used), slim)


def _work(part: Slice, walker: Walker, judging: Judging, files: Lent) -> SliceWork:
    """Without what is known of other accounts: a task travels."""
    own = replace(judging.of(part.accounts), store=files)
    inputs = replace(walker.inputs, gaps=own.gaps)
    return SliceWork(part, replace(walker, inputs=inputs), own, files)


def _take(source: WalkFiles, target: WalkFiles, part: Slice) -> None:
    folder = target.folder / part.folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    shutil.move(source.folder / part.folder, folder)
