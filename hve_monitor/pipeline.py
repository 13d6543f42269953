"""One run: tenants are read side by side; whoever is read is built, published and told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from hve_monitor.clock import iso
from hve_monitor.config import Config, Tenant
from hve_monitor.errors import (
    DONE,
    FAILED,
    INCOMPLETE,
    TEMPORARY,
    USAGE,
    ConfigError,
    HveError,
    LockedError,
)
from hve_monitor.readers import Readers, Reading
from ingest.auth import EntraTokens
from ingest.files import FileImport, ImportResult, expand, totals
from ingest.http import https_client
from ingest.source import Progress, SourceResult
from ingest.tenant import ingest_tenant
from models.budget_alerts import budgets_by_currency, note_budget_alerts
from models.build import DUCKDB, BuildResult, build
from models.coverage import coverage_report
from models.engine import Engine
from models.overspend import Spending
from models.readiness.facts import Settings
from models.reference import reference_of
from warehouse import audit
from warehouse.accounts import account_addresses
from warehouse.protection import read_protection
from warehouse.pseudonyms import hidden
from warehouse.publication import published
from warehouse.state import Window
from warehouse.store import Store, open_store
from warehouse.upkeep import sweep, tidy

log = logging.getLogger(__name__)
ENGINES = ("duckdb", "spark")
VITAL = ("accounts", "message_traces")
COUNTED = ("opened", "updated", "resolved", "sent")


@dataclass
class Outcome:
    """What a command tells: a JSON document and an exit code."""

    document: dict[str, Any]
    exit_code: int


def store_of(config: Config) -> AbstractContextManager[Store]:
    """The configured store, closed by its context."""
    warehouse = config.warehouse
    protection = read_protection(config.privacy, warehouse.path)
    return open_store(warehouse.path, warehouse.memory_limit, warehouse.threads, protection)


def ingest(
    config: Config,
    now: datetime,
    progress: Progress,
    sources: Sequence[str] = (),
    asked: Window | None = None,
) -> list[SourceResult]:
    """Results of every tenant's sources; a tenant that another process holds is left out.

    Raises: LockedError when every tenant is held, ConfigError.
    """
    results: dict[str, list[SourceResult]] = {}
    refused: dict[str, HveError] = {}
    with Readers() as readers:
        readers.start(_read_tenants(config), _reading(config, now, progress, sources, asked))
        for group in readers.ended():
            results |= _results(group, refused)
    _settle(results, refused)
    return [each for tenant in config.served for each in results.get(tenant.name, [])]


def _read_tenants(config: Config) -> list[Tenant]:
    return [tenant for tenant in config.served if tenant.accounts != "files"]


def _reading(
    config: Config,
    now: datetime,
    progress: Progress,
    sources: Sequence[str] = (),
    asked: Window | None = None,
) -> Callable[[Tenant], list[SourceResult]]:
    def read(tenant: Tenant) -> list[SourceResult]:
        with store_of(config) as store:
            return ingest_tenant(store, config, tenant, sources, now, asked, progress)

    return read


def _results(
    group: dict[str, Reading], refused: dict[str, HveError]
) -> dict[str, list[SourceResult]]:
    """What each tenant of the group brought; who brought nothing is told and noted."""
    found = {}
    for name, reading in group.items():
        try:
            found[name] = reading.result()
        except HveError as error:
            refused[name] = error
    return found


def _settle(results: dict[str, list[SourceResult]], refused: dict[str, HveError]) -> None:
    """Adds what was refused to the results; a held tenant is left to whoever holds it.

    Raises: HveError, the first one, when no tenant brought anything.
    """
    if refused and not results:
        raise next(iter(refused.values()))
    for name, error in refused.items():
        log.warning("%s", error)
        if not isinstance(error, LockedError):
            results[name] = [SourceResult("message_traces", name)]
            results[name][0].note(error)


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
    from hve_monitor.privacy import finish_removals, retain

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
        reading.start(_read_tenants(config), _reading(config, now, progress))
        with store_of(config) as store:
            for names in _groups(config, reading, patience, run):
                run.add(_brought_up(store, config, names, now, progress))
            _settle(run.results, run.refused)
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
        fresh = _results(group, run.refused)
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
    built = build(store, tenants, now, progress, **_build_options(config))
    # Budgets first, so that a threshold passed now is told now.
    return built, note_budget_alerts(store.state, config, now), tell(store, config, now)


def _still_read(tenant: str) -> SourceResult:
    error = "is still being read; the next run goes on without waiting for it"
    return SourceResult("message_traces", tenant, status="partial", error=error)


def tell(store: Store, config: Config, now: datetime) -> dict[str, Any]:
    """The `alerts` part of a run. What cannot be sent is one line each, and fails no ingest."""
    from publish.alerts import alert

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
    from publish.metrics import write

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


def exit_code(results: Sequence[SourceResult]) -> int:
    """What the sources' states mean for whoever called."""
    bad = [result for result in results if result.status != "ok" and not result.optional]
    if not bad:
        return DONE
    # Without accounts and traces there is nothing: what else succeeded does not make a run.
    vital = [result for result in results if result.source in VITAL] or results
    if any(result.status != "failed" for result in vital):
        return INCOMPLETE
    if any(result.misconfigured for result in vital):
        return USAGE
    return TEMPORARY if all(result.temporary for result in vital) else FAILED


def import_files(
    config: Config,
    tenant: Tenant,
    paths: Sequence[Path],
    columns: dict[str, str],
    kind: str,
    now: datetime,
    progress: Progress,
) -> Outcome:
    """Lands files into a tenant and brings its marts up to date."""
    files = expand(paths)
    with store_of(config) as store:
        with store.tenant_lock(tenant.name):
            store.check_now(tenant.name, now)
            results = FileImport(store, tenant, now, columns, kind, progress).read_all(files)
            tidy(store, tenant.name, now)
        built = build(store, [tenant], now, progress, **_build_options(config))
        sweep(store)
    return Outcome(_import_document(tenant, results, built), _import_code(results))


def rebuild(
    config: Config, now: datetime, progress: Progress, *, full: bool, engine: str = "duckdb"
) -> Outcome:
    """Models alone. Raises: ConfigError for an engine that is not there."""
    from hve_monitor.privacy import finish_removals

    finish_removals(config)
    options = _build_options(config)
    with _engine(engine, config) as chosen, store_of(config) as store:
        built = build(store, config.served, now, progress, full=full, engine=chosen, **options)
    document = {
        "models": {"days_rebuilt": built.days_rebuilt, "seconds": built.seconds},
        "incidents_opened": built.incidents_opened,
    }
    return Outcome(document, DONE)


def _engine(name: str, config: Config) -> AbstractContextManager[Engine]:
    if name not in ENGINES:
        raise ConfigError(f"--engine {name}: use one of {', '.join(ENGINES)}")
    if name == "duckdb":
        return nullcontext(DUCKDB)
    from models.spark import spark_engine

    return spark_engine(config)


def _build_options(config: Config) -> dict[str, Any]:
    """What of the configuration the models depend on."""
    lines = [line for each in budgets_by_currency(config).values() for line in each]
    return {
        "readiness": _settings(config),
        "reference": reference_of(config),
        "spending": Spending(lines, config.alerts.cost_minimum),
    }


def _settings(config: Config) -> Settings:
    readiness = config.readiness
    return Settings(config.endpoints.smtp, readiness.idle_days, readiness.ending_days)


def _exports(store: Store, config: Config, now: datetime) -> list[dict[str, Any]]:
    """Files of the scheduled export; one that cannot be written does not undo the run."""
    from publish.exports import scheduled

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
    with published(root) as connection:
        return coverage_report(connection, now)


def _import_document(
    tenant: Tenant, results: Sequence[ImportResult], built: BuildResult
) -> dict[str, Any]:
    return {
        "tenant": tenant.name,
        **totals(results),
        "files": [vars(result) for result in results],
        "models": {"days_rebuilt": built.days_rebuilt, "seconds": built.seconds},
        "incidents_opened": built.incidents_opened,
    }


def _import_code(results: Sequence[ImportResult]) -> int:
    bad = any(result.rows_rejected or result.error for result in results)
    return INCOMPLETE if bad else DONE
