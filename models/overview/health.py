"""Whether the numbers may be trusted: what was read, run, refused, and how old the models are."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import duckdb
import msgspec
import pandas as pd

from hve_monitor.clock import days_between, start_of_day
from hve_monitor.config import Config
from hve_monitor.document import Document
from hve_monitor.files import sql
from models.engine.sql import records
from models.usage.accounts import accounts, learning_states
from models.usage.coverage import (
    AddressCoverage,
    CoverageReport,
    coverage_report,
    covered_addresses,
    due_until,
    published_as_of,
    tenants_of_files,
)
from warehouse.connection import Row
from warehouse.reading import Published
from warehouse.state import FinishedRun, open_state
from warehouse.windows import Window

MOST_RUNS = 30
SIGNALS_OF = timedelta(days=30)
ONE_DAY = timedelta(days=1)
Account = tuple[str, str]  # tenant and name


class SourceRead(Document):
    """Up to when all addresses of a source were read."""

    tenant: str
    source: str
    read_until: datetime
    addresses: int


class RejectedLines(Document):
    """Lines of a file that could not be read, for one reason."""

    tenant: str
    file: str
    reason: str
    lines: int
    first_line: int
    last_at: datetime


class RefusedSetting(Document):
    """A kind of setting that could not be read when it was last tried, and since when."""

    tenant: str
    kind: str
    reason: str
    objects: int
    since: datetime

    @property
    def is_refusal(self) -> bool:
        """Whether a permission or a licence is missing, and not only an answer."""
        words = self.reason.lower()
        return any(word in words for word in ("needed:", "licence", "license"))


class SilentSignal(Document):
    """A signal that could not speak of some incidents of the last 30 days."""

    signal: str
    reason: str
    incidents: int
    accounts: int
    last_at: datetime


class MartAge(Document):
    """The newest day that a mart holds; None for an empty one."""

    mart: str
    newest: date | None


class HealthReport(Document):
    """Coverage, what was rejected or refused, and the age of each model.

    waiting_days: days whose marts are out of date. learning: accounts that were
    listed or sent, whose baseline is young or not there yet.
    has_settings: whether a setting was ever tried to be read.
    """

    coverage: CoverageReport
    as_of: datetime
    published_at: datetime
    sources: list[SourceRead]
    rejected: list[RejectedLines]
    settings: list[RefusedSetting]
    has_settings: bool
    signals: list[SilentSignal]
    marts: list[MartAge]
    waiting_days: int
    learning: int
    accounts: int


class SourceRun(Document):
    """What one source did in a run, as the run's summary is stored."""

    source: str
    tenant: str | None = None
    status: str = ""
    requests: int = 0
    throttled: int = 0
    rows_new: int = 0
    error: str | None = None


class StoredModels(Document):
    """The models' part of a stored summary."""

    days_rebuilt: int = 0


class StoredAlerts(Document):
    """The alerts' part of a stored summary: the targets that could not be reached."""

    failed: tuple[object, ...] = ()


class StoredSummary(Document):
    """What is read of the summary of a run, whichever version stored it."""

    now: datetime | None = None
    sources: tuple[SourceRun, ...] = ()
    models: StoredModels = StoredModels()
    incidents_opened: int = 0
    alerts: StoredAlerts = StoredAlerts()


class FinishedSummary(Document):
    """A run that ended; started_at and seconds are of the real clock."""

    started_at: datetime
    seconds: float
    sources: list[SourceRun]
    days_rebuilt: int
    incidents_opened: int
    failed_targets: int


class QuotaUse(Document):
    """Requests for message traces of a tenant in the running window.

    allowed: our share. published: Microsoft's quota. last_at: None without a request.
    """

    tenant: str
    used: int
    allowed: int
    published: int
    window_seconds: float
    last_at: datetime | None


def health_report(published: Published) -> HealthReport:
    """Whether the numbers of the published version may be trusted."""
    connection, tenant = published.connection, {"tenant": published.tenant}
    until_now = {**tenant, "now": published.now}
    since = {**until_now, "since": published.now - SIGNALS_OF}
    learnt = [day == 0 for day in learning_states(published).values()]
    known = accounts(connection, published.tenant)
    rows = connection.execute("select published_at from state.publication").fetchall()

    def read(name: str, bounds: Mapping[str, object]) -> list[Row]:
        return records(connection, sql(__file__, name), dict(bounds))

    return HealthReport(
        coverage=coverage_report(published),
        as_of=published_as_of(connection),
        published_at=rows[0][0],
        sources=[SourceRead(**row) for row in read("sources_read", tenant)],
        rejected=[RejectedLines(**row) for row in read("rejected_rows", until_now)],
        settings=[RefusedSetting(**row) for row in read("unavailable_objects", until_now)],
        has_settings=_has_settings(connection, published.tenant),
        signals=[SilentSignal(**row) for row in read("unavailable_signals", since)],
        marts=[MartAge(**row) for row in read("newest_days", tenant)],
        waiting_days=_waiting(connection, published.tenant),
        learning=len(known) - sum(learnt),
        accounts=len(known),
    )


def _has_settings(connection: duckdb.DuckDBPyConnection, tenant: str | None) -> bool:
    rows = connection.execute(
        "select 1 from raw.policies where $tenant is null or tenant = $tenant limit 1",
        {"tenant": tenant},
    ).fetchall()
    return bool(rows)


def _waiting(connection: duckdb.DuckDBPyConnection, tenant: str | None) -> int:
    rows = connection.execute(
        "select count(*) from state.dirty_days where $tenant is null or tenant = $tenant",
        {"tenant": tenant},
    ).fetchall()
    return int(rows[0][0])


def coverage_days(published: Published, first: date) -> pd.DataFrame:
    """How much of each UTC day was read, of what should have been.

    Shape: tenant, account, day, share (0 to 1, over the account's addresses), one row per account
    and day from `first` to the day of `now`, which counts up to the last run. Days before an
    account was meant to be read have no row.
    """
    by_account: dict[Account, list[AddressCoverage]] = {}
    from_files = tenants_of_files(published)
    for address in covered_addresses(published):
        if address.tenant not in from_files:
            by_account.setdefault((address.tenant, address.account), []).append(address)
    rows = [
        (*key, start.date(), share)
        for key, windows in _due(published, by_account, first).items()
        for start, share in _shares(windows)
    ]
    return pd.DataFrame(rows, columns=["tenant", "account", "day", "share"])


def _due(
    published: Published, by_account: Mapping[Account, Sequence[AddressCoverage]], first: date
) -> dict[Account, list[tuple[AddressCoverage, Window]]]:
    """When the addresses of each account should have been read; unplanned ones as their tenant."""
    starts: dict[str, datetime] = {}
    for address in itertools.chain(*by_account.values()):
        due = address.due_from or datetime.max.replace(tzinfo=UTC)
        starts[address.tenant] = min(due, starts.get(address.tenant, due))
    ends = {tenant: due_until(published.of(tenant)) for tenant in starts}
    earliest = start_of_day(first)
    return {
        (tenant, account): [
            (address, Window(max(earliest, address.due_from or starts[tenant]), ends[tenant]))
            for address in addresses
        ]
        for (tenant, account), addresses in by_account.items()
    }


def _shares(
    due: Sequence[tuple[AddressCoverage, Window]],
) -> Iterator[tuple[datetime, float]]:
    """Each day on which some address was due, and the share of it that was read."""
    first, last = min(whole.start for _, whole in due), max(whole.end for _, whole in due)
    for day in map(start_of_day, days_between(first.date(), last.date())):
        parts = [
            (address, Window(max(day, whole.start), min(day + ONE_DAY, whole.end)))
            for address, whole in due
        ]
        parts = [(address, part) for address, part in parts if part.start < part.end]
        if parts:
            yield day, _share(parts)


def _share(due: Sequence[tuple[AddressCoverage, Window]]) -> float:
    missing = sum(
        (gap.end - gap.start for address, part in due for gap in address.gaps(part)),
        timedelta(0),
    )
    return 1.0 - missing / sum((part.end - part.start for _, part in due), timedelta(0))


def last_runs(
    config: Config, tenant: str | None = None, most: int = MOST_RUNS
) -> list[FinishedSummary]:
    """The newest runs first, with the sources of one tenant or of all.

    Runs finish after the version that they publish, so they come from state.db itself.
    """
    with open_state(config.warehouse.path) as state:
        runs = state.recent_runs(most)
    return [_finished(run, tenant) for run in runs]


def last_errors(config: Config, sources: Sequence[str]) -> list[str] | None:
    """Why these sources could not be read as a whole in the last run; None where none has ended."""
    names = [tenant.name for tenant in config.served]
    with open_state(config.warehouse.path) as state:
        runs = state.recent_runs(1)
    if not runs:
        return None
    return [
        f"{source.tenant}: {source.error or source.status}"
        for source in stored_summary(runs[0]).sources
        if source.source in sources and source.tenant in names and source.status != "ok"
    ]


def stored_summary(run: FinishedRun) -> StoredSummary:
    """What is read of a run, whichever version stored it."""
    return msgspec.convert(run.summary, StoredSummary)


def _finished(run: FinishedRun, tenant: str | None) -> FinishedSummary:
    summary = stored_summary(run)
    return FinishedSummary(
        started_at=run.started_at,
        seconds=(run.finished_at - run.started_at).total_seconds(),
        sources=[source for source in summary.sources if tenant in (None, source.tenant)],
        days_rebuilt=summary.models.days_rebuilt,
        incidents_opened=summary.incidents_opened,
        failed_targets=len(summary.alerts.failed),
    )


def quota_use(config: Config, tenant: str | None = None, at: float | None = None) -> list[QuotaUse]:
    """Use of the quota by each tenant that requests are made for.

    at: real epoch seconds; the clock's when None.
    """
    limits, clock = config.limits, time.time() if at is None else at
    start = clock - limits.message_trace_window_seconds
    names = [
        served.name
        for served in config.served
        if tenant in (None, served.name) and served.accounts != "files"
    ]
    with open_state(config.warehouse.path) as state:
        used = {name: state.quota_use(name, start) for name in names}
    return [
        QuotaUse(
            tenant=name,
            used=len(times),
            allowed=int(limits.message_trace_requests * limits.share),
            published=limits.message_trace_requests,
            window_seconds=limits.message_trace_window_seconds,
            last_at=datetime.fromtimestamp(times[-1], UTC) if times else None,
        )
        for name, times in used.items()
    ]
