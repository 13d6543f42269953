"""What the Delta tables hold: their newest readable version and its active files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError

from hve_monitor.errors import StoreError
from hve_monitor.text import printable
from warehouse.delta.side import Side, Stamp
from warehouse.schema import check_schema, described_schema
from warehouse.tables import Table
from warehouse.tables.table import COUNT

READER_VERSION = 1  # of the Delta protocol: what our own writes ask of readers
PARTITION = ["partition.tenant", "partition.day"]
FILE_COLUMNS = {"path": pa.string(), "size_bytes": COUNT, "num_records": COUNT}


class DeltaFiles:
    """The Delta tables of one place, for reading."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self._opened: dict[str, tuple[DeltaTable, Stamp | None]] = {}

    def uri(self, table: Table) -> str:
        """What delta-rs calls the table, and messages too."""
        return self.side.uri(table.folder)

    def open(self, table: Table) -> DeltaTable | None:
        """The table at its newest readable version, or None before its first write.

        A table that nobody wrote to since it was opened is not read again.
        Raises: StoreError when the log is damaged beyond its newest entry and its checkpoints.
        """
        opened, stamp = self._opened.pop(table.name, (None, None))
        if stamp is None or stamp != self._stamp(table, int(stamp[0])):
            opened = self._read(table)
        return None if opened is None else self._remembered(table, opened)

    def _remembered(self, table: Table, opened: DeltaTable) -> DeltaTable:
        self._opened[table.name] = opened, self._stamp(table, opened.version())
        return opened

    def _stamp(self, table: Table, version: int) -> Stamp | None:
        """Another value when the table has another newest version."""
        return self.side.stamp(table.folder, version)

    def forget(self, table: Table) -> None:
        """The next caller reads the table anew: log entries that an open one needs are gone."""
        self._opened.pop(table.name, None)

    def _read(self, table: Table) -> DeltaTable | None:
        if not self.side.has_log(table.folder):
            return None
        place = self.uri(table)
        try:
            opened = DeltaTable(place, storage_options=self.side.options)
            _check_protocol(place, opened)
            check_schema(place, described_schema(opened.metadata().description))
            _check_files(place, opened)
            return opened
        except TableNotFoundError:
            return None if not self.side.mend(table.folder) else self._read(table)
        except (DeltaError, OSError) as error:
            if trouble := self.side.trouble(error):
                raise trouble from error
            if not isinstance(error, DeltaError):
                raise
            if "Unsupported" in str(error):
                raise _foreign(place, str(error)) from None
            if not self.side.mend(table.folder):
                raise StoreError(
                    f"{place}: the table's log is damaged; put a backup in place (hve restore)"
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
        files = opened.file_uris(file_pruning_predicate=filters or None)
        return sorted(unquote(file) if "%" in file else file for file in files)

    def paths(self, table: Table) -> list[str]:
        """Active Parquet files below the root of the tables."""
        paths = self.active(table)["path"].to_pylist()
        return sorted(f"{table.folder}/{unquote(path)}" for path in paths)

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

    def later_days(self, table: Table, after: int | None) -> dict[str, set[date]]:
        """Days of each tenant of which files came or went after a version; all days that there are
        without one, or where the log does not reach back so far.
        """
        files, days = self.active(table), defaultdict[str, set[date]](set)
        before = None if after is None else self._before(table, after)
        if before is not None:
            both = pa.array(set(files["path"].to_pylist()) & set(before["path"].to_pylist()))
            files = pa.concat_tables(
                rows.filter(pc.invert(pc.is_in(rows["path"], both))).select(PARTITION)
                for rows in (files, before)
            )
        for tenant, day in zip(*(files[name].to_pylist() for name in PARTITION), strict=True):
            days[tenant].add(day)
        return days

    def mark(self, table: Table) -> str:
        """Another text whenever the table holds other files."""
        opened = self.open(table)
        return "" if opened is None else f"{opened.metadata().id} {opened.version()}"

    def _before(self, table: Table, version: int) -> pa.Table | None:
        try:
            old = DeltaTable(self.uri(table), version, storage_options=self.side.options)
            return pa.table(old.get_add_actions(flatten=True))
        except DeltaError:
            return None

    def version(self, table: Table) -> int | None:
        """Version of the newest commit, None before the first."""
        opened = self.open(table)
        return None if opened is None else opened.version()


def _check_protocol(path: str, opened: DeltaTable) -> None:
    """Raises: StoreError when another client asks for more than the files to be read: rows that are
    marked as deleted would come back.
    """
    protocol = opened.protocol()
    if protocol.min_reader_version > READER_VERSION:
        features = ", ".join(protocol.reader_features or ())
        raise _foreign(path, f"reader version {protocol.min_reader_version} {features}".strip())


def _foreign(path: str, reason: str) -> StoreError:
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


def is_inside(path: str) -> bool:
    """Whether the path of a log, URL-encoded, stays below the table, on any system."""
    plain = unquote(unquote(path)).replace("\\", "/")
    steps = plain.split("/")
    return bool(plain.isprintable() and steps[0] and ":" not in steps[0] and ".." not in steps)


def _check_files(path: str, opened: DeltaTable) -> None:
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
