"""Delta tables on disk: durable writes, replaced partitions, active files.

delta-rs renames files into place but never syncs them, so every write here is followed by fsync of
the files that its log entry names and of the entry itself; only then does the call return.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable, WriterProperties, write_deltalake
from deltalake.exceptions import DeltaError, TableNotFoundError

from hve_monitor.errors import StoreError
from warehouse.tables import Table

ZSTD = WriterProperties(compression="ZSTD", compression_level=3)
CONFIGURATION = {
    "delta.logRetentionDuration": "interval 7 days",
    "delta.deletedFileRetentionDuration": "interval 1 days",
}


class DeltaFolder:
    """The Delta tables below one store folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, table: Table) -> Path:
        """Folder of the table, `<store>/<room>/<name>`."""
        return self.root / table.room / table.name

    def open(self, table: Table) -> DeltaTable | None:
        """The table at its newest readable version, or None before its first write.

        A newest log entry that a crash left half written was never acknowledged: it is set aside.
        """
        try:
            return DeltaTable(self.path(table))
        except TableNotFoundError:
            return None
        except DeltaError:
            if not _set_aside_torn_entry(self.path(table)):
                raise StoreError(
                    f"{self.path(table)}: the table's log is damaged; run 'hve doctor'"
                ) from None
            return DeltaTable(self.path(table))

    def append(self, table: Table, rows: pa.Table) -> None:
        """Adds rows; returns when they are on the disk."""
        if rows.num_rows:
            self._write(table, rows, mode="append")

    def replace(self, table: Table, rows: pa.Table, tenant: str, days: Iterable[date] = ()) -> None:
        """Puts rows in the place of all rows of the tenant, or of its given days, in one commit."""
        where = f"tenant = '{tenant}'"
        wanted = sorted(days)
        if wanted:
            where += f" AND day IN ({', '.join(repr(str(day)) for day in wanted)})"
        if self.open(table) is None:
            self.append(table, rows)
        else:
            self._write(table, rows, mode="overwrite", predicate=where)

    def files(
        self, table: Table, tenant: str | None = None, days: Iterable[date] | None = None
    ) -> list[str]:
        """Active Parquet files, of one tenant and of given days when asked."""
        opened = self.open(table)
        if opened is None:
            return []
        wanted = None if days is None else sorted(days)
        if wanted == []:
            return []
        filters: list[tuple[str, str, object]] = []
        if tenant is not None:
            filters.append(("tenant", "=", tenant))
        if wanted:
            filters.append(("day", "in", wanted))
        return sorted(opened.file_uris(file_pruning_predicate=filters or None))

    def version(self, table: Table) -> int | None:
        """Version of the newest commit, None before the first."""
        opened = self.open(table)
        return None if opened is None else opened.version()

    def _write(self, table: Table, rows: pa.Table, mode: str, predicate: str | None = None) -> None:
        path = self.path(table)
        path.mkdir(parents=True, exist_ok=True)
        try:
            write_deltalake(
                path,
                rows.select(table.schema.names).cast(table.schema),
                mode=mode,  # type: ignore[call-overload] # the mode is a plain str here
                partition_by=list(table.partition_by),
                predicate=predicate,
                configuration=CONFIGURATION,
                writer_properties=ZSTD,
            )
            sync_newest_entry(path)
        except (DeltaError, OSError) as error:
            raise StoreError(
                f"{path}: not written ({error}); free space or check the disk"
            ) from error


def sync_newest_entry(path: Path) -> None:
    """fsync of the newest log entry, the files it names and every folder between."""
    log = path / "_delta_log"
    entry = max(log.glob("*.json"))
    folders = {path, log}
    for action in map(json.loads, entry.read_text(encoding="utf-8").splitlines()):
        if "add" in action:
            file = path / action["add"]["path"]
            _fsync(file)
            folders.update(file.parents[: len(file.relative_to(path).parts) - 1])
    _fsync(entry)
    for folder in folders:
        fsync_folder(folder)


def fsync_folder(folder: Path) -> None:
    """Makes names in the folder durable; Windows has no such call and needs none."""
    if os.name != "nt":
        _fsync(folder)


def _fsync(path: Path) -> None:
    flags = os.O_RDONLY if os.name != "nt" else os.O_RDWR
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _set_aside_torn_entry(path: Path) -> bool:
    entry = max((path / "_delta_log").glob("*.json"), default=None)
    if entry is None:
        return False
    try:
        for line in entry.read_text(encoding="utf-8").splitlines():
            json.loads(line)
    except ValueError:
        entry.rename(entry.with_suffix(".torn"))
        return True
    return False
