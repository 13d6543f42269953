"""Everything that is published as one DuckDB file that needs no other."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import duckdb

from hve_monitor.errors import ConfigError, StoreError
from hve_monitor.files import replaced
from warehouse.connection import connect, quoted
from warehouse.dictionary import write_comments
from warehouse.objects.place import trouble_in
from warehouse.reading import attach, unreadable

LISTED = (
    "select table_schema, table_name from information_schema.tables"
    " where table_catalog = 'hve'"
    " and table_schema in ('raw', 'marts', 'staging', 'reference', 'state') order by all"
)


def write_duckdb(store: Path, out: Path) -> Path:
    """The file, with every published table and view as a table of its own, and their comments.

    Raises: ConfigError when `out` is no file name, StoreError when the disk is full,
    what an object store says.
    """
    if out.suffix not in (".duckdb", ".db"):
        raise ConfigError(f"--out {out}: name a file ending in .duckdb")
    with replaced(out, parents=True) as fresh:
        try:
            with closing(connect(folders=[fresh.parent], root=store)) as connection:
                _copy(connection, store / "hve.duckdb", fresh)
        except duckdb.Error as error:
            if trouble := trouble_in(error):
                raise trouble from error
            reason = str(error).splitlines()[0]
            if str(fresh) not in reason:
                raise unreadable(store / "hve.duckdb", error) from error
            raise StoreError(f"{out}: {reason}; free space or check the disk") from error
    return out


def _copy(connection: duckdb.DuckDBPyConnection, published: Path, fresh: Path) -> None:
    attach(connection, published)
    connection.execute(f"attach {quoted(str(fresh))} as copy")
    for schema, name in connection.execute(LISTED).fetchall():
        connection.execute(f"create schema if not exists copy.{schema}")
        connection.execute(f"create table copy.{schema}.{name} as from hve.{schema}.{name}")
    write_comments(connection, "copy")
    connection.execute("checkpoint copy; use memory; detach copy")
