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

import duckdb

from hve_monitor.config import Tenant
from models.engine import sql as runner
from models.engine.workplace import DuckDBEngine, Engine, Workplace
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
    HVE_ACCOUNTS,
    HVE_ACTIVITY,
    HVE_COST_DAILY,
    HVE_SOURCES_DAILY,
    HVE_UNDELIVERED,
    HVE_USAGE_DAILY,
    HVE_USAGE_HOURLY,
    MESSAGE_TRACES,
    Table,
)

USUAL = ReadinessSettings()
DUCKDB = DuckDBEngine()
DAILY_MARTS: tuple[Table, ...] = (
    HVE_USAGE_HOURLY,
    HVE_USAGE_DAILY,
    HVE_COST_DAILY,
    HVE_ACTIVITY,
    HVE_UNDELIVERED,
    HVE_SOURCES_DAILY,
)
TRACES = "steps.traces"  # the only step that is taken before first contacts are known
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
    engine: Engine = DUCKDB,
    failures: Failures | None = None,
) -> BuildResult:
    """Brings every mart of the tenants up to date and publishes one consistent version.

    failures: takes what the models of a tenant raised; its days stay dirty and the others go on.
    Where all failed, the version before stays. Without it the first error ends the build.
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
        engine=engine,
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
            publish(store, now, partial(offer_models, reference=reference))
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
    engine: Engine,
) -> tuple[int, int]:
    """Stores the tenant's marts; how many days were rebuilt and incidents opened."""
    # Other prices, metering rules or models make every day another one.
    version = f"{reference.version(tenant.name)}-{runner.version()}"
    if full or reference_version(store.state, tenant.name) not in (None, version):
        store.state.mark_dirty(tenant.name, stored_days(store, tenant.name))
    days = _rebuild_tenant(store, tenant.name, engine, reference, now, progress)
    progress(f"{tenant.name}: baselines and incidents", 0, 1)
    prices = reference.prices.of(tenant.name)
    opened = detect(store, tenant, now, days, prices, spending)
    store.state.clear_dirty(days)
    record_findings(store, tenant, now, readiness)
    record_reference_version(store.state, tenant.name, version)
    return len(days), opened


def offer_models(connection: duckdb.DuckDBPyConnection, reference: Reference | None = None) -> None:
    """Adds reference data, the shipped one if none is given, and staging views to a file."""
    runner.prepare(connection)
    (reference or shipped_reference()).offer(connection)
    for model in runner.models():
        if model.is_view:
            runner.create(connection, model)


def _rebuild_tenant(
    store: Store,
    tenant: str,
    engine: Engine,
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
        sizes = ((day, rows_by_day.get(day, 0)) for day in seen)
        for days in portions(sizes, engine.rows_at_once):
            progress(f"{tenant}: days from {days[0]}", len(rebuilt), total)
            with engine.workplace(store) as place:
                lost = _rebuild_days(store, place, tenant, days, reference, now)
            rebuilt |= {day: seen[day] for day in days}
            # A day that lost a first contact to an earlier one counts it no longer as new.
            store.state.mark_dirty(tenant, lost - set(days))
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
) -> frozenset[date]:
    """Replaces the marts of these days; returns days that lost a first contact."""
    for name, rows in reference.tables().items():
        place.offer_rows(name, rows)
    place.offer_rows(HVE_ACCOUNTS.published_name, store.small.rows(HVE_ACCOUNTS, tenant))
    traces = store.delta.files(MESSAGE_TRACES, tenant, days)
    place.offer_files(MESSAGE_TRACES.published_name, MESSAGE_TRACES, traces)
    for model in runner.models():
        if model.is_view:
            place.create(model.name, model.sql, stored=False)
    place.create(TRACES, runner.model(TRACES).sql, stored=True)
    lost = keep_firsts(store, place, tenant)
    for model in runner.models():
        if model.is_step and model.name != TRACES:
            place.create(model.name, model.sql, stored=True)
    for table in DAILY_MARTS:
        name = f"marts.{table.name}"
        place.create(name, runner.model(name).sql, stored=True)
        if table is HVE_USAGE_DAILY:
            keep_corrections(store, place, tenant, days, now)
        store.delta.replace(table, place.rows(f"select * from {name}"), tenant, days)
    return lost
