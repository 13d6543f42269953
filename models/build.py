"""Rebuilds the marts of the days that a run touched, then looks for incidents and publishes.

Cost grows with the change: only dirty days are read again. Everything may be repeated without harm;
days stay dirty until all of their marts are stored.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING

import duckdb

from hve_monitor.config import Tenant
from models.engine import sql as runner
from models.engine.workplace import Workplace, workplace
from models.incidents.detect import NO_BUDGET, detect
from models.incidents.overspend import Spending
from models.readiness.board import record_findings
from models.readiness.facts import ReadinessSettings
from models.reference.book import Reference, shipped_reference
from models.usage.corrections import keep_corrections
from models.usage.first_contacts import keep_firsts
from warehouse.delta.portions import portions
from warehouse.maintenance.lost_days import days_to_keep
from warehouse.publication import publish
from warehouse.records.money import record_reference_version, reference_version
from warehouse.records.stored import stored_days
from warehouse.state import DirtyDay
from warehouse.store import Store
from warehouse.tables import (
    DAILY_MARTS,
    HVE_ACCOUNTS,
    HVE_USAGE_DAILY,
    MESSAGE_TRACES,
)

if TYPE_CHECKING:  # a build without them does not wait for their import
    from models.stretches.workers import Workers

USUAL = ReadinessSettings()
# Five million spill under a limit of 2 GB, which costs more than another workplace.
ROWS_AT_ONCE = 3_000_000
Progress = Callable[[str, int, int], None]


@dataclass
class BuildResult:
    """What a build did; seconds are real ones."""

    days_rebuilt: int = 0
    incidents_opened: int = 0
    seconds: float = 0.0


Failures = dict[str, Exception]  # by the name of the tenant that could not be built


def build(
    store: Store,
    tenants: Sequence[Tenant],
    now: datetime,
    progress: Progress,
    *,
    full: bool = False,
    readiness: ReadinessSettings = USUAL,
    spending: Spending = NO_BUDGET,
    reference: Reference | None = None,
    workers: Workers | None = None,
    failures: Failures | None = None,
) -> BuildResult:
    """Brings every mart of the tenants up to date and publishes one consistent version.

    failures: takes what the models of a tenant raised; its days stay dirty and the others go on.
    Where all failed, the version before stays. Without it the first error ends the build.
    workers: compute the marts in tasks side by side; without them this process does.
    """
    started, result = time.monotonic(), BuildResult()
    reference = reference or shipped_reference()
    step = partial(
        _build_tenant,
        now=now,
        progress=progress,
        full=full,
        readiness=readiness,
        spending=spending,
        reference=reference,
        workers=workers,
    )
    with store.build_lock():
        for tenant in tenants:
            store.check_now(tenant.name, now)
            with nullcontext() if failures is None else _noted(failures, tenant.name):
                days, incidents = step(store, tenant)
                result.days_rebuilt += days
                result.incidents_opened += incidents
        if not failures or {tenant.name for tenant in tenants} - failures.keys():
            progress("publish", 0, 1)
            publish_models(store, now, reference)
    result.seconds = round(time.monotonic() - started, 3)
    return result


@contextmanager
def _noted(failures: Failures, tenant: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever ends one tenant's models ends no other's
        failures[tenant] = error


def _build_tenant(
    store: Store,
    tenant: Tenant,
    *,
    now: datetime,
    progress: Progress,
    full: bool,
    readiness: ReadinessSettings,
    spending: Spending,
    reference: Reference,
    workers: Workers | None,
) -> tuple[int, int]:
    """Stores the tenant's marts; how many days were rebuilt and incidents opened."""
    # Other prices, metering rules or models make every day another one.
    version = f"{reference.version(tenant.name)}-{runner.version()}"
    if full or reference_version(store.state, tenant.name) not in (None, version):
        store.state.mark_dirty(tenant.name, stored_days(store, tenant.name))
    days = _rebuild_tenant(store, tenant.name, workers, reference, now, progress)
    progress(f"{tenant.name}: baselines and incidents", 0, 1)
    prices = reference.prices.of(tenant.name)
    opened = detect(store, tenant, now, days, prices, spending, workers)
    store.state.clear_dirty(days)
    record_findings(store, tenant, now, readiness)
    record_reference_version(store.state, tenant.name, version)
    return len(days), opened


def publish_models(store: Store, now: datetime, reference: Reference) -> None:
    """Publishes the store as it stands, with the models' views and reference data."""
    publish(store, now, partial(offer_models, reference=reference), runner.version())


def offer_models(connection: duckdb.DuckDBPyConnection, reference: Reference | None = None) -> None:
    """Adds reference data, the shipped one if none is given, and staging views to a file."""
    runner.prepare(connection)
    (reference or shipped_reference()).offer(connection)
    for model in runner.models():
        if model.is_view:
            connection.execute(f"create view if not exists {model.name} as {model.sql}")


def _rebuild_tenant(
    store: Store,
    tenant: str,
    workers: Workers | None,
    reference: Reference,
    now: datetime,
    progress: Progress,
) -> list[DirtyDay]:
    """Rebuilds the tenant's dirty days, oldest first; returns them with the marks seen."""
    rebuilt: dict[date, DirtyDay] = {}
    rows_by_day = store.delta.rows_by_day(MESSAGE_TRACES, tenant)
    while todo := _todo(store, tenant, rebuilt):
        seen = {dirty.day: dirty for dirty in todo}
        total = len(rebuilt | seen)
        sizes = {day: rows_by_day.get(day, 0) for day in seen}
        if workers is not None and sum(sizes.values()) >= workers.least_rows:
            progress(f"{tenant}: {len(seen)} days", len(rebuilt), total)
            from models.stretches.rebuild import rebuild_in_tasks

            rebuild_in_tasks(store, workers, tenant, sizes, reference, now)
            rebuilt |= seen
            continue
        for days in portions(sizes.items(), ROWS_AT_ONCE):
            progress(f"{tenant}: days from {days[0]}", len(rebuilt), total)
            with workplace(store) as place:
                _rebuild_days(store, place, tenant, days, reference, now)
            rebuilt |= {day: seen[day] for day in days}
    return list(rebuilt.values())


def _todo(store: Store, tenant: str, rebuilt: dict[date, DirtyDay]) -> list[DirtyDay]:
    dirty = [mark for mark in store.state.dirty_days() if mark.tenant == tenant]
    purged = store.state.purged_before(tenant)
    if purged is not None:
        # Facts are gone, marts stay as they are.
        store.state.clear_dirty(mark for mark in dirty if mark.day < purged)
        dirty = [mark for mark in dirty if mark.day >= purged]
    poorer = days_to_keep(store, tenant, {mark.day for mark in dirty})
    store.state.clear_dirty(mark for mark in dirty if mark.day in poorer)
    dirty = [mark for mark in dirty if mark.day not in poorer]
    return [mark for mark in dirty if rebuilt.get(mark.day) != mark]


def _rebuild_days(
    store: Store,
    place: Workplace,
    tenant: str,
    days: list[date],
    reference: Reference,
    now: datetime,
) -> None:
    """Replaces the marts of these days; others that lost a first contact become dirty."""
    for name, rows in reference.tables().items():
        place.offer_rows(name, rows)
    place.offer_rows(HVE_ACCOUNTS.published_name, store.small.rows(HVE_ACCOUNTS, tenant))
    traces = store.delta.files(MESSAGE_TRACES, tenant, days)
    place.offer_files(MESSAGE_TRACES.published_name, MESSAGE_TRACES, traces)
    place.stage()
    keep_firsts(store, place, tenant, days)
    place.take_steps()
    for table in DAILY_MARTS:
        name = f"marts.{table.name}"
        place.create(name, runner.model(name).sql, stored=True)
        if table is HVE_USAGE_DAILY:
            keep_corrections(store, place, tenant, days, now)
        store.delta.replace(table, place.rows(f"select * from {name}"), tenant, days)
