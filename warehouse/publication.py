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
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from hve_monitor.files import sha256, sql, sync_file, sync_folder
from warehouse.connection import arrow, connect, files_sql, quoted
from warehouse.dictionary import WORDS, write_comments
from warehouse.privacy.removal import unfinished
from warehouse.store import Store
from warehouse.tables import ALL_TABLES, MESSAGE_TRACES, SMALL_TABLES, TABLES, Table

LARGEST_TABLE = 1_000_000
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
    form = f"{store.root.resolve()} {ALL_TABLES} {STATE_TABLES} {words} {prepared_by}"
    return hashlib.sha256(f"{form} {sha256(file)}".encode()).hexdigest()


def _fill(connection: duckdb.DuckDBPyConnection, store: Store, as_of: datetime) -> None:
    for schema in ("raw", "marts", "state"):
        connection.execute(f"create schema if not exists {schema}")
    last = _Last(connection)
    shown = {table: _offer(connection, store, table, last) for table in TABLES}
    _note_files(connection, shown)
    for small in SMALL_TABLES:
        _copy(connection, small.published_name, store.small.rows(small))
    for name in STATE_TABLES:
        _copy_state(connection, store, name)
    _list_trace_files(connection, store)
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
    """What the file shows that the next version begins with: kinds and files of its tables."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        kinds = connection.execute(KINDS).fetchall()
        self.kinds = dict[str, str](kinds)
        self.files: dict[str, set[str]] = {}
        if kinds:
            files = connection.execute("select name, list(file) from state.files group by name")
            self.files = {name: set(names) for name, names in files.fetchall()}


def _offer(
    connection: duckdb.DuckDBPyConnection, store: Store, table: Table, last: _Last
) -> list[str]:
    """Makes the table what its files hold now, and returns them.

    It is a table when it is a small mart, a view of its files otherwise. A mart that no page reads
    stays a view too: copying it would cost each build for nobody.
    """
    name, files = table.published_name, store.delta.files(table)
    old_kind, old_files = last.kinds.get(name), last.files.get(name, set())
    if old_kind and old_files == set(files):
        return files
    is_read = table.room == "marts" and not table.is_inner
    kind = "table" if is_read and _row_count(store, table) <= LARGEST_TABLE else "view"
    if kind == old_kind == "table" and len(old_files - set(files)) <= len(old_files) / 2:
        _change(connection, table, old_files, files)
        return files
    if old_kind not in (None, kind):
        connection.execute(f"drop {old_kind} {name}")
    select = files_sql(_as_stored(store, table), files)
    connection.execute(f"create or replace {kind} {name} as {select}")
    return files


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
    if stale:
        gone = " or ".join(map(_is_in, sorted(stale)))
        connection.execute(f"delete from {table.published_name} where {gone}")
    fresh = [file for file in files if file not in old_files or _folder(file) in stale]
    connection.execute(f"insert into {table.published_name} {files_sql(table, fresh)}")


def _folder(file: str) -> str:
    return os.path.dirname(file)  # noqa: PTH120 - a Path takes ten times as long, for each file


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


def _note_files(connection: duckdb.DuckDBPyConnection, shown: dict[Table, list[str]]) -> None:
    rows = [
        {"name": table.published_name, "file": file}
        for table, files in shown.items()
        for file in files
    ]
    _copy(connection, "state.files", pa.Table.from_pylist(rows, FILES))


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
