"""What people said since the last run: read from state.db itself, so that it counts at once."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from urllib.parse import quote

import duckdb
import pyarrow as pa

VERDICTS = (
    "number, incident, verdict as status, reason, author,"
    ' cast("at" as timestamptz) as "at", cast(expires_at as timestamptz) as expires_at'
)
SCHEMA = pa.schema(
    [("number", pa.int64())]
    + [
        (name, pa.string())
        for name in ("incident", "verdict", "reason", "author", "at", "expires_at")
    ]
)


def offer_live(connection: duckdb.DuckDBPyConnection, root: Path) -> None:
    """Adds live.verdicts, one row per verdict, to a connection that reads the published file.

    Columns: number (its order), incident, status, reason, author, at, expires_at (UTC). Where
    state.db is not at hand (a copied file), those of the publication.
    """
    connection.execute("attach ':memory:' as live")
    rows = _rows(root / "state.db")
    if rows is None:
        source = "hve.state.verdicts" if _was_published(connection) else None
        connection.register("said", SCHEMA.empty_table())
        connection.execute(
            f"create table live.verdicts as select {VERDICTS} from {source or 'said'}"
        )
    else:
        connection.register("said", rows)
        connection.execute(f"create table live.verdicts as select {VERDICTS} from said")
    connection.unregister("said")


def _rows(file: Path) -> pa.Table | None:
    try:
        state = sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True, timeout=10)
    except sqlite3.Error:
        return None
    try:
        rows = state.execute(f"select {', '.join(SCHEMA.names)} from verdicts").fetchall()
    except sqlite3.Error:
        return None
    finally:
        state.close()
    return pa.Table.from_pylist(
        [dict(zip(SCHEMA.names, row, strict=True)) for row in rows], schema=SCHEMA
    )


def _was_published(connection: duckdb.DuckDBPyConnection) -> bool:
    found = connection.execute(
        "select count(*) from duckdb_tables() where database_name = 'hve'"
        " and schema_name = 'state' and table_name = 'verdicts'"
    ).fetchall()
    return bool(found[0][0])
