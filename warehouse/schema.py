"""The version of what a store holds, in state.db and in the description of each Delta table.

Schema 1 is every store from before versions were kept. A store of an older schema is migrated when
it is opened, after a copy of its state.db was made; one of a newer schema is refused.

Schema 4 has its small tables in state.db (warehouse/former_tables.py takes those of before in). A
release from before versions were kept still opens a migrated store, and reads them anew.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from hve_monitor.errors import StoreError

SCHEMA_VERSION = 4
DESCRIPTION = f"hve-monitor, schema {SCHEMA_VERSION}"
# Columns that a table of an earlier schema lacks; new tables need no step.
ADDED_COLUMNS = {"audit": ("subject", "digest", "chain", "rewritten")}
NUMBER = re.compile(r"schema (\d+)")


def check_schema(place: Path | str, version: int) -> None:
    """Raises: StoreError when the version is one that this release does not know."""
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{place}: has schema {version} of a newer release, this one knows schemas up to"
            f" {SCHEMA_VERSION}; install the newer release, or restore a backup of this one"
        )


def described_schema(description: str | None) -> int:
    """The schema that a table's description names, 1 without one."""
    number = NUMBER.search(description or "")
    return int(number[1]) if number else 1


def state_schema(connection: sqlite3.Connection) -> int:
    """Schema of a state.db, 1 for one that names none. A new file gets this release's."""
    version = int(connection.execute("pragma user_version").fetchone()[0])
    if version:
        return version
    connection.execute("begin immediate")  # of two that open a new file only one finds it new
    version = int(connection.execute("pragma user_version").fetchone()[0])
    is_new = connection.execute("select count(*) from sqlite_schema").fetchone()[0] == 0
    if is_new:
        version = SCHEMA_VERSION
        connection.execute(f"pragma user_version = {version}")
    connection.execute("commit")
    return version or 1


def add_columns(connection: sqlite3.Connection) -> None:
    """Adds what a table of an earlier schema lacks, empty; nothing where it is there."""
    for table, names in ADDED_COLUMNS.items():
        present = {row[1] for row in connection.execute(f"pragma table_info({table})")}
        for name in names:
            if name not in present:
                connection.execute(
                    f"alter table {table} add column {name} text not null default ''"
                )


def keep_old_state(connection: sqlite3.Connection, path: Path, version: int) -> None:
    """Copies a state.db that is about to be migrated beside itself, whole or not at all."""
    kept = old_state(path, version)
    if kept.exists():
        return
    partial = kept.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    with closing(sqlite3.connect(partial)) as copy:
        connection.backup(copy)
        copy.execute("pragma journal_mode = delete")
    partial.chmod(0o600)
    partial.replace(kept)


def old_state(path: Path, version: int) -> Path:
    """Where the copy of an older state.db lies."""
    return path.with_name(f"{path.stem}.schema-{version}.db")


def old_states(root: Path) -> list[Path]:
    """Copies of older state.db files in a store."""
    return sorted(root.glob("state.schema-*.db"))
