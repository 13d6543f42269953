"""hve.duckdb: one consistent version of everything, renamed into place.

Small marts are real tables; facts and large marts are views over the files of their version, so
that the file stays small. Any DuckDB client may open it read-only at any time.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from hve_monitor.files import sync_file, sync_folder
from warehouse.connection import connect, files_sql, folders_of
from warehouse.dictionary import write_comments
from warehouse.store import Store
from warehouse.tables import TABLES, Table

LARGEST_TABLE = 1_000_000
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
REPLACE_ATTEMPTS = 20


def publish(
    store: Store,
    as_of: datetime,
    prepare: Callable[[duckdb.DuckDBPyConnection], None],
) -> None:
    """Writes the next version of hve.duckdb and puts it in the place of the last.

    `prepare` adds what the models offer on top of the raw tables (reference data, views).
    """
    fresh = store.root / f"hve.{os.getpid()}.duckdb"
    _remove(fresh)
    try:
        with closing(connect(str(fresh), folders_of(store.root))) as connection:
            connection.execute("begin")  # in one commit: each of its own costs a write of the log
            _fill(connection, store, as_of)
            prepare(connection)
            write_comments(connection, "hve")
            connection.execute("commit")
            # Closing would write it too, but says nothing when the disk is full.
            connection.execute("checkpoint")
        sync_file(fresh)
    except BaseException:
        _remove(fresh)  # of a full disk it is what is needed most
        raise
    _replace(fresh, store.published)
    sync_folder(store.root)


def _fill(connection: duckdb.DuckDBPyConnection, store: Store, as_of: datetime) -> None:
    for schema in ("raw", "marts", "state"):
        connection.execute(f"create schema {schema}")
    for table in TABLES:
        _offer(connection, store, table)
    for name in STATE_TABLES:
        _copy_state(connection, store, name)
    connection.execute(
        "create table state.publication as select $as_of as as_of, $at as published_at,"
        " $version as version, $folder as folder",
        {
            "as_of": as_of,
            "at": datetime.now(UTC),
            "version": f"{as_of.timestamp():.0f}-{time.time_ns()}",
            "folder": str(store.root.resolve()),
        },
    )


def _offer(connection: duckdb.DuckDBPyConnection, store: Store, table: Table) -> None:
    """The table as it stands: its rows when it is a small mart, a view of its files otherwise.

    A mart that no page reads stays a view too: copying it would cost each build for nobody.
    """
    select = files_sql(table, store.delta.files(table))
    is_read = table.room == "marts" and not table.is_inner
    small = is_read and _row_count(store, table) <= LARGEST_TABLE
    kind = "table" if small else "view"
    connection.execute(f"create {kind} {table.published_name} as {select}")


def _row_count(store: Store, table: Table) -> int:
    return int(pc.sum(store.delta.active(table)["num_records"]).as_py() or 0)


def _copy_state(connection: duckdb.DuckDBPyConnection, store: Store, name: str) -> None:
    columns, rows = store.state.rows(name)
    types = {"INTEGER": pa.int64(), "REAL": pa.float64(), "TEXT": pa.string()}
    arrays = [
        pa.array([row[i] for row in rows], types[kind]) for i, kind in enumerate(columns.values())
    ]
    connection.register("copied", pa.table(arrays, names=list(columns)))
    connection.execute(f"create table state.{name} as select * from copied")
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


def _remove(fresh: Path) -> None:
    for stale in fresh.parent.glob("hve.*.duckdb*"):
        if stale.name != "hve.next.duckdb":
            stale.unlink(missing_ok=True)
