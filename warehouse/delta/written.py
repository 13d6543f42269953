"""Parquet files of a table that a worker writes where the table is; a commit names them later.

Files that no commit names are nobody's rows: `hve purge` removes them with other left-overs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from deltalake.transaction import AddAction

from warehouse.connection import duckdb_type, quoted
from warehouse.tables import Table

# As the other writes: level 1 takes two thirds of the time of level 3, and not more bytes.
_FORMAT = "format parquet, compression zstd, compression_level 1"


@dataclass(frozen=True)
class WrittenFile:
    """A Parquet file below the table's folder; modified: milliseconds since 1970."""

    path: str
    size_bytes: int
    rows: int
    partitions: Mapping[str, str]
    modified: int
    bounds: Mapping[str, tuple[int, int]]  # least and greatest of columns with whole numbers

    @property
    def action(self) -> AddAction:
        """The file as a Delta log names it."""
        least, greatest = ({name: pair[i] for name, pair in self.bounds.items()} for i in (0, 1))
        statistics = {"numRecords": self.rows, "minValues": least, "maxValues": greatest}
        return AddAction(
            self.path,
            self.size_bytes,
            dict(self.partitions),
            self.modified,
            data_change=True,
            stats=json.dumps(statistics),
        )


def write_files(
    connection: duckdb.DuckDBPyConnection, root: Path, table: Table, select: str
) -> list[WrittenFile]:
    """Writes the rows of a select below the store at a root, in the table's columns and types."""
    folder = root / table.room / table.name
    folder.mkdir(parents=True, exist_ok=True)
    columns = ", ".join(
        f"cast({field.name} as {duckdb_type(field.type)}) as {field.name}" for field in table.schema
    )
    partitions = ", ".join(table.partition_by)
    result = connection.execute(
        f"copy (select {columns} from ({select})) to {quoted(str(folder))}"
        f" ({_FORMAT}, partition_by ({partitions}),"
        " filename_pattern 'part-{uuid}', overwrite_or_ignore, return_stats)"
    )
    names = [column[0] for column in result.description or []]
    rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    return [_written(folder, table, row) for row in rows]


def _written(folder: Path, table: Table, row: Mapping[str, Any]) -> WrittenFile:
    file = Path(row["filename"])
    return WrittenFile(
        file.relative_to(folder).as_posix(),
        row["file_size_bytes"],
        row["count"],
        row["partition_keys"],
        int(file.stat().st_mtime * 1000),
        _bounds(table, row["column_statistics"]),
    )


def _bounds(
    table: Table, statistics: Mapping[str, Mapping[str, str]]
) -> dict[str, tuple[int, int]]:
    whole = [field.name for field in table.schema if str(field.type) in ("int32", "int64")]
    known = {name: statistics.get(f'"{name}"', {}) for name in whole}
    return {
        name: (int(of_column["min"]), int(of_column["max"]))
        for name, of_column in known.items()
        if "min" in of_column
    }
