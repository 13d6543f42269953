"""Published tables as CSV files, safe to open in a spreadsheet."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import duckdb

from hve_monitor.clock import iso
from hve_monitor.errors import ConfigError
from hve_monitor.spreadsheet import write_csv

ROWS_AT_ONCE = 10_000
LISTED = (
    "select table_schema || '.' || table_name from information_schema.tables"
    " where table_catalog = 'hve' and table_schema in ('raw', 'marts', 'staging', 'reference')"
    " order by all"
)


def write_tables(
    connection: duckdb.DuckDBPyConnection, out: Path, chosen: Sequence[str]
) -> tuple[list[Path], int]:
    """(files, rows): each chosen table, or every mart, as `<out>/<schema>.<table>.csv`.

    With one chosen table `out` may be the file. Raises: ConfigError for a table that is not there.
    """
    known = [row[0] for row in connection.execute(LISTED).fetchall()]
    names = [_known(name, known) for name in chosen] or [
        name for name in known if name.startswith("marts.")
    ]
    if out.suffix and len(names) != 1:
        raise ConfigError(f"--out {out}: name a folder, or one table with --table")
    files, rows = [], 0
    for name in names:
        file = out if out.suffix else out / f"{name}.csv"
        rows += _write(connection, name, file)
        files.append(file)
    return files, rows


def _known(name: str, known: Sequence[str]) -> str:
    full = name if "." in name else f"marts.{name}"
    if full in known:
        return full
    near = difflib.get_close_matches(full, known, n=1)
    hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"
    raise ConfigError(f"--table {name}: no such table{hint}")


def _write(connection: duckdb.DuckDBPyConnection, name: str, file: Path) -> int:
    result = connection.execute(f"select * from hve.{name}")
    columns = [column[0] for column in result.description or []]
    counted = 0

    def rows() -> Iterator[list[object]]:
        nonlocal counted
        while batch := result.fetchmany(ROWS_AT_ONCE):
            counted += len(batch)
            yield from ([_shown(value) for value in row] for row in batch)

    write_csv(file, columns, rows())
    return counted


def _shown(value: object) -> object:
    """Times as ISO 8601, lists and structures as JSON, everything else as it is."""
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value
