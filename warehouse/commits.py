"""What state.db knows of the Delta tables: the last commit of each, so that halves are noticed.

A commit is acknowledged when its rows are on the disk and its number stands here. A table whose
newest commit is below that number lost acknowledged rows; a crash only leaves the disk ahead.
Every batch number comes from state.db before its rows are written: rows of a higher batch belong to
another or a newer state.db. Whoever may write compares all tables first: a number that is taken
before would make a state.db that lags look like one that does not.
"""

from __future__ import annotations

from contextlib import closing

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable

from hve_monitor.errors import StoreError
from warehouse.delta.files import DeltaFiles
from warehouse.delta.side import Side
from warehouse.state import State
from warehouse.tables import TABLES, Table


class Commits:
    """The acknowledged commits of a store's tables."""

    def __init__(self, state: State) -> None:
        self._state = state

    def record(self, table: Table, version: int, sums: dict[str, str]) -> None:
        """Acknowledges a commit, with the SHA-256 of its files by paths below the store."""
        self._state.record_checksums(sums)
        self._state.connection.execute(
            "insert into commits values (?, ?) on conflict (name) do update"
            " set version = max(version, excluded.version)",
            [table.name, version],
        )

    def last(self, table: Table) -> int | None:
        """Number of the table's last acknowledged commit, None before the first."""
        return self._number("select version from commits where name = ?", table.name)

    def check_all(self, delta: DeltaFiles) -> None:
        """Raises: StoreError when any table and state.db do not belong together.

        For the start of a command, before it changes anything.
        """
        rows = self._state.connection.execute("select name, version from commits")
        acknowledged = dict(rows.fetchall())
        for table in TABLES:
            if delta.side.newest_entry(table.folder) != acknowledged.get(table.name):
                delta.open(table)

    def accept(self, table: Table, opened: DeltaTable | None) -> None:
        """Takes the table as it stands, and numbers batches on from its rows: after a repair."""
        self._state.connection.execute("delete from commits where name = ?", [table.name])
        if opened is not None:
            self._state.raise_batch(_newest_batch(table, opened))
            self.record(table, opened.version(), {})

    def catch_up(self, delta: DeltaFiles) -> None:
        """Takes in what the tables hold that a state.db from a copy does not know.

        Days of later commits are out of date, and later batches come after those of the facts: the
        number of a batch orders observations. Coverage of before the copy leads to rows that are
        read again, and change nothing.
        """
        for table in TABLES:
            opened, last = delta.open(table), self.last(table)
            if opened is None or opened.version() <= (-1 if last is None else last):
                continue
            if "day" in table.partition_by:  # what has no days follows from what has
                for tenant, days in delta.later_days(table, last).items():
                    self._state.mark_dirty(tenant, sorted(days))
            self.accept(table, opened)

    def check(
        self, table: Table, side: Side, opened: DeltaTable | None, acknowledged: int | None
    ) -> None:
        """Raises: StoreError when the table and state.db do not belong together.

        acknowledged: the last commit as it stood before the table was opened.
        """
        version = -1 if opened is None else opened.version()
        lost = None
        if acknowledged is not None:
            lost = _lost_commit(side, table, version, acknowledged)
        place = side.uri(table.folder)
        if lost is not None:
            raise StoreError(
                f"{place}: commit {lost} was written and is not in the log any more; restore"
                " a backup (hve restore), or keep what is left (hve verify --repair)"
            )
        if opened is None or version == acknowledged:
            return
        newest = _newest_batch(table, opened)
        last = self._number("select value from counters where name = ?", "batch") or 0
        if newest > last:
            raise StoreError(
                f"{place}: holds batch {newest:,} and state.db knows {last:,}: state.db was lost or"
                " is of another time; restore a backup (hve restore), or go on without what only"
                " the lost one knew (hve verify --repair)"
            )

    def _number(self, query: str, name: str) -> int | None:
        """A number of state.db, by a connection of its own: threads of a build open tables too."""
        with closing(self._state.another_connection()) as connection:
            row = connection.execute(query, [name]).fetchone()
        return int(row[0]) if row else None


def _lost_commit(side: Side, table: Table, version: int, acknowledged: int) -> int | None:
    """An acknowledged commit that the log lacks; delta-rs reads an empty entry as nothing."""
    if version < acknowledged:
        return acknowledged
    empty = [int(path.rpartition("/")[2][:-5]) for path in side.empty_entries(table.folder)]
    return min((number for number in empty if number <= acknowledged), default=None)


def _newest_batch(table: Table, opened: DeltaTable) -> int:
    """Highest batch among the rows, by the statistics in the log; 0 where there are none."""
    if "batch" not in table.schema.names:
        return 0
    files = pa.table(opened.get_add_actions(flatten=True))
    return 0 if "max.batch" not in files.column_names else pc.max(files["max.batch"]).as_py() or 0
