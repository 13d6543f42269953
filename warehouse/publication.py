"""hve.duckdb: one consistent version of everything, renamed into place.

Small tables and small marts are real tables; facts and large marts are views over the files of
their version, so that the file stays small. Any DuckDB client may open it read-only at any time.
The next version begins as a copy of the last one, in which rows of partitions whose files are other
ones are replaced: it costs what changed. Bytes of deleted rows stay in such a file, so it is made
anew while a removal of personal data is not over.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from hve_monitor.files import sha256, sql, sync_file, sync_folder
from warehouse.connection import arrow, connect, files_sql, quoted
from warehouse.dictionary import WORDS, write_comments
from warehouse.objects.place import tables_uri
from warehouse.privacy.removal import unfinished
from warehouse.store import Store
from warehouse.tables import ALL_TABLES, MESSAGE_TRACES, SMALL_TABLES, TABLES, Table

LARGEST_TABLE = 1_000_000
MOST_FILES = 500  # of a view in one piece
OPEN_DAYS = timedelta(days=2)
TRACE_FILES = sql(__file__, "listed_traces")
STATE_TABLES = (
    "tenants",
    "coverage",
    "backfills",
    "file_spans",
    "dirty_days",
    "quota_use",
    "runs",
    "closed_months",
    "budget_alerts",
    "verdicts",
    "assignments",
    "runbook_steps",
    "plans",
    "audit",
    "protection",
)
FILES = pa.schema({"name": pa.string(), "file": pa.string()})
VERSIONS = pa.schema({"name": pa.string(), "version": pa.string()})
KINDS = """
    select schema_name || '.' || table_name, 'table' from duckdb_tables()
    union all
    select schema_name || '.' || view_name, 'view' from duckdb_views() where not internal
"""
REPLACE_ATTEMPTS = 20


def publish(
    store: Store,
    as_of: datetime,
    prepare: Callable[[duckdb.DuckDBPyConnection], None],
    prepared_by: str = "",
) -> None:
    """Writes the next version of hve.duckdb and puts it in the place of the last.

    `prepare` adds what the models offer on top of the raw tables (reference data, views).
    prepared_by: another text when its views are others, so that it may leave those that are there.
    """
    fresh = store.root / f"hve.{os.getpid()}.duckdb"
    remove_unfinished(store.root)
    try:
        if _is_usable(store, prepared_by):
            shutil.copyfile(store.published, fresh)
        with closing(connect(str(fresh), root=store.root)) as connection:
            connection.execute("begin")  # in one commit: each of its own costs a write of the log
            _fill(connection, store, as_of)
            prepare(connection)
            write_comments(connection, "hve")
            connection.execute("commit")
            # Closing would write it too, but says nothing when the disk is full.
            connection.execute("checkpoint")
        sync_file(fresh)
        seal = _seal(store, fresh, prepared_by)
    except BaseException:
        remove_unfinished(store.root)  # of a full disk it is what is needed most
        raise
    _replace(fresh, store.published)
    sync_folder(store.root)
    store.state.record_checksums({store.published.name: seal})


def _is_usable(store: Store, prepared_by: str) -> bool:
    """Whether the last version is as this code wrote it in this place, and nobody is removed."""
    published = store.published
    if unfinished(store) or not published.exists():
        return False
    return store.state.checksum(published.name) == _seal(store, published, prepared_by)


def _seal(store: Store, file: Path, prepared_by: str) -> str:
    """SHA-256 of a published file and of its form: where its views look, and what it shows."""
    words = WORDS.read_text(encoding="utf-8")
    place = f"{store.root.resolve()} {tables_uri(store.root)}"
    form = f"{place} {ALL_TABLES} {STATE_TABLES} {words} {prepared_by}"
    return hashlib.sha256(f"{form} {sha256(file)}".encode()).hexdigest()


def _fill(connection: duckdb.DuckDBPyConnection, store: Store, as_of: datetime) -> None:
    for schema in ("raw", "marts", "state"):
        connection.execute(f"create schema if not exists {schema}")
    connection.execute("create table if not exists state.files (name varchar, file varchar)")
    last, versions = _Last(connection), _versions(store)
    changed = [table for table in TABLES if last.is_other(table.published_name, versions)]
    for table in changed:
        _offer(connection, store, table, last)
    if MESSAGE_TRACES in changed:
        _list_trace_files(connection, store)
    for small in SMALL_TABLES:
        if last.is_other(small.published_name, versions):
            _copy(connection, small.published_name, store.small.rows(small))
    for name in STATE_TABLES:
        if last.is_other(f"state.{name}", versions):
            _copy_state(connection, store, name)
    rows = [{"name": name, "version": version} for name, version in versions.items()]
    _copy(connection, "state.versions", pa.Table.from_pylist(rows, VERSIONS))
    connection.execute(
        "create or replace table state.publication as select $as_of as as_of,"
        " $at as published_at, $version as version, $folder as folder",
        {
            "as_of": as_of,
            "at": datetime.now(UTC),
            "version": f"{as_of.timestamp():.0f}-{time.time_ns()}",
            "folder": str(store.root.resolve()),
        },
    )


class _Last:
    """What the file shows that the next version begins with: kinds, versions, files of tables."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self.kinds = dict[str, str](connection.execute(KINDS).fetchall())
        self._versions: dict[str, str | None] = {}
        if "state.versions" in self.kinds:
            self._versions = dict(connection.execute("from state.versions").fetchall())

    def is_other(self, name: str, versions: Mapping[str, str | None]) -> bool:
        """Whether the file does not show the table in this version; so where nobody knows it."""
        version = versions[name]
        return name not in self.kinds or version is None or version != self._versions.get(name)

    def files(self, name: str) -> set[str]:
        """The files whose rows the table or view shows."""
        rows = self._connection.execute("select file from state.files where name = ?", [name])
        return {file for (file,) in rows.fetchall()}


def _versions(store: Store) -> dict[str, str | None]:
    """The version of everything that is shown; None where a statement has just changed it.

    Tables of state.db have the digest of their last command. Read before their rows are: what
    another process writes meanwhile is copied again by the next publication.
    """
    digests = store.state.digests()
    names = {small.published_name: small.name for small in SMALL_TABLES}
    names |= {f"state.{name}": name for name in STATE_TABLES}
    delta = {table.published_name: store.delta.mark(table) for table in TABLES}
    return {**delta, **{shown: digests.get(name) for shown, name in names.items()}}


def _offer(connection: duckdb.DuckDBPyConnection, store: Store, table: Table, last: _Last) -> None:
    """Makes the table what its files hold now.

    It is a table when it is a small mart, a view of its files otherwise. A mart that no page reads
    stays a view too: copying it would cost each build for nobody.
    """
    name, files = table.published_name, store.delta.files(table)
    old_kind, old_files = last.kinds.get(name), last.files(name)
    if old_kind and old_files == set(files):
        return
    _note_files(connection, name, old_files, files)
    is_read = table.room == "marts" and not table.is_inner
    kind = "table" if is_read and _row_count(store, table) <= LARGEST_TABLE else "view"
    if kind == old_kind == "table" and len(old_files - set(files)) <= len(old_files) / 2:
        _change(connection, table, old_files, files)
        return
    if old_kind not in (None, kind):
        connection.execute(f"drop {old_kind} {name}")
    stored = _as_stored(store, table)
    if kind == "view" and "day" in table.partition_by and len(files) > MOST_FILES:
        _offer_parts(connection, stored, old_files, files, last)
        return
    connection.execute(f"create or replace {kind} {name} as {files_sql(stored, files)}")
    connection.execute(";".join(f"drop view if exists {part}" for part in _parts(table)))


def _parts(table: Table) -> tuple[str, str]:
    """Names of the two views that a view of very many files is made of."""
    return f"parts.{table.name}_closed", f"parts.{table.name}_open"


def _offer_parts(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    old_files: set[str],
    files: list[str],
    last: _Last,
) -> None:
    """Makes a view of two others: of closed days, which seldom change, and of the newest.

    Making a view looks at each of its files.
    """
    names, before = _parts(table), _by_age(old_files)
    is_new = any(name not in last.kinds for name in names)
    connection.execute("create schema if not exists parts")
    for name, part, old_part in zip(names, _by_age(files), before, strict=True):
        if is_new or part != old_part:
            connection.execute(
                f"create or replace view {name} as {files_sql(table, sorted(part))};"
                f" comment on view {name} is 'Files of {table.published_name}.'"
            )
    if is_new:
        both = " union all ".join(f"from {name}" for name in names)
        connection.execute(f"create or replace view {table.published_name} as {both}")


def _by_age(files: Iterable[str]) -> tuple[set[str], set[str]]:
    """Files of closed days, and those of the newest day and the OPEN_DAYS before it."""
    days = {file: file.partition("/day=")[2][:10] for file in files}
    newest = max(days.values(), default="1970-01-01")
    closed_before = str(date.fromisoformat(newest) - OPEN_DAYS)
    closed = {file for file, day in days.items() if day < closed_before}
    return closed, days.keys() - closed


def _as_stored(store: Store, table: Table) -> Table:
    """The table, without columns to add where every file has them: then none is opened to know."""
    files = store.delta.active(table)
    counts = [f"null_count.{column}" for column in table.added]
    if all(name in files.column_names and not files[name].null_count for name in counts):
        return replace(table, added=())
    return table


def _change(
    connection: duckdb.DuckDBPyConnection, table: Table, old_files: set[str], files: list[str]
) -> None:
    """Replaces the rows of every partition that lost a file, and adds those of new files."""
    stale = {_folder(file) for file in old_files.difference(files)}
    added = set(files).difference(old_files)
    if stale:
        gone = " or ".join(map(_is_in, sorted(stale)))
        connection.execute(f"delete from {table.published_name} where {gone}")
    fresh = added | {file for file in files if _folder(file) in stale} if stale else added
    connection.execute(f"insert into {table.published_name} {files_sql(table, sorted(fresh))}")


def _folder(file: str) -> str:
    return file.rpartition("/")[0]  # a Path takes ten times as long, for each file


def _is_in(folder: str) -> str:
    """The condition that holds for the rows of a partition's folder, tenant=…/day=…."""
    names = [name for name in Path(folder).parts if name.startswith(("tenant=", "day="))]
    values = (name.partition("=") for name in names)
    return "(" + " and ".join(f"{column} = {quoted(value)}" for column, _, value in values) + ")"


def _list_trace_files(connection: duckdb.DuckDBPyConnection, store: Store) -> None:
    """Where a search finds the files of the message trace by day, without opening them."""
    files = store.delta.active(MESSAGE_TRACES)
    if "max.is_revision" not in files.column_names:
        files = files.append_column("max.is_revision", pa.nulls(files.num_rows, pa.bool_()))
    connection.register("listed", files)
    _copy(connection, "state.trace_files", arrow(connection, TRACE_FILES))
    connection.unregister("listed")


def _row_count(store: Store, table: Table) -> int:
    return int(pc.sum(store.delta.active(table)["num_records"]).as_py() or 0)


def _note_files(
    connection: duckdb.DuckDBPyConnection, name: str, old_files: set[str], files: list[str]
) -> None:
    """Makes state.files say which files the table shows now."""
    gone, fresh = old_files.difference(files), set(files).difference(old_files)
    connection.execute(
        "delete from state.files where name = $name and list_contains($gone, file)",
        {"name": name, "gone": list(gone)},
    )
    rows = [{"name": name, "file": file} for file in sorted(fresh)]
    connection.register("noted", pa.Table.from_pylist(rows, FILES))
    connection.execute("insert into state.files from noted")
    connection.unregister("noted")


def _copy_state(connection: duckdb.DuckDBPyConnection, store: Store, name: str) -> None:
    columns, rows = store.state.rows(name)
    types = {"INTEGER": pa.int64(), "REAL": pa.float64(), "TEXT": pa.string()}
    arrays = [
        pa.array([row[i] for row in rows], types[kind]) for i, kind in enumerate(columns.values())
    ]
    _copy(connection, f"state.{name}", pa.table(arrays, names=list(columns)))


def _copy(connection: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    """Puts rows in the place of those of a table, whose comments stay."""
    connection.register("copied", rows)
    connection.execute(
        f"create table if not exists {name} as from copied limit 0;"
        f" delete from {name}; insert into {name} from copied"
    )
    connection.unregister("copied")


def _replace(fresh: Path, published: Path) -> None:
    """Windows refuses while a client holds the file open: wait for it, then keep the old one."""
    for attempt in range(REPLACE_ATTEMPTS):
        try:
            fresh.replace(published)
        except PermissionError:
            time.sleep(0.05 * (attempt + 1))
        else:
            return
    fresh.replace(published.with_name("hve.next.duckdb"))


def remove_unfinished(root: Path) -> None:
    """Removes versions that a process left when it died, and the log of another program that wrote
    to the published one: DuckDB would apply it to every later version.
    """
    for stale in root.glob("hve.*duckdb*"):
        if stale.name not in ("hve.duckdb", "hve.next.duckdb"):
            with suppress(PermissionError):  # Windows: it is open
                stale.unlink(missing_ok=True)
