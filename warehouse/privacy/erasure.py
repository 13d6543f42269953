"""Erasure of a person: from rows of the tables, and from the texts of state.db.

Columns of addresses are compared as a whole, texts by `warehouse.protection.person`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from warehouse.connection import Row, arrow, files_sql
from warehouse.privacy import audit_chain
from warehouse.privacy.removal import Removed, erased_name
from warehouse.privacy.subjects import forget_subjects
from warehouse.protection.person import ERASED, Person
from warehouse.store import Store
from warehouse.tables import (
    ALL_TABLES,
    FIRST_CONTACTS,
    FIRST_SUBJECTS,
    IDENTITIES,
    MESSAGE_TRACES,
    SMALL_TABLES,
    TRACE_EVENTS,
    AnyTable,
    SmallTable,
    Table,
)
from warehouse.walks import forget_walk

# What keeps a removal going or proves it; of the audit log only what people wrote is changed.
KEPT_STATE = (
    "removals", "erased", "purged", "protection", "pseudonym_keys", "tenants",
    *(table.name for table in SMALL_TABLES),  # taken as whole rows, like the other tables
)  # fmt: skip
AUDIT_TEXTS = ["target", "reason"]
# What proves an erasure names the person by a hash or pseudonym, and no later one takes that out.
ERASABLE = {"audit": "audit where what <> 'erase'"}
# An account that is erased keeps its numbers under a name of its own in these columns.
OF_ACCOUNTS = ("sender", "account", "accounts", "address", "addresses")
OF_PEOPLE = ("recipient", "pseudonym", "user_principal_name")
OF_ADDRESSES = OF_ACCOUNTS + OF_PEOPLE
OF_MESSAGES = ("message_id", "trace_id")
ABOUT_ONE = (FIRST_CONTACTS, TRACE_EVENTS, IDENTITIES)  # rows of these go with their person
WITH_PERSON = ("subject", "message_id")  # what leads to a person beside the address

# The pattern takes three times as long as the word, which only a text beyond ASCII may hide.
LIKELY = (
    "(contains(lower({name}), $word) or strlen({name}) <> length({name})"
    " or contains({name}, '\\u'))"
    " and regexp_matches({name}, $likely, 'i')"
)


class ErasedRows(NamedTuple):
    """What was removed by table, and how many distinct values of address columns went with it that
    are not the address as it is stored: other spellings of it, none as a rule.
    """

    removed: list[Removed]
    other_values: int


@dataclass(frozen=True)
class KeptForm:
    """Rows of a table that hold a form which may mean the person or somebody else."""

    form: str
    table: str
    rows: int


class LeftOver(NamedTuple):
    """Rows of the newest versions that hold the person, and forms that may mean the person."""

    rows: int
    forms: tuple[KeptForm, ...]


def erase_rows(store: Store, tenant: str, value: str) -> ErasedRows:
    """Takes a person out of every table of the tenant and out of state.db.

    Message rows stay countable: the recipient becomes a mark of the row alone, subject and message
    id go. Rows that are about the person only are dropped; elsewhere the name is overwritten.
    """
    erasing = _Erasing(store, tenant, Person(value), erased_name(store, tenant, value))
    store.state.connection.execute("pragma secure_delete = on")
    removed = [erasing.from_table(table) for table in ALL_TABLES]
    removed.append(Removed(FIRST_SUBJECTS.full_name, 0, forget_subjects(store, tenant)))
    forget_walk(store.root, tenant)
    with store.state.transaction():  # words of the audit log change with their seals
        intact = audit_chain.intact(store)
        removed += erasing.from_state()
        audit_chain.seal_rewritten(store, intact)
    return ErasedRows(_nonempty(removed), len(erasing.other_values))


def rows_to_erase(store: Store, tenant: str, value: str) -> ErasedRows:
    """What erase_rows would remove, but for subjects that no other row holds; changes nothing."""
    erasing = _Erasing(store, tenant, Person(value), ERASED, is_rehearsal=True)
    removed = [*(erasing.from_table(table) for table in ALL_TABLES), *erasing.from_state()]
    return ErasedRows(_nonempty(removed), len(erasing.other_values))


def left_over(store: Store, tenant: str, value: str) -> LeftOver:
    """What the newest versions hold of a person anywhere."""
    person, rows_left, forms = Person(value), 0, Counter[tuple[str, str]]()
    for table in ALL_TABLES:
        for _, rows in _partitions(store, table, tenant, person):
            rows_left += len(_holding(rows, person))
            forms.update((form, table.full_name) for form in _doubtful_forms(rows, person))
    for (form, name), rows in _doubtful_state(store, person).items():
        forms[form, name] += rows
    kept = (KeptForm(form, table, rows) for (form, table), rows in sorted(forms.items()))
    return LeftOver(rows_left, tuple(kept))


def _nonempty(removed: list[Removed]) -> list[Removed]:
    return [part for part in removed if part.rows_dropped or part.rows_kept_without]


@dataclass
class _Erasing:
    """One person on the way out of a tenant's rows; a rehearsal counts alone."""

    store: Store
    tenant: str
    person: Person
    account_name: str
    is_rehearsal: bool = False
    other_values: set[str] = field(default_factory=set)

    def from_table(self, table: AnyTable) -> Removed:
        """Takes the person out of the table's rows of the tenant."""
        dropped = kept = 0
        for day, rows in _partitions(self.store, table, self.tenant, self.person):
            places = _holding(rows, self.person)
            if not places:
                continue
            left = self._left(table, rows, places)
            if not self.is_rehearsal:
                days, is_searched = None if day is None else [day], table is MESSAGE_TRACES
                self.store.replace(table, left, self.tenant, days, searchable=is_searched)
            lost = rows.num_rows - left.num_rows
            dropped, kept = dropped + lost, kept + len(places) - lost
        return Removed(table.full_name, dropped, kept)

    def _left(self, table: AnyTable, rows: pa.Table, places: Sequence[int]) -> pa.Table:
        """The rows in their order, those at the places without the person."""
        changed = [self._left_of(table, row) for row in rows.take(places).to_pylist()]
        order: list[int | None] = [*range(rows.num_rows)]
        number = rows.num_rows
        for place, row in zip(places, changed, strict=True):
            order[place] = None if row is None else number
            number += row is not None
        fresh = pa.Table.from_pylist([row for row in changed if row], schema=table.schema)
        kept = [place for place in order if place is not None]
        return pa.concat_tables([rows, fresh]).take(pa.array(kept, pa.int64()))

    def _left_of(self, table: AnyTable, row: Row) -> Row | None:
        """A row without the person; None where it is about nobody else."""
        changed = {name: self._value(name, content) for name, content in row.items()}
        name = row.get("recipient") or row.get("pseudonym") or ""
        if not self.person.is_named_by(name):
            return changed
        if table in ABOUT_ONE:
            return None
        if not self.is_rehearsal:
            mask = self.store.mask(self.tenant)
            changed["recipient"] = mask.row_mark("erased:", self.person.value, row["trace_id"])
        nothing = dict.fromkeys(name for name in WITH_PERSON if name in row)
        return changed | nothing

    def _value(self, name: str, content: Any) -> Any:
        """The content of a column, or of a part of it, without the person."""
        if isinstance(content, list):
            return [self._value(name, item) for item in content]
        if isinstance(content, dict):
            return {key: self._value(key, item) for key, item in content.items()}
        if not isinstance(content, str):
            return content
        if name not in OF_ACCOUNTS and name not in OF_PEOPLE:
            return self.person.without(content)
        if not self.person.is_named_by(content):
            return content
        if content != self.person.value:
            self.other_values.add(content)
        return self.account_name if name in OF_ACCOUNTS else ERASED

    def from_state(self) -> Iterator[Removed]:
        """Takes the person out of the texts of state.db."""
        connection = self.store.state.connection
        asked_about = connection.execute("select rowid, recipient from event_requests").fetchall()
        dropped = [(number,) for number, name in asked_about if self.person.is_named_by(name or "")]
        if not self.is_rehearsal:  # nobody is asked about them
            connection.executemany("delete from event_requests where rowid = ?", dropped)
        yield Removed("state.event_requests", len(dropped), 0)
        for table, columns in _state_texts(self.store):
            yield Removed(f"state.{table}", 0, self._from_state_table(table, columns))

    def _from_state_table(self, table: str, columns: list[str]) -> int:
        connection, changed = self.store.state.connection, 0
        names = ", ".join(columns)
        for number, *texts in connection.execute(
            f"select rowid, {names} from {ERASABLE.get(table, table)}"
        ).fetchall():
            before = dict(zip(columns, texts, strict=True))
            after = {name: self._state_text(name, text) for name, text in before.items()}
            if before.get("tenant", self.tenant) != self.tenant:
                after |= {name: before[name] for name in OF_ACCOUNTS if name in before}
            if after == before:
                continue
            changed += 1
            if not self.is_rehearsal:
                sets = ", ".join(f"{name} = ?" for name in columns)
                sql = f"update or replace {table} set {sets} where rowid = ?"
                connection.execute(sql, [*after.values(), number])
        return changed

    def _state_text(self, name: str, text: str | None) -> str | None:
        if text is None or name != "accounts":
            return None if text is None else str(self._value(name, text))
        accounts = json.loads(text)
        changed = self._value(name, accounts)
        return text if changed == accounts else json.dumps(changed)


def _holding(rows: pa.Table, person: Person) -> list[int]:
    """Places of the rows that hold the person in any column."""
    texts = _likely_texts(rows, person)
    return sorted({place for place, name, text in texts if _is_held(name, text, person)})


def _is_held(name: str, text: str, person: Person) -> bool:
    return person.is_named_by(text) if name in OF_ADDRESSES else person.is_in(text)


def _doubtful_forms(rows: pa.Table, person: Person) -> Iterator[str]:
    """The forms that may mean the person, each once for a row."""
    named = {
        (place, form)
        for place, name, text in _likely_texts(rows, person)
        for form in _forms(name, text, person)
    }
    return (form for _, form in named)


def _forms(name: str, text: str, person: Person) -> list[str]:
    """A column of addresses keeps another address, also one that names the person within."""
    forms = person.doubtful_forms(text, is_message_id=name in OF_MESSAGES)
    if name in OF_ADDRESSES and person.is_in(text) and not person.is_named_by(text):
        forms.append("address")
    return forms


def _likely_texts(rows: pa.Table, person: Person) -> Iterator[tuple[int, str, str]]:
    """(place, column, text) of what may name the person."""
    for column in rows.schema:
        values = rows[column.name]
        if pa.types.is_string(column.type):
            is_likely = pc.match_substring_regex(values, person.likely, ignore_case=True)
            places = pc.indices_nonzero(pc.fill_null(is_likely, False))
            texts = values.take(places).to_pylist()
            for place, text in zip(places.to_pylist(), texts, strict=True):
                yield place, column.name, text
        elif pa.types.is_nested(column.type):
            for place, content in enumerate(values.to_pylist()):
                yield from ((place, column.name, text) for text in _texts(content))


def _texts(content: object) -> Iterator[str]:
    """Every text of a nested value."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, (list, dict)):
        for part in content.values() if isinstance(content, dict) else content:
            yield from _texts(part)


def _partitions(
    store: Store, table: AnyTable, tenant: str, person: Person
) -> Iterator[tuple[date | None, pa.Table]]:
    """(day, rows) that may hold the person; tables without days come whole, with None for a day."""
    if isinstance(table, SmallTable):
        yield None, store.small.rows(table, tenant)
        return
    days: Sequence[date | None] = [None]
    if "day" in table.partition_by:
        days = _days_with(store, table, tenant, person)
    for day in days:
        files = store.delta.files(table, tenant, None if day is None else [day])
        if files:
            with store.compute() as connection:
                yield day, arrow(connection, files_sql(table, files)).cast(table.schema)


def _days_with(store: Store, table: Table, tenant: str, person: Person) -> list[date]:
    """Days whose rows may hold the person in a text column."""
    texts = [field.name for field in table.schema if pa.types.is_string(field.type)]
    files = store.delta.files(table, tenant)
    if not files:
        return []
    hit = " or ".join(LIKELY.format(name=name) for name in texts)
    values = {"word": person.longest_word, "likely": person.likely}
    with store.compute() as connection:
        sql = f"select distinct day from ({files_sql(table, files)}) where {hit} order by day"
        return [row[0] for row in connection.execute(sql, values).fetchall()]


def _doubtful_state(store: Store, person: Person) -> Counter[tuple[str, str]]:
    """Rows of state.db by form and table that hold what may mean the person."""
    forms = Counter[tuple[str, str]]()
    for table, columns in _state_texts(store):
        sql = f"select {', '.join(columns)} from {table}"
        for texts in store.state.connection.execute(sql):
            cells = [(name, text) for name, text in zip(columns, texts, strict=True) if text]
            named = {form for name, text in cells for form in _forms(name, text, person)}
            forms.update((form, f"state.{table}") for form in named)
    return forms


def _state_texts(store: Store) -> Iterator[tuple[str, list[str]]]:
    """Tables of state.db and their text columns, those of other parts of the product included."""
    connection = store.state.connection
    tables = connection.execute(
        "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"
    ).fetchall()
    for (table,) in tables:
        columns = connection.execute("select name, type from pragma_table_info(?)", [table])
        texts = [name for name, kind in columns.fetchall() if kind.upper() == "TEXT"]
        if table not in KEPT_STATE and texts:
            yield table, AUDIT_TEXTS if table == "audit" else texts
