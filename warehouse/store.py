"""The store: one folder with Delta facts and marts, state.db, locks and the published file."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Protocol

import duckdb
import pyarrow as pa
from deltalake.exceptions import DeltaError, SchemaMismatchError

from hve_monitor.clock import iso, system_time
from hve_monitor.errors import DISK_TROUBLE, ClockError, ConfigError, StoreError
from warehouse.commits import Commits
from warehouse.connection import Instance, files_sql, in_memory, offer_rows
from warehouse.delta.commit import DeltaFolder
from warehouse.delta.files import DeltaFiles
from warehouse.delta.sides import side_of
from warehouse.former_tables import take_in
from warehouse.locks import exclusive
from warehouse.objects.keeping import keep_copy
from warehouse.objects.place import noted_place, trouble_in
from warehouse.protection.chain import seal_from_start
from warehouse.protection.mode import FULL, Protection, agree, tenant_key
from warehouse.protection.pseudonyms import Mask
from warehouse.small_tables import SmallTables
from warehouse.state import State, open_state, time_of
from warehouse.tables import AnyTable, SmallTable, Table
from warehouse.tables.state_contents import foreign_content_of

# A command that waited for another one still goes by the clock of its start.
OWN_CLOCK = timedelta(hours=2)
MANIFEST = "manifest.json"  # written last: a restored folder that has it is whole
# A commit that finds the disk full is a TransactionException.
REFUSALS = (
    sqlite3.Error,
    duckdb.IOException,
    duckdb.TransactionException,
    duckdb.FatalException,
    DeltaError,
)
# Files that another hand changed, or whose bytes are damaged.
UNREADABLE = (duckdb.Error, pa.ArrowException, UnicodeDecodeError)
PANIC = "PanicException"  # of delta-rs; it is no Exception, and its class has no import path
# Delta reads a path as a URL, DuckDB as a pattern: these names would be another folder, or none.
UNUSABLE_NAME = re.compile(r"[\[\]?*\\^|\x00-\x1f\x7f]|%[0-9A-Fa-f]{2}")
# Misuse of the engines, whatever state the disk is in.
OWN_ERRORS = (
    sqlite3.IntegrityError,
    sqlite3.ProgrammingError,
    sqlite3.InterfaceError,
    sqlite3.DataError,
    sqlite3.NotSupportedError,
    duckdb.ParserException,
    duckdb.ConstraintException,
    duckdb.NotImplementedException,
    SchemaMismatchError,
)


class StoredFiles(Protocol):
    """Files of tables and a DuckDB that reads them: of a store, or of what it has lent."""

    def files(self, table: Table, tenant: str, days: Iterable[date] | None = None) -> list[str]:
        """Active Parquet files of a tenant, or of its given days."""

    def compute(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """An empty catalog."""


@dataclass
class Store:
    """An open store. One instance per thread; threads of a build may share compute and reading."""

    root: Path
    delta: DeltaFolder
    small: SmallTables
    state: State
    memory_limit: str
    threads: int | None
    protection: Protection = FULL
    _masks: dict[str, Mask] = field(default_factory=dict)
    _engine: Instance | None = None
    _starting: threading.Lock = field(default_factory=threading.Lock)

    def reopened(self) -> AbstractContextManager[Store]:
        """The same store again, for another thread."""
        return open_store(self.root, self.memory_limit, self.threads, self.protection)

    @contextmanager
    def compute(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """An empty catalog of the store's DuckDB; uses may be nested, also in other threads."""
        with self._starting:
            if self._engine is None:
                self._engine = Instance(in_memory(self.spill, self.memory_limit, self.threads))
            engine = self._engine
        try:
            with engine.workspace() as connection:
                yield connection
        except duckdb.FatalException:
            self.close()
            raise

    def files(self, table: Table, tenant: str, days: Iterable[date] | None = None) -> list[str]:
        """Active Parquet files of a tenant, or of its given days."""
        return self.delta.files(table, tenant, days)

    @contextmanager
    def existing(
        self, table: AnyTable, tenant: str, days: Iterable[date] | None = None
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """An empty catalog with the tenant's rows of a table, or of given days, as `existing`."""
        with self.compute() as connection:
            self.view(connection, "existing", table, tenant, days)
            yield connection

    def view(
        self,
        connection: duckdb.DuckDBPyConnection,
        name: str,
        table: AnyTable,
        tenant: str | None = None,
        days: Iterable[date] | None = None,
    ) -> None:
        """Offers the stored rows of a table under a name, whose schema is made when it is missing.

        tenant: None means all. days: of a Delta table by day, None means all.
        """
        schema = name.rpartition(".")[0]
        if schema:
            connection.execute(f"create schema if not exists {schema}")
        if isinstance(table, SmallTable):
            offer_rows(connection, name, self.small.rows(table, tenant))
            return
        rows = files_sql(table, self.delta.files(table, tenant, days))
        connection.execute(f"create view {name} as {rows}")

    def append(self, table: AnyTable, rows: pa.Table) -> None:
        """Adds rows; returns when they are on the disk."""
        if isinstance(table, SmallTable):
            self.small.append(table, rows)
        else:
            self.delta.append(table, rows)

    def replace(
        self,
        table: AnyTable,
        rows: pa.Table,
        tenant: str,
        days: Iterable[date] | None = None,
        *,
        searchable: bool = False,
    ) -> None:
        """Puts rows in the place of all rows of the tenant, or of given days of a Delta table.

        searchable: of a Delta table, as DeltaFolder.replace says.
        """
        if isinstance(table, SmallTable):
            self.small.replace(table, rows, tenant)
        else:
            self.delta.replace(table, rows, tenant, days, searchable=searchable)

    def close(self) -> None:
        """Ends the store's DuckDB with all that it holds; the next use starts another."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def mask(self, tenant: str) -> Mask:
        """How the tenant's personal data is stored."""
        if tenant not in self._masks:
            erased = self.state.connection.execute(
                "select hash, erased_at from erased where tenant = ?", [tenant]
            ).fetchall()
            is_needed = erased or not self.protection.is_plain
            key = tenant_key(self.state, self.protection, tenant) if is_needed else b""
            moments = {name: time_of(at) for name, at in erased}
            self._masks[tenant] = Mask(self.protection, key, moments)
        return self._masks[tenant]

    def forget_masks(self) -> None:
        """Makes the next row see who was erased meanwhile."""
        self._masks.clear()

    def keep_copy(self) -> None:
        """Makes the copy of state.db new, where the tables are in an object store."""
        keep_copy(self.root)

    @property
    def spill(self) -> Path:
        """Where DuckDB puts what does not fit into memory."""
        return self.root / "spill"

    @property
    def published(self) -> Path:
        """The file that every reader opens."""
        return self.root / "hve.duckdb"

    @contextmanager
    def tenant_lock(self, tenant: str) -> Iterator[None]:
        """Only one process ingests a tenant at a time."""
        with exclusive(self.root / "locks", f"tenant-{tenant}"):
            self.state.end_changes(tenant)
            yield

    @contextmanager
    def build_lock(self) -> Iterator[None]:
        """Only one process builds and publishes; the others wait for it."""
        with exclusive(self.root / "locks", "build", wait_seconds=3600):
            yield

    def check_now(self, tenant: str, now: datetime) -> None:
        """Raises: ConfigError when `--now` is before the tenant's last write, ClockError when the
        system clock is.
        """
        last = self.state.last_now(tenant)
        if last is None or now >= last:
            return
        if abs(system_time() - now) > OWN_CLOCK:
            raise ConfigError(
                f"--now {iso(now)}: tenant '{tenant}' was already written at {iso(last)};"
                " business time cannot go back"
            )
        raise ClockError(
            f"the system clock ({iso(now)}) is before the last write of tenant '{tenant}'"
            f" ({iso(last)}); try again later, or, when the clock was ahead then: hve set-clock"
        )


@contextmanager
def open_store(
    root: Path,
    memory_limit: str = "4GB",
    threads: int | None = None,
    protection: Protection = FULL,
    *,
    is_checked: bool = False,
    is_rehearsal: bool = False,
) -> Iterator[Store]:
    """The store at a folder, made when it is missing; readable by its owner only.

    is_checked: tables and state.db belong together, or nothing is changed.
    is_rehearsal: what is written to state.db is lost, as of State.
    Raises: StoreError, ConfigError (a folder name that the engine would misread, another privacy
    mode or key than the store was filled with).
    """
    make_root(root)
    with (
        refusals_in_one_line(root),
        _foreign_state_named(root),
        open_state(root, is_rehearsal=is_rehearsal) as state,
    ):
        commits = Commits(state)
        delta = DeltaFolder(side_of(root), commits)
        _catch_up(root, commits, is_rehearsal=is_rehearsal)
        if is_checked:
            commits.check_all(delta)
            _begin_copy(root)
        small = SmallTables(state)
        take_in(state, delta, small)
        agree(state, root, protection)
        seal_from_start(state, protection)
        with closing(Store(root, delta, small, state, memory_limit, threads, protection)) as store:
            yield store


def make_root(root: Path) -> None:
    """Makes the folder of a store where it is missing. Raises: StoreError, ConfigError."""
    check_name(root)
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        finish_restore(root)
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreError(
            f"{root}: cannot be made ({error.strerror}); check warehouse.path"
        ) from None


def _catch_up(root: Path, commits: Commits, *, is_rehearsal: bool) -> None:
    """A state.db that came from the copy in an object store learns what its tables hold."""
    place = noted_place(root)
    if place is None or not place.is_remote:
        return
    from warehouse.objects.ownership import caught_up, is_behind

    if is_behind(root):
        commits.catch_up(DeltaFiles(side_of(root)))
        if not is_rehearsal:
            caught_up(root)


def _begin_copy(root: Path) -> None:
    """A state.db that fits its tables in an object store is copied there before they change."""
    place = noted_place(root)
    if place is not None and place.is_remote:
        from warehouse.objects.ownership import begin_copy

        begin_copy(root)


def check_name(folder: Path, option: str = "warehouse.path") -> None:
    """Raises: ConfigError when the engines would read a folder name as something else."""
    for part in folder.resolve().parts[1:]:
        if part.startswith(("tenant=", "day=")):
            raise ConfigError(
                f"{option}: the folder name '{part}' reads like a partition; use another"
            )
        if UNUSABLE_NAME.search(part):
            raise ConfigError(
                f"{option}: the folder name {part!r} has signs that read like a pattern or a"
                " code; use another"
            )


def restoring(root: Path) -> Path:
    """Where a restored store is laid out before it takes its place."""
    return root.with_name(f"{root.name}.restoring")


def finish_restore(root: Path) -> None:
    """Puts a restored store in its place when a crash came between the last two steps."""
    fresh = restoring(root)
    if not root.exists() and (fresh / MANIFEST).exists():
        fresh.rename(root)


@contextmanager
def refusals_in_one_line(root: Path) -> Iterator[None]:
    """What the disk or the engines refuse is a StoreError that says whose fault it is."""
    try:
        yield
    except OWN_ERRORS as error:
        reason = str(error).splitlines()[0]
        raise StoreError(
            f"{root}: {reason}; an error of hve-monitor, not of the disk: please report it"
        ) from error
    except REFUSALS as error:
        if trouble := trouble_in(error):
            raise trouble from error
        reason = str(error).splitlines()[0]
        raise StoreError(f"{root}: {reason}; free space or check the disk") from error
    except UNREADABLE as error:
        if trouble := trouble_in(error):
            raise trouble from error
        reason = str(error).splitlines()[0]
        raise StoreError(
            f"{root}: {reason}; hve verify names what is damaged, hve verify --repair sets it aside"
        ) from error
    except OSError as error:
        if error.errno not in DISK_TROUBLE:
            raise
        raise StoreError(f"{root}: {error.strerror}; free space or check the disk") from error
    except BaseException as error:
        if type(error).__name__ != PANIC:
            raise
        reason = str(error).splitlines()[0]
        raise StoreError(f"{root}: {reason}; free space or check the disk") from error


@contextmanager
def _foreign_state_named(root: Path) -> Iterator[None]:
    """What state.db holds by another hand is named when it ends a command."""
    try:
        yield
    except (sqlite3.Error, ValueError, TypeError, OverflowError, StoreError) as error:
        foreign = foreign_content_of(root / "state.db")
        if foreign is None:
            raise
        raise StoreError(
            f"{root}: state.db: {foreign}; another hand wrote it, restore a backup (hve restore)"
        ) from error
