"""Runs, readings and builds of all shards: one document, one exit code.

A shard that fails is named in the document and ends no other. One that another process works on is
left to it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from msgspec import UNSET

from actions.ingest import IngestSummary, exit_code, ingest, ingest_summary
from actions.outcome import Outcome, ShardFailure
from actions.readers import Readers
from actions.rebuild import ALONE, BuildSummary, ModelsPart, WhoBuilds, rebuild
from actions.run import RunSummary, run_once, write_metrics
from actions.shards.failures import WORST_FIRST, joint_code
from actions.shards.processes import ShardProcesses
from actions.shards.server import ShardAnswer, ShardWork
from hve_monitor.config import Config
from hve_monitor.document import Document
from hve_monitor.errors import (
    FAILED,
    HveError,
    LockedError,
)
from ingest.source import Progress, SourceSummary
from models.overview.fleet import keep_shard
from models.usage.coverage import CoverageReport, joined_coverage
from publish.alerts.notify import AlertsPart
from warehouse.windows import Window

log = logging.getLogger(__name__)
ALERT_COUNTS = ("opened", "updated", "resolved", "sent", "held", "due", "given_up")
D = TypeVar("D", bound=Document)


def run_all(
    config: Config, now: datetime, progress: Progress, by: WhoBuilds = ALONE
) -> Outcome[RunSummary]:
    """`hve run`: of the one store, or of every shard."""
    if not config.is_sharded:
        return run_once(config, now, progress, by=by)
    with ShardProcesses(config) as processes:
        return run_shards(config, now, progress, processes, by=by)


def run_shards(
    config: Config,
    now: datetime,
    progress: Progress,
    processes: ShardProcesses,
    patience: float | None = None,
    by: WhoBuilds = ALONE,
) -> Outcome[RunSummary]:
    """`hve run` of every shard; then what all of them write together."""
    work = partial(_run, now=now, patience=patience, by=by)
    outcome = _joined(processes.answers(work, progress), partial(_run_summary, config))
    write_metrics(config, now)
    return outcome


def ingest_all(
    config: Config, now: datetime, progress: Progress, sources: Sequence[str], asked: Window | None
) -> Outcome[IngestSummary]:
    """`hve ingest`: of the one store, or of every shard."""
    if not config.is_sharded:
        return _ingested(config, now, progress, sources, asked)
    work = partial(_ingest, now=now, sources=sources, asked=asked)
    return _of_each(config, work, progress, partial(_ingest_summary, config))


def rebuild_all(
    config: Config, now: datetime, progress: Progress, *, full: bool, by: WhoBuilds = ALONE
) -> Outcome[BuildSummary]:
    """`hve build`: of the one store, or of every shard."""
    if not config.is_sharded:
        return rebuild(config, now, progress, full=full, by=by)
    return _of_each(config, partial(_rebuild, now=now, full=full, by=by), progress, _build_summary)


def _of_each(
    config: Config,
    work: ShardWork,
    progress: Progress,
    join: Callable[[Sequence[D], list[ShardFailure]], D],
) -> Outcome[D]:
    with ShardProcesses(config) as processes:
        return _joined(processes.answers(work, progress), join)


def _silent(_what: str, _step: int, _steps: int) -> None:
    """Shards that work side by side share no bar."""


def _run(
    config: Config,
    shard: str,
    readers: Readers,
    *,
    now: datetime,
    patience: float | None,
    by: WhoBuilds,
) -> Outcome[RunSummary]:
    outcome = run_once(config.of_shard(shard), now, _silent, readers, patience, by)
    keep_shard(config, shard, now)
    return outcome


def _ingest(
    config: Config,
    shard: str,
    _readers: Readers,
    *,
    now: datetime,
    sources: Sequence[str],
    asked: Window | None,
) -> Outcome[IngestSummary]:
    return _ingested(config.of_shard(shard), now, _silent, sources, asked)


def _ingested(
    config: Config, now: datetime, progress: Progress, sources: Sequence[str], asked: Window | None
) -> Outcome[IngestSummary]:
    results = ingest(config, now, progress, sources, asked)
    return Outcome(ingest_summary(config, now, results), exit_code(results))


def _rebuild(
    config: Config, shard: str, _readers: Readers, *, now: datetime, full: bool, by: WhoBuilds
) -> Outcome[BuildSummary]:
    outcome = rebuild(config.of_shard(shard), now, _silent, full=full, by=by)
    keep_shard(config, shard, now)
    return outcome


def _joined(
    answers: Mapping[str, ShardAnswer], join: Callable[[Sequence[D], list[ShardFailure]], D]
) -> Outcome[D]:
    """The documents as one, the shards that failed, and what it means for whoever called.

    Raises: the worst error where no shard has a document.
    """
    outcomes = [answer.outcome for answer in answers.values() if answer.outcome is not None]
    errors = {name: answer.error for name, answer in answers.items() if answer.error is not None}
    if not outcomes:
        raise min(errors.values(), key=lambda error: WORST_FIRST.index(error.exit_code))
    failed = list(_failures(errors))
    codes = [outcome.exit_code for outcome in outcomes] + [FAILED] * len(failed)
    return Outcome(join([outcome.document for outcome in outcomes], failed), joint_code(codes))


def _failures(errors: Mapping[str, HveError]) -> Iterable[ShardFailure]:
    """Shards that failed, but for those that another process works on."""
    for name, error in errors.items():
        if isinstance(error, LockedError):
            log.warning("%s", error)
            continue
        log.error("%s", error)
        yield ShardFailure(shard=name, error=str(error))


def _run_summary(
    config: Config, runs: Sequence[RunSummary], failed: list[ShardFailure]
) -> RunSummary:
    return RunSummary(
        sources=_sources(config, runs),
        models=_models(runs),
        incidents_opened=sum(run.incidents_opened for run in runs),
        budget_alerts=[alert for run in runs for alert in run.budget_alerts],
        alerts=_alerts([run.alerts for run in runs]),
        started_at=min(run.started_at for run in runs),
        now=runs[0].now,
        coverage=_coverage(config, runs),
        exports=[export for run in runs for export in run.exports],
        finished_at=datetime.now(UTC),
        failed_shards=failed or UNSET,
    )


def _ingest_summary(
    config: Config, readings: Sequence[IngestSummary], failed: list[ShardFailure]
) -> IngestSummary:
    return IngestSummary(
        sources=_sources(config, readings),
        coverage=_coverage(config, readings),
        failed_shards=failed or UNSET,
    )


def _build_summary(builds: Sequence[BuildSummary], failed: list[ShardFailure]) -> BuildSummary:
    return BuildSummary(
        models=_models(builds),
        incidents_opened=sum(built.incidents_opened for built in builds),
        failed_shards=failed or UNSET,
    )


def _sources(
    config: Config, documents: Sequence[RunSummary | IngestSummary]
) -> list[SourceSummary]:
    """In the order of the configured tenants."""
    places = {tenant.name: place for place, tenant in enumerate(config.served)}
    rows = [source for document in documents for source in document.sources]
    return sorted(rows, key=lambda source: places[source.tenant])


def _models(documents: Sequence[RunSummary | BuildSummary]) -> ModelsPart:
    parts = [document.models for document in documents]
    failed = [failure for part in parts for failure in part.failed or ()]
    return ModelsPart(
        days_rebuilt=sum(part.days_rebuilt for part in parts),
        seconds=round(sum(part.seconds for part in parts), 3),
        failed=failed or UNSET,
    )


def _alerts(parts: Sequence[AlertsPart]) -> AlertsPart:
    """Every shard has an outbox of its own: their counts are summed."""
    counts = {
        name: sum(known)
        for name in ALERT_COUNTS
        if (known := [n for part in parts if (n := getattr(part, name)) is not UNSET])
    }
    return AlertsPart(**counts, failed=[trouble for part in parts for trouble in part.failed])


def _coverage(config: Config, documents: Sequence[RunSummary | IngestSummary]) -> CoverageReport:
    """Of all shards; one that failed, or that another process works on, is not known."""
    is_whole = len(documents) == len(config.shards)
    return joined_coverage([part.coverage for part in documents], is_whole=is_whole)
