"""Reads the sources of every tenant, side by side; what the states of the sources mean."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec import UNSET, UnsetType

from actions.outcome import ShardFailure
from actions.readers import Readers, Reading
from hve_monitor.config import Config, Tenant
from hve_monitor.document import Document
from hve_monitor.errors import DONE, FAILED, INCOMPLETE, TEMPORARY, USAGE, HveError, LockedError
from ingest.read_tenant import ingest_tenant
from ingest.source import Progress, SourceResult, SourceSummary
from models.usage.coverage import CoverageReport, stored_coverage
from warehouse.configured import store_of
from warehouse.protection.pseudonyms import hidden
from warehouse.records.accounts import account_addresses
from warehouse.store import Store
from warehouse.windows import Window

log = logging.getLogger(__name__)
VITAL = ("accounts", "message_traces")


class IngestSummary(Document):
    """What `hve ingest` read, and what of the tenants' mail is read now."""

    sources: list[SourceSummary]
    coverage: CoverageReport
    failed_shards: list[ShardFailure] | UnsetType = UNSET


def ingest(
    config: Config,
    now: datetime,
    progress: Progress,
    sources: Sequence[str] = (),
    asked: Window | None = None,
) -> list[SourceResult]:
    """Results of every tenant's sources; a tenant that another process holds is left out.

    Raises: LockedError when other processes hold every tenant, ConfigError.
    """
    results: dict[str, list[SourceResult]] = {}
    refused: dict[str, HveError] = {}
    with Readers() as readers:
        readers.start(read_tenants(config), reading_of(config, now, progress, sources, asked))
        for group in readers.ended():
            results |= results_of(group, refused)
    settle(results, refused)
    return [result for tenant in config.served for result in results.get(tenant.name, [])]


def ingest_summary(config: Config, now: datetime, results: Sequence[SourceResult]) -> IngestSummary:
    """The results as they are printed."""
    with store_of(config) as store:
        names = [tenant.name for tenant in read_tenants(config)]
        coverage = stored_coverage(store, names, now)
    return IngestSummary(sources=[result.summary() for result in results], coverage=coverage)


def read_tenants(config: Config) -> list[Tenant]:
    return [tenant for tenant in config.served if tenant.accounts != "files"]


def reading_of(
    config: Config,
    now: datetime,
    progress: Progress,
    sources: Sequence[str] = (),
    asked: Window | None = None,
) -> Callable[[Tenant], list[SourceResult]]:
    def read(tenant: Tenant) -> list[SourceResult]:
        with store_of(config) as store:
            try:
                results = ingest_tenant(store, config, tenant, sources, now, asked, progress)
            except HveError as error:
                error.args = (_without_names(store, tenant.name, str(error)),)
                raise
            for result in results:
                result.error = result.error and _without_names(store, tenant.name, result.error)
            return results

    return read


def _without_names(store: Store, tenant: str, text: str) -> str:
    """Where names are hidden, the words of a service do not bring them back."""
    if store.protection.is_plain:
        return text
    return hidden(text, account_addresses(store, tenant))


def results_of(
    group: dict[str, Reading], refused: dict[str, HveError]
) -> dict[str, list[SourceResult]]:
    """The results of each tenant of the group; errors are kept by tenant in `refused`."""
    results = {}
    for name, reading in group.items():
        try:
            results[name] = reading.result()
        except HveError as error:
            refused[name] = error
    return results


def settle(results: dict[str, list[SourceResult]], refused: dict[str, HveError]) -> None:
    """Adds refusals to the results; a locked tenant is left to the process that holds it.

    Raises: HveError, the first one, when no tenant brought anything.
    """
    if refused and not results:
        raise next(iter(refused.values()))
    for name, error in refused.items():
        log.warning("%s", error)
        if not isinstance(error, LockedError):
            results[name] = [SourceResult("message_traces", name)]
            results[name][0].note(error)


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
