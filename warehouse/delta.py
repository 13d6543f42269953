"""Delta tables on disk: durable writes, replaced partitions, active files.

delta-rs renames files into place but never syncs them, so every write here is followed by fsync of
the files that its log entry names and of the entry itself; only then does the call return.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
from deltalake import (
    BloomFilterProperties,
    ColumnProperties,
    DeltaTable,
    WriterProperties,
    write_deltalake,
)
from deltalake.exceptions import DeltaError, TableNotFoundError

from hve_monitor.errors import StoreError
from warehouse.tables import Table

PLAIN = WriterProperties(compression="ZSTD", compression_level=3)
_BLOOM = ColumnProperties(bloom_filter_properties=BloomFilterProperties(True, fpp=0.01))
SEARCHABLE = WriterProperties(
    compression="ZSTD",
    compression_level=3,
    max_row_group_size=200_000,
    column_properties={"trace_id": _BLOOM, "message_id": _BLOOM},
)
SPARE_BYTES = 200_000
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
            return None if not _set_aside_torn_entry(self.path(table)) else self.open(table)
        except DeltaError:
            if not _set_aside_torn_entry(self.path(table)):
                raise StoreError(
                    f"{self.path(table)}: the table's log is damaged; run 'hve doctor'"
                ) from None
            return self.open(table)

    def append(self, table: Table, rows: pa.Table) -> None:
        """Adds rows; returns when they are on the disk."""
        if rows.num_rows:
            self._write(table, rows, mode="append")

    def replace(
        self,
        table: Table,
        rows: pa.Table,
        tenant: str,
        days: Iterable[date] | None = None,
        *,
        searchable: bool = False,
    ) -> None:
        """Puts rows in the place of all rows of the tenant, or of its given days, in one commit.

        days: None means all of the tenant, none at all means nothing to do.

        searchable: with bloom filters on the ids, for files that are written once and read often.
        """
        where = f"tenant = '{tenant}'"
        wanted = None if days is None else sorted(days)
        if wanted == []:
            return
        if wanted:
            where += f" AND day IN ({', '.join(repr(str(day)) for day in wanted)})"
        if self.open(table) is None:
            self.append(table, rows)
        else:
            properties = SEARCHABLE if searchable else PLAIN
            self._write(table, rows, mode="overwrite", predicate=where, properties=properties)

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
        # delta-rs answers with URIs: a space of the folder's name comes as %20.
        return sorted(map(unquote, opened.file_uris(file_pruning_predicate=filters or None)))

    def version(self, table: Table) -> int | None:
        """Version of the newest commit, None before the first."""
        opened = self.open(table)
        return None if opened is None else opened.version()

    def _write(
        self,
        table: Table,
        rows: pa.Table,
        mode: str,
        predicate: str | None = None,
        properties: WriterProperties = PLAIN,
    ) -> None:
        path = self.path(table)
        path.mkdir(parents=True, exist_ok=True)
        self.open(table)  # sets a torn entry aside, on top of which nothing can be written
        _ensure_space(path, rows.nbytes)
        try:
            write_deltalake(
                path,
                rows.select(table.schema.names).cast(table.schema),
                mode=mode,  # type: ignore[call-overload] # the mode is a plain str here
                schema_mode="merge" if table.added else None,
                partition_by=list(table.partition_by),
                predicate=predicate,
                configuration=CONFIGURATION,
                writer_properties=properties,
            )
            sync_newest_entry(path)
        except (DeltaError, OSError) as error:
            raise StoreError(
                f"{path}: not written ({error}); free space or check the disk"
            ) from error


def _ensure_space(path: Path, needed: int) -> None:
    """Refuses early: on a full disk delta-rs ends with half-written files and a page of panics."""
    free = shutil.disk_usage(path).free
    if free < needed + SPARE_BYTES:
        raise StoreError(
            f"{path}: {free / 1e6:.1f} MB free, {(needed + SPARE_BYTES) / 1e6:.1f} MB needed;"
            " free space and run again"
        )


def sync_newest_entry(path: Path) -> None:
    """fsync of the newest log entry, the files it names and every folder between."""
    log = path / "_delta_log"
    entry = max(log.glob("*.json"))
    folders = {path, log}
    for action in _actions(entry):
        if "add" in action:
            file = path / action["add"]["path"]
            _fsync(file)
            folders.update(file.parents[: len(file.relative_to(path).parts) - 1])
    _fsync(entry)
    for folder in folders:
        fsync_folder(folder)


def sync_checkpoint(path: Path) -> None:
    """fsync of the newest checkpoint, before the log entries that it stands for are removed."""
    log = path / "_delta_log"
    files = sorted(log.glob("*.checkpoint*.parquet"))[-1:]
    for file in [*files, log / "_last_checkpoint"]:
        if file.exists():
            _fsync(file)
    fsync_folder(log)


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
        torn = not _actions(entry)
    except ValueError:
        torn = True
    if torn:
        entry.rename(entry.with_suffix(".torn"))
    return torn


def _actions(entry: Path) -> list[dict[str, Any]]:
    """One JSON object per line. Raises: ValueError when the entry is torn."""
    # Not splitlines(): statistics may hold other line ends of Unicode as they are.
    return [json.loads(line) for line in entry.read_bytes().split(b"\n") if line.strip()]
