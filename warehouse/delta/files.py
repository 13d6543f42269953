"""What the Delta tables on disk hold: their newest readable version and its active files.

A newest log entry that a crash left half written was never acknowledged: it is set aside. So is a
checkpoint that cannot be read: the entries of the last days hold the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError

from hve_monitor.errors import StoreError
from hve_monitor.text import printable
from warehouse.schema import check_schema, described_schema
from warehouse.tables import Table
from warehouse.tables.table import COUNT

READER_VERSION = 1  # of the Delta protocol: what our own writes ask of readers
Stamp = tuple[int, int, int, int] | None
FILE_COLUMNS = {"path": pa.string(), "size_bytes": COUNT, "num_records": COUNT}


class DeltaFiles:
    """The Delta tables below one store folder, for reading."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._opened: dict[str, tuple[DeltaTable, Stamp]] = {}

    def path(self, table: Table) -> Path:
        """Folder of the table, `<store>/<room>/<name>`."""
        return self.root / table.room / table.name

    def open(self, table: Table) -> DeltaTable | None:
        """The table at its newest readable version, or None before its first write.

        A table that nobody wrote to since it was opened is not read again.
        Raises: StoreError when the log is damaged beyond its newest entry and its checkpoints.
        """
        opened, stamp = self._opened.pop(table.name, (None, None))
        if stamp is None or stamp != _stamp(self.path(table), stamp[0]):
            opened = self._read(table)
        return None if opened is None else self._remembered(table, opened)

    def _remembered(self, table: Table, opened: DeltaTable) -> DeltaTable:
        self._opened[table.name] = opened, _stamp(self.path(table), opened.version())
        return opened

    def forget(self, table: Table) -> None:
        """The next caller reads the table anew: log entries that an open one needs are gone."""
        self._opened.pop(table.name, None)

    def _read(self, table: Table) -> DeltaTable | None:
        if not (self.path(table) / "_delta_log").exists():
            return None
        try:
            opened = DeltaTable(self.path(table))
            _check_protocol(self.path(table), opened)
            check_schema(self.path(table), described_schema(opened.metadata().description))
            _check_files(self.path(table), opened)
            return opened
        except TableNotFoundError:
            return None if not _set_aside_torn_entry(self.path(table)) else self._read(table)
        except DeltaError as error:
            path = self.path(table)
            if "Unsupported" in str(error):
                raise _foreign(path, str(error)) from None
            if not (_set_aside_torn_entry(path) or _set_aside_broken_checkpoint(path)):
                raise StoreError(
                    f"{path}: the table's log is damaged; put a backup in place (hve restore)"
                ) from None
            return self._read(table)

    def files(
        self, table: Table, tenant: str | None = None, days: Iterable[date] | None = None
    ) -> list[str]:
        """Active Parquet files, of one tenant and of given days when requested."""
        opened = self.open(table)
        filters = partition_filters(tenant, days)
        if opened is None or filters is None:
            return []
        # delta-rs answers with URIs: a space of the folder's name comes as %20.
        return sorted(map(unquote, opened.file_uris(file_pruning_predicate=filters or None)))

    def files_of_others(
        self, table: Table, tenant: str, days: Iterable[date], source: str, since: int
    ) -> list[str]:
        """Active files of given days, but those that the source alone wrote from batch `since` on.

        Read from the statistics in the table's log; a file without them is among the answer.
        """
        files = self.active(table, tenant)
        if "min.source" not in files.column_names:
            return self.files(table, tenant, days)
        of_source = pc.and_(
            pc.equal(files["min.source"], source), pc.equal(files["max.source"], source)
        )
        own = files.filter(pc.and_(of_source, pc.greater_equal(files["min.batch"], since)))
        names = {Path(unquote(path)).name for path in own["path"].to_pylist()}
        return [file for file in self.files(table, tenant, days) if Path(file).name not in names]

    def active(self, table: Table, tenant: str | None = None) -> pa.Table:
        """One row per active file: path (URL-encoded, below the table), size_bytes, num_records,
        and partition.<column> of every column that the table is partitioned by.
        """
        opened = self.open(table)
        if opened is None:
            partitions = {
                f"partition.{name}": table.schema.field(name).type for name in table.partition_by
            }
            return pa.schema({**FILE_COLUMNS, **partitions}).empty_table()
        files = pa.table(opened.get_add_actions(flatten=True))
        if tenant is None:
            return files
        return files.filter(pc.equal(files["partition.tenant"], tenant))

    def rows_by_day(self, table: Table, tenant: str) -> dict[date, int]:
        """Rows that the tenant's active files hold of each UTC day, superseded ones among them."""
        files = self.active(table, tenant)
        counts = files.group_by("partition.day").aggregate([("num_records", "sum")])
        days = zip(*(counts[name].to_pylist() for name in counts.column_names), strict=True)
        return {day: rows or 0 for day, rows in days}

    def version(self, table: Table) -> int | None:
        """Version of the newest commit, None before the first."""
        opened = self.open(table)
        return None if opened is None else opened.version()


def _check_protocol(path: Path, opened: DeltaTable) -> None:
    """Raises: StoreError when another client asks for more than the files to be read: rows that are
    marked as deleted would come back.
    """
    protocol = opened.protocol()
    if protocol.min_reader_version > READER_VERSION:
        features = ", ".join(protocol.reader_features or ())
        raise _foreign(path, f"reader version {protocol.min_reader_version} {features}".strip())


def _foreign(path: Path, reason: str) -> StoreError:
    return StoreError(
        f"{path}: a newer Delta client wrote to it ({reason}); put a backup in place (hve restore),"
        " and let no other program write to the store"
    )


def partition_filters(
    tenant: str | None, days: Iterable[date] | None
) -> list[tuple[str, str, object]] | None:
    """Conditions on the partitions; None where no day is requested, so that nothing fits."""
    requested = None if days is None else sorted(days)
    if requested == []:
        return None
    filters: list[tuple[str, str, object]] = []
    if tenant is not None:
        filters.append(("tenant", "=", tenant))
    if requested:
        filters.append(("day", "in", [str(day) for day in requested]))
    return filters


def added_files(path: Path, entry: Path) -> list[Path]:
    """Data files that a log entry of the table at the path adds."""
    names = [action["add"]["path"] for action in _actions(entry) if "add" in action]
    return [path / unquote(name) for name in names]


def is_inside(path: str) -> bool:
    """Whether the path of a log, URL-encoded, stays below the table, on any system."""
    plain = unquote(unquote(path)).replace("\\", "/")
    steps = plain.split("/")
    return bool(plain.isprintable() and steps[0] and ":" not in steps[0] and ".." not in steps)


def _check_files(path: Path, opened: DeltaTable) -> None:
    """A log may come from a foreign backup: what it names elsewhere is not touched.

    Raises: StoreError.
    """
    names = pa.table(opened.get_add_actions(flatten=True))["path"].to_pylist()
    outside = next((name for name in names if not is_inside(name)), None)
    if outside is not None:
        raise StoreError(
            f"{path}: the table's log names a file outside of the store"
            f" ({printable(outside)[:200]}); put a backup in place (hve restore)"
        )


def _stamp(path: Path, version: int) -> Stamp:
    """Another value when the table has another newest version, also after it was restored."""
    log = path / "_delta_log"
    try:
        status = (log / f"{version:020}.json").stat()
    except OSError:
        return None
    follows = (log / f"{version + 1:020}.json").exists()
    return None if follows else (version, status.st_ino, status.st_mtime_ns, status.st_size)


def _set_aside_torn_entry(path: Path) -> bool:
    """One crash tears the newest entry: anything beyond that is damage of another kind."""
    log = path / "_delta_log"
    entries = sorted(log.glob("*.json"))
    if not entries or not _is_torn(entries[-1]) or any(map(_is_torn, entries[-2:-1])):
        return False
    if any(log.glob(f"{entries[-1].stem}.checkpoint*")):
        return False  # the entry was whole when the checkpoint was written
    entries[-1].rename(entries[-1].with_suffix(".torn"))
    return True


def _is_torn(entry: Path) -> bool:
    try:
        return not _actions(entry)
    except (ValueError, RecursionError):
        return True


def _set_aside_broken_checkpoint(path: Path) -> bool:
    log = path / "_delta_log"
    broken = [file for file in log.glob("*.checkpoint*.parquet") if not _is_parquet(file)]
    for file in broken:
        file.rename(file.with_suffix(".torn"))
    hint = log / "_last_checkpoint"
    is_wrong = hint.exists() and (broken or not _names_a_checkpoint(hint))
    if is_wrong:
        hint.unlink()
    return bool(broken or is_wrong)


def _names_a_checkpoint(hint: Path) -> bool:
    """Whether the newest checkpoint is where the log's hint says; an older one would do as well."""
    try:
        version = int(json.loads(hint.read_bytes())["version"])
    except (ValueError, KeyError, TypeError):
        return False
    return any(hint.parent.glob(f"{version:020}.checkpoint*.parquet"))


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
