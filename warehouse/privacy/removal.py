"""Removals of personal data that have begun: noted in state.db first, taken off it at the end.

Every step may be repeated: a removal leaves the list when the last old file is gone, so that a run
that dies in between is ended by the next one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from warehouse.privacy import audit
from warehouse.protection.mode import tenant_key
from warehouse.protection.person import Person
from warehouse.protection.pseudonyms import Mask
from warehouse.protection.words import PSEUDONYM
from warehouse.state import text_of, time_of
from warehouse.store import Store


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
    state, reason = store.state, Person(value).without(reason) if value else reason
    with state.transaction():
        for removal in unfinished(store):
            if (removal.tenant, removal.value) == (tenant, value):
                return removal
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
    store.keep_copy()  # a lost machine does not forget that a removal has begun
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
    target = "" if removal.value is None else audit_name(store, removal.tenant, removal.value)
    with store.state.transaction():
        audit.record(store, removal.at, removal.who, what, target, removal.reason, outcome)
        state.execute("delete from removals where number = ?", [removal.number])
    state.execute("pragma wal_checkpoint(truncate)")
    state.execute("vacuum")
    state.execute("pragma wal_checkpoint(truncate)")
    store.keep_copy()


def audit_name(store: Store, tenant: str, value: str) -> str:
    """How the audit log names a person: by pseudonym, in full mode by a keyed hash."""
    is_hidden = store.protection.mode != "full" and PSEUDONYM.fullmatch(value)
    return value if is_hidden else erased_name(store, tenant, value)


def erased_name(store: Store, tenant: str, value: str) -> str:
    """A name by a keyed hash, which leads to nobody; the numbers of an account stay under it."""
    return f"erased:{_erasure(store, tenant, value)}"


def _erasure(store: Store, tenant: str, value: str) -> str:
    """Makes the tenant's key first: in full mode it has none until someone is erased."""
    key = tenant_key(store.state, store.protection, tenant)
    return Mask(store.protection, key).erasure(value)
