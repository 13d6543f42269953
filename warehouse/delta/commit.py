"""Delta tables on disk: durable writes, replaced partitions, active files.

delta-rs renames files into place but never syncs them, so every write here is followed by fsync of
the files that its log entry names and of the entry itself; only then does the call return.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet
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

# Level 1 writes trace rows in two thirds of the time of level 3, and not larger.
PLAIN = WriterProperties(compression="ZSTD", compression_level=1)
_BLOOM = ColumnProperties(bloom_filter_properties=BloomFilterProperties(True, fpp=0.01))
SEARCHABLE = WriterProperties(
    compression="ZSTD",
    compression_level=3,
    max_row_group_size=200_000,
    column_properties={"trace_id": _BLOOM, "message_id": _BLOOM},
)
SPARE_BYTES = 200_000
Stamp = tuple[int, int, int, int] | None
CONFIGURATION = {
    "delta.logRetentionDuration": "interval 7 days",
    "delta.deletedFileRetentionDuration": "interval 1 days",
}


class DeltaFolder:
    """The Delta tables below one store folder."""

    def __init__(
        self, root: Path, remember: Callable[[Mapping[str, str]], None] = lambda _: None
    ) -> None:
        """remember: takes the SHA-256 of files that were written, by paths below the root."""
        self.root, self._remember = root, remember
        self._opened: dict[str, tuple[DeltaTable, Stamp]] = {}

    def path(self, table: Table) -> Path:
        """Folder of the table, `<store>/<room>/<name>`."""
        return self.root / table.room / table.name

    def open(self, table: Table) -> DeltaTable | None:
        """The table at its newest readable version, or None before its first write.

        A newest log entry that a crash left half written was never acknowledged: it is set aside.
        So is a checkpoint that cannot be read: the entries of the last days say the same.
        A table that nobody wrote to since it was opened is not read again.
        Raises: StoreError when the log is damaged beyond that.
        """
        known, stamp = self._opened.pop(table.name, (None, None))
        if stamp is None or stamp != _stamp(self.path(table), stamp[0]):
            known = self._read(table)
        return None if known is None else self._kept(table, known)

    def _kept(self, table: Table, opened: DeltaTable) -> DeltaTable:
        self._opened[table.name] = opened, _stamp(self.path(table), opened.version())
        return opened

    def _read(self, table: Table) -> DeltaTable | None:
        if not (self.path(table) / "_delta_log").exists():
            return None
        try:
            return DeltaTable(self.path(table))
        except TableNotFoundError:
            return None if not _set_aside_torn_entry(self.path(table)) else self._read(table)
        except DeltaError:
            path = self.path(table)
            if not (_set_aside_torn_entry(path) or _set_aside_broken_checkpoint(path)):
                raise StoreError(
                    f"{path}: the table's log is damaged; put a backup in place (hve restore)"
                ) from None
            return self._read(table)

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

    def compact(self, table: Table, tenant: str, days: Iterable[date] | None = None) -> None:
        """Makes one file of the files of each partition; rows and their order stay as they are."""
        opened = self.open(table)
        filters = _filters(tenant, days)
        if opened is None or filters is None:
            return
        path, before = self.path(table), opened.version()
        sizes = pa.table(opened.get_add_actions())["size_bytes"]
        _ensure_space(path, sum(sizes.to_pylist()))
        with self._durable(path, before):
            opened.optimize.compact(partition_filters=filters, writer_properties=PLAIN)

    def files(
        self, table: Table, tenant: str | None = None, days: Iterable[date] | None = None
    ) -> list[str]:
        """Active Parquet files, of one tenant and of given days when asked."""
        opened = self.open(table)
        filters = _filters(tenant, days)
        if opened is None or filters is None:
            return []
        # delta-rs answers with URIs: a space of the folder's name comes as %20.
        return sorted(map(unquote, opened.file_uris(file_pruning_predicate=filters or None)))

    def rows_by_day(self, table: Table, tenant: str) -> dict[date, int]:
        """Rows that the tenant's active files hold of each UTC day, superseded ones among them."""
        opened = self.open(table)
        if opened is None:
            return {}
        actions = pa.table(opened.get_add_actions(flatten=True))
        mine = actions.filter(pc.equal(actions["partition.tenant"], tenant))
        held = mine.group_by("partition.day").aggregate([("num_records", "sum")])
        counts = zip(*(held[name].to_pylist() for name in held.column_names), strict=True)
        return {day: rows or 0 for day, rows in counts}

    def drop_missing(self, table: Table) -> None:
        """Takes files that are not there any more out of the table, in one commit."""
        opened = self.open(table)
        if opened is not None:
            with self._durable(self.path(table), opened.version()):
                opened.repair()

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
        # Opening sets a torn entry aside, on top of which nothing can be written.
        opened = self.open(table)
        _ensure_space(path, rows.nbytes)
        with self._durable(path, None if opened is None else opened.version()):
            write_deltalake(
                opened or path,
                rows.select(table.schema.names).cast(table.schema),
                mode=mode,  # type: ignore[call-overload] # the mode is a plain str here
                schema_mode="merge" if table.added else None,
                partition_by=list(table.partition_by),
                predicate=predicate,
                configuration=CONFIGURATION,
                writer_properties=properties,
            )
        if opened is not None:
            self._kept(table, opened)

    @contextmanager
    def _durable(self, path: Path, before: int | None) -> Iterator[None]:
        """What is committed inside is on the disk afterwards, and its checksums are kept.

        before: the table's version until now. Another tenant's process may commit in between, so
        every later entry is synced, not the newest one alone.
        Raises: StoreError.
        """
        try:
            yield
            files = sync_entries(path, -1 if before is None else before)
            self._remember({file.relative_to(self.root).as_posix(): sha256(file) for file in files})
        except (DeltaError, OSError) as error:
            raise StoreError(
                f"{path}: not written ({error}); free space or check the disk"
            ) from error


def _stamp(path: Path, version: int) -> Stamp:
    """Another value when the table has another newest version, also after it was restored."""
    log = path / "_delta_log"
    try:
        said = (log / f"{version:020}.json").stat()
    except OSError:
        return None
    follows = (log / f"{version + 1:020}.json").exists()
    return None if follows else (version, said.st_ino, said.st_mtime_ns, said.st_size)


def sha256(file: Path) -> str:
    """SHA-256 of a file's bytes as hexadecimal text."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _filters(
    tenant: str | None, days: Iterable[date] | None
) -> list[tuple[str, str, object]] | None:
    """Conditions on the partitions; None where no day is asked for, so that nothing fits."""
    wanted = None if days is None else sorted(days)
    if wanted == []:
        return None
    filters: list[tuple[str, str, object]] = []
    if tenant is not None:
        filters.append(("tenant", "=", tenant))
    if wanted:
        filters.append(("day", "in", [str(day) for day in wanted]))
    return filters


def _ensure_space(path: Path, needed: int) -> None:
    """Refuses early: on a full disk delta-rs ends with half-written files and a page of panics."""
    free = shutil.disk_usage(path).free
    if free < needed + SPARE_BYTES:
        raise StoreError(
            f"{path}: {free / 1e6:.1f} MB free, {(needed + SPARE_BYTES) / 1e6:.1f} MB needed;"
            " free space and run again"
        )


def sync_entries(path: Path, after: int) -> list[Path]:
    """fsync of the log entries after a version, the files they name and every folder between.

    Returns the files.
    """
    log = path / "_delta_log"
    folders, files = {path, log}, []
    for entry in sorted(each for each in log.glob("*.json") if int(each.stem) > after):
        for file in _added(path, entry):
            sync_file(file)
            files.append(file)
            folders.update(file.parents[: len(file.relative_to(path).parts) - 1])
        sync_file(entry)
    for folder in folders:
        fsync_folder(folder)
    return files


def _added(path: Path, entry: Path) -> list[Path]:
    """Data files that a log entry adds."""
    named = [action["add"]["path"] for action in _actions(entry) if "add" in action]
    return [path / unquote(name) for name in named]


def sync_checkpoint(path: Path) -> None:
    """fsync of the newest checkpoint, before the log entries that it stands for are removed."""
    log = path / "_delta_log"
    files = sorted(log.glob("*.checkpoint*.parquet"))[-1:]
    for file in [*files, log / "_last_checkpoint"]:
        if file.exists():
            sync_file(file)
    fsync_folder(log)


def fsync_folder(folder: Path) -> None:
    """Makes names in the folder durable; Windows has no such call and needs none."""
    if os.name != "nt":
        sync_file(folder)


def sync_file(path: Path) -> None:
    flags = os.O_RDONLY if os.name != "nt" else os.O_RDWR
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _set_aside_torn_entry(path: Path) -> bool:
    """One crash tears the newest entry: anything beyond that is damage of another kind."""
    log = path / "_delta_log"
    entries = sorted(log.glob("*.json"))
    if not entries or not _is_torn(entries[-1]) or any(map(_is_torn, entries[-2:-1])):
        return False
    if any(log.glob(f"{entries[-1].stem}.checkpoint*")):
        return False  # the entry was whole when the checkpoint was made
    entries[-1].rename(entries[-1].with_suffix(".torn"))
    return True


def _is_torn(entry: Path) -> bool:
    try:
        return not _actions(entry)
    except ValueError:
        return True


def _set_aside_broken_checkpoint(path: Path) -> bool:
    log = path / "_delta_log"
    broken = [file for file in log.glob("*.checkpoint*.parquet") if not _is_parquet(file)]
    for file in broken:
        file.rename(file.with_suffix(".torn"))
    if broken:
        (log / "_last_checkpoint").unlink(missing_ok=True)
    return bool(broken)


def _is_parquet(file: Path) -> bool:
    try:
        pa.parquet.read_table(file, partitioning=None)
    except (pa.ArrowException, OSError):
        return False
    return True


def _actions(entry: Path) -> list[dict[str, Any]]:
    """One JSON object per line. Raises: ValueError when the entry is torn."""
    # Not splitlines(): statistics may hold other line ends of Unicode as they are.
    return [json.loads(line) for line in entry.read_bytes().split(b"\n") if line.strip()]
