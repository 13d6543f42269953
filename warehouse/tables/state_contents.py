"""Whether a state.db holds what hve-monitor writes and nothing else: its objects, its values."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, datetime
from functools import partial
from pathlib import Path

import pyarrow as pa

from hve_monitor.config.tenant import NAME
from hve_monitor.files import sql
from hve_monitor.text import printable
from warehouse.schema import ADDED_COLUMNS
from warehouse.tables import SMALL_TABLES
from warehouse.tables.cells import typed

STATE = sql(str(Path(__file__).parent), "state")
CHANGES = ("insert", "update", "delete")
DAYS = ("day", "first_day", "last_day", "facts_before", "passed_on", "period_start")
TIMES = ("at", "recorded_at", "last_now", "from_utc", "to_utc", "started_at", "finished_at",
         "ended_at", "expires_at", "starts_at", "ends_at", "created_at", "removed_at", "due_at",
         "erased_at", "judged_until")  # fmt: skip
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
YEARS = range(1970, 3000)  # what is reckoned with stays in the calendar

Check = Callable[[str], bool]
Column = tuple[str, str, int, int]
Described = tuple[tuple[str, int, int], dict[str, Column]]


def watch(connection: sqlite3.Connection, table: str) -> None:
    """A statement that changes the table takes its digest away."""
    for change in CHANGES:
        connection.execute(
            f'create trigger if not exists "{table}_{change}" after {change} on "{table}"'
            f" begin delete from table_digests where name = '{table}'; end"
        )


def foreign_content(state: sqlite3.Connection) -> str | None:
    """The first thing in a state.db that is not ours, None where there is none.

    Raises: sqlite3.Error for a file that cannot be read.
    """
    with closing(sqlite3.connect(":memory:")) as fresh:
        fresh.executescript(STATE)
        for table in SMALL_TABLES:
            fresh.executescript(table.definition)
        for name in _tables(fresh):
            if name != "table_digests":
                watch(fresh, name)
        state.text_factory = _lenient
        try:
            return next(_foreign(state, fresh), None)
        finally:
            state.text_factory = str


def foreign_content_of(file: Path) -> str | None:
    """As foreign_content, of a closed file; None also where it cannot be read."""
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as state:
            return foreign_content(state)
    except sqlite3.Error:
        return None


def _lenient(text: bytes) -> str:
    return text.decode("utf-8", "replace")


def _foreign(state: sqlite3.Connection, fresh: sqlite3.Connection) -> Iterator[str]:
    yield from _foreign_objects(state, fresh)
    for table in _tables(state):
        yield from _foreign_columns(table, _described(state, table), _described(fresh, table))
    for table in _tables(state):
        if table != "audit":  # its seals tell what was done to its values
            yield from _foreign_values(state, table)


def _tables(connection: sqlite3.Connection) -> list[str]:
    names = connection.execute(
        "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'"
    )
    return [name for (name,) in names]


def _foreign_objects(state: sqlite3.Connection, fresh: sqlite3.Connection) -> Iterator[str]:
    query = "select type, name, tbl_name, iif(type = 'table', '', sql) from sqlite_schema"
    ours = set(fresh.execute(query))
    for stored in state.execute(query):
        kind, name, *_ = stored
        if stored not in ours and not name.startswith("sqlite_"):
            yield f"the {kind} {printable(name)[:80]!r} is not of hve-monitor"


def _described(connection: sqlite3.Connection, table: str) -> Described:
    kind = connection.execute(
        "select type, wr, strict from pragma_table_list where schema = 'main' and name = ?", [table]
    ).fetchone()
    columns = connection.execute(
        'select name, type, "notnull", pk from pragma_table_xinfo(?)', [table]
    ).fetchall()
    return kind, {column[0]: column for column in columns}


def _foreign_columns(table: str, present: Described, ours: Described) -> Iterator[str]:
    """An earlier release lacks columns that were added since."""
    lacking = ours[1].keys() - present[1].keys() - {*ADDED_COLUMNS.get(table, ())}
    others = [name for name, column in present[1].items() if ours[1].get(name) != column]
    if present[0] != ours[0]:
        yield f"the table {table} is of another kind"
    if lacking or others:
        name = printable(sorted([*lacking, *others])[0])[:80]
        yield f"the table {table} has another column {name!r}"


def _foreign_values(state: sqlite3.Connection, table: str) -> Iterator[str]:
    checks = CHECKS | SMALL_CHECKS.get(table, {})
    columns = state.execute(
        "select name from pragma_table_info(?) where type = 'TEXT' collate nocase", [table]
    )
    for (column,) in columns.fetchall():
        is_ours = checks.get(column)
        if is_ours is None:
            continue
        for (value,) in state.execute(f'select distinct "{column}" from "{table}"'):
            if value is not None and not is_ours(value):
                yield f"{table}.{column} holds {printable(value)[:80]!r}"


def _is_day(text: str) -> bool:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return False
    return str(day) == text and day.year in YEARS


def _is_time(text: str) -> bool:
    try:
        return bool(TIME.fullmatch(text)) and datetime.fromisoformat(text).year in YEARS
    except ValueError:
        return False


def _is_tenant(text: str) -> bool:
    """A name by the rule of the configuration; what is of the whole store begins with a star."""
    return text in ("", "*") or NAME.fullmatch(text.removeprefix("*")) is not None


def _fits(cell: str, kind: pa.DataType) -> bool:
    """Whether a cell of a small table is one of its column's type."""
    try:
        typed([cell], kind)
    except (pa.ArrowInvalid, ValueError, TypeError, RecursionError):
        return False
    return True


CHECKS: dict[str, Check] = {
    **dict.fromkeys(DAYS, _is_day),
    **dict.fromkeys(TIMES, _is_time),
    "tenant": _is_tenant,
}
# What a source says of a time may lie outside of the years that are reckoned with.
SMALL_CHECKS: dict[str, dict[str, Check]] = {
    table.name: {
        field.name: partial(_fits, kind=field.type)
        for field in table.schema
        if field.name != "tenant"
    }
    for table in SMALL_TABLES
}
