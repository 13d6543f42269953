"""Whether the store is whole: files, checksums, state, marts against facts, the published face."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal
from urllib.parse import unquote

import duckdb
import pyarrow as pa
import pyarrow.parquet

from hve_monitor.errors import StoreError
from hve_monitor.files import sql
from hve_monitor.plural import agreeing, plural
from warehouse.delta.side import Side, sha256
from warehouse.maintenance.lost_days import note_loss
from warehouse.maintenance.upkeep import KEEP_HOURS
from warehouse.privacy.audit_chain import chain_faults, unsealed
from warehouse.reading import published_connection
from warehouse.records.digests import changed_tables
from warehouse.store import Store
from warehouse.tables import HVE_USAGE_DAILY, MESSAGE_TRACES, TABLES, Table
from warehouse.tables.state_contents import foreign_content

PAIRS = sql(__file__, "pairs")
# A build would make the loss final: the marts are what is left of the rows.
FOREIGN = "; another hand wrote it"
ROWS_ARE_LOST = "import the files of that day again, or restore a backup"


@dataclass(frozen=True)
class CheckResult:
    """What one check of the store came to."""

    check: str
    status: Literal["pass", "warn", "fail"]
    detail: str
    fix: str = ""


@dataclass(frozen=True)
class Damage:
    """A data file that cannot be trusted, by its path below the root of the tables; tenant and day
    are of its partition.
    """

    table: Table
    file: str
    reason: str
    tenant: str | None
    day: date | None


def verify(store: Store) -> tuple[list[CheckResult], list[Damage]]:
    """Everything that was looked at, and the files that are damaged or gone.

    Reads every data file once and takes no lock: what a run changes meanwhile may be reported
    wrongly, and is never changed.
    """
    state = _state(store)
    if state.status == "fail" and FOREIGN in state.detail:
        return [state, _audit(store)], []  # nothing that is reckoned with it can be checked
    logs, of_state = list(_logs(store)), [state, _audit(store)]
    if logs:
        return [*of_state, *logs], []
    damages, unknown = _damages(store)
    findings = [*of_state, *_files(store.delta.side, damages, unknown), _orphans(store)]
    if not damages:
        findings += [_marts(store), _published(store)]
    return findings, damages


def set_aside(store: Store, damages: list[Damage]) -> list[str]:
    """Moves damaged files into `damaged/` and out of their tables; returns what follows.

    Days that lost trace rows count as unread, so that the next run fetches them again, and keep
    their marts until the rows are back; days that lost marts are built again. What follows is
    noted first: whoever ends in between leaves days that are read again, never days that lack rows.
    Raises: LockedError, StoreError for a file behind a link to somewhere else.
    """
    for damage in damages:
        store.delta.side.check_place(damage.file)
    lines = [note_loss(store, damage.table, damage.tenant, damage.day) for damage in damages]
    for damage in damages:
        if store.delta.side.facts(damage.file):
            store.delta.side.move(damage.file, f"damaged/{damage.file}")
    for table in {damage.table.name: damage.table for damage in damages}.values():
        store.delta.drop_missing(table)
    return lines


def _state(store: Store) -> CheckResult:
    damage = store.state.damage()
    if damage:
        return CheckResult("state", "fail", f"state.db: {damage[0]}", "restore a backup")
    changed = changed_tables(store.state)
    if changed:
        detail = f"state.db: not as it was written: {', '.join(changed)}"
        return CheckResult("state", "fail", detail, "restore a backup")
    if foreign := foreign_content(store.state.connection):
        return CheckResult("state", "fail", f"state.db: {foreign}{FOREIGN}", "restore a backup")
    return CheckResult("state", "pass", "state.db is sound")


def _audit(store: Store) -> CheckResult:
    """The audit log against its seals."""
    faults = chain_faults(store)
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        detail = f"the audit log was changed by another hand: {faults[0]}{more}"
        return CheckResult("audit", "fail", detail, "compare with a backup or with what was sent")
    if count := unsealed(store):
        entries = plural(count, "entry", "entries")
        detail = f"{entries} of an earlier release; the next entry seals what came before it"
        return CheckResult("audit", "warn", detail)
    return CheckResult("audit", "pass", "every entry of the audit log is as it was sealed")


def _logs(store: Store) -> Iterator[CheckResult]:
    """Tables whose log cannot be read: nothing else of them can be checked."""
    for table in TABLES:
        try:
            store.delta.open(table)
        except StoreError as error:
            repairs = ", or hve verify --repair" if "--repair" in str(error) else ""
            yield CheckResult("logs", "fail", str(error), f"hve restore{repairs}")


def _damages(store: Store) -> tuple[list[Damage], int]:
    """Damaged files of all tables, and how many files have no checksum to compare with."""
    sums, damages, unknown = store.state.checksums(), [], 0
    for table in TABLES:
        for damage, is_known in _of_table(store, table, sums):
            unknown += not is_known
            if damage is not None:
                damages.append(damage)
    return damages, unknown


def _of_table(
    store: Store, table: Table, sums: dict[str, str]
) -> Iterator[tuple[Damage | None, bool]]:
    for action in store.delta.active(table).to_pylist():
        file = f"{table.folder}/{unquote(action['path'])}"
        checksum = sums.get(file)
        reason = _reason(store.delta.side, file, action["size_bytes"], checksum)
        damage = Damage(
            table,
            file,
            reason,
            action.get("partition.tenant"),
            action.get("partition.day"),
        )
        yield (damage if reason else None), checksum is not None


def _reason(side: Side, file: str, size: int, checksum: str | None) -> str:
    """Why a file cannot be trusted; empty for a sound one."""
    facts = side.facts(file)
    if facts is None:
        return "is gone"
    if facts.size != size:
        return f"has {facts.size:,} bytes instead of {size:,}"
    if checksum is not None:
        return "" if sha256(side, file) == checksum else "was changed since it was written"
    try:
        with side.read(file) as stream:
            pa.parquet.read_table(stream)
    except (pa.ArrowException, OSError) as error:
        return f"cannot be read ({type(error).__name__})"
    return ""


def _files(side: Side, damages: list[Damage], unknown: int) -> Iterator[CheckResult]:
    for damage in damages:
        detail = f"{side.uri(damage.file)}: {damage.reason}"
        yield CheckResult("files", "fail", detail, "hve verify --repair, or restore a backup")
    if not damages:
        unknown = 0 if side.is_remote else unknown
        note = f"; {unknown} of an earlier version have no checksum" if unknown else ""
        yield CheckResult("files", "pass", f"every data file is as it was written{note}")


def _orphans(store: Store) -> CheckResult:
    """Files that no version of the last day names: left by a crash, removed by upkeep."""
    young, paths, size = time.time() - KEEP_HOURS * 3600, 0, 0
    for table in TABLES:
        opened = store.delta.open(table)
        if opened is None:
            continue
        for name in opened.vacuum(KEEP_HOURS, enforce_retention_duration=False, full=True):
            path = f"{table.folder}/{unquote(name)}"
            facts = None if ".." in path.split("/") else store.delta.side.facts(path)
            if facts and facts.modified < young:
                paths, size = paths + 1, size + facts.size
    if paths:
        detail = (
            f"{plural(paths, 'file')} of {size / 1e6:.1f} MB"
            f" {agreeing(paths, 'is', 'are')} named by no version"
        )
        return CheckResult("orphans", "warn", detail, "upkeep removes them once a day")
    return CheckResult("orphans", "pass", "no file is left over")


def _marts(store: Store) -> CheckResult:
    """Rows of the facts are counted in the marts, but for days that wait for a build."""
    waiting = {(dirty.tenant, dirty.day) for dirty in store.state.dirty_days()}
    purged = {name: store.state.purged_before(name) for name in store.state.tenants()}
    with store.compute() as connection:
        for name, table in (("traces", MESSAGE_TRACES), ("usage", HVE_USAGE_DAILY)):
            store.view(connection, name, table)
        differing = connection.execute(PAIRS).fetchall()
    # Marts outlive the facts that retention drops.
    wrong = [
        row
        for row in differing
        if row[:2] not in waiting and not ((before := purged.get(row[0])) and row[1] < before)
    ]
    if wrong:
        tenant, day, facts, marts = wrong[0]
        detail = (
            f"{plural(len(wrong), 'day')} {agreeing(len(wrong), 'differs', 'differ')}, the first:"
            f" {tenant} {day}: {plural(facts, 'row')}, {marts} counted"
        )
        is_poorer = any(facts < marts for _, _, facts, marts in wrong)
        return CheckResult(
            "marts", "fail", detail, ROWS_ARE_LOST if is_poorer else "hve build --full"
        )
    return CheckResult("marts", "pass", "marts count every row of the facts")


def _published(store: Store) -> CheckResult:
    """Every table of the published file is read whole, every view is opened."""
    try:
        with published_connection(store.root) as connection:
            tables = _names(connection, "duckdb_tables", "table_name")
            for name in tables:
                connection.execute(f"select bit_xor(hash(t)) from {name} as t").fetchall()
            for name in _names(connection, "duckdb_views", "view_name"):
                connection.execute(f"select * from {name} limit 0")
    except (StoreError, duckdb.Error) as error:
        return CheckResult("published", "fail", str(error).splitlines()[0], "hve build")
    return CheckResult("published", "pass", f"hve.duckdb shows every row of {len(tables)} tables")


def _names(connection: duckdb.DuckDBPyConnection, catalog: str, column: str) -> list[str]:
    """Names with their schema, of the published file alone."""
    return [
        f"{schema}.{name}"
        for schema, name in connection.execute(
            f"select distinct schema_name, {column} from {catalog}()"
            " where database_name in ('hve', 'published') and not internal order by all"
        ).fetchall()
    ]
