"""What people said since the last run: read from state.db itself, so that it counts at once."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb

from warehouse.read_only import copied
from warehouse.state import time_of

LAST_STATEMENT = """\
select max(at) from (
    select max("at") as at from verdicts
    union all select max("at") from assignments
    union all select max("at") from runbook_steps
    union all select max(created_at) from plans
    union all select max(removed_at) from plans
)"""
AT = 'cast("at" as timestamptz) as "at"'
EXPIRES_AT = "cast(expires_at as timestamptz) as expires_at"
# Columns of state.db, and what they become, by table.
TABLES = {
    "verdicts": (
        ("number", "incident", "verdict", "reason", "author", "at", "expires_at"),
        f"number, incident, verdict as status, reason, author, {AT}, {EXPIRES_AT}",
    ),
    "assignments": (
        ("number", "incident", "assignee", "author", "at"),
        f"number, incident, assignee, author, {AT}",
    ),
    "runbook_steps": (
        ("number", "incident", "step", "is_done", "author", "at"),
        f"number, incident, step, cast(is_done as integer) = 1 as is_done, author, {AT}",
    ),
}


def offer_live(connection: duckdb.DuckDBPyConnection, root: Path) -> None:
    """Adds what people said to a connection that reads the published file.

    live.verdicts, one row per verdict: number (its order), incident, status, reason, author, at,
    expires_at (UTC); live.assignments: number, incident, assignee ("" is nobody), author, at;
    live.runbook_steps, one row per tick: number, incident, step, is_done, author, at. Where
    state.db is not at hand (a copied file), those of the publication.
    """
    connection.execute("attach ':memory:' as live")
    for table, (names, select) in TABLES.items():
        _offer(connection, root, table, names, select)


def _offer(
    connection: duckdb.DuckDBPyConnection,
    root: Path,
    table: str,
    names: tuple[str, ...],
    select: str,
) -> None:
    listed = ", ".join(f'"{name}"' for name in names)
    rows = state_rows(root / "state.db", f"select {listed} from {table}")
    if rows is None and _was_published(connection, table):
        connection.execute(f"create table live.{table} as select {select} from hve.state.{table}")
        return
    columns = zip(*rows, strict=True) if rows else ((),) * len(names)
    lists = ", ".join(
        f'unnest(cast(${name} as {"bigint" if name == "number" else "varchar"}[])) as "{name}"'
        for name in names
    )
    connection.execute(
        f"create table live.{table} as select {select} from (select {lists})",
        {name: list(column) for name, column in zip(names, columns, strict=True)},
    )


def last_statement(root: Path) -> datetime | None:
    """When the newest verdict was given, or a plan announced or withdrawn; None without any."""
    rows = state_rows(root / "state.db", LAST_STATEMENT)
    return time_of(rows[0][0]) if rows and rows[0][0] else None


def last_writing(root: Path) -> datetime | None:
    """Business time at which a tenant of the store was last written; None without any."""
    rows = state_rows(root / "state.db", "select max(last_now) from tenants")
    return time_of(rows[0][0]) if rows and rows[0][0] else None


def state_rows(file: Path, query: str) -> list[tuple[Any, ...]] | None:
    """Rows of state.db, which is never written here; None where it is not at hand."""
    for opened in (_in_place, copied):  # on a full or read-only disk it cannot be read in place
        with suppress(sqlite3.Error, OSError), closing(opened(file)) as state:
            return state.execute(query).fetchall()
    return None


def _in_place(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True, timeout=10)


def _was_published(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    count = connection.execute(
        "select count(*) from information_schema.tables where table_catalog = 'hve'"
        " and table_schema = 'state' and table_name = ?",
        [table],
    ).fetchall()
    return bool(count[0][0])
