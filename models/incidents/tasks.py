"""Judging from scratch in tasks side by side: a slice of the accounts each, whoever computes them.

A worker walks its slice and leaves the kept walk and the baselines as files; incidents and signals,
which are few, come back to the driver. What is seen in all accounts together comes along: hours in
which the tenant rests, plans, settings and sign-ins.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace

from models.incidents.changes import Judging
from models.incidents.judged import Judged, judged_alone
from models.incidents.walks.kept_walks import distrust_after
from models.incidents.walks.slices import Slice, Walker
from models.stretches.lent import Lent, lent
from models.stretches.workers import SharedFolder, Workers
from warehouse.tables import HVE_ACTIVITY, HVE_SIGNALS, HVE_USAGE_DAILY, HVE_USAGE_HOURLY
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


def judged_in_tasks(
    shared: SharedFolder,
    workers: Workers,
    judging: Judging,
    walker: Walker,
    slices: Sequence[Slice],
) -> list[Judged]:
    """What every slice gave; their kept walks lie in the store then. Raises: ModelError."""
    distrust_after(walker.files, walker.standing, walker.inputs.start)
    files = lent(shared, workers, judging.tenant, READ)
    kept = WalkFiles(shared.scratch, judging.tenant)
    walker = replace(walker, rest=walker.all_rest(), standing=None)
    works = [
        _work(part, replace(walker, files=kept, store=files), judging, files) for part in slices
    ]
    judged = workers.run(judged_slice, works)
    for part in slices:
        _take(kept, WalkFiles(shared.store.root, judging.tenant), part)
    return judged


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
