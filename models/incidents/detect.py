"""Baselines and incidents of a tenant: from hourly usage and coverage to stored marts."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa

from hve_monitor.config import Tenant
from models.baseline.grid import HourlyGrid
from models.baseline.hours import HISTORY, gaps_of, grid_of, known_until, last_hours
from models.incident import Incident
from models.incidents.announced import SentAndExpected, announced
from models.incidents.assemble import incidents_of
from models.incidents.describe import Describer
from models.incidents.idle import idle_incidents
from models.incidents.overspend import LOOK_BACK, Spending, overspend_incidents
from models.incidents.rows import KINDS_APART, incident_row
from models.incidents.runbooks import AUDIENCE
from models.incidents.signals.sign_ins import Context, context_of
from models.incidents.signals.stored import EPISODE_DAYS, judge_days
from models.incidents.size import Sizes
from models.incidents.turns import Turn, bound_together, end_turn, next_turn
from models.incidents.verdicts import Feedback
from models.incidents.walk import Analysis, analyse
from models.reference.prices import PriceBook
from warehouse.connection import Row
from warehouse.records.plans import Plan, stored_plans
from warehouse.records.stored import replace_of_accounts, stored_rows
from warehouse.records.verdicts import stored_verdicts
from warehouse.state import DirtyDay
from warehouse.store import Store
from warehouse.tables import HVE_BASELINE_HOURLY, HVE_INCIDENTS, HVE_SIGNALS, Table
from warehouse.windows import Window

ONE_DAY = timedelta(days=1)
WARM_UP = timedelta(days=90)
EPISODE = timedelta(days=EPISODE_DAYS)
NO_BUDGET = Spending()
NEVER = datetime.min.replace(tzinfo=UTC)


def detect(
    store: Store,
    tenant: Tenant,
    now: datetime,
    days: Iterable[DirtyDay],
    prices: PriceBook,
    spending: Spending = NO_BUDGET,
) -> int:
    """Stores baselines from the first rebuilt day on and every incident; returns how many are new.

    An hour that was not read is unknown, so that an outage of ours never reads as silence. In a
    large tenant only the accounts whose turn it is are judged; all others keep what they have.
    """
    until = known_until(store, tenant, now)
    last = last_hours(store, tenant.name, until)
    if not last:
        return 0
    changed = min((mark.day for mark in days), default=until.date())
    plans = stored_plans(store.state, now, tenant.name, with_removed=True)
    around = context_of(store, tenant.name, until)
    accounts = sorted({*last, *(account for account, _ in around.events)})
    turn = next_turn(store, tenant.name, accounts, until, min(changed, until.date()), plans)
    detection = _Detection(
        store,
        tenant,
        until,
        turn.first,
        Feedback(stored_verdicts(store.state, tenant.name, now)),
        plans,
        around,
        gaps_of(store, tenant.name, accounts, until),
        stored_rows(store, HVE_INCIDENTS, tenant.name),
    )
    results = _in_parallel(detection, turn)
    apart = idle_incidents(store, tenant.name, last, until, detection.gaps)
    apart += overspend_incidents(store, tenant, until, spending, prices)
    _store_days(store, tenant.name, turn, until, results)
    kept = _finished_spend(detection.stored, until) + _of_others(detection.stored, turn)
    new = _store_incidents(store, tenant, detection.stored, kept, results, apart, prices)
    end_turn(store, tenant.name, turn, until)
    return new


def _in_parallel(detection: _Detection, turn: Turn) -> list[_SliceResult]:
    """Judges the accounts of a turn in slices; those of a common plan are in one slice."""
    bound = bound_together(detection.plans, turn.accounts, detection.until)
    threads = detection.store.threads or os.cpu_count() or 1
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(detection.results, turn.slices(bound, threads)))


@dataclass(frozen=True)
class _SliceResult:
    """What a slice of the accounts gave: rows of both marts, finished incidents and others."""

    first: date
    baselines: pa.Table
    signals: pa.Table
    kept: list[Row]
    incidents: list[Incident]


@dataclass(frozen=True)
class _Detection:
    """All that accounts are judged by; `first` is the first day that may have changed."""

    store: Store
    tenant: Tenant
    until: datetime
    first: date
    feedback: Feedback
    plans: Sequence[Plan]
    around: Context
    gaps: Mapping[str, list[Window]]
    stored: list[Row]

    def results(self, accounts: Sequence[str]) -> _SliceResult:
        """Judges some accounts over their whole history."""
        tenant, until = self.tenant, self.until
        grid = grid_of(self.store, tenant.name, accounts, until, self.gaps)
        first = max(self.first, grid.start.date())
        analysis = analyse(grid, tenant.timezone, tenant.holidays, self.feedback)
        names = set(accounts)
        kept = _finished(
            [row for row in self.stored if row["account"] in names], grid, until, first
        )
        signals = judge_days(self.store, tenant.name, accounts, until, first, self.gaps)
        sizes, fitness = Sizes(grid, analysis), signals.fired.fitness
        describer = Describer(signals.activity, fitness, sizes, grid.end, self.around.missing)
        stored = {(row["account"], row["detected_at"]) for row in kept}
        events = [*signals.events, *self.around.of(accounts)]
        traffic = SentAndExpected(grid, analysis.expected, analysis.hi95)
        planned = announced(self.plans, traffic)
        incidents = incidents_of(grid, analysis, events, describer, planned, stored)
        incidents = self.feedback.beyond_harmless(incidents, traffic)
        rows = _baselines(tenant.name, grid, analysis, first)
        return _SliceResult(first, rows, signals.rows, kept, incidents)


def _finished(stored: list[Row], grid: HourlyGrid, until: datetime, first: date) -> list[Row]:
    """Stored incidents that nothing new can change: they are kept as they are."""
    # Where older hours were cut off, the first ones left lack what they were judged by.
    is_cut = grid.start - (until - HISTORY) < ONE_DAY
    judged_from = grid.start + WARM_UP if is_cut else grid.start
    quiet_since = datetime.combine(first, time(), UTC) - EPISODE
    quiet = {kind: quiet_since for kind in AUDIENCE if kind not in KINDS_APART}
    return [
        row
        for row in stored
        if row["kind"] != "spend"
        and (
            row["started_at"] < judged_from
            or (row["ended_at"] and row["ended_at"] < quiet.get(row["kind"], NEVER))
        )
    ]


def _finished_spend(stored: list[Row], until: datetime) -> list[Row]:
    """Spend over plan of periods that are not looked at any more, whatever mail there is."""
    over = until - LOOK_BACK
    return [
        row
        for row in stored
        if row["kind"] == "spend" and row["ended_at"] and row["ended_at"] < over
    ]


def _of_others(stored: list[Row], turn: Turn) -> list[Row]:
    """Incidents of accounts that were not judged; every run looks for idle ones and spend."""
    judged = set(turn.accounts)
    return [
        row
        for row in stored
        if row["account"] not in judged and row["kind"] not in ("idle_account", "spend")
    ]


def _baselines(tenant: str, grid: HourlyGrid, analysis: Analysis, first: date) -> pa.Table:
    """Hours from the first rebuilt day on: earlier ones cannot have changed."""
    skipped = max(0, (first - grid.start.date()).days * 24 - grid.start.hour)
    known = np.isfinite(analysis.expected)
    known[:, :skipped] = False
    account, hour = np.nonzero(known)
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


def _store_days(
    store: Store, tenant: str, turn: Turn, until: datetime, results: Sequence[_SliceResult]
) -> None:
    """Replaces the days from the first changed one on; accounts not judged keep their rows."""
    first = min(result.first for result in results)
    days = [first + n * ONE_DAY for n in range((until.date() - first).days + 1)]
    parts: tuple[tuple[Table, list[pa.Table]], ...] = (
        (HVE_BASELINE_HOURLY, [result.baselines for result in results]),
        (HVE_SIGNALS, [result.signals for result in results]),
    )
    for table, rows in parts:
        joined = pa.concat_tables(rows)
        if turn.is_whole:
            store.delta.replace(table, joined, tenant, days)
        else:
            replace_of_accounts(store, table, joined, tenant, days, turn.accounts)


def _store_incidents(
    store: Store,
    tenant: Tenant,
    stored: list[Row],
    kept: list[Row],
    results: Sequence[_SliceResult],
    apart: list[Incident],
    prices: PriceBook,
) -> int:
    """Replaces the stored incidents by the kept and the new ones; returns how many are new."""
    incidents = [incident for result in results for incident in result.incidents] + apart
    rows = [incident_row(tenant, incident, prices) for incident in incidents]
    rows += [*kept, *(row for result in results for row in result.kept)]
    by_id = {row["id"]: row for row in rows}
    table = pa.Table.from_pylist(list(by_id.values()), schema=HVE_INCIDENTS.schema)
    store.delta.replace(HVE_INCIDENTS, table, tenant.name)
    return len(by_id.keys() - {row["id"] for row in stored})
