"""Alerts on their way: what each target was notified of, and the messages that wait for it.

The notice of a target and the message that carries it are written in one transaction, so that a
crash neither loses nor repeats an alert here. A process that is killed between sending and
`record_sent` sends the message again, under the same id: no store can prevent that.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from warehouse.state import State, text_of

KEPT_FOR = timedelta(days=90)
DAY_SECONDS = 86_400.0


@dataclass(frozen=True)
class Notice:
    """What a target knows of an incident or a budget threshold."""

    stage: str
    severity: str
    size: int
    count: int
    paged_at: str | None
    parts: dict[str, Any]


@dataclass(frozen=True)
class OutgoingMessage:
    """A message to a target; `state` is held until it is due."""

    id: str
    tenant: str
    target: str
    key: str
    state: str
    due_at: datetime
    message: dict[str, Any]
    attempts: int = 0


class Trouble(NamedTuple):
    """A target that cannot be reached; `retry_at` is in real epoch seconds."""

    target: str
    messages: int
    attempts: int
    retry_at: float
    error: str


class Outbox:
    """The alert tables of an open state.db."""

    def __init__(self, state: State) -> None:
        self._state, self._db = state, state.connection

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
        with self._state.transaction():
            yield

    def notices(self, tenant: str) -> dict[tuple[str, str], Notice]:
        """The last notice of every target and key."""
        rows = self._db.execute(
            "select target, key, stage, severity, size, count, paged_at, parts from alerts"
            " where tenant = ?",
            [tenant],
        )
        return {
            (target, key): Notice(stage, severity, size, count, paged_at, json.loads(parts))
            for target, key, stage, severity, size, count, paged_at, parts in rows
        }

    def note(self, tenant: str, target: str, key: str, notice: Notice) -> None:
        """Keeps what the target is notified of; belongs into the transaction of `add`."""
        self._db.execute(
            "insert or replace into alerts values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [tenant, target, key, notice.stage, notice.severity, notice.size, notice.count,
             notice.paged_at, json.dumps(notice.parts)],
        )  # fmt: skip

    def add(self, entry: OutgoingMessage, now: datetime) -> None:
        """Adds a message; one whose id is there already is the same message."""
        self._db.execute(
            "insert or ignore into outbox"
            " (id, tenant, target, key, state, due_at, created_at, message)"
            " values (?, ?, ?, ?, ?, ?, ?, ?)",
            [entry.id, entry.tenant, entry.target, entry.key, entry.state,
             text_of(entry.due_at), text_of(now), json.dumps(entry.message)],
        )  # fmt: skip

    def forwarded(self, target: str) -> int:
        """Number of the last entry of the audit log that the target has; 0 before the first."""
        query = "select value from counters where name = ?"
        row = self._db.execute(query, [f"audit:{target}"]).fetchone()
        return int(row[0]) if row else 0

    def note_forwarded(self, target: str, number: int) -> None:
        """Keeps how far the target has the audit log; belongs into the transaction of `add`."""
        self._db.execute(
            "insert or replace into counters values (?, ?)", [f"audit:{target}", number]
        )

    def ripe(self, now: datetime) -> list[OutgoingMessage]:
        """Held messages whose time has come, oldest first."""
        return self._entries("state = 'held' and due_at <= ?", [text_of(now)])

    def due(self, real_now: float) -> list[OutgoingMessage]:
        """Messages to send, oldest first; those that failed lately wait.

        A wait of more than a day was reckoned by a wrong clock.
        """
        return self._entries(
            "state = 'due' and retry_at not between ? and ?",
            [math.nextafter(real_now, math.inf), real_now + DAY_SECONDS],
        )

    def release(self, ids: Sequence[str]) -> None:
        """Held messages that go out as they are."""
        self._mark("due", ids)

    def join(self, ids: Sequence[str], digest: OutgoingMessage, now: datetime) -> None:
        """Held messages that go out as one; belongs into a transaction."""
        self.add(digest, now)
        self._mark("joined", ids)

    def begin(self, entry: OutgoingMessage) -> None:
        """Counts the attempt before it starts."""
        self._db.execute("update outbox set attempts = attempts + 1 where id = ?", [entry.id])

    def record_sent(self, entry: OutgoingMessage, now: datetime) -> None:
        """The receiver has acknowledged the message."""
        self._db.execute(
            "update outbox set state = 'sent', sent_at = ?, last_error = null where id = ?",
            [text_of(now), entry.id],
        )

    def record_failure(self, entry: OutgoingMessage, error: str, retry_at: float) -> None:
        """The message stays due, not before a real time."""
        self._db.execute(
            "update outbox set last_error = ?, retry_at = ? where id = ?",
            [error, retry_at, entry.id],
        )

    def give_up(self, entry: OutgoingMessage, error: str) -> None:
        """The message is kept with its error, and not tried again."""
        self._db.execute(
            "update outbox set state = 'failed', last_error = ? where id = ?", [error, entry.id]
        )

    def created_at(self, entry: OutgoingMessage) -> datetime:
        """Business time at which the message was written."""
        query = "select created_at from outbox where id = ?"
        return datetime.fromisoformat(self._db.execute(query, [entry.id]).fetchone()[0])

    def waiting(self) -> dict[str, int]:
        """Number of messages by state, of those that are not out yet or were given up."""
        rows = self._db.execute(
            "select state, count(*) from outbox where state in ('held', 'due', 'failed')"
            " group by state"
        )
        return dict(rows.fetchall())

    def troubles(self) -> list[Trouble]:
        """Targets with messages that were tried in vain, each with its newest error."""
        rows = self._db.execute(
            "select target, count(*), max(attempts), min(retry_at), last_error, max(number)"
            " from outbox where state = 'due' and last_error is not null group by target"
            " order by target"
        )
        return [Trouble(*row[:5]) for row in rows]

    def forget(self, now: datetime) -> None:
        """Drops messages that were settled long ago."""
        self._db.execute(
            "delete from outbox where state in ('sent', 'joined', 'failed') and created_at < ?",
            [text_of(now - KEPT_FOR)],
        )

    def _mark(self, state: str, ids: Sequence[str]) -> None:
        self._db.executemany(
            "update outbox set state = ? where id = ? and state = 'held'",
            [(state, name) for name in ids],
        )

    def _entries(self, condition: str, values: list[Any]) -> list[OutgoingMessage]:
        rows = self._db.execute(
            "select id, tenant, target, key, state, due_at, message, attempts from outbox"
            f" where {condition} order by number",
            values,
        )
        return [
            OutgoingMessage(name, tenant, target, key, state, datetime.fromisoformat(due),
                            json.loads(text), attempts)
            for name, tenant, target, key, state, due, text, attempts in rows
        ]  # fmt: skip
