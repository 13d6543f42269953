"""Operational state in one SQLite file: dirty days, batches, quota use, runs.

Rows and state cannot share a commit, so the callers keep an order: mark days as changing, append
rows, mark them dirty, record coverage, rebuild, clear dirty, publish.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from hve_monitor.document import json_text
from hve_monitor.errors import StoreError
from hve_monitor.files import sql
from warehouse.read_only import copied, is_read_only
from warehouse.schema import SCHEMA_VERSION, add_columns, check_schema, keep_old_state, state_schema

OPENING_ATTEMPTS = 200
DISK_TROUBLE = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN")
KEPT_RUNS = 10_000  # a hundred days of quarter-hours
SCHEMA = sql(__file__, "state")


class DirtyDay(NamedTuple):
    """A day to rebuild; `mark` tells a later marking from the one that a build has seen."""

    tenant: str
    day: date
    mark: int


class FinishedRun(NamedTuple):
    """A run: its start and end on the real clock, and the summary that it printed."""

    started_at: datetime
    finished_at: datetime
    summary: dict[str, Any]


class State:
    """An open state.db. One instance per thread."""

    def __init__(self, path: Path, *, is_rehearsal: bool = False) -> None:
        """is_rehearsal: a copy in memory, and what is written to it is lost."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path, self._is_rehearsal = path, is_rehearsal
        self.is_read_only = is_rehearsal or is_read_only(path)
        try:
            self._open()
        except sqlite3.OperationalError as error:
            if not (error.sqlite_errorname or "").startswith(DISK_TROUBLE):
                raise StoreError(f"{path}: cannot be opened ({error})") from error
            self._open_copy(error)
        except (sqlite3.Error, UnicodeDecodeError, OSError) as error:
            # What SQLite says of a damaged schema holds its bytes, which may be no text.
            raise StoreError(f"{path}: cannot be opened ({error})") from error

    def _open(self) -> None:
        self._db = self.another_connection()
        self._prepare()
        self._guard()

    def _open_copy(self, trouble: sqlite3.OperationalError) -> None:
        """On a full disk SQLite cannot even read in place: what is there is still to be read."""
        self.is_read_only = True
        try:
            self._open()
        except (sqlite3.Error, OSError):
            raise StoreError(
                f"{self.path}: cannot be opened ({trouble}); free space or check the disk"
            ) from trouble

    def another_connection(self) -> sqlite3.Connection:
        """A connection to the file, for another thread; to a copy where nobody may write to it."""
        if self.is_read_only:
            return copied(self.path)
        return sqlite3.connect(self.path, isolation_level=None, timeout=60)

    def _prepare(self) -> None:
        """Makes the tables; of two that open a new file at once SQLite may refuse one."""
        for attempt in range(OPENING_ATTEMPTS):
            try:
                self._migrate()
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or attempt == OPENING_ATTEMPTS - 1:
                    raise
                time.sleep(0.05)
            else:
                return

    def _migrate(self) -> None:
        """Brings the file to this release's schema. Every step may be killed and repeated.

        Raises: StoreError when the file is of a newer release.
        """
        self._db.execute("pragma journal_mode = wal")
        version = state_schema(self._db)
        check_schema(self.path, version)
        if version < SCHEMA_VERSION and not self.is_read_only:
            keep_old_state(self._db, self.path, version)
        self._db.executescript(SCHEMA)
        if version < SCHEMA_VERSION:
            add_columns(self._db)
            self._db.execute("delete from table_digests")  # rows have other columns now
            self._db.execute(f"pragma user_version = {SCHEMA_VERSION}")

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    @property
    def connection(self) -> sqlite3.Connection:
        """The open file, for the modules of this room that keep their own tables in it."""
        return self._db

    @contextmanager
    def made_writable(self) -> Iterator[None]:
        """Where nobody may write to the file, its copy in memory takes what is written inside."""
        self._db.execute("pragma query_only = off")
        try:
            yield
        finally:
            self._guard()

    def _guard(self) -> None:
        if self.is_read_only and not self._is_rehearsal:
            self._db.execute("pragma query_only = on")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; other processes wait."""
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    # -- business time ---------------------------------------------------------------------

    def last_now(self, tenant: str) -> datetime | None:
        """Business time of the tenant's last write, None before the first."""
        row = self._db.execute("select last_now from tenants where tenant = ?", [tenant]).fetchone()
        return time_of(row[0]) if row else None

    def record_now(self, tenant: str, now: datetime) -> None:
        """Remembers the business time of a write."""
        self._db.execute(
            "insert into tenants values (?, ?) on conflict (tenant) do update"
            " set last_now = max(last_now, excluded.last_now)",
            [tenant, text_of(now)],
        )

    def set_back(self, tenant: str, now: datetime) -> None:
        """Takes this as the tenant's last write, also when a later one is recorded."""
        self._db.execute("update tenants set last_now = ? where tenant = ?", [text_of(now), tenant])

    # -- batches ---------------------------------------------------------------------------

    def next_batch(self) -> int:
        """A number larger than every one before: the total order of observations."""
        row = self._db.execute(
            "insert into counters values ('batch', 1) on conflict (name) do update"
            " set value = value + 1 returning value"
        ).fetchone()
        return int(row[0])

    def raise_batch(self, least: int) -> None:
        """Makes the next number larger than this one too."""
        self._db.execute(
            "insert into counters values ('batch', ?) on conflict (name) do update"
            " set value = max(value, excluded.value)",
            [least],
        )

    # -- dirty days ------------------------------------------------------------------------

    def mark_dirty(self, tenant: str, days: Iterable[date]) -> None:
        """Notes that the marts of these days are out of date."""
        self._mark(tenant, days, sign=1)

    @contextmanager
    def changing(self, tenant: str, days: Collection[date]) -> Iterator[None]:
        """Days whose facts are about to change: out of date from now on, until a build that began
        after the change has rebuilt them.

        A build that runs between this mark and the write reads the facts of before.
        """
        self._mark(tenant, days, sign=-1)
        try:
            yield
        finally:
            self._mark(tenant, days, sign=1)

    def end_changes(self, tenant: str) -> None:
        """Ends changes that a crash left open; for whoever holds the tenant's lock."""
        self._db.execute(
            "update dirty_days set mark = 1 - mark where tenant = ? and mark < 0", [tenant]
        )

    def _mark(self, tenant: str, days: Iterable[date], sign: int) -> None:
        with self.transaction():
            self._db.executemany(
                "insert into dirty_days values (:tenant, :day, :sign) on conflict (tenant, day)"
                " do update set mark = :sign * (abs(mark) + 1)",
                [{"tenant": tenant, "day": str(day), "sign": sign} for day in days],
            )

    def dirty_days(self) -> list[DirtyDay]:
        """Days whose marts are out of date, oldest first."""
        rows = self._db.execute("select tenant, day, mark from dirty_days order by tenant, day")
        return [DirtyDay(tenant, date.fromisoformat(day), mark) for tenant, day, mark in rows]

    def clear_dirty(self, days: Iterable[DirtyDay]) -> None:
        """Forgets days that were rebuilt, unless they were marked again or are changing."""
        with self.transaction():
            self._db.executemany(
                "delete from dirty_days where tenant = ? and day = ? and mark = ? and mark > 0",
                [(day.tenant, str(day.day), day.mark) for day in days],
            )

    # -- imported files --------------------------------------------------------------------

    def record_file_spans(self, tenant: str, spans: Iterable[tuple[date, date]]) -> None:
        """Remembers from which day to which each of some files has rows."""
        with self.transaction():
            self._db.executemany(
                "insert or ignore into file_spans values (?, ?, ?)",
                [(tenant, str(first), str(last)) for first, last in spans],
            )

    def file_spans(self, tenant: str) -> list[tuple[date, date]]:
        """First and last day of every imported file, oldest first."""
        rows = self._db.execute(
            "select first_day, last_day from file_spans where tenant = ? order by 1, 2", [tenant]
        )
        return [(date.fromisoformat(first), date.fromisoformat(last)) for first, last in rows]

    # -- quota -----------------------------------------------------------------------------

    def use_quota(self, tenant: str, at: float, window_seconds: float) -> None:
        """Notes a request at a real time (epoch seconds); forgets those outside the window."""
        with self.transaction():
            self._db.execute(
                "delete from quota_use where tenant = ? and at not between ? and ?",
                [tenant, at - window_seconds, at + window_seconds],
            )
            self._db.execute("insert into quota_use values (?, ?)", [tenant, at])

    def quota_use(self, tenant: str, since: float) -> list[float]:
        """Times of requests since a real time, oldest first."""
        rows = self._db.execute(
            "select at from quota_use where tenant = ? and at >= ? order by at", [tenant, since]
        )
        return [float(row[0]) for row in rows]

    def judge_query(self, tenant: str, sender: str, at: float, *, is_trusted: bool) -> None:
        """Remembers at a real time whether a shared trace query can be trusted."""
        self._db.execute(
            "insert or replace into shared_queries values (?, ?, ?, ?)",
            [tenant, sender, int(is_trusted), at],
        )

    def judged_queries(self, tenant: str, since: float, *, is_trusted: bool) -> set[str]:
        """Shared trace queries that were trusted, or refused, since a real time."""
        rows = self._db.execute(
            "select sender from shared_queries where tenant = ? and is_trusted = ? and at >= ?",
            [tenant, int(is_trusted), since],
        )
        return {row[0] for row in rows}

    # -- retention -------------------------------------------------------------------------

    def purged_before(self, tenant: str) -> date | None:
        """The day before which the tenant's facts were purged, None while none were."""
        row = self._db.execute(
            "select facts_before from purged where tenant = ?", [tenant]
        ).fetchone()
        return date.fromisoformat(row[0]) if row else None

    def set_purged(self, tenant: str, before: date) -> None:
        """Takes this as the day before which the tenant's facts were purged."""
        self._db.execute(
            "update purged set facts_before = ? where tenant = ?", [str(before), tenant]
        )

    # -- upkeep ----------------------------------------------------------------------------

    def last_upkeep(self, tenant: str) -> float | None:
        """Real time at which the tenant's closed days were last tidied."""
        row = self._db.execute("select at from upkeep where tenant = ?", [tenant]).fetchone()
        return float(row[0]) if row else None

    def record_upkeep(self, tenant: str, at: float) -> None:
        """Remembers the real time of a tidying."""
        self._db.execute("insert or replace into upkeep values (?, ?)", [tenant, at])

    def forget_upkeep(self, after: float) -> None:
        """Forgets what was tidied at a later time: by a clock that was wrong."""
        self._db.execute("delete from upkeep where at > ?", [after])

    # -- checksums -------------------------------------------------------------------------

    def record_checksums(self, sums: Mapping[str, str]) -> None:
        """Remembers the SHA-256 of data files by their paths below the store."""
        with self.transaction():
            self._db.executemany("insert or replace into checksums values (?, ?)", sums.items())

    def checksums(self) -> dict[str, str]:
        """SHA-256 by path below the store, of every file that was written since it is kept."""
        return dict(self._db.execute("select path, sha256 from checksums").fetchall())

    def checksum(self, path: str) -> str | None:
        """That of one file, None where none is kept."""
        row = self._db.execute("select sha256 from checksums where path = ?", [path]).fetchone()
        return None if row is None else str(row[0])

    def digests(self) -> dict[str, str]:
        """SHA-256 of the rows of each table that no statement has changed since it was taken."""
        return dict(self._db.execute("select name, digest from table_digests").fetchall())

    def forget_checksums(self, paths: Iterable[str]) -> None:
        """Forgets files that are gone."""
        with self.transaction():
            self._db.executemany(
                "delete from checksums where path = ?", [(path,) for path in paths]
            )

    # -- whole file ------------------------------------------------------------------------

    def tenants(self) -> list[str]:
        """Tenants that were ever written."""
        return [row[0] for row in self._db.execute("select tenant from tenants order by tenant")]

    def copy_to(self, path: Path) -> None:
        """Writes a consistent copy of the file."""
        with closing(sqlite3.connect(path)) as copy:
            self._db.backup(copy)
            # A copy in WAL mode would need its two companions beside it.
            copy.execute("pragma journal_mode = delete")

    def damage(self) -> list[str]:
        """What SQLite finds wrong with the file; empty for a sound one."""
        rows = self._db.execute("pragma integrity_check(10)").fetchall()
        return [row[0] for row in rows if row[0] != "ok"]

    # -- runs ------------------------------------------------------------------------------

    def record_run(self, started_at: datetime, finished_at: datetime, summary: object) -> None:
        """Keeps the summary of a run for the health page, and forgets that of long ago."""
        with self.transaction():
            done = self._db.execute(
                "insert into runs (started_at, finished_at, summary) values (?, ?, ?)",
                [text_of(started_at), text_of(finished_at), json_text(summary)],
            )
            self._db.execute("delete from runs where id <= ?", [(done.lastrowid or 0) - KEPT_RUNS])

    def recent_runs(self, most: int) -> list[FinishedRun]:
        """The last runs, the newest first."""
        rows = self._db.execute(
            "select started_at, finished_at, summary from runs order by id desc limit ?", [most]
        )
        return [
            FinishedRun(time_of(start), time_of(end), json.loads(summary))
            for start, end, summary in rows
        ]

    def rows(self, table: str) -> tuple[dict[str, str], list[tuple[Any, ...]]]:
        """Columns with their SQLite types, and all rows of one state table, for publishing."""
        described = self._db.execute("select name, type from pragma_table_info(?)", [table])
        return dict(described.fetchall()), self._db.execute(f"select * from {table}").fetchall()


@contextmanager
def open_state(store_root: Path, *, is_rehearsal: bool = False) -> Iterator[State]:
    """The state.db of a store folder, closed by its context; for what needs nothing else of it.

    is_rehearsal: as of State.
    """
    with closing(State(store_root / "state.db", is_rehearsal=is_rehearsal)) as state:
        yield state


def text_of(moment: datetime) -> str:
    """An instant as state.db keeps it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def time_of(text: str) -> datetime:
    """The instant of a text of state.db."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
