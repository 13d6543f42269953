"""Brings back what was acknowledged and is in no log any more, or in a lost state.db.

A lost commit leaves its data files: their rows are added again, but for those that are there. Where
a file is gone or damaged too, its day counts as unread. Every step may be repeated: what was
acknowledged stays noted until the rows are back.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
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
from warehouse.maintenance.lost_days import PAIRS, note_loss
from warehouse.store import Store
from warehouse.tables import HVE_USAGE_DAILY, MESSAGE_TRACES, TABLES, Table

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
            sound, gone = _lost_files(store, table, opened)
            rows = _add_lost(store, unchecked, table, sound)
            were = agreeing(rows, "was", "were")
            lines.append(f"{table.full_name}: {plural(rows, 'row')} {were} added again")
            lines += _note_gone(store, table, gone, unchecked)
            # What was added has checksums of its own. The published file is made anew: numbers of
            # versions that were lost are given again, to others.
            store.state.forget_checksums([*sound, *gone, store.published.name])
            # At once: killed behind this, a repeated repair may find nothing to do.
            _mark_everything(store, unchecked)
            commits.accept(table, unchecked.open(table))
    return lines


def _add_lost(store: Store, unchecked: DeltaFolder, table: Table, paths: Sequence[str]) -> int:
    for entry in unchecked.side.empty_entries(table.folder):
        unchecked.side.write(entry, NO_CHANGE)
    if table.room != "facts" or not paths:
        return 0
    files = list(map(store.delta.side.uri, paths))
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


def _note_gone(
    store: Store, table: Table, paths: Sequence[str], unchecked: DeltaFolder
) -> list[str]:
    """What follows from files that are not what was written; marts are all built again anyway."""
    if table.room != "facts":
        return []
    lines, lost = [], {_partition(path) for path in paths}
    if table is MESSAGE_TRACES and store.delta.side.is_remote:
        lost |= _poorer_days(store, unchecked)
    for tenant, day in sorted(lost, key=str):
        purged = store.state.purged_before(tenant)
        if day is None or purged is None or day >= purged:
            lines.append(note_loss(store, table, tenant, day))
    return lines


def _poorer_days(store: Store, unchecked: DeltaFolder) -> set[tuple[str, date | None]]:
    """Days of which marts counted more rows than are left: no sums say there what is gone."""
    with store.compute() as connection:
        for name, table in (("traces", MESSAGE_TRACES), ("usage", HVE_USAGE_DAILY)):
            rows = files_sql(table, unchecked.files(table))
            connection.execute(f"create view {name} as {rows}")
        differing = connection.execute(PAIRS).fetchall()
    return {(tenant, day) for tenant, day, facts, marts in differing if facts < marts}


def _partition(path: str) -> tuple[str, date | None]:
    """Tenant and day of a file by the names of its folders."""
    steps = [step.partition("=") for step in unquote(path).split("/")[:-1]]
    values = {name: value for name, _, value in steps}
    day = values.get("day")
    return values.get("tenant", ""), date.fromisoformat(day) if day else None


def _lost_files(
    store: Store, table: Table, opened: DeltaTable | None
) -> tuple[list[str], list[str]]:
    """Acknowledged files that no log entry names: those that are as they were written, and others.

    Among the others may be a few that upkeep removed and had not yet forgotten.
    """
    prefix, side = f"{table.folder}/", store.delta.side
    named = set() if opened is None else _named(opened)
    if side.is_remote:  # it keeps its bytes itself; what a write left that was cut off is sound too
        data = [path for path in side.listing(table.folder) if path.endswith(".parquet")]
        return [
            path for path in data if "/_" not in path and path.removeprefix(prefix) not in named
        ], []
    sound, gone = list[str](), list[str]()
    for path, checksum in store.state.checksums().items():
        if path.startswith(prefix) and is_inside(path) and path.removeprefix(prefix) not in named:
            (sound if _is_sound(side, path, checksum) else gone).append(path)
    return sound, gone


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
