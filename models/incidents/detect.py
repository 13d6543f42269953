"""Baselines and incidents of a tenant: from hourly usage and coverage to stored marts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hve_monitor.clock import days_between
from hve_monitor.config import Tenant
from models.baseline.hours import gaps_of, known_until, last_hours
from models.incident import Incident
from models.incidents.announced import Spent, spent
from models.incidents.changes import Change, Changed, Judging
from models.incidents.idle import idle_incidents
from models.incidents.overspend import LOOK_BACK, Spending, overspend_incidents
from models.incidents.rows import flat_rows, incident_row
from models.incidents.signals.sign_ins import context_of
from models.incidents.signals.suspects import suspects_of
from models.incidents.verdicts import Feedback
from models.incidents.walks.inputs import inputs_of
from models.incidents.walks.kept_walks import LostHours, Standing, record_standing, standing_of
from models.incidents.walks.slices import Walked, Walker
from models.reference.prices import PriceBook
from warehouse.connection import Row, arrow, files_sql
from warehouse.records.plans import Plan, stored_plans
from warehouse.records.stored import replace_of_accounts
from warehouse.records.verdicts import stored_verdicts
from warehouse.state import DirtyDay
from warehouse.store import Store
from warehouse.tables import HVE_BASELINE_HOURLY, HVE_INCIDENTS, HVE_INCIDENTS_FLAT, HVE_SIGNALS
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
        store, tenant, until, max(first, inputs.start.date()), feedback, plans, around, gaps,
        _by_account(stored), frozenset(suspects_of(store, tenant.name, accounts, first, until)),
    )  # fmt: skip
    walker = Walker(store, tenant, inputs, feedback, standing, is_whole)
    judged = _judged(judging, walker, accounts)
    changes = [part.change for part in judged]
    apart = idle_incidents(store, tenant.name, last, until, gaps)
    apart += overspend_incidents(store, tenant, until, spending, prices)
    _store_baselines(store, tenant.name, until, judged)
    signals = pa.concat_tables([change.signals for change in changes])
    judged_days = list(days_between(judging.first, until.date()))
    store.delta.replace(HVE_SIGNALS, signals, tenant.name, judged_days)
    new = _store_incidents(store, tenant, until, stored, changes, apart, prices)
    slices = [list(part.accounts) for part in judged]
    record_standing(files, Standing(inputs.start, until, slices, described))
    return new


@dataclass(frozen=True)
class _Judged:
    """What a slice of the accounts gave: rows of both marts and what becomes of its incidents."""

    accounts: tuple[str, ...]
    since: date
    baselines: pa.Table
    change: Change


def _judged(judging: Judging, walker: Walker, accounts: Sequence[str]) -> list[_Judged]:
    """All slices; where kept hours turn out to be lost, everything is judged from scratch."""
    is_shared = any(len(plan.accounts) != 1 for plan in judging.plans)
    judge = _together if is_shared else _apart
    try:
        return judge(judging, walker, accounts)
    except LostHours:
        return judge(judging, replace(walker, is_whole=True), accounts)


def _apart(judging: Judging, walker: Walker, accounts: Sequence[str]) -> list[_Judged]:
    """Slice by slice: a walk is let go of before the next one begins."""

    def judged(walked: Walked) -> _Judged:
        changed = judging.changed(walked)
        names = set(walked.accounts)
        near = [plan for plan in _near(judging.plans, [changed]) if names & set(plan.accounts)]
        used = [spent(plan, walked.traffic) for plan in near]
        return _finished(judging, changed, used)

    return walker.walked(accounts, judged)


def _together(judging: Judging, walker: Walker, accounts: Sequence[str]) -> list[_Judged]:
    """Accounts that share the size of an announced send are looked at when all have walked."""
    walked = walker.walked(accounts, Walked.slimmed)
    with ThreadPoolExecutor(walker.threads) as pool:
        changed = list(pool.map(judging.changed, walked))
        traffic = [part.traffic for part in walked]
        used = [spent(plan, *traffic) for plan in _near(judging.plans, changed)]
        return list(pool.map(partial(_finished, judging, used=used), changed))


def _finished(judging: Judging, changed: Changed, used: Sequence[Spent]) -> _Judged:
    walked, change = changed.walked, judging.change(changed, used)
    since = walked.since.date()
    rows = _baselines(judging.tenant.name, walked, since)
    return _Judged(walked.accounts, since, rows, change)


def _near(plans: Sequence[Plan], changed: Sequence[Changed]) -> list[Plan]:
    """Plans that may speak of incidents that are looked at again."""
    oldest = min(part.oldest for part in changed)
    return [plan for plan in plans if plan.end > oldest]


def _stored(store: Store, tenant: str) -> pa.Table:
    files = files_sql(HVE_INCIDENTS, store.delta.files(HVE_INCIDENTS, tenant))
    with store.compute() as connection:
        return arrow(connection, files).select(HVE_INCIDENTS.schema.names)


def _by_account(stored: pa.Table) -> Mapping[str, list[Row]]:
    rows: dict[str, list[Row]] = {}
    for row in stored.select(_TOLD_APART_BY).to_pylist():
        rows.setdefault(row["account"], []).append(row)
    return rows


def _store_baselines(store: Store, tenant: str, until: datetime, judged: Sequence[_Judged]) -> None:
    """Replaces the days of every slice from the first one on that may have changed for it."""
    common = max(part.since for part in judged)
    for part in judged:
        if part.since < common:
            rows = part.baselines.filter(pc.less(part.baselines["day"], pa.scalar(common)))
            earlier = list(days_between(part.since, common - timedelta(days=1)))
            replace_of_accounts(store, HVE_BASELINE_HOURLY, rows, tenant, earlier, part.accounts)
    joined = pa.concat_tables([part.baselines for part in judged])
    if any(part.since < common for part in judged):
        joined = joined.filter(pc.greater_equal(joined["day"], pa.scalar(common)))
    days = list(days_between(common, until.date()))
    store.delta.replace(HVE_BASELINE_HOURLY, joined, tenant, days)


def _baselines(tenant: str, walked: Walked, first: date) -> pa.Table:
    """Rows of the hours from a UTC day on."""
    grid, analysis = walked.grid, walked.analysis
    skipped = max(0, (first - grid.start.date()).days * 24 - grid.start.hour)
    walked.walk.traffic.recall(skipped)
    account, hour = np.nonzero(np.isfinite(analysis.expected[:, skipped:]))
    hour += skipped
    # Day by day, as they are partitioned: they are written a quarter faster so.
    by_day = np.argsort(((hour + grid.start.hour) // 24).astype(np.int16), kind="stable")
    account, hour = account[by_day], hour[by_day]
    hours = pd.date_range(grid.start, periods=grid.hours, freq="h")
    names = pa.DictionaryArray.from_arrays(pa.array(account, pa.int32()), list(grid.accounts))
    frame = {
        "tenant": pa.repeat(pa.scalar(tenant), len(account)),
        "day": pa.array(hours.date, pa.date32()).take(pa.array(hour)),
        "account": names.cast(pa.string()),
        "hour_utc": pa.array(hours, pa.timestamp("us", tz="UTC")).take(pa.array(hour)),
    }
    for name in ("expected", "lo80", "hi80", "lo95", "hi95"):
        frame[name] = pa.array(getattr(analysis, name)[account, hour])
    frame["learning_day"] = pa.array(analysis.learning_day[account, hour].astype("int32"))
    return pa.table(frame)


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
