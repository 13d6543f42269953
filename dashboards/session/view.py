"""What a reader looks at: configuration, published version, business time, tenant and period."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

from dashboards.session.access import LOCAL, RefusedError, User, current_user
from dashboards.session.settings import (
    Stamp,
    configuration,
    published_stamp,
    state_stamp,
    store_roots,
)
from hve_monitor.clock import business_now, midnight, start_of_day
from hve_monitor.config import Config
from hve_monitor.errors import StoreError
from models.overview.money import MOST_LIVE
from warehouse.live import last_statement, last_writing
from warehouse.reading import Published, published_connection, read_published

PERIODS = {"7 days": 7, "30 days": 30, "90 days": 90, "Everything": None}
USUAL_PERIOD, OWN_DATES = "30 days", "Own dates"
ONE_DAY = timedelta(days=1)


class Days(NamedTuple):
    """UTC days from the first to the last one, both included."""

    first: date
    last: date


@dataclass(frozen=True)
class View:
    """One consistent look at the store.

    Units: now and as_of are UTC instants; days is the length of the period in UTC days that ends
    with today, None for everything; own_days are the reader's own in their place; month is
    YYYY-MM, None for the running one.
    """

    config: Config
    version: str
    as_of: datetime
    now: datetime
    tenant: str | None = None
    days: int | None = 30
    own_days: Days | None = None
    month: str | None = None
    user: User = LOCAL

    @cached_property
    def since(self) -> datetime | None:
        """First instant of the period; None is open."""
        if self.own_days is not None:
            return start_of_day(self.own_days.first)
        return None if self.days is None else midnight(self.now) - timedelta(days=self.days - 1)

    @cached_property
    def until(self) -> datetime | None:
        """The end of the period's own days; None where it goes on up to now."""
        end = None if self.own_days is None else start_of_day(self.own_days.last) + ONE_DAY
        return end if end is not None and end <= self.now else None

    @property
    def end(self) -> datetime:
        """The end of the period, which is now where it goes on."""
        return self.until or self.now

    @property
    def last_day(self) -> date:
        """The last UTC day of the period, which is not over yet where it goes on up to now."""
        return self.now.date() if self.own_days is None else self.own_days.last

    def before(self) -> Days | None:
        """As many UTC days before the period; None where it has no beginning."""
        if self.since is None:
            return None
        first = self.since.date()
        return Days(first - (self.last_day - first) - ONE_DAY, first - ONE_DAY)

    @property
    def is_fleet(self) -> bool:
        """Whether tenants of several shards, or so many, that only their table is drawn."""
        is_large = len(self.config.served) > MOST_LIVE or self.config.is_sharded
        return self.tenant is None and is_large

    @property
    def hour(self) -> datetime:
        """The last whole UTC hour: windows of hours end with it."""
        return self.now.replace(minute=0, second=0, microsecond=0)

    @property
    def timezone(self) -> str:
        """The tenant's zone; UTC where several tenants are looked at together."""
        zones = {
            served.timezone for served in self.config.served if self.tenant in (None, served.name)
        }
        return zones.pop() if len(zones) == 1 else "UTC"

    def zone_of(self, tenant: str) -> str:
        """The zone of one tenant; UTC where only the store knows it."""
        zones = (served.timezone for served in self.config.served if served.name == tenant)
        return next(zones, "UTC")

    def identity(self) -> tuple[str, ...]:
        """What a cached reading depends on besides its own arguments.

        Where searches leave an entry in the audit log, also who asks: nobody's search is another's.
        """
        settings = hashlib.sha256(self.config.model_dump_json().encode()).hexdigest()
        is_audited = self.config.privacy.mode == "pseudonymous"
        who = f"{self.user.name} {self.user.subject}" if is_audited else ""
        roles = ",".join(sorted(self.user.roles))
        seen = "*" if self.user.tenants is None else ",".join(sorted(self.user.tenants))
        now, tenant = self.now.isoformat(), str(self.tenant)
        return (self.version, settings, now, tenant, roles, seen, who)

    def published(self) -> AbstractContextManager[Published]:
        """The published store at business time, of the view's tenant. Raises: StoreError."""
        return read_published(self.config.warehouse.path, self.now, self.tenant)

    def of_tenant(self, tenant: str | None) -> View:
        """The same of a tenant; of tenants in shards the newest version of its shard.

        Raises: StoreError where nothing of the shard can be read.
        """
        if tenant is None or not self.config.is_sharded:
            return self.narrowed(tenant=tenant)
        return _of_store(self.config.of_tenant(tenant), self.user).narrowed(tenant=tenant)

    def narrowed(self, **choice: Any) -> View:
        """The same version of another tenant, period (days) or month."""
        return replace(self, **choice)


def open_view() -> View:
    """The newest published version at business time, for whoever is logged in.

    Raises: ConfigError, RefusedError, StoreError, duckdb.Error when the file is damaged.
    """
    config = configuration()
    user = current_user(config)
    if user is None:
        raise RefusedError("log in first")
    config = config.only(user.tenants)
    return _of_shards(config, user) if config.is_sharded else _of_store(config, user)


def _of_store(config: Config, user: User) -> View:
    root = config.warehouse.path
    version, as_of, spoken_at = _newest(root, published_stamp(root), state_stamp(root))
    return View(config, version, as_of, business_time(as_of, spoken_at), user=user)


def _of_shards(config: Config, user: User) -> View:
    """All shards side by side. Raises: StoreError where none of them has published."""
    roots = store_roots(config)
    stamps = tuple((published_stamp(root), *state_stamp(root)) for root in roots)
    if not any(published for published, *_ in stamps):
        raise StoreError(f"{config.warehouse.path}: nothing is stored yet; run 'hve run' first")
    written_at, spoken_at = _newest_of(roots, stamps)
    version = hashlib.sha256(str(stamps).encode()).hexdigest()
    return View(config, version, written_at, business_time(written_at, spoken_at), user=user)


@st.cache_data(max_entries=16, show_spinner=False)
def _newest_of(
    roots: Sequence[Path],
    stamps: tuple[tuple[Stamp, ...], ...],  # noqa: ARG001 - others are another state
) -> tuple[datetime, datetime | None]:
    """Business time of the last writing of all stores, and when somebody spoke last."""
    written = [at for root in roots if (at := last_writing(root)) is not None]
    spoken = [at for root in roots if (at := last_statement(root)) is not None]
    return max(written, default=datetime.min.replace(tzinfo=UTC)), max(spoken, default=None)


@st.cache_data(max_entries=16, show_spinner=False)
def _newest(
    root: Path,
    file: Stamp,  # noqa: ARG001 - another stamp is another version
    state: tuple[Stamp, Stamp],  # noqa: ARG001 - a verdict counts at once, before the next version
) -> tuple[str, datetime, datetime | None]:
    """Version with its verdicts, business time of its last run, and when somebody spoke last."""
    with published_connection(root) as connection:
        rows = connection.execute(
            "select version || '-' || (select count(*) from live.verdicts)"
            " || '-' || (select count(*) from live.assignments)"
            " || '-' || (select count(*) from live.runbook_steps), as_of from state.publication"
        ).fetchall()
    version, as_of = rows[0]
    return version, as_of, last_statement(root)


def business_time(as_of: datetime, spoken_at: datetime | None = None) -> datetime:
    """HVE_DASHBOARD_NOW, or the clock by the quarter-hour, so that its readings are read once.

    A quarter-hour begins before what was published or said in it: then its own time counts.
    """
    given = os.environ.get("HVE_DASHBOARD_NOW")
    now = business_now(given)
    quarter = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
    newest = as_of if spoken_at is None else max(as_of, spoken_at)
    # `now` is in whole seconds; what was said within this second counts as well.
    return now if given else max(quarter, min(newest, datetime.now(UTC)))
