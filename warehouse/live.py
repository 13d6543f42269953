"""What people said since the last run: read from state.db itself, so that it counts at once."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb

VERDICTS = (
    "number, incident, verdict as status, reason, author,"
    ' cast("at" as timestamptz) as "at", cast(expires_at as timestamptz) as expires_at'
)
COLUMNS = ("number", "incident", "verdict", "reason", "author", "at", "expires_at")
SAID = (
    "create temp table said (number bigint, incident varchar, verdict varchar, reason varchar,"
    ' author varchar, "at" varchar, expires_at varchar)'
)


def offer_live(connection: duckdb.DuckDBPyConnection, root: Path) -> None:
    """Adds live.verdicts, one row per verdict, to a connection that reads the published file.

    Columns: number (its order), incident, status, reason, author, at, expires_at (UTC). Where
    state.db is not at hand (a copied file), those of the publication.
    """
    connection.execute("attach ':memory:' as live")
    connection.execute(SAID)
    rows = _rows(root / "state.db")
    if rows:
        connection.executemany("insert into said values (?, ?, ?, ?, ?, ?, ?)", rows)
    is_copy = rows is None and _was_published(connection)
    source = "hve.state.verdicts" if is_copy else "said"
    connection.execute(f"create table live.verdicts as select {VERDICTS} from {source}")
    connection.execute("drop table said")


def _rows(file: Path) -> list[tuple[Any, ...]] | None:
    try:
        state = sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True, timeout=10)
    except sqlite3.Error:
        return None
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    try:
        return state.execute(f"select {names} from verdicts").fetchall()
    except sqlite3.Error:
        return None
    finally:
        state.close()


def _was_published(connection: duckdb.DuckDBPyConnection) -> bool:
    found = connection.execute(
        "select count(*) from duckdb_tables() where database_name = 'hve'"
        " and schema_name = 'state' and table_name = 'verdicts'"
    ).fetchall()
    return bool(found[0][0])
