"""Erasure of a person: from rows of the tables, and from the texts of state.db."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from warehouse.connection import arrow, files_sql
from warehouse.privacy.removal import Removed, without_person
from warehouse.privacy.subjects import forget_subjects
from warehouse.protection.pseudonyms import erased_rows
from warehouse.store import Store
from warehouse.tables import (
    FIRST_CONTACTS,
    FIRST_SUBJECTS,
    IDENTITIES,
    MESSAGE_TRACES,
    TABLES,
    TRACE_EVENTS,
    Table,
)

# What keeps a removal going or proves it; of the audit log only what people wrote is changed.
KEPT_STATE = ("removals", "erased", "purged", "protection", "pseudonym_keys", "tenants")


def erase_rows(store: Store, tenant: str, value: str) -> list[Removed]:
    """Takes a person out of every table of the tenant and out of state.db.

    Message rows stay countable: the recipient becomes a mark of the row alone, subject and message
    id go. Rows that are about the person only are dropped; elsewhere the name is overwritten.
    """
    removed = [_erase_from(store, table, tenant, value) for table in TABLES]
    removed.append(Removed(FIRST_SUBJECTS.full_name, 0, forget_subjects(store, tenant)))
    removed += _erase_from_state(store, value)
    return [part for part in removed if part.rows_dropped or part.rows_kept_without]


def mentions(store: Store, tenant: str, value: str) -> int:
    """Rows of the newest versions that hold the value anywhere."""
    return sum(
        len(_mentioning(rows, value))
        for table in TABLES
        for _, rows in _partitions(store, table, tenant, value)
    )


def _erase_from(store: Store, table: Table, tenant: str, value: str) -> Removed:
    dropped = kept = 0
    for day, rows in _partitions(store, table, tenant, value):
        places = _mentioning(rows, value)
        if not places:
            continue
        left = _without(store, table, tenant, rows, value)
        store.delta.replace(table, left, tenant, None if day is None else [day])
        lost = rows.num_rows - left.num_rows
        dropped, kept = dropped + lost, kept + len(places) - lost
    return Removed(table.full_name, dropped, kept)


def _without(store: Store, table: Table, tenant: str, rows: pa.Table, value: str) -> pa.Table:
    """The rows without the person; those that are about the person alone are dropped."""
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
    if not places:
        return rows
    overwritten = [
        _overwritten(row, value) if place in places else row
        for place, row in enumerate(rows.to_pylist())
    ]
    return pa.Table.from_pylist(overwritten, schema=table.schema)


def _overwritten(content: object, value: str) -> Any:
    """The content of a column, or a whole row, without the person."""
    if isinstance(content, str):
        return without_person(content, value)
    if isinstance(content, list):
        return [_overwritten(item, value) for item in content]
    if isinstance(content, dict):
        return {name: _overwritten(item, value) for name, item in content.items()}
    return content


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
            for place, content in enumerate(column)
            if content and value in json.dumps(content, ensure_ascii=False, default=str).lower()
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
    # Events of an erased person are not fetched.
    connection.execute("delete from event_requests where recipient = ?", [value])
    for table, columns in _state_texts(store):
        count = 0
        for column in columns:
            rows = connection.execute(
                f"select rowid, {column} from {table} where instr(lower({column}), ?) > 0", [value]
            ).fetchall()
            connection.executemany(
                f"update {table} set {column} = ? where rowid = ?",
                [(without_person(text, value), row) for row, text in rows],
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
