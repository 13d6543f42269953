"""Baselines and incidents of a tenant: from hourly usage and coverage to stored marts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from hve_monitor.clock import iso
from hve_monitor.config import Tenant
from models.context import context_of, idle_incidents
from models.coverage import account_gaps, covered_until
from models.grid import HourlyGrid, grid_from_hours
from models.incidents import Analysis, Incident, analyse
from models.judgement import end_of, incidents_of
from models.overspend import LOOK_BACK, Spending, overspend_incidents
from models.plans import Traffic, announced
from models.prices import PriceBook
from models.runbooks import AUDIENCE, next_steps
from models.sizes import Sizes
from models.stories import Teller
from models.tabular import STORY_DAYS, judge_days
from models.verdicts import Feedback
from warehouse.accounts import stored_rows
from warehouse.connection import compute, files_sql
from warehouse.plans import stored_plans
from warehouse.state import DirtyDay
from warehouse.store import Store
from warehouse.tables import HVE_BASELINE_HOURLY, HVE_INCIDENTS, HVE_USAGE_HOURLY
from warehouse.verdicts import stored_verdicts

HOUR, ONE_DAY = timedelta(hours=1), timedelta(days=1)
# More than a year, so that yearly mailings are known; a stray row of long ago costs nothing.
HISTORY = timedelta(days=400)
WARM_UP = timedelta(days=90)
STORY = timedelta(days=STORY_DAYS)
NO_BUDGET = Spending()
APART = ("silence", "idle_account", "spend")
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

    An hour that was not read is unknown, so that an outage of ours never reads as silence.
    """
    until = _known_until(store, tenant, now)
    hours = _hours(store, tenant.name, until)
    if hours.empty:
        return 0
    grid = grid_from_hours(hours, until)
    if tenant.accounts != "files":
        grid = _without_gaps(store, tenant.name, grid, until)
    feedback = Feedback(stored_verdicts(store.state, tenant.name, now))
    analysis = analyse(grid, tenant.timezone, tenant.holidays, feedback)
    changed = min((each.day for each in days), default=until.date())
    first = min(max(changed, grid.start.date()), until.date())
    _store_baselines(store, tenant.name, grid, analysis, first)
    stored = stored_rows(store, HVE_INCIDENTS, tenant.name)
    kept = _finished(stored, grid, until, first)
    signals = judge_days(store, tenant.name, until, first)
    sizes = Sizes(grid, analysis)
    around = context_of(store, tenant.name, until)
    fitness, end = signals.findings.fitness, end_of(grid)
    teller = Teller(signals.activity, fitness, sizes, end, around.missing)
    told = {(row["account"], row["detected_at"]) for row in kept}
    events = [*signals.events, *around.events]
    traffic = Traffic(grid, analysis.expected, analysis.hi95)
    plans = announced(stored_plans(store.state, now, tenant.name, with_removed=True), traffic)
    found = incidents_of(grid, analysis, tenant.timezone, events, teller, plans, told)
    found = feedback.beyond_harmless(found, traffic)
    found += idle_incidents(store, tenant.name, _last_sent(hours), until)
    found += overspend_incidents(store, tenant, until, spending, prices)
    return _store_incidents(store, tenant, stored, kept, found, prices)


def _last_sent(hours: pd.DataFrame) -> dict[str, datetime]:
    """End of the last hour with mail of each account."""
    last = hours.groupby("account")["hour_utc"].max()
    return {str(account): moment.to_pydatetime() + HOUR for account, moment in last.items()}


def _finished(
    stored: list[dict[str, Any]], grid: HourlyGrid, until: datetime, first: date
) -> list[dict[str, Any]]:
    """Stored incidents that nothing new can change: they are kept as they were told."""
    # Where older hours were cut off, the first ones left lack what they were judged by.
    is_cut = grid.start - (until - HISTORY) < ONE_DAY
    judged_from = grid.start + WARM_UP if is_cut else grid.start
    quiet_since = datetime.combine(first, time(), UTC) - STORY
    quiet = {kind: quiet_since for kind in AUDIENCE if kind not in APART}
    quiet["spend"] = until - LOOK_BACK  # its periods are looked at anew, whatever mail there is
    return [
        row
        for row in stored
        if (row["kind"] != "spend" and row["started_at"] < judged_from)
        or (row["ended_at"] and row["ended_at"] < quiet.get(row["kind"], NEVER))
    ]


def _known_until(store: Store, tenant: Tenant, now: datetime) -> datetime:
    """The end of what is known: the last read of traces, or the last row of files."""
    if tenant.accounts != "files":
        return min(now, covered_until(store, tenant.name) or now)
    files = store.delta.files(HVE_USAGE_HOURLY, tenant.name)
    with compute(store.spill, store.memory_limit, store.threads) as connection:
        rows = connection.execute(
            f"select max(hour_utc) from ({files_sql(HVE_USAGE_HOURLY, files)})"
            " where hour_utc <= $now",
            {"now": now},
        ).fetchall()
    last: datetime | None = rows[0][0]
    return now if last is None else min(now, last + HOUR)


def _hours(store: Store, tenant: str, until: datetime) -> pd.DataFrame:
    files = store.delta.files(HVE_USAGE_HOURLY, tenant)
    with compute(store.spill, store.memory_limit, store.threads) as connection:
        frame: pd.DataFrame = connection.execute(
            "select account, hour_utc, recipients, recipients_q1, recipients_q2, recipients_q3,"
            " recipients_q4, new_recipients, new_sources"
            f" from ({files_sql(HVE_USAGE_HOURLY, files)})"
            " where hour_utc >= $since and hour_utc < $until",
            {"since": until - HISTORY, "until": until},
        ).df()
    return frame


def _without_gaps(store: Store, tenant: str, grid: HourlyGrid, until: datetime) -> HourlyGrid:
    recipients = grid.recipients.copy()
    count = recipients.shape[1]
    end = min(until, grid.start + count * HOUR)
    for account, windows in account_gaps(store, tenant, grid.start, end).items():
        if account not in grid.accounts:
            continue
        row = recipients[grid.accounts.index(account)]
        for window in windows:
            first = int((window.start - grid.start) / HOUR)
            last = min(count, int(np.ceil((window.end - grid.start) / HOUR)))
            unread = row[first:last]
            unread[unread == 0] = np.nan
    return replace(grid, recipients=recipients)


def _store_baselines(
    store: Store, tenant: str, grid: HourlyGrid, analysis: Analysis, first: date
) -> None:
    """Hours from the first rebuilt day on: earlier ones cannot have changed."""
    last_day = (grid.start + (grid.recipients.shape[1] - 1) * HOUR).date()
    from_day = max(min(first, last_day), grid.start.date())
    skipped = max(0, (from_day - grid.start.date()).days * 24 - grid.start.hour)
    rows = _baseline_rows(tenant, grid, analysis, skipped)
    days = pd.date_range(from_day, last_day).date
    store.delta.replace(HVE_BASELINE_HOURLY, rows, tenant, list(days))


def _baseline_rows(tenant: str, grid: HourlyGrid, analysis: Analysis, skipped: int) -> pa.Table:
    known = np.isfinite(analysis.expected)
    known[:, :skipped] = False
    account, hour = np.nonzero(known)
    hour_utc = pd.Timestamp(grid.start) + pd.to_timedelta(hour, unit="h")
    names = np.asarray(grid.accounts, dtype=object)
    frame = {
        "tenant": pa.repeat(pa.scalar(tenant), len(account)),
        "day": pa.array(hour_utc.date, pa.date32()),
        "account": pa.array(names[account], pa.string()),
        "hour_utc": pa.array(hour_utc, pa.timestamp("us", tz="UTC")),
    }
    for name in ("expected", "lo80", "hi80", "lo95", "hi95"):
        frame[name] = pa.array(getattr(analysis, name)[account, hour])
    frame["learning_day"] = pa.array(analysis.learning_day[account, hour].astype("int32"))
    return pa.table(frame)


def _store_incidents(
    store: Store,
    tenant: Tenant,
    stored: list[dict[str, Any]],
    kept: list[dict[str, Any]],
    found: list[Incident],
    prices: PriceBook,
) -> int:
    """Replaces the incidents by those kept and those found; returns how many are new."""
    before = {row["id"] for row in stored}
    rows = {row["id"]: row for row in (_row(tenant, incident, prices) for incident in found)}
    rows |= {row["id"]: row for row in kept}
    table = pa.Table.from_pylist(list(rows.values()), schema=HVE_INCIDENTS.schema)
    store.delta.replace(HVE_INCIDENTS, table, tenant.name)
    return sum(name not in before for name in rows)


def _row(tenant: Tenant, incident: Incident, prices: PriceBook) -> dict[str, object]:
    price = prices.unit_price(incident.started_at.date(), tenant.currency)
    cost = None if price is None else price * incident.extra_recipients
    name = incident_id(tenant.name, incident)
    return {
        "tenant": tenant.name,
        "id": name,
        "account": incident.account,
        "kind": incident.kind,
        "audience": AUDIENCE[incident.kind],
        "severity": incident.severity,
        "started_at": incident.started_at,
        "ended_at": incident.ended_at,
        "detected_at": incident.detected_at,
        "observed": incident.observed,
        "expected": round(incident.expected, 1),
        "interval_low": incident.interval[0],
        "interval_high": incident.interval[1],
        "reasons": list(incident.reasons),
        "signals": [vars(signal) for signal in incident.signals],
        "extra_recipients": incident.extra_recipients,
        "extra_cost": None if cost is None else cost.quantize(Decimal("0.000000001")),
        "currency": tenant.currency,
        "next_steps": next_steps(incident.kind, incident.account, name),
        "learning": incident.learning,
    }


def incident_id(tenant: str, incident: Incident) -> str:
    """The same incident has the same id in every run: it is named by what opened it, and when.

    Its kind may change while it grows; only silences, idle accounts and spend are families apart.
    """
    family = incident.kind if incident.kind in APART else "sending"
    opened = incident.opened_at or incident.detected_at
    text = "|".join([tenant, incident.account, family, iso(opened)])
    return hashlib.sha256(text.encode()).hexdigest()[:12]
