"""DuckDB connections: UTC, within the configured memory, spilling into the store.

None fetches an extension, none reaches beyond the folders that it is given, and no statement may
change that.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from warehouse.objects.place import noted_place

if TYPE_CHECKING:  # readers of the published file start faster without
    import pyarrow as pa

    from warehouse.tables import Table

Row = dict[str, Any]  # one row of a query, by column


# Which DuckDB can open our files: people's tools (DBeaver, Grafana, Power BI) carry old ones.
# Every version from 1.0.0 on reads this; such a file is a sixth to a third larger.
STORAGE = "v1.0.0"
CLOSED: dict[str, str | bool | int | float | list[str]] = {
    "storage_compatibility_version": STORAGE,
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_persistent_secrets": "false",
}
PLACE = ("file_index", "file_row_number")  # virtual columns of every Parquet file
STORED = ("facts", "marts", "spill")  # folders of a store that may be links to another disk


def connect(
    database: str = ":memory:",
    folders: Iterable[Path] = (),
    settings: Mapping[str, str] | None = None,
    root: Path | None = None,
) -> duckdb.DuckDBPyConnection:
    """A connection in UTC that leaves stdout alone.

    root: of a store. It reads and writes below the folders and in that store alone, but for the
    database that it opens.
    Where Python runs no file (`python -c`, some schedulers) DuckDB takes it for somebody's prompt
    and draws the progress of slow queries between our documents. Its cursors are as quiet.
    """
    connection = duckdb.connect(
        database, config=CLOSED | {"storage_compatibility_version": STORAGE}
    )
    connection.execute("set global TimeZone = 'UTC'; set enable_progress_bar = false")
    for name, value in (settings or {}).items():
        connection.execute(f"set {name} = {quoted(value)}")
    allowed = [*map(str, folders), *(_of_store(connection, root) if root else [])]
    listed = ", ".join(map(quoted, allowed))
    connection.execute(
        f"set allowed_directories = [{listed}]; set enable_external_access = false;"
        # An import sets it for its own query, whose rows come in the order of the file.
        " set allowed_configs = ['preserve_insertion_order']; set lock_configuration = true"
    )
    return connection


def _of_store(connection: duckdb.DuckDBPyConnection, root: Path) -> list[str]:
    """Where the store at a root keeps what the connection may read, made readable for it."""
    folders = [root, *(root / name for name in STORED)]
    place = noted_place(root)
    if place is None:
        return [str(folder) for folder in folders]
    if place.is_remote:
        from warehouse.objects.reading import table_files

        connection.register_filesystem(table_files(place.opened))
    return [*map(str, folders), f"{place.url}/"]


def in_memory(
    spill: Path,
    memory_limit: str = "4GB",
    threads: int | None = None,
    root: Path | None = None,
) -> duckdb.DuckDBPyConnection:
    """DuckDB in memory; where it must spill, it does so encrypted.

    root: of the store, where the spill does not lie in it.
    """
    settings = {
        "memory_limit": memory_limit,
        "temp_directory": str(spill),
        "preserve_insertion_order": "false",
        # What spills may hold addresses that the store itself must not hold. The crypto module that
        # DuckDB likes better is a download; the key lives in memory and dies with the connection.
        "temp_file_encryption": "true",
        "force_mbedtls_unsafe": "true",
    }
    if threads:
        settings["threads"] = str(threads)
    return connect(settings=settings, root=root or spill.parent)


@contextmanager
def compute(
    spill: Path,
    memory_limit: str = "4GB",
    threads: int | None = None,
    root: Path | None = None,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A fresh in-memory connection that is closed afterwards, as of `in_memory`."""
    connection = in_memory(spill, memory_limit, threads, root)
    try:
        yield connection
    finally:
        connection.close()


class Instance:
    """A DuckDB in memory of which every use gets a catalog of its own, also in several threads.

    A catalog takes 3 ms where another DuckDB would take 37.
    """

    def __init__(self, root: duckdb.DuckDBPyConnection) -> None:
        self._root, self._numbers = root, itertools.count()
        # Connections are made and catalogs come and go one at a time; queries run side by side.
        self._turn = threading.Lock()

    @contextmanager
    def workspace(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection to an empty catalog, which ends with it."""
        name = f"work_{next(self._numbers)}"
        with self._turn:
            connection = self._root.cursor()
            connection.execute(f"attach ':memory:' as {name}; use {name}")
        try:
            yield connection
        finally:
            # A catalog that does not go costs its memory until the instance is closed, no more.
            with self._turn, suppress(duckdb.Error):
                connection.close()
                self._detach(name)

    def _detach(self, name: str) -> None:
        # By a connection of its own: the one that is closed may have ended inside a transaction.
        cleaner = self._root.cursor()
        try:
            cleaner.execute(f"detach {name}")
        finally:
            cleaner.close()

    def close(self) -> None:
        """Ends every catalog."""
        self._root.close()


def files_sql(table: Table, files: Sequence[str], *, has_places: bool = False) -> str:
    """A select over Parquet files in the table's own columns and types; no file, no row.

    has_places: also the place of each row, as file_index and file_row_number.
    """
    types = {field.name: duckdb_type(field.type) for field in table.schema}
    if has_places:
        types |= dict.fromkeys(PLACE, "bigint")
    typed = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in types.items())
    nothing = f"select {typed} where false"
    if not files:
        return nothing
    listed = ", ".join(quoted(file) for file in files)
    partitions = ", ".join(
        f"'{name}': {duckdb_type(table.schema.field(name).type)}" for name in table.partition_by
    )
    columns = ", ".join(types)
    read = f"read_parquet([{listed}], hive_partitioning = true, hive_types = {{{partitions}}}"
    if not table.added:
        return f"select {columns} from {read})"
    # Files from before the column was added do not name it; every file is opened to know.
    stored = f"select * from {read}, union_by_name = true)"
    return f"select {columns} from ({nothing} union all by name {stored})"


def quoted(text: str) -> str:
    """The text as a SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def duckdb_type(kind: pa.DataType) -> str:
    """DuckDB's name of an Arrow type that the tables use."""
    import pyarrow as pa

    if pa.types.is_list(kind):
        return f"{duckdb_type(kind.value_type)}[]"
    if pa.types.is_struct(kind):
        fields = ", ".join(f"{field.name} {duckdb_type(field.type)}" for field in kind.fields)
        return f"struct({fields})"
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision}, {kind.scale})"
    names = {
        pa.string(): "varchar",
        pa.int64(): "bigint",
        pa.int32(): "integer",
        pa.float64(): "double",
        pa.bool_(): "boolean",
        pa.date32(): "date",
    }
    return "timestamptz" if pa.types.is_timestamp(kind) else names[kind]


def offer_rows(connection: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    """Makes a table of the rows, in their types, in the place of one of that name."""
    connection.register("offered", rows)
    connection.execute(f"create or replace table {name} as select * from offered")
    connection.unregister("offered")


def arrow(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, Any] | None = None
) -> pa.Table:
    """The whole result as an Arrow table."""
    result: pa.Table = connection.sql(sql, params=parameters).to_arrow_table()
    return result
