"""Durable writes to the Delta tables: rows are added or replaced, files merged.

When a call returns, no crash takes its rows back: the side of the tables settles every commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
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
from warehouse.delta.files import DeltaFiles, partition_filters
from warehouse.delta.side import Side, Stamp
from warehouse.delta.written import WrittenFile
from warehouse.dictionary import described
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
        self, table: Table, side: Side, opened: DeltaTable | None, acknowledged: int | None
    ) -> None:
        """Raises: StoreError when the table lacks what was acknowledged."""


def _description(table: Table) -> str:
    """What one row is, and the schema that the store has."""
    return f"{table.grain[0].upper()}{table.grain[1:]}. {DESCRIPTION}"


class DeltaFolder(DeltaFiles):
    """The Delta tables of one place, for reading and writing."""

    def __init__(self, side: Side, commits: Acknowledgements | None = None) -> None:
        """commits: where what was written is acknowledged."""
        super().__init__(side)
        self._commits = commits

    def _read(self, table: Table) -> DeltaTable | None:
        # Asked first: a commit that another process acknowledges meanwhile is in the table then.
        acknowledged = self._commits.last(table) if self._commits else None
        opened = super()._read(table)
        if self._commits:
            self._commits.check(table, self.side, opened, acknowledged)
        return opened

    def _stamp(self, table: Table, version: int) -> Stamp | None:
        """Where looking costs requests, whoever may write there acknowledges it in state.db."""
        if not self.side.is_remote or self._commits is None:
            return super()._stamp(table, version)
        last = self._commits.last(table)
        return None if last is None or last > version else (version, last)

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
        elif not rows.num_rows and not self.files(table, tenant, replaced):
            return  # nothing takes the place of nothing
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
        self.side.prepare(table.folder, 0)
        opened = self.open(table)
        with self._durable(table, None if opened is None else opened.version()):
            opened = opened or self._created(table)
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
        self.side.prepare(table.folder, sum(self.active(table)["size_bytes"].to_pylist()))
        with self._durable(table, opened.version()):
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
        self.side.prepare(table.folder, rows.nbytes)
        # Opening sets a torn entry aside, on top of which nothing can be written.
        opened = self.open(table)
        with self._durable(table, None if opened is None else opened.version()):
            write_deltalake(
                opened or self.uri(table),
                rows.select(table.schema.names).cast(table.schema if opened else described(table)),
                mode=mode,  # type: ignore[call-overload] # the mode is a plain str here
                schema_mode="merge" if table.added else None,
                partition_by=list(table.partition_by),
                predicate=predicate,
                description=_description(table),
                configuration=CONFIGURATION,
                writer_properties=properties,
                storage_options=None if opened else self.side.options,
            )
        if opened is not None:
            self._remembered(table, opened)

    @contextmanager
    def _durable(self, table: Table, before: int | None) -> Iterator[None]:
        """What is committed inside is durable afterwards, and acknowledged.

        before: the table's version until now.
        Raises: StoreError.
        """
        self.side.guard()
        try:
            yield
            settled = self.side.settle(table.folder, -1 if before is None else before)
            if self._commits and settled.version is not None:
                self._commits.record(table, settled.version, settled.sums)
        except SchemaMismatchError:
            raise  # no trouble of the disk
        except (DeltaError, OSError) as error:
            if trouble := self.side.trouble(error):
                raise trouble from error
            raise StoreError(
                f"{self.uri(table)}: not written ({error}); free space or check the disk"
            ) from error

    def _created(self, table: Table) -> DeltaTable:
        return DeltaTable.create(
            self.uri(table),
            described(table),
            partition_by=list(table.partition_by),
            description=_description(table),
            configuration=CONFIGURATION,
            storage_options=self.side.options,
        )

    def clean(self, table: Table, keep_hours: int) -> int:
        """Removes files that no version of the last hours names, then checkpoints the log durably.

        Files of writes that a crash cut off are named by no version and go too. Returns how many
        went.
        """
        opened = self.open(table)
        if opened is None:
            return 0
        self.side.guard()
        files = opened.vacuum(
            keep_hours, dry_run=False, enforce_retention_duration=False, full=True
        )
        opened.create_checkpoint()
        self.side.settle_checkpoint(table.folder)
        return len(files)
