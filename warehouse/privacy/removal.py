"""Removal of personal data: from rows, from replaced files and from the history of the tables.

Every step may be repeated: what has begun is noted in state.db first, and taken off the list when
the last old file is gone, so that a run that dies in between is ended by the next one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hve_monitor.clock import midnight
from hve_monitor.files import sql
from warehouse.connection import arrow, files_sql
from warehouse.delta.commit import sync_checkpoint
from warehouse.privacy import audit
from warehouse.privacy.subjects import drop_subjects, forget_subjects
from warehouse.protection.mode import tenant_key
from warehouse.protection.pseudonyms import Mask, erased_rows
from warehouse.state import text_of, time_of
from warehouse.store import Store
from warehouse.tables import (
    FIRST_CONTACTS,
    FIRST_SOURCES,
    FIRST_SUBJECTS,
    HVE_FINDINGS,
    HVE_INCIDENTS,
    HVE_USAGE_CORRECTIONS,
    IDENTITIES,
    MESSAGE_TRACES,
    REJECTED_ROWS,
    TABLES,
    TRACE_EVENTS,
    Table,
)

ERASED = "(erased)"
# What is known for ever, its column, and the column of the facts that keeps it alive.
KNOWN = (
    (FIRST_CONTACTS, "recipient", "recipient"),
    (FIRST_SOURCES, "from_ip", "from_ip"),
    (IDENTITIES, "pseudonym", "recipient"),
)
RECENT = "select * from ({{files}}) where {column} >= {{before}}"
RECENT_FINDINGS = sql(__file__, "recent_findings")
# What keeps a removal going or proves it; of the audit log only what people wrote is changed.
KEPT_STATE = ("removals", "erased", "purged", "protection", "pseudonym_keys", "tenants")


@dataclass(frozen=True)
class Removed:
    """What was removed from one table: rows dropped, and rows that stay without the person."""

    table: str
    rows_dropped: int = 0
    rows_kept_without: int = 0


@dataclass(frozen=True)
class Removal:
    """One removal that has begun. `value` is as the store holds it, None for a purge."""

    number: int
    tenant: str
    value: str | None
    at: datetime
    who: str
    reason: str


def begin(
    store: Store, tenant: str, value: str | None, at: datetime, who: str, reason: str
) -> Removal:
    """Notes a removal before anything is removed; the same one is noted once."""
    state, reason = store.state, _replaced(reason, value) if value else reason
    with state.transaction():
        for each in unfinished(store):
            if (each.tenant, each.value) == (tenant, value):
                return each
        row = state.connection.execute(
            "insert into removals (tenant, value, at, who, reason) values (?, ?, ?, ?, ?)"
            " returning number",
            [tenant, value, text_of(at), who, reason],
        ).fetchone()
        if value is not None:
            state.connection.execute(
                "insert or replace into erased values (?, ?, ?)",
                [tenant, _erasure(store, tenant, value), text_of(at)],
            )
    store.forget_masks()
    return Removal(int(row[0]), tenant, value, at, who, reason)


def unfinished(store: Store) -> list[Removal]:
    """Removals that have begun and not ended, oldest first."""
    rows = store.state.connection.execute(
        "select number, tenant, value, at, who, reason from removals order by number"
    ).fetchall()
    return [
        Removal(number, tenant, value, time_of(at), who, reason)
        for number, tenant, value, at, who, reason in rows
    ]


def end(store: Store, removal: Removal, outcome: str) -> None:
    """Takes a removal off the list into the audit log; nothing else of it is left in state.db."""
    state = store.state.connection
    state.execute("pragma secure_delete = on")
    what = "purge" if removal.value is None else "erase"
    target = "" if removal.value is None else told(store, removal.tenant, removal.value)
    with store.state.transaction():
        audit.record(store.state, removal.at, removal.who, what, target, removal.reason, outcome)
        state.execute("delete from removals where number = ?", [removal.number])
    state.execute("pragma wal_checkpoint(truncate)")
    state.execute("vacuum")
    state.execute("pragma wal_checkpoint(truncate)")


def told(store: Store, tenant: str, value: str) -> str:
    """How the audit log names a person: by pseudonym, in full mode by a keyed hash."""
    is_hidden = store.protection.mode != "full"
    return value if is_hidden else f"erased:{_erasure(store, tenant, value)}"


def erase_rows(store: Store, tenant: str, value: str) -> list[Removed]:
    """Takes a person out of every table of the tenant and out of state.db.

    Message rows stay countable: the recipient becomes a mark of the row alone, subject and message
    id go. Rows that are about the person only are dropped; elsewhere the name is overwritten.
    """
    found = [_erase_from(store, table, tenant, value) for table in TABLES]
    found.append(Removed(_name(FIRST_SUBJECTS), 0, forget_subjects(store, tenant)))
    found += list(_erase_from_state(store, value))
    return [each for each in found if each.rows_dropped or each.rows_kept_without]


def purge_rows(store: Store, tenant: str, now: datetime, days: tuple[int, int]) -> list[Removed]:
    """Drops day partitions of facts and of marts that are older than so many days.

    What is known of people goes with the last fact about them: first contacts and identities; what
    is known of sources and subjects does too.
    """
    facts_before = now.date() - timedelta(days=days[0])
    store.state.connection.execute(
        "insert into purged values (?, ?) on conflict (tenant) do update"
        " set facts_before = max(facts_before, excluded.facts_before)",
        [tenant, str(facts_before)],
    )
    found = [_drop_days(store, table, tenant, before) for table, before in _dated(now, days)]
    found += [_drop_aged(store, *each, tenant) for each in _aged(now, days)]
    # Also where no row was dropped: a purge that died may have dropped them before.
    found += [_drop_unmentioned(store, *each, tenant) for each in KNOWN]
    found.append(Removed(_name(FIRST_SUBJECTS), drop_subjects(store, tenant)))
    return [each for each in found if each.rows_dropped]


def forget_old_files(store: Store) -> int:
    """Removes every file and log entry that no newest version needs; returns how many files."""
    removed = 0
    for table in TABLES:
        opened = store.delta.open(table)
        if opened is None:
            continue
        removed += len(opened.vacuum(0, dry_run=False, enforce_retention_duration=False, full=True))
        opened.create_checkpoint()
        sync_checkpoint(store.delta.path(table))
        removed += _forget_entries(store.delta.path(table) / "_delta_log", opened.version())
    return removed


def forget_damaged(store: Store, kept_from: date | None) -> int:
    """Removes files that a repair set aside: all, or those of days before the given one."""
    removed = 0
    for file in sorted((store.root / "damaged").rglob("*")):
        days = [part[4:] for part in file.parts if part.startswith("day=")]
        is_old = kept_from is None or any(day < str(kept_from) for day in days)
        if file.is_file() and is_old:
            file.unlink()
            removed += 1
    return removed


def mentions(store: Store, tenant: str, value: str) -> int:
    """Rows of the newest versions that hold the value anywhere."""
    return sum(
        len(_mentioning(rows, value))
        for table in TABLES
        for _, rows in _partitions(store, table, tenant, value)
    )


def _erasure(store: Store, tenant: str, value: str) -> str:
    """Makes the tenant's key first: in full mode it has none until someone is erased."""
    key = tenant_key(store.state, store.protection, tenant)
    return Mask(store.protection, key).erasure(value)


def _erase_from(store: Store, table: Table, tenant: str, value: str) -> Removed:
    dropped = kept = 0
    for day, rows in _partitions(store, table, tenant, value):
        found = _mentioning(rows, value)
        if not found:
            continue
        left, lost = _without(store, table, tenant, rows, value)
        store.delta.replace(table, left, tenant, None if day is None else [day])
        dropped, kept = dropped + lost, kept + len(found) - lost
    return Removed(_name(table), dropped, kept)


def _without(
    store: Store, table: Table, tenant: str, rows: pa.Table, value: str
) -> tuple[pa.Table, int]:
    """The rows without the person, and how many of them were dropped."""
    before = rows.num_rows
    if table is MESSAGE_TRACES:
        mask = store.mask(tenant)
        pairs = zip(rows["recipient"].to_pylist(), rows["trace_id"].to_pylist(), strict=True)
        marks = [
            mask.row_mark("erased:", value, trace_id) if recipient == value else None
            for recipient, trace_id in pairs
        ]
        rows = erased_rows(rows, marks)
    elif table in (FIRST_CONTACTS, TRACE_EVENTS, IDENTITIES):
        column = "pseudonym" if table is IDENTITIES else "recipient"
        rows = rows.filter(pc.not_equal(rows[column], value))
    places = set(_mentioning(rows, value))
    said = [
        _overwritten(row, value) if place in places else row
        for place, row in enumerate(rows.to_pylist())
    ] if places else None  # fmt: skip
    left = rows if said is None else pa.Table.from_pylist(said, schema=table.schema)
    return left, before - left.num_rows


def _overwritten(thing: Any, value: str) -> Any:
    if isinstance(thing, str):
        return ERASED if thing.lower() == value else _replaced(thing, value)
    if isinstance(thing, list):
        return [_overwritten(each, value) for each in thing]
    if isinstance(thing, dict):
        return {name: _overwritten(each, value) for name, each in thing.items()}
    return thing


def _replaced(text: str, value: str) -> str:
    lower, place = text.lower(), 0
    parts: list[str] = []
    while (at := lower.find(value, place)) >= 0:
        parts += [text[place:at], ERASED]
        place = at + len(value)
    return "".join([*parts, text[place:]])


def _mentioning(rows: pa.Table, value: str) -> list[int]:
    """Places of the rows that hold the value in any text."""
    if not rows.num_rows:
        return []
    hit = pa.array([False] * rows.num_rows)
    nested: list[str] = []
    for field in rows.schema:
        if pa.types.is_string(field.type):
            here = pc.match_substring(rows[field.name], value, ignore_case=True)
            hit = pc.or_(hit, pc.fill_null(here, False))
        elif pa.types.is_nested(field.type):
            nested.append(field.name)
    places = set(pc.indices_nonzero(hit).to_pylist())
    for name in nested:
        column = rows[name].to_pylist()
        places |= {
            place
            for place, each in enumerate(column)
            if each and value in json.dumps(each, ensure_ascii=False, default=str).lower()
        }
    return sorted(places)


def _partitions(
    store: Store, table: Table, tenant: str, value: str
) -> Iterator[tuple[date | None, pa.Table]]:
    """(day, rows) that may hold the value; tables without days come whole, with None for a day."""
    days: Sequence[date | None] = [None]
    if "day" in table.partition_by:
        days = _days_with(store, table, tenant, value)
    for day in days:
        files = store.delta.files(table, tenant, None if day is None else [day])
        if files:
            with store.compute() as connection:
                yield day, arrow(connection, files_sql(table, files)).cast(table.schema)


def _days_with(store: Store, table: Table, tenant: str, value: str) -> list[date]:
    """Days whose rows hold the value in a text column."""
    texts = [field.name for field in table.schema if pa.types.is_string(field.type)]
    files = store.delta.files(table, tenant)
    if not files:
        return []
    hit = " or ".join(f"contains(lower({name}), $value)" for name in texts)
    with store.compute() as connection:
        sql = f"select distinct day from ({files_sql(table, files)}) where {hit} order by day"
        return [row[0] for row in connection.execute(sql, {"value": value}).fetchall()]


def _erase_from_state(store: Store, value: str) -> Iterator[Removed]:
    connection = store.state.connection
    connection.execute("pragma secure_delete = on")
    # Nobody can be asked about who is erased.
    connection.execute("delete from event_requests where recipient = ?", [value])
    for table, columns in _state_texts(store):
        count = 0
        for column in columns:
            rows = connection.execute(
                f"select rowid, {column} from {table} where instr(lower({column}), ?) > 0", [value]
            ).fetchall()
            connection.executemany(
                f"update {table} set {column} = ? where rowid = ?",
                [(_replaced(text, value), row) for row, text in rows],
            )
            count += len(rows)
        yield Removed(f"state.{table}", 0, count)


def _state_texts(store: Store) -> Iterator[tuple[str, list[str]]]:
    """Tables of state.db and their text columns, those of other parts of the product included."""
    connection = store.state.connection
    tables = connection.execute(
        "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"
    ).fetchall()
    for (table,) in tables:
        columns, _ = store.state.rows(table)
        texts = [name for name, kind in columns.items() if kind.upper() == "TEXT"]
        if table not in KEPT_STATE:
            yield table, ["reason"] if table == "audit" else texts


def has_old_rows(store: Store, tenant: str, now: datetime, days: tuple[int, int]) -> bool:
    """Whether a purge would drop anything."""
    if any(_old_days(store, table, tenant, before).num_rows for table, before in _dated(now, days)):
        return True
    aged = (_by_age(store, *each, tenant) for each in _aged(now, days))
    return any(kept.num_rows < count for kept, count in aged)


def _dated(now: datetime, days: tuple[int, int]) -> list[tuple[Table, date]]:
    """Tables by day, and the day before which they are old."""
    facts_before, marts_before = (now.date() - timedelta(days=each) for each in days)
    return [
        (table, facts_before if table.room == "facts" else marts_before)
        for table in TABLES
        if "day" in table.partition_by
    ]


def _old_days(store: Store, table: Table, tenant: str, before: date) -> pa.Table:
    """Day and rows of the tenant's old files."""
    opened = store.delta.open(table)
    if opened is None:
        return pa.table({"partition.day": [], "num_records": []})
    actions = pa.table(opened.get_add_actions(flatten=True))
    mine = actions.filter(pc.equal(actions["partition.tenant"], tenant))
    old = mine.filter(pc.less(mine["partition.day"], pa.scalar(before)))
    return old.select(["partition.day", "num_records"])


def _drop_days(store: Store, table: Table, tenant: str, before: date) -> Removed:
    old = _old_days(store, table, tenant, before)
    days = sorted(set(old["partition.day"].to_pylist()))
    store.delta.replace(table, table.schema.empty_table(), tenant, days)
    rows = sum(old["num_records"].to_pylist())
    return Removed(_name(table), rows)


def _aged(now: datetime, days: tuple[int, int]) -> list[tuple[Table, str, datetime]]:
    """Tables without days, what of them is not old, and the time before which rows are old."""
    facts_before, marts_before = (midnight(now - timedelta(days=each)) for each in days)
    return [
        (REJECTED_ROWS, RECENT.format(column="observed_at"), facts_before),
        (HVE_INCIDENTS, RECENT.format(column="started_at"), marts_before),
        (HVE_USAGE_CORRECTIONS, RECENT.format(column="corrected_at"), marts_before),
        (HVE_FINDINGS, RECENT_FINDINGS, marts_before),
    ]


def _by_age(
    store: Store, table: Table, recent: str, before: datetime, tenant: str
) -> tuple[pa.Table, int]:
    """The rows that are not old, and how many rows there are."""
    files = files_sql(table, store.delta.files(table, tenant))
    sql = recent.format(files=files, before=f"timestamptz '{before.isoformat()}'")
    with store.compute() as connection:
        left = arrow(connection, sql).cast(table.schema)
        return left, int(arrow(connection, f"select count(*) as n from ({files})")["n"][0].as_py())


def _drop_aged(store: Store, table: Table, recent: str, before: datetime, tenant: str) -> Removed:
    left, count = _by_age(store, table, recent, before, tenant)
    if left.num_rows < count:
        store.delta.replace(table, left, tenant)
    return Removed(_name(table), count - left.num_rows)


def _drop_unmentioned(store: Store, table: Table, column: str, fact: str, tenant: str) -> Removed:
    """People, pseudonyms and sources of which no message is left."""
    files = store.delta.files(table, tenant)
    if not files:
        return Removed(_name(table))
    traces = files_sql(MESSAGE_TRACES, store.delta.files(MESSAGE_TRACES, tenant))
    with store.compute() as connection:
        everyone = arrow(connection, files_sql(table, files))
        left = arrow(
            connection,
            f"select * from ({files_sql(table, files)})"
            f" where {column} in (select {fact} from ({traces}))",
        )
    if left.num_rows < everyone.num_rows:
        store.delta.replace(table, left, tenant)
    return Removed(_name(table), everyone.num_rows - left.num_rows)


def _name(table: Table) -> str:
    return f"{table.room}.{table.name}"


def _forget_entries(log: Path, version: int) -> int:
    """Entries and checkpoints before the newest checkpoint: they name values of removed rows."""
    old = [
        file
        for pattern in ("*.json", "*.checkpoint*.parquet", "*.torn", "*.crc")
        for file in log.glob(pattern)
        if file.name.split(".")[0].isdigit() and int(file.name.split(".")[0]) < version
    ]
    for file in old:
        file.unlink()
    return len(old)
