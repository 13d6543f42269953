"""Announced sends: who will mail how many recipients and when, as their author said."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from warehouse.state import State, text_of, time_of

COLUMNS = (
    "id, tenant, scope, accounts, starts_at, ends_at, recipients, note, author, created_at,"
    " removed_at"
)


@dataclass(frozen=True)
class Plan:
    """One announced send in [start, end); without accounts it speaks of the whole tenant.

    `recipients` is the size of all its accounts together; `scope` says what was named.
    """

    id: str
    tenant: str
    scope: str
    accounts: tuple[str, ...]
    start: datetime
    end: datetime
    recipients: int
    note: str
    author: str
    created_at: datetime
    removed_at: datetime | None = None

    def covers(self, account: str) -> bool:
        """Whether the account is one of those announced."""
        return not self.accounts or account in self.accounts


def add_plan(
    state: State,
    tenant: str,
    scope: str,
    accounts: Sequence[str],
    window: tuple[datetime, datetime],
    recipients: int,
    note: str,
    author: str,
    now: datetime,
) -> Plan:
    """Stores a plan under a new id."""
    name = uuid.uuid4().hex[:12]
    start, end = window
    plan = Plan(name, tenant, scope, tuple(accounts), start, end, recipients, note, author, now)
    state.connection.execute(
        f"insert into plans ({COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, null)",
        [
            name,
            tenant,
            scope,
            json.dumps(list(accounts)),
            text_of(start),
            text_of(end),
            recipients,
            note,
            author,
            text_of(now),
        ],
    )
    return plan


def remove_plan(state: State, plan: str, author: str, now: datetime) -> bool:
    """Withdraws a plan from now on; False when there is none of that id."""
    done = state.connection.execute(
        "update plans set removed_at = ?, removed_by = ? where id = ? and removed_at is null",
        [text_of(now), author, plan],
    )
    return done.rowcount > 0


def stored_plans(
    state: State, now: datetime, tenant: str | None = None, *, with_removed: bool = False
) -> list[Plan]:
    """Plans that are announced at `now`, by start; withdrawn ones only when requested."""
    rows = state.connection.execute(
        f"select {COLUMNS} from plans where created_at <= ?1 and (?3 or removed_at is null or"
        " removed_at > ?1) and (?2 is null or tenant = ?2) order by starts_at, id",
        [text_of(now), tenant, with_removed],
    ).fetchall()
    return [_plan(row) for row in rows]


def _plan(row: tuple[str, ...]) -> Plan:
    name, tenant, scope, accounts, start, end, size, note, author, created, removed = row
    return Plan(
        name,
        tenant,
        scope,
        tuple(json.loads(accounts)),
        time_of(start),
        time_of(end),
        int(size),
        note,
        author,
        time_of(created),
        time_of(removed) if removed else None,
    )
