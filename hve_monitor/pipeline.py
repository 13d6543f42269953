"""One run: every tenant's ingest side by side, then the models, then one published version."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
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
    tenants = [tenant for tenant in config.served if tenant.accounts != "files"]
    results: list[SourceResult] = []
    locked: list[LockedError] = []

    def one(tenant: Tenant) -> list[SourceResult]:
        with store_of(config) as store:
            return ingest_tenant(store, config, tenant, sources, now, asked, progress)

    with ThreadPoolExecutor(max_workers=min(8, len(tenants)) or 1) as pool:
        for future in [pool.submit(one, tenant) for tenant in tenants]:
            try:
                results += future.result()
            except LockedError as error:
                log.warning("%s", error)
                locked.append(error)
    if locked and len(locked) == len(tenants):
        raise locked[0]
    return results


def run_once(config: Config, now: datetime, progress: Progress) -> Outcome:
    """Ingest, models, publication, alerts; the contract's run summary."""
    from hve_monitor.privacy import finish_removals, retain

    started = datetime.now(UTC)
    budgets_by_currency(config)  # a mistake in budgets or cost centers is told before anything
    finish_removals(config)
    results = ingest(config, now, progress)
    with store_of(config) as store:
        built = build(store, config.served, now, progress, **_build_options(config))
        document: dict[str, Any] = {
            "started_at": iso(started),
            "finished_at": None,
            "now": iso(now),
            "sources": [_hidden(store, result.summary()) for result in results],
            "models": {"days_rebuilt": built.days_rebuilt, "seconds": built.seconds},
            "incidents_opened": built.incidents_opened,
            "coverage": _coverage(config.warehouse.path, now),
        }
        # Budgets first, so that a threshold passed now is told now.
        document["budget_alerts"] = note_budget_alerts(store.state, config, now)
        document["alerts"] = tell(store, config, now)
        document["exports"] = _exports(config, now)
        document["finished_at"] = iso(datetime.now(UTC))
        store.state.record_run(started, datetime.now(UTC), document)
        sweep(store)
    retain(config, now)
    write_metrics(config, now)
    told = DONE if not document["alerts"]["failed"] else INCOMPLETE
    return Outcome(document, exit_code(results) or told)


def tell(store: Store, config: Config, now: datetime) -> dict[str, Any]:
    """The `alerts` part of a run. What cannot be sent is one line each, and fails no ingest."""
    from publish.alerts import alert

    @cache
    def bearer(tenant: str, scope: str) -> str:
        with https_client(config.endpoints.ca_bundle) as client:
            return EntraTokens(config.tenant(tenant), config.endpoints, client).bearer(scope)

    try:
        told = alert(store, config, now, bearer)
    except HveError as error:
        told = {"failed": [{"target": "alerts", "error": str(error)}]}
    for each in told["failed"]:
        log.warning("alerts: %s: %s", each["target"], each["error"])
    return told


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


def _exports(config: Config, now: datetime) -> list[dict[str, Any]]:
    """Files of the scheduled export; one that cannot be written does not undo the run."""
    from publish.exports import scheduled

    try:
        return scheduled(config, now)
    except HveError as error:
        log.warning("export: %s", error)
        return [{"error": str(error)}]


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
