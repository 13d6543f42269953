"""One run: tenants are read side by side; who is read is built, published and alerted on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from actions.ingest import exit_code, read_tenants, reading_of, results_of, settle
from actions.outcome import Outcome, ShardFailure
from actions.readers import Readers
from actions.rebuild import (
    ALONE,
    ModelsPart,
    WhoBuilds,
    build_options,
    models_part,
    raise_alone,
    workers_of,
)
from hve_monitor.config import Config
from hve_monitor.document import Document, encoded
from hve_monitor.errors import (
    DONE,
    INCOMPLETE,
    HveError,
    LockedError,
)
from ingest.entra.tokens import EntraTokens
from ingest.http import https_client
from ingest.source import Progress, SourceResult, SourceSummary
from models.build import BuildResult, Failures, build
from models.cost.passed_thresholds import budgets_by_currency, note_budget_alerts
from models.overview.money import keep_tenants_money
from models.usage.coverage import CoverageReport, coverage_report
from publish.alerts.notify import AlertsPart, TargetTrouble, alert
from publish.exports.exports import ExportedFiles, scheduled
from warehouse.business_time import confirm_run
from warehouse.configured import store_of
from warehouse.maintenance.upkeep import sweep
from warehouse.privacy import audit
from warehouse.reading import read_published
from warehouse.records.money import BudgetAlert
from warehouse.store import Store

if TYPE_CHECKING:
    from models.stretches.workers import Workers

log = logging.getLogger(__name__)
COUNTED = ("opened", "updated", "resolved", "sent")


def run_once(
    config: Config,
    now: datetime,
    progress: Progress,
    readers: Readers | None = None,
    patience: float | None = None,
    by: WhoBuilds = ALONE,
) -> Outcome[RunSummary]:
    """Ingest, models, publication, alerts; the contract's run summary.

    Tenants are built, published and alerted on as their readings end, so that a slow or broken one
    delays no other. With `readers` of a schedule, who is still being read after so many seconds of
    patience is left to the next run.
    """
    from actions.privacy import finish_removals, retain

    started = datetime.now(UTC)
    budgets_by_currency(config)  # a mistake in budgets or cost centers is reported first
    try:
        finish_removals(config)
    except LockedError as error:
        if not (readers and readers.slow):
            raise
        log.warning("%s", error)  # whoever is slow holds up no other; a later run ends it
    run = Run()
    with nullcontext(readers) if readers else Readers() as reading:
        reading.start(read_tenants(config), reading_of(config, now, progress))
        with workers_of(by, config) as workers, store_of(config) as store:
            for names in _groups(config, reading, patience, run):
                run.add(_brought_up(store, config, names, now, progress, run.failures, workers))
            settle(run.results, run.refused)
            raise_alone(run.failures, len(config.served))
            summary = _summary(run, store, config, reading.slow, started, now)
            store.state.record_run(started, datetime.now(UTC), encoded(summary))
            sweep(store)
            confirm_run(store.state, now)
    retain(config, now)
    write_metrics(config, now)
    undelivered = INCOMPLETE if summary.alerts.failed else DONE
    return Outcome(summary, run.exit_code(reading.slow) or undelivered)


class ExportFailure(Document):
    """Why the scheduled export wrote no file."""

    error: str


class RunSummary(Document):
    """What `hve run` prints. config and headless stand in the summary of the demo alone.

    failed_shards: where tenants are in shards, those that brought nothing of all this.
    """

    sources: list[SourceSummary]
    models: ModelsPart
    incidents_opened: int
    budget_alerts: list[BudgetAlert]
    alerts: AlertsPart
    started_at: datetime
    now: datetime
    coverage: CoverageReport
    exports: list[ExportedFiles | ExportFailure]
    finished_at: datetime
    failed_shards: list[ShardFailure] | UnsetType = UNSET
    config: str | UnsetType = UNSET
    headless: bool | UnsetType = UNSET


def _summary(
    run: Run, store: Store, config: Config, slow: Sequence[str], started: datetime, now: datetime
) -> RunSummary:
    sources = [result.summary() for result in run.sources(config)]
    return RunSummary(
        sources=[*sources, *(_still_read(name).summary() for name in slow)],
        models=models_part(run.models, run.failures),
        incidents_opened=run.models.incidents_opened,
        budget_alerts=run.budget_alerts,
        alerts=run.alerts,
        started_at=started,
        now=now,
        coverage=_coverage(config.warehouse.path, now),
        exports=_exports(store, config, now),
        finished_at=datetime.now(UTC),
    )


@dataclass
class Run:
    """What the groups of a run have brought so far."""

    results: dict[str, list[SourceResult]] = field(default_factory=dict)
    refused: dict[str, HveError] = field(default_factory=dict)
    models: BuildResult = field(default_factory=BuildResult)
    failures: Failures = field(default_factory=dict)
    budget_alerts: list[BudgetAlert] = field(default_factory=list)
    alerts: AlertsPart = field(default_factory=lambda: AlertsPart(failed=[]))

    def add(self, part: BroughtUp) -> None:
        """Joins what one group of tenants brought."""
        self.models.days_rebuilt += part.built.days_rebuilt
        self.models.incidents_opened += part.built.incidents_opened
        self.models.seconds = round(self.models.seconds + part.built.seconds, 3)
        self.budget_alerts += part.budget_alerts
        self.alerts = _joined(self.alerts, part.alerts)

    def exit_code(self, slow: Sequence[str]) -> int:
        """Whoever is still being read, or could not be built, makes a run incomplete."""
        results = [result for part in self.results.values() for result in part]
        return exit_code(results) or (INCOMPLETE if slow or self.failures else DONE)

    def sources(self, config: Config) -> list[SourceResult]:
        """The results in the order of the configured tenants."""
        return [result for tenant in config.served for result in self.results.get(tenant.name, [])]


class BroughtUp(NamedTuple):
    """What building a group of tenants brought."""

    built: BuildResult
    budget_alerts: list[BudgetAlert]
    alerts: AlertsPart


def _joined(before: AlertsPart, part: AlertsPart) -> AlertsPart:
    """The newest state of the outbox, with what all groups opened, updated, resolved and sent."""
    if part.sent is UNSET and before.sent is UNSET:
        return part
    counts = {name: _count(before, name) + _count(part, name) for name in COUNTED}
    return replace(part, **counts)


def _count(part: AlertsPart, name: str) -> int:
    return getattr(part, name) or 0


def _groups(
    config: Config, readers: Readers, patience: float | None, run: Run
) -> Iterator[list[str]]:
    """Names of tenants to build together: at first those that live from files."""
    from_files = [tenant.name for tenant in config.served if tenant.accounts == "files"]
    for group in readers.ended(patience):
        fresh = results_of(group, run.refused)
        run.results |= fresh
        if names := [*from_files, *fresh]:
            yield names
        from_files = []
    if from_files or not (run.results or run.refused):
        yield from_files


def _brought_up(
    store: Store,
    config: Config,
    names: Sequence[str],
    now: datetime,
    progress: Progress,
    failures: Failures,
    workers: Workers | None,
) -> BroughtUp:
    """Builds and publishes the tenants, notes budgets, sends alerts."""
    tenants = [tenant for tenant in config.served if tenant.name in names]
    options = build_options(config)
    built = build(store, tenants, now, progress, failures=failures, workers=workers, **options)
    # Budgets first, so that a threshold passed now is reported now.
    passed = note_budget_alerts(store.state, config, now)
    keep_tenants_money(store.state, config, names, now)
    return BroughtUp(built, passed, send_alerts(store, config, now))


def _still_read(tenant: str) -> SourceResult:
    error = "is still being read; the next run goes on without waiting for it"
    return SourceResult("message_traces", tenant, status="partial", error=error)


def send_alerts(store: Store, config: Config, now: datetime) -> AlertsPart:
    """The `alerts` part of a run. What cannot be sent is one line each, and fails no ingest."""
    try:
        part = alert(store, config, now, bearer_of(config))
    except HveError as error:
        part = AlertsPart(failed=[TargetTrouble(target="alerts", error=str(error))])
    for trouble in part.failed:
        log.warning("alerts: %s: %s", trouble.target, trouble.error)
    return part


def bearer_of(config: Config) -> Callable[[str, str], str]:
    """Tokens by tenant and scope, for targets that sign in with Entra ID."""

    @cache
    def bearer(tenant: str, scope: str) -> str:
        with https_client(config.endpoints.ca_bundle) as client:
            return EntraTokens(config.tenant(tenant), config.endpoints, client).bearer(scope)

    return bearer


def write_metrics(config: Config, now: datetime) -> None:
    """Replaces the configured textfile; one that cannot be written fails no run."""
    if config.metrics.textfile is None:
        return
    from publish.exports.metrics import write

    try:
        write(config, now, config.metrics.textfile)
    except HveError as error:
        log.warning("metrics: %s", error)


def _exports(store: Store, config: Config, now: datetime) -> list[ExportedFiles | ExportFailure]:
    """Files of the scheduled export; one that cannot be written does not undo the run."""
    try:
        exports = scheduled(config, now)
    except HveError as error:
        log.warning("export: %s", error)
        return [ExportFailure(error=str(error))]
    if exports:
        formats = ", ".join(sorted({export.format for export in exports}))
        audit.record_daily(store, now, "hve run", "export", f"scheduled: {formats}")
    return [*exports]


def _coverage(root: Path, now: datetime) -> CoverageReport:
    with read_published(root, now) as published:
        return coverage_report(published)
