"""The files of the message trace in a published version, and the rows of those that a search needs.

The engine opens and compares the statistics of every file of a view, whatever is read of it: naming
few files is what makes a search fast.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import duckdb

from hve_monitor.files import sql
from warehouse.connection import files_sql
from warehouse.lookup.bloom import Opener, files_with, on_disk
from warehouse.objects.place import noted_place, tables_uri
from warehouse.tables import MESSAGE_TRACES


class TraceRows(NamedTuple):
    """Selects over the files that a search needs.

    rows: all that can match. revised: of these those of days on which a row was observed again.
    """

    rows: str
    revised: str


def trace_rows(
    connection: duckdb.DuckDBPyConnection,
    tenant: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    names: Mapping[str, Collection[str]] | None = None,
) -> TraceRows | None:
    """Rows of a tenant and of the days between two instants; None means all.

    names: texts by column, as they are stored, of which a row has one; other days are left out.
    None where the published version does not list its files: there is only the view of all.
    """
    try:
        listed = connection.execute(
            sql(__file__, "trace_files"), {"tenant": tenant, "since": since, "until": until}
        ).fetchall()
    except duckdb.CatalogException:
        return None
    root = root_of(connection)
    folder = f"{tables_uri(root)}/{MESSAGE_TRACES.folder}"
    files = {f"{folder}/{path}": (day, is_revised) for path, day, is_revised in listed}
    for column, texts in (names or {}).items():
        likely = files_with(connection, list(files), column, texts, _opener(root))
        days = {files[file][0] for file in likely}
        files = {file: of for file, of in files.items() if of[0] in days}
    revised = [file for file, (_, is_revised) in files.items() if is_revised]
    return TraceRows(_select(list(files)), _select(revised))


def _select(files: Sequence[str]) -> str:
    return files_sql(MESSAGE_TRACES, list(files))


def _opener(root: Path) -> Opener:
    place = noted_place(root)
    if place is None or not place.is_remote:
        return on_disk
    from warehouse.objects.reading import table_files

    opened: Opener = table_files(place.opened).open
    return opened


def root_of(connection: duckdb.DuckDBPyConnection) -> Path:
    """Folder of the published file, also of one that was moved."""
    rows = connection.execute(
        "select path from duckdb_databases() where database_name in ('hve', 'published')"
        " and path is not null"
    ).fetchall()
    return Path(rows[0][0]).parent
