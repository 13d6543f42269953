"""Baselines and incidents of a tenant: from hourly usage and coverage to stored marts."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pyarrow as pa

from hve_monitor.clock import days_between
from hve_monitor.config import Tenant
from models.baseline.hours import gaps_of, known_until, last_hours
from models.incident import Incident
from models.incidents.announced import spent
from models.incidents.changes import Change, Judging
from models.incidents.idle import idle_incidents
from models.incidents.judged import Judged, finished, judged_alone, store_baselines
from models.incidents.overspend import LOOK_BACK, Spending, overspend_incidents
from models.incidents.rows import flat_rows, incident_row
from models.incidents.signals.sign_ins import context_of
from models.incidents.signals.suspects import suspects_of
from models.incidents.tasks import judged_in_tasks
from models.incidents.verdicts import Feedback
from models.incidents.walks.inputs import inputs_of
from models.incidents.walks.kept_walks import LostHours, Standing, record_standing, standing_of
from models.incidents.walks.slices import Walked, Walker, calendar_of
from models.reference.prices import PriceBook
from models.stretches.workers import SharedFolder, Workers
from warehouse.connection import Row, arrow, files_sql
from warehouse.records.plans import stored_plans
from warehouse.records.verdicts import stored_verdicts
from warehouse.state import DirtyDay
from warehouse.store import Store
from warehouse.tables import HVE_INCIDENTS, HVE_INCIDENTS_FLAT, HVE_SIGNALS
from warehouse.walks import WalkFiles

NO_BUDGET = Spending()
# Of incidents that began longer ago no kept walk knows the hours any more.
_RECENT = timedelta(days=60)
_TOLD_APART_BY = ("id", "account", "kind", "started_at", "ended_at", "detected_at")


def detect(
    store: Store,
    tenant: Tenant,
    now: datetime,
    days: Iterable[DirtyDay],
    prices: PriceBook,
    spending: Spending = NO_BUDGET,
    workers: Workers | None = None,
) -> int:
    """Stores baselines and incidents of every account; returns how many incidents are new.

    The walk through the days goes on from the newest midnight that nothing has changed before. An
    hour that was not read is unknown, so that an outage of ours never reads as silence.
    """
    until = known_until(store, tenant, now)
    last = last_hours(store, tenant.name, until)
    if not last:
        return 0
    first = min([until.date(), *(mark.day for mark in days)])
    around = context_of(store, tenant.name, until)
    accounts = sorted({*last, *(account for account, _ in around.events)})
    gaps = gaps_of(store, tenant.name, accounts, until)
    feedback = Feedback(stored_verdicts(store.state, tenant.name, now))
    plans = stored_plans(store.state, now, tenant.name, with_removed=True)
    files = WalkFiles(store.root, tenant.name)
    standing = standing_of(files)
    begun = None if standing is None else standing.begun
    inputs = inputs_of(store, tenant, until, gaps, feedback.verdicts, begun)
    described = f"{tenant.currency} {sorted(around.missing)}"
    is_whole = first < until.date() - _RECENT or standing is None or standing.described != described
    stored = _stored(store, tenant.name)
    judging = Judging(
        store, tenant.name, until, max(first, inputs.start.date()), feedback, plans, around, gaps,
        _by_account(stored), frozenset(suspects_of(store, tenant.name, accounts, first, until)),
    )  # fmt: skip
    calendar = calendar_of(inputs, tenant.timezone, tenant.holidays)
    walker = Walker(
        store, files, tenant.name, calendar, inputs, feedback, standing, is_whole=is_whole
    )
    judged = _judged(store, judging, walker, accounts, workers)
    changes = [part.change for part in judged]
    apart = idle_incidents(store, tenant.name, last, until, gaps)
    apart += overspend_incidents(store, tenant, until, spending, prices)
    signals = pa.concat_tables([change.signals for change in changes])
    judged_days = list(days_between(judging.first, until.date()))
    store.delta.replace(HVE_SIGNALS, signals, tenant.name, judged_days)
    new = _store_incidents(store, tenant, until, stored, changes, apart, prices)
    slices = [list(part.accounts) for part in judged]
    record_standing(files, Standing(inputs.start, until, slices, described))
    return new


def _judged(
    store: Store, judging: Judging, walker: Walker, accounts: Sequence[str], workers: Workers | None
) -> list[Judged]:
    """All slices, whose baselines are stored then."""
    shared = SharedFolder(store, workers.location if workers else None)
    threads = store.threads or os.cpu_count() or 1
    with shared.opened():
        slices = walker.slices(accounts, workers.count) if workers and walker.is_whole else []
        if workers is not None and len(slices) > 1:
            return judged_in_tasks(shared, workers, judging, walker, slices)
        judged = _Threads(judging, walker, shared.scratch, threads).judged(accounts)
        store_baselines(store, judging.tenant, judging.until, judged)
    return judged


@dataclass(frozen=True)
class _Threads:
    """Judges slices of the accounts side by side in this process."""

    judging: Judging
    walker: Walker
    scratch: Path
    count: int

    def judged(self, accounts: Sequence[str]) -> list[Judged]:
        """All slices; where kept hours turn out to be lost, everything is judged from scratch."""
        judge = self._together if self.judging.has_shared_plans else self._apart
        try:
            return judge(self.walker, accounts)
        except LostHours:
            return judge(replace(self.walker, is_whole=True), accounts)

    def _apart(self, walker: Walker, accounts: Sequence[str]) -> list[Judged]:
        """Slice by slice: a walk is let go of before the next one begins."""
        judge = partial(judged_alone, self.judging, self.scratch)
        return walker.walked(accounts, judge, self.count)

    def _together(self, walker: Walker, accounts: Sequence[str]) -> list[Judged]:
        """Accounts that share the size of an announced send are looked at when all have walked."""
        judging, scratch = self.judging, self.scratch
        walked = walker.walked(accounts, Walked.slimmed, self.count)
        with ThreadPoolExecutor(self.count) as pool:
            changed = list(pool.map(judging.changed, walked))
            traffic = [part.traffic for part in walked]
            oldest = min(part.oldest for part in changed)
            used = [spent(plan, *traffic) for plan in judging.plans_since(oldest)]
            return list(pool.map(partial(finished, judging, used=used, scratch=scratch), changed))


def _stored(store: Store, tenant: str) -> pa.Table:
    files = files_sql(HVE_INCIDENTS, store.delta.files(HVE_INCIDENTS, tenant))
    with store.compute() as connection:
        return arrow(connection, files).select(HVE_INCIDENTS.schema.names)


def _by_account(stored: pa.Table) -> Mapping[str, list[Row]]:
    rows: dict[str, list[Row]] = {}
    for row in stored.select(_TOLD_APART_BY).to_pylist():
        rows.setdefault(row["account"], []).append(row)
    return rows


def _store_incidents(
    store: Store,
    tenant: Tenant,
    until: datetime,
    stored: pa.Table,
    changes: Sequence[Change],
    apart: Sequence[Incident],
    prices: PriceBook,
) -> int:
    """Stores what was made anew beside the rows that stay; returns how many are new."""
    incidents = [*(one for change in changes for one in change.incidents), *apart]
    rows = {row["id"]: row for row in (incident_row(tenant, one, prices) for one in incidents)}
    dropped = {name for change in changes for name in change.dropped}
    names, kinds, ends = (stored[name].to_pylist() for name in ("id", "kind", "ended_at"))
    stays = [
        name not in dropped and name not in rows and _outlasts(kind, ended, until)
        for name, kind, ended in zip(names, kinds, ends, strict=True)
    ]
    flat = store.delta.active(HVE_INCIDENTS_FLAT, tenant.name)["num_records"].to_pylist()
    if all(stays) and not rows and sum(flat) == len(names):
        return 0
    fresh = pa.Table.from_pylist(list(rows.values()), schema=HVE_INCIDENTS.schema)
    kept = stored.filter(pa.array(stays, pa.bool_())).cast(HVE_INCIDENTS.schema)
    listed = pa.concat_tables([kept, fresh])
    # First: where a run ends in between, the next one finds other incidents and writes both.
    store.delta.replace(HVE_INCIDENTS_FLAT, flat_rows(store, listed), tenant.name)
    store.delta.replace(HVE_INCIDENTS, listed, tenant.name)
    return len(rows.keys() - set(names))


def _outlasts(kind: str, ended: datetime | None, until: datetime) -> bool:
    """Whether a stored row stays: of spend, that of periods nobody looks at any more."""
    if kind == "spend":
        return ended is not None and ended < until - LOOK_BACK
    return kind != "idle_account"
