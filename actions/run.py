"""One run: tenants are read side by side; whoever is read is built, published and told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from actions.ingest import exit_code, read_tenants, reading_of, results_of, settle
from actions.outcome import Outcome
from actions.readers import Readers
from actions.rebuild import build_options
from hve_monitor.clock import iso
from hve_monitor.config import Config
from hve_monitor.errors import (
    DONE,
    INCOMPLETE,
    HveError,
    LockedError,
)
from ingest.entra.tokens import EntraTokens
from ingest.http import https_client
from ingest.source import Progress, SourceResult
from models.build import BuildResult, build
from models.cost.passed_thresholds import budgets_by_currency, note_budget_alerts
from models.usage.coverage import coverage_report
from warehouse.configured import store_of
from warehouse.privacy import audit
from warehouse.protection.pseudonyms import hidden
from warehouse.reading import read_published
from warehouse.records.accounts import account_addresses
from warehouse.store import Store
from warehouse.upkeep import sweep

log = logging.getLogger(__name__)
COUNTED = ("opened", "updated", "resolved", "sent")


def run_once(
    config: Config,
    now: datetime,
    progress: Progress,
    readers: Readers | None = None,
    patience: float | None = None,
) -> Outcome:
    """Ingest, models, publication, alerts; the contract's run summary.

    Tenants are built, published and told as their readings end, so that a slow or broken one delays
    no other. With `readers` of a schedule, who is still being read after so many seconds of
    patience is left to the next run.
    """
    from actions.privacy import finish_removals, retain

    started = datetime.now(UTC)
    budgets_by_currency(config)  # a mistake in budgets or cost centers is told before anything
    try:
        finish_removals(config)
    except LockedError as error:
        if not (readers and readers.slow):
            raise
        log.warning("%s", error)  # whoever is slow holds up no other; a later run ends it
    run = Run()
    with nullcontext(readers) if readers else Readers() as reading:
        reading.start(read_tenants(config), reading_of(config, now, progress))
        with store_of(config) as store:
            for names in _groups(config, reading, patience, run):
                run.add(_brought_up(store, config, names, now, progress))
            settle(run.results, run.refused)
            document = run.document(store, config, reading.slow) | {
                "started_at": iso(started),
                "now": iso(now),
                "coverage": _coverage(config.warehouse.path, now),
                "exports": _exports(store, config, now),
                "finished_at": iso(datetime.now(UTC)),
            }
            store.state.record_run(started, datetime.now(UTC), document)
            sweep(store)
    retain(config, now)
    write_metrics(config, now)
    told = DONE if not document["alerts"]["failed"] else INCOMPLETE
    return Outcome(document, run.exit_code(reading.slow) or told)


@dataclass
class Run:
    """What the groups of a run have brought so far."""

    results: dict[str, list[SourceResult]] = field(default_factory=dict)
    refused: dict[str, HveError] = field(default_factory=dict)
    models: BuildResult = field(default_factory=BuildResult)
    budget_alerts: list[Any] = field(default_factory=list)
    alerts: dict[str, Any] = field(default_factory=dict)

    def add(self, part: tuple[BuildResult, list[Any], dict[str, Any]]) -> None:
        """Joins what one group of tenants brought."""
        built, budget_alerts, alerts = part
        self.models.days_rebuilt += built.days_rebuilt
        self.models.incidents_opened += built.incidents_opened
        self.models.seconds = round(self.models.seconds + built.seconds, 3)
        self.budget_alerts += budget_alerts
        counted = {name: self.alerts.get(name, 0) + alerts.get(name, 0) for name in COUNTED}
        self.alerts = alerts | (counted if "sent" in alerts or self.alerts else {})

    def document(self, store: Store, config: Config, slow: Sequence[str]) -> dict[str, Any]:
        """The parts of the run summary that come from the tenants."""
        sources = [_hidden(store, each.summary()) for each in self._sources(config)]
        return {
            "sources": [*sources, *(_still_read(name).summary() for name in slow)],
            "models": {"days_rebuilt": self.models.days_rebuilt, "seconds": self.models.seconds},
            "incidents_opened": self.models.incidents_opened,
            "budget_alerts": self.budget_alerts,
            "alerts": self.alerts,
        }

    def exit_code(self, slow: Sequence[str]) -> int:
        """Whoever is still being read makes a run incomplete."""
        found = [each for results in self.results.values() for each in results]
        return exit_code(found) or (INCOMPLETE if slow else DONE)

    def _sources(self, config: Config) -> list[SourceResult]:
        return [each for tenant in config.served for each in self.results.get(tenant.name, [])]


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
    store: Store, config: Config, names: Sequence[str], now: datetime, progress: Progress
) -> tuple[BuildResult, list[Any], dict[str, Any]]:
    """Builds and publishes the tenants, notes budgets, tells alerts."""
    tenants = [tenant for tenant in config.served if tenant.name in names]
    built = build(store, tenants, now, progress, **build_options(config))
    # Budgets first, so that a threshold passed now is told now.
    return built, note_budget_alerts(store.state, config, now), tell(store, config, now)


def _still_read(tenant: str) -> SourceResult:
    error = "is still being read; the next run goes on without waiting for it"
    return SourceResult("message_traces", tenant, status="partial", error=error)


def tell(store: Store, config: Config, now: datetime) -> dict[str, Any]:
    """The `alerts` part of a run. What cannot be sent is one line each, and fails no ingest."""
    from publish.alerts.notify import alert

    try:
        told = alert(store, config, now, bearer_of(config))
    except HveError as error:
        told = {"failed": [{"target": "alerts", "error": str(error)}]}
    for each in told["failed"]:
        log.warning("alerts: %s: %s", each["target"], each["error"])
    return told


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


def _hidden(store: Store, summary: dict[str, Any]) -> dict[str, Any]:
    """Where names are hidden, the words of a service do not bring them back."""
    if store.protection.is_plain or not summary["error"]:
        return summary
    return summary | {
        "error": hidden(summary["error"], account_addresses(store, summary["tenant"]))
    }


def _exports(store: Store, config: Config, now: datetime) -> list[dict[str, Any]]:
    """Files of the scheduled export; one that cannot be written does not undo the run."""
    from publish.exports.exports import scheduled

    try:
        found = scheduled(config, now)
    except HveError as error:
        log.warning("export: %s", error)
        return [{"error": str(error)}]
    if found:
        formats = ", ".join(sorted({each["format"] for each in found}))
        audit.record_daily(store.state, now, "hve run", "export", f"scheduled: {formats}")
    return found


def _coverage(root: Path, now: datetime) -> dict[str, Any]:
    with read_published(root, now) as published:
        return coverage_report(published)
