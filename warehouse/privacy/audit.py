"""The audit log: who did what with personal data, when and why; names nobody but the actor."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from warehouse.protection.pseudonyms import hidden
from warehouse.state import State, text_of


class AuditEntry(NamedTuple):
    """One entry; both times are ISO 8601 texts, `recorded_at` that of the real clock."""

    number: int
    at: str
    recorded_at: str
    who: str
    what: str
    target: str
    reason: str
    outcome: str


def record(
    state: State, at: datetime, who: str, what: str, target: str, reason: str, outcome: str
) -> int:
    """Adds an entry; returns its number. `target` is a pseudonym or a table, never an address.

    Addresses in the reason are not kept, whatever the mode.
    """
    row = state.connection.execute(
        "insert into audit (at, recorded_at, who, what, target, reason, outcome)"
        " values (?, ?, ?, ?, ?, ?, ?) returning number",
        [text_of(at), text_of(datetime.now(UTC)), who, what, target, hidden(reason), outcome],
    ).fetchone()
    return int(row[0])


def record_daily(state: State, at: datetime, who: str, what: str, target: str) -> None:
    """Adds an entry for what a schedule repeats, once for each UTC day of business time."""
    noted = state.connection.execute(
        "select 1 from audit where who = ? and what = ? and target = ? and substr(at, 1, 10) = ?",
        [who, what, target, text_of(at)[:10]],
    ).fetchone()
    if noted is None:
        record(state, at, who, what, target, "", "done")


def entries(state: State, limit: int = 1000) -> list[AuditEntry]:
    """The newest entries, newest first."""
    rows = state.connection.execute(
        f"select {', '.join(AuditEntry._fields)} from audit order by number desc limit ?", [limit]
    )
    return [AuditEntry(*row) for row in rows]
