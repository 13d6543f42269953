"""Digests of the tables of state.db: they tell bytes that changed without a statement.

SQLite's own check reads the structure of the file, not what its cells say. The first statement that
changes a table takes its digest away, the end of the command writes it anew: a table that has one
must fit it. Of a command that was killed, the tables it changed have none until the next.
"""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing

from warehouse.state import State
from warehouse.tables.state_contents import watch

OWN = "table_digests"
TABLES = f"select name from sqlite_schema where type = 'table' and name <> '{OWN}'"


def renew_digests(state: State) -> None:
    """Writes the digests that are missing, all at one moment."""
    with state.transaction():
        connection = state.connection
        known = {name for (name,) in connection.execute(f"select name from {OWN}")}
        for (name,) in connection.execute(f"{TABLES} and name not like 'sqlite_%'").fetchall():
            if name in known:
                continue
            watch(connection, name)
            connection.execute(f"insert into {OWN} values (?, ?)", [name, _digest(state, name)])


def changed_tables(state: State) -> list[str]:
    """Tables that are not as the last command left them, which no statement changed."""
    state.connection.execute("begin")  # all at one moment, beside a command that writes
    try:
        sums = state.connection.execute(f"select name, digest from {OWN} order by name").fetchall()
        return [name for name, digest in sums if _digest(state, name) != digest]
    finally:
        state.connection.execute("rollback")


def _digest(state: State, name: str) -> str:
    """SHA-256 over the rows; empty for a table that cannot be read."""
    total = hashlib.sha256()
    # As bytes: a text whose bytes were changed may be no text any more.
    state.connection.text_factory = bytes
    try:
        with closing(state.connection.execute(f'select * from "{name}" not indexed')) as rows:
            for row in rows:
                total.update(repr(row).encode())
    except sqlite3.DatabaseError:
        return ""
    finally:
        state.connection.text_factory = str
    return total.hexdigest()
