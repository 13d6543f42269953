"""Brings back what was acknowledged and is in no log any more, or in a lost state.db.

A lost commit leaves its data files: their rows are added again, but for those that are there. Every
step may be repeated: what was acknowledged stays noted until the rows are back.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import unquote

import pyarrow as pa
from deltalake import DeltaTable

from hve_monitor.errors import StoreError
from hve_monitor.files import sql
from hve_monitor.plural import agreeing, plural
from warehouse.commits import Commits
from warehouse.connection import arrow, files_sql
from warehouse.delta.commit import DeltaFolder
from warehouse.delta.files import is_inside
from warehouse.delta.side import Side, sha256
from warehouse.store import Store
from warehouse.tables import MESSAGE_TRACES, TABLES, Table

LOST_TRACES = sql(__file__, "lost_traces")
LOST_ROWS = "select * from lost except select * from existing"
# An empty entry says nothing, which is as good as a commit that changes nothing.
NO_CHANGE = b'{"commitInfo":{}}\n'


def recover(store: Store) -> list[str]:
    """What was done, one line per table that did not belong to state.db.

    Facts of lost commits are added again; every day is built again. For whoever holds all locks.
    """
    commits, lines = Commits(store.state), []
    for table in TABLES:
        unchecked = DeltaFolder(store.delta.side)
        try:
            opened = unchecked.open(table)
        except StoreError:
            continue  # a damaged log is named by the checks; only a backup mends it
        try:
            commits.check(table, store.delta.side, opened, commits.last(table))
        except StoreError:
            rows = _add_lost(store, unchecked, table, opened)
            # At once: killed behind this, a repeated repair may find nothing to do.
            _mark_everything(store, unchecked)
            commits.accept(table, unchecked.open(table))
            were = agreeing(rows, "was", "were")
            lines.append(f"{table.full_name}: {plural(rows, 'row')} {were} added again")
    return lines


def _add_lost(store: Store, unchecked: DeltaFolder, table: Table, opened: DeltaTable | None) -> int:
    files = _lost_files(store, table, opened)
    for entry in unchecked.side.empty_entries(table.folder):
        unchecked.side.write(entry, NO_CHANGE)
    if table.room != "facts" or not files:
        return 0
    with store.compute() as connection:
        existing = files_sql(table, unchecked.files(table))
        connection.execute(f"create view existing as {existing}")
        connection.execute(f"create view lost as {files_sql(table, files)}")
        rows = arrow(connection, LOST_TRACES if table is MESSAGE_TRACES else LOST_ROWS)
    known = set(unchecked.paths(table))
    unchecked.append(table, rows.select(table.schema.names).cast(table.schema))
    # So that they are found again where this commit is lost as well.
    added = sorted(set(unchecked.paths(table)) - known)
    store.state.record_checksums({path: sha256(unchecked.side, path) for path in added})
    return int(rows.num_rows)


def _lost_files(store: Store, table: Table, opened: DeltaTable | None) -> list[str]:
    """Files that were acknowledged, are as they were written, and that no log entry names."""
    prefix, side = f"{table.folder}/", store.delta.side
    named = set() if opened is None else _named(opened)
    return [
        side.uri(path)
        for path, checksum in store.state.checksums().items()
        if path.startswith(prefix)
        and is_inside(path)
        and path.removeprefix(prefix) not in named
        and _is_sound(side, path, checksum)
    ]


def _named(opened: DeltaTable) -> set[str]:
    """Files that the table holds, and those that a later version took out."""
    active = pa.table(opened.get_add_actions(flatten=True))["path"].to_pylist()
    replaced = opened.vacuum(0, dry_run=True, enforce_retention_duration=False)
    return {unquote(path) for path in (*active, *replaced)}


def _is_sound(side: Side, path: str, checksum: str) -> bool:
    return side.facts(path) is not None and sha256(side, path) == checksum


def _mark_everything(store: Store, unchecked: DeltaFolder) -> None:
    for tenant in tenants_of(store):
        with suppress(StoreError):  # a damaged log, which only a backup mends
            store.state.mark_dirty(tenant, sorted(unchecked.rows_by_day(MESSAGE_TRACES, tenant)))


def tenants_of(store: Store) -> Sequence[str]:
    """Tenants whose facts are stored, whether state.db knows them or not."""
    folders = store.delta.side.folders(MESSAGE_TRACES.folder)
    return [name.removeprefix("tenant=") for name in folders if name.startswith("tenant=")]
