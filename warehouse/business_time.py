"""Which business time is confirmed, so that nothing irreversible follows a wrong clock.

A clock is confirmed by the answers of services, by rows that are as new, and by a run within two
days of the last confirmed time. A person may confirm it too (`hve set-clock`).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from hve_monitor.clock import iso
from warehouse.records.coverage import cut_coverage
from warehouse.records.stored import stored_days
from warehouse.state import State
from warehouse.store import Store

ALLOWED_STEP = timedelta(days=2)
RUNS = "*clock"  # no tenant can have this name


def confirmed_time(state: State) -> datetime | None:
    """The latest time that something confirmed, None before the first."""
    by_run = state.last_upkeep(RUNS)
    times = [state.last_now(tenant) for tenant in state.tenants()]
    times.append(datetime.fromtimestamp(by_run, UTC) if by_run is not None else None)
    return max((moment for moment in times if moment is not None), default=None)


def record_time(store: Store, tenant: str, now: datetime, service_time: datetime | None) -> None:
    """Keeps the time of a write, as far as something confirms it.

    service_time: the latest `Date` of the answers that came meanwhile; nothing knows better.
    """
    known = (confirmed_time(store.state), _newest_row(store, tenant))
    evidence = [moment + ALLOWED_STEP for moment in known if moment is not None]
    bound = max(evidence, default=now) if service_time is None else service_time
    store.state.record_now(tenant, min(now, bound))


def doubt_of(state: State, now: datetime) -> str:
    """Why nothing irreversible may be done by this time; empty when nothing speaks against it."""
    latest = confirmed_time(state)
    if latest is None or now <= latest + ALLOWED_STEP:
        return ""
    return (
        f"the clock says {iso(now)} and nothing newer than {iso(latest)} confirms it;"
        " when it is right: hve set-clock --reason TEXT"
    )


def confirm_run(state: State, now: datetime) -> None:
    """A run shortly after the last confirmed time confirms its own."""
    if not doubt_of(state, now):
        state.record_upkeep(RUNS, max(now.timestamp(), state.last_upkeep(RUNS) or 0.0))


def _newest_row(store: Store, tenant: str) -> datetime | None:
    days = stored_days(store, tenant)
    return datetime.combine(max(days) + timedelta(days=1), time.min, UTC) if days else None


def set_clock(store: Store, now: datetime, facts_days: int) -> list[str]:
    """Takes the time as the right one, whatever was recorded; returns what was put right.

    What was covered after it is unread, and days that a later clock purged may come again.
    """
    lines = [_set_back(store.state, tenant, now, facts_days) for tenant in store.state.tenants()]
    store.state.forget_upkeep(now.timestamp())
    store.state.record_upkeep(RUNS, now.timestamp())
    return [line for line in lines if line]


def _set_back(state: State, tenant: str, now: datetime, facts_days: int) -> str:
    last, purged = state.last_now(tenant), state.purged_before(tenant)
    kept_from: date = now.date() - timedelta(days=facts_days)
    parts = []
    if last is not None and last > now:
        state.set_back(tenant, now)
        parts.append(f"last write {iso(last)}")
    if cut_coverage(state, tenant, now):
        parts.append("windows after the clock are unread")
    if purged is not None and purged > kept_from:
        state.set_purged(tenant, kept_from)
        parts.append(f"days from {kept_from} on are taken again (purged before {purged})")
    return f"{tenant}: {', '.join(parts)}" if parts else ""
