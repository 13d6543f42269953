"""Durable writes to the Delta tables: rows are added or replaced, files merged.

delta-rs renames files into place but never syncs them, so every write here is followed by fsync of
the files that its log entry names and of the entry itself; only then does the call return.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Protocol

import pyarrow as pa
from deltalake import (
    BloomFilterProperties,
    ColumnProperties,
    DeltaTable,
    WriterProperties,
    write_deltalake,
)
from deltalake.exceptions import DeltaError, SchemaMismatchError

from hve_monitor.errors import StoreError
from hve_monitor.files import sync_file, sync_folder
from warehouse.delta.files import DeltaFiles, added_files, partition_filters
from warehouse.delta.written import WrittenFile
from warehouse.schema import DESCRIPTION
from warehouse.tables import Table

# Values of which hardly two are alike: a dictionary of them costs time and bytes.
IDS, NUMBERS = ("trace_id", "message_id"), ("received_at", "row", "size_bytes")
_DISTINCT = {name: ColumnProperties(dictionary_enabled=False) for name in IDS} | {
    name: ColumnProperties(dictionary_enabled=False, encoding="DELTA_BINARY_PACKED")
    for name in NUMBERS
}
# Level 1 writes trace rows in two thirds of the time of level 3, and not larger.
PLAIN = WriterProperties(compression="ZSTD", compression_level=1, column_properties=_DISTINCT)
# A search asks the filters of many files, and reads those that answer wrongly for nothing.
_BLOOM = ColumnProperties(
    dictionary_enabled=False, bloom_filter_properties=BloomFilterProperties(True, fpp=0.0005)
)
_NAMES = ColumnProperties(bloom_filter_properties=BloomFilterProperties(True, fpp=0.01))
# One row is read without the others of its file: groups and pages are small. Level 1 writes ids,
# most of the bytes, smaller than level 3.
SEARCHABLE = WriterProperties(
    compression="ZSTD",
    compression_level=1,
    max_row_group_size=45_000,
    data_page_row_count_limit=2_048,
    write_batch_size=1_024,
    column_properties=_DISTINCT | dict.fromkeys(IDS, _BLOOM) | {"recipient": _NAMES},
)
SPARE_BYTES = 200_000
SPARE_FILES = 20
CONFIGURATION = {
    "delta.logRetentionDuration": "interval 7 days",
    "delta.deletedFileRetentionDuration": "interval 1 days",
}


class Acknowledgements(Protocol):
    """Where commits are acknowledged: state.db."""

    def last(self, table: Table) -> int | None:
        """Number of the table's last acknowledged commit."""

    def record(self, table: Table, version: int, sums: dict[str, str]) -> None:
        """Acknowledges a commit, with the SHA-256 of its files by paths below the root."""

    def check(
        self, table: Table, path: Path, opened: DeltaTable | None, acknowledged: int | None
    ) -> None:
        """Raises: StoreError when the table lacks what was acknowledged."""


class DeltaFolder(DeltaFiles):
    """The Delta tables below one store folder, for reading and writing."""

    def __init__(self, root: Path, commits: Acknowledgements | None = None) -> None:
        """commits: where what was written is acknowledged."""
        super().__init__(root)
        self._commits = commits

    def _read(self, table: Table) -> DeltaTable | None:
        # Asked first: a commit that another process acknowledges meanwhile is in the table then.
        acknowledged = self._commits.last(table) if self._commits else None
        opened = super()._read(table)
        if self._commits:
            self._commits.check(table, self.path(table), opened, acknowledged)
        return opened

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

        days: None means all of the tenant, an empty list means nothing to do.

        searchable: with bloom filters on the ids, for files that are written once and read often.
        """
        where = f"tenant = '{tenant}'"
        replaced = None if days is None else sorted(days)
        if replaced == []:
            return
        if replaced:
            where += f" AND day IN ({', '.join(repr(str(day)) for day in replaced)})"
        if self.open(table) is None:
            self.append(table, rows)
        else:
            properties = SEARCHABLE if searchable else PLAIN
            self._write(table, rows, mode="overwrite", predicate=where, properties=properties)

    def add_files(
        self,
        table: Table,
        files: Sequence[WrittenFile],
        tenant: str,
        days: Iterable[date] | None = None,
    ) -> None:
        """Takes files that workers wrote into the table, in one commit.

        days: whose rows of the tenant they replace; None means none.
        """
        replaced = None if days is None else sorted(days)
        if replaced == [] or (replaced is None and not files):
            return
        path = self.path(table)
        path.mkdir(parents=True, exist_ok=True)
        opened = self.open(table)
        _ensure_space(path, 0)
        with self._durable(table, None if opened is None else opened.version()):
            opened = opened or _created(path, table)
            opened.create_write_transaction(
                [file.action for file in files],
                mode="append" if replaced is None else "overwrite",
                schema=table.schema,
                partition_by=list(table.partition_by),
                partition_filters=None if replaced is None else partition_filters(tenant, replaced),
            )
        self.forget(table)

    def compact(self, table: Table, tenant: str, days: Iterable[date] | None = None) -> None:
        """Merges the files of each partition into one; rows and their order stay as they are."""
        opened = self.open(table)
        filters = partition_filters(tenant, days)
        if opened is None or filters is None:
            return
        path, before = self.path(table), opened.version()
        _ensure_space(path, sum(self.active(table)["size_bytes"].to_pylist()))
        with self._durable(table, before):
            opened.optimize.compact(partition_filters=filters, writer_properties=PLAIN)

    def drop_missing(self, table: Table) -> None:
        """Takes files that are not there any more out of the table, in one commit."""
        opened = self.open(table)
        if opened is not None:
            with self._durable(table, opened.version()):
                opened.repair()

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
        # Opening sets a torn entry aside, on top of which nothing can be written.
        opened = self.open(table)
        _ensure_space(path, rows.nbytes)
        with self._durable(table, None if opened is None else opened.version()):
            write_deltalake(
                opened or path,
                rows.select(table.schema.names).cast(table.schema),
                mode=mode,  # type: ignore[call-overload] # the mode is a plain str here
                schema_mode="merge" if table.added else None,
                partition_by=list(table.partition_by),
                predicate=predicate,
                description=DESCRIPTION,
                configuration=CONFIGURATION,
                writer_properties=properties,
            )
        if opened is not None:
            self._remembered(table, opened)

    @contextmanager
    def _durable(self, table: Table, before: int | None) -> Iterator[None]:
        """What is committed inside is on the disk afterwards, and acknowledged.

        before: the table's version until now. Another tenant's process may commit in between, so
        every later entry is synced, not the newest one alone.
        Raises: StoreError.
        """
        path = self.path(table)
        try:
            yield
            version, files = sync_entries(path, -1 if before is None else before)
            sums = {file.relative_to(self.root).as_posix(): sha256(file) for file in files}
            if self._commits and version is not None:
                self._commits.record(table, version, sums)
        except SchemaMismatchError:
            raise  # no trouble of the disk
        except (DeltaError, OSError) as error:
            raise StoreError(
                f"{path}: not written ({error}); free space or check the disk"
            ) from error


def _created(path: Path, table: Table) -> DeltaTable:
    return DeltaTable.create(
        path,
        table.schema,
        partition_by=list(table.partition_by),
        description=DESCRIPTION,
        configuration=CONFIGURATION,
    )


def sha256(file: Path) -> str:
    """SHA-256 of a file's bytes as hexadecimal text."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _ensure_space(path: Path, needed: int) -> None:
    """Refuses early: on a full disk delta-rs ends with half-written files and a page of panics."""
    if hasattr(os, "statvfs"):
        files = os.statvfs(path)
        if files.f_files and files.f_favail < SPARE_FILES:
            raise StoreError(f"{path}: no file can be made, the disk has no inodes left; free some")
    free = shutil.disk_usage(path).free
    if free < needed + SPARE_BYTES:
        raise StoreError(
            f"{path}: {free / 1e6:.1f} MB free, {(needed + SPARE_BYTES) / 1e6:.1f} MB needed;"
            " free space and run again"
        )


def sync_entries(path: Path, after: int) -> tuple[int | None, list[Path]]:
    """fsync of the log entries after a version, the files they name and every folder between.

    Returns the newest of these versions, None without one, and the files.
    """
    log = path / "_delta_log"
    folders, files = {path, log}, []
    entries = sorted(entry for entry in log.glob("*.json") if int(entry.stem) > after)
    for entry in entries:
        for file in added_files(path, entry):
            sync_file(file)
            files.append(file)
            folders.update(file.parents[: len(file.relative_to(path).parts) - 1])
        sync_file(entry)
    for folder in folders:
        sync_folder(folder)
    return (int(entries[-1].stem) if entries else None), files


def clean(opened: DeltaTable, path: Path, keep_hours: int) -> int:
    """Removes files that no version of the last hours names, then checkpoints the log durably.

    Files of writes that a crash cut off are named by no version and go too. Returns how many went.
    """
    files = opened.vacuum(keep_hours, dry_run=False, enforce_retention_duration=False, full=True)
    opened.create_checkpoint()
    _sync_checkpoint(path)
    return len(files)


def _sync_checkpoint(path: Path) -> None:
    """fsync of the newest checkpoint, before the log entries that it stands for are removed."""
    log = path / "_delta_log"
    files = sorted(log.glob("*.checkpoint*.parquet"))[-1:]
    for file in [*files, log / "_last_checkpoint"]:
        if file.exists():
            sync_file(file)
    sync_folder(log)
