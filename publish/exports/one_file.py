"""Everything that is published as one DuckDB file that needs no other."""

from __future__ import annotations

from pathlib import Path

import duckdb

from hve_monitor.errors import ConfigError
from hve_monitor.files import replaced
from warehouse.connection import quoted
from warehouse.dictionary import write_comments

LISTED = (
    "select table_schema, table_name from information_schema.tables"
    " where table_catalog = 'hve'"
    " and table_schema in ('raw', 'marts', 'staging', 'reference', 'state') order by all"
)


def write_duckdb(connection: duckdb.DuckDBPyConnection, out: Path) -> Path:
    """The file, with every published table and view as a table of its own, and their comments.

    Raises: ConfigError when `out` is no file name.
    """
    if out.suffix not in (".duckdb", ".db"):
        raise ConfigError(f"--out {out}: name a file ending in .duckdb")
    tables = connection.execute(LISTED).fetchall()
    with replaced(out, parents=True) as fresh:
        try:
            connection.execute(f"attach {quoted(str(fresh))} as copy")
        except duckdb.IOException as error:
            raise ConfigError(f"{out}: cannot be written ({error})") from None
        try:
            for schema, name in tables:
                connection.execute(f"create schema if not exists copy.{schema}")
                connection.execute(f"create table copy.{schema}.{name} as from hve.{schema}.{name}")
            write_comments(connection, "copy")
            connection.execute("checkpoint copy")
        finally:
            connection.execute("detach copy")
    return out
