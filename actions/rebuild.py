"""Models alone, and what of the configuration they depend on."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, TypedDict

from msgspec import UNSET, UnsetType

from actions.outcome import Outcome, ShardFailure
from hve_monitor.config import Config
from hve_monitor.document import Document
from hve_monitor.errors import DONE, INCOMPLETE, ConfigError
from ingest.source import Progress
from models.build import BuildResult, Failures, build
from models.cost.passed_thresholds import budgets_by_currency
from models.incidents.overspend import Spending
from models.overview.money import keep_tenants_money
from models.readiness.facts import ReadinessSettings
from models.reference.book import Reference, reference_of
from warehouse.configured import store_of

if TYPE_CHECKING:
    from models.stretches.workers import Workers

log = logging.getLogger(__name__)
ENGINES = ("duckdb", "spark")


class WhoBuilds(NamedTuple):
    """DuckDB in so many processes of this machine, or on Spark's executors."""

    engine: str = "duckdb"
    jobs: int = 1


ALONE = WhoBuilds()


class FailedModels(Document):
    """Why a tenant could not be built; the next build tries it again."""

    tenant: str
    error: str


class ModelsPart(Document):
    """How many days were rebuilt, in how many real seconds, and whose models failed."""

    days_rebuilt: int
    seconds: float
    failed: list[FailedModels] | UnsetType = UNSET


class BuildSummary(Document):
    """What `hve build` did."""

    models: ModelsPart
    incidents_opened: int
    failed_shards: list[ShardFailure] | UnsetType = UNSET


class BuildOptions(TypedDict):
    """What of the configuration the models depend on, as `build` takes it."""

    readiness: ReadinessSettings
    reference: Reference
    spending: Spending


def rebuild(
    config: Config, now: datetime, progress: Progress, *, full: bool, by: WhoBuilds = ALONE
) -> Outcome[BuildSummary]:
    """Models alone. Raises: ConfigError for an engine that is not there."""
    from actions.privacy import finish_removals

    finish_removals(config)
    options = build_options(config)
    failures: Failures = {}
    with workers_of(by, config) as workers, store_of(config) as store:
        built = build(
            store,
            config.served,
            now,
            progress,
            full=full,
            workers=workers,
            failures=failures,
            **options,
        )
        raise_alone(failures, len(config.served))
        keep_tenants_money(store.state, config, [t.name for t in config.served], now)
    part = models_part(built, failures)
    summary = BuildSummary(models=part, incidents_opened=built.incidents_opened)
    return Outcome(summary, INCOMPLETE if failures else DONE)


def raise_alone(failures: Failures, tenants: int) -> None:
    """Raises: the error of the first tenant where so many tenants were all that there are."""
    if failures and len(failures) == tenants:
        raise next(iter(failures.values()))


def models_part(built: BuildResult, failures: Failures | None = None) -> ModelsPart:
    """What a summary says of the models."""
    failed = [
        FailedModels(tenant=name, error=f"{type(error).__name__}: {error}".splitlines()[0])
        for name, error in (failures or {}).items()
    ]
    for trouble in failed:
        log.error("%s: models: %s", trouble.tenant, trouble.error)
    return ModelsPart(
        days_rebuilt=built.days_rebuilt, seconds=built.seconds, failed=failed or UNSET
    )


def workers_of(by: WhoBuilds, config: Config) -> AbstractContextManager[Workers | None]:
    """Who computes the marts; None is this process. Raises: ConfigError."""
    if by.engine not in ENGINES:
        raise ConfigError(f"--engine {by.engine}: use one of {', '.join(ENGINES)}")
    if by.engine == "duckdb":
        limit = config.warehouse.memory_limit
        if by.jobs == 1:
            return nullcontext()
        from models.stretches.workers import local_workers

        return local_workers(by.jobs, limit)
    if by.jobs > 1:
        raise ConfigError(
            "--jobs: with --engine spark the executors say how many tasks run at once"
        )
    from models.stretches.spark import spark_workers

    return spark_workers(config)


def build_options(config: Config) -> BuildOptions:
    """What of the configuration the models depend on."""
    lines = [line for budgets in budgets_by_currency(config).values() for line in budgets]
    return {
        "readiness": _settings(config),
        "reference": reference_of(config),
        "spending": Spending(lines, config.alerts.cost_minimum),
    }


def _settings(config: Config) -> ReadinessSettings:
    readiness = config.readiness
    return ReadinessSettings(config.endpoints.smtp, readiness.idle_days, readiness.ending_days)
