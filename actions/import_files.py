"""Lands files into the store and brings the marts up to date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from actions.outcome import Outcome
from actions.rebuild import ModelsPart, build_options, models_part
from hve_monitor.config import Config, Tenant
from hve_monitor.document import Document
from hve_monitor.errors import DONE, INCOMPLETE
from ingest.files.formats.dates import Order
from ingest.files.imported import FileImport, ImportResult, totals
from ingest.files.paths import expand
from ingest.source import Progress
from models.build import BuildResult, build
from models.overview.money import keep_tenants_money
from warehouse.configured import store_of
from warehouse.maintenance.upkeep import sweep, tidy


class ImportSummary(Document):
    """What `hve import` landed: counts over all files, then each file."""

    tenant: str
    rows_read: int
    rows_new: int
    rows_changed: int
    rows_unchanged: int
    rows_rejected: int
    rows_skipped: int
    files: list[ImportResult]
    models: ModelsPart
    incidents_opened: int


def import_files(
    config: Config,
    tenant: Tenant,
    paths: Sequence[Path],
    columns: dict[str, str],
    kind: str,
    now: datetime,
    progress: Progress,
    dates: Order | None = None,
) -> Outcome[ImportSummary]:
    """Lands files into a tenant and brings its marts up to date.

    dates: the order of day and month where a file leaves it open.
    """
    files = expand(paths)
    with store_of(config) as store:
        with store.tenant_lock(tenant.name):
            store.check_now(tenant.name, now)
            results = FileImport(store, tenant, now, columns, kind, progress, dates).read_all(files)
            tidy(store, tenant.name, now)
        built = build(store, [tenant], now, progress, **build_options(config))
        keep_tenants_money(store.state, config, [tenant.name], now)
        sweep(store)
    return Outcome(_summary(tenant, results, built), _import_code(results))


def _summary(tenant: Tenant, results: Sequence[ImportResult], built: BuildResult) -> ImportSummary:
    return ImportSummary(
        tenant=tenant.name,
        **totals(results),
        files=list(results),
        models=models_part(built),
        incidents_opened=built.incidents_opened,
    )


def _import_code(results: Sequence[ImportResult]) -> int:
    bad = any(result.rows_rejected or result.error for result in results)
    return INCOMPLETE if bad else DONE
