"""The audit log: who did what with personal data, when and why; names nobody but the actor."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime
from typing import NamedTuple

from warehouse.privacy.audit_chain import seal_new
from warehouse.protection.pseudonyms import hidden
from warehouse.state import State, text_of
from warehouse.store import Store


class AuditEntry(NamedTuple):
    """One entry; both times are ISO 8601 texts, `recorded_at` that of the real clock.

    subject: by what the login's provider knows the actor, whose name may change; "" without one.
    chain: the seal of the entry and of all before it.
    """

    number: int
    at: str
    recorded_at: str
    who: str
    what: str
    target: str
    reason: str
    outcome: str
    subject: str = ""
    chain: str = ""


def record(
    store: Store,
    at: datetime,
    who: str,
    what: str,
    target: str,
    reason: str,
    outcome: str,
    subject: str = "",
) -> int:
    """Adds an entry and seals it; returns its number.

    target: a pseudonym or a table, never an address. No address in the reason is kept.
    """
    state = store.state
    times = [text_of(at), text_of(datetime.now(UTC))]
    with nullcontext() if state.connection.in_transaction else state.transaction():
        row = state.connection.execute(
            "insert into audit (at, recorded_at, who, what, target, reason, outcome, subject)"
            " values (?, ?, ?, ?, ?, ?, ?, ?) returning number",
            [*times, who, what, target, hidden(reason), outcome, subject],
        ).fetchone()
        seal_new(store, int(row[0]))
    return int(row[0])


def record_daily(store: Store, at: datetime, who: str, what: str, target: str) -> None:
    """Adds an entry for what a schedule repeats, once for each UTC day of business time."""
    noted = store.state.connection.execute(
        "select 1 from audit where who = ? and what = ? and target = ? and substr(at, 1, 10) = ?",
        [who, what, target, text_of(at)[:10]],
    ).fetchone()
    if noted is None:
        record(store, at, who, what, target, "", "done")


def entries(state: State, limit: int = 1000) -> list[AuditEntry]:
    """The newest entries, newest first."""
    rows = state.connection.execute(
        f"select {', '.join(AuditEntry._fields)} from audit order by number desc limit ?", [limit]
    )
    return [AuditEntry(*row) for row in rows]


def entries_after(state: State, number: int, limit: int = 1000) -> list[AuditEntry]:
    """The entries that follow one, oldest first."""
    rows = state.connection.execute(
        f"select {', '.join(AuditEntry._fields)} from audit where number > ? order by number"
        " limit ?",
        [number, limit],
    )
    return [AuditEntry(*row) for row in rows]
