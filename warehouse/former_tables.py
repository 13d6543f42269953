"""Small tables that an earlier release kept as Delta tables: state.db takes their rows in.

Rows and the end of the Delta table are one commit of state.db; the files go after it. Whoever is
killed in between leaves files whose batches are there already, and the next opening ends it.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from hve_monitor.errors import StoreError
from hve_monitor.files import sync_folder
from warehouse.connection import arrow, compute, files_sql
from warehouse.delta.commit import DeltaFolder
from warehouse.small_tables import SmallTables
from warehouse.state import State
from warehouse.tables import SMALL_TABLES
from warehouse.tables.table import SmallTable, Table


def take_in(state: State, delta: DeltaFolder, small: SmallTables) -> None:
    """Moves what is left of former Delta tables; where nobody may write, into the copy in memory.

    Raises: StoreError for a table that cannot be read whole.
    """
    if delta.side.is_remote:
        return  # no earlier release kept them there
    for table in SMALL_TABLES:
        path = Path(delta.uri(_former(table)))
        if not path.exists():
            continue
        if _log(path).exists():
            with state.made_writable(), state.transaction():
                rows = _rows(state, delta, table)
                small.insert(table, _missing(rows, small.rows(table)))
                state.connection.execute("delete from commits where name = ?", [table.name])
        if not state.is_read_only:
            _remove(path)


def _log(path: Path) -> Path:
    return path / "_delta_log"


def _former(table: SmallTable) -> Table:
    """The Delta table; its files may lack any column that came later."""
    columns = tuple(name for name in table.schema.names if name != "tenant")
    return Table(table.room, table.name, table.grain, table.schema, ("tenant",), added=columns)


def _rows(state: State, delta: DeltaFolder, table: SmallTable) -> pa.Table:
    former = _former(table)
    try:
        files = delta.files(former)
        with compute(state.path.parent / "spill") as connection:
            return arrow(connection, files_sql(former, files)).cast(table.schema)
    except (StoreError, duckdb.Error, pa.ArrowException) as error:
        if not delta.side.has_log(former.folder):  # another process moved it in this moment
            return table.schema.empty_table()
        reason = str(error).splitlines()[0]
        raise StoreError(
            f"{delta.uri(former)}: cannot be moved into state.db ({reason}); restore a backup"
            " (hve restore), or remove the folder: the next run reads anew what it still can"
        ) from error


def _missing(rows: pa.Table, present: pa.Table) -> pa.Table:
    """Rows of batches that are not there: a batch was always written as a whole."""
    batches = pc.unique(present["batch"])
    fresh = rows.filter(pc.invert(pc.is_in(rows["batch"], value_set=batches)))
    return fresh.sort_by("batch")


def _remove(path: Path) -> None:
    """Takes the log away first, so that nobody reads what a killed process left of the others."""
    if _log(path).exists():
        _log(path).rename(path / "_moved_log")
        sync_folder(path)
    shutil.rmtree(path, ignore_errors=True)
    sync_folder(path.parent)
