"""Pages of message traces: newest first, in an order that later rows cannot disturb."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np

from simulator.graph.trace_query import Selection, TraceQuery, message_id
from simulator.mail.block import STATUSES
from simulator.mail.instant import day_of, trace_text
from simulator.mail.sends import Ints
from simulator.mail.traffic import Traffic

Row = dict[str, Any]


class Cursor(msgspec.Struct, frozen=True):
    """Where the next page starts, and everything needed to cut it the same way.

    `snapshot` is the tenant's clock at the first page, in microseconds: rows that appear later
    are not part of this reading.
    """

    query: TraceQuery
    snapshot: int
    day: int
    offset: int = 0


def first_cursor(query: TraceQuery, clock: int) -> Cursor:
    """The start of a reading at a clock."""
    return Cursor(query, clock, day_of(min(query.end, clock)))


def read_page(traffic: Traffic, cursor: Cursor) -> tuple[list[Row], Cursor | None]:
    """Up to `top` rows and the cursor of the next page; None when nothing is left."""
    selection = Selection(traffic, cursor.query, cursor.snapshot)
    rows: list[Row] = []
    offset = cursor.offset
    for day, picks in _picks_by_day(traffic, selection, cursor):
        room = cursor.query.top - len(rows)
        if room == 0:
            return rows, Cursor(cursor.query, cursor.snapshot, day, offset)
        chosen = picks[offset : offset + room]
        rows.extend(_render(traffic, day, chosen, cursor.snapshot))
        if offset + len(chosen) < len(picks):
            return rows, Cursor(cursor.query, cursor.snapshot, day, offset + len(chosen))
        offset = 0
    return rows, None


def _picks_by_day(
    traffic: Traffic, selection: Selection, cursor: Cursor
) -> Iterator[tuple[int, Ints]]:
    """(day, matching rows as pairs of account and row number) for every day that has any."""
    oldest = max(traffic.first_day, day_of(cursor.query.start))
    for day in range(cursor.day, oldest - 1, -1):
        picks = _picks(traffic, selection, day)
        if len(picks):
            yield day, picks


def _picks(traffic: Traffic, selection: Selection, day: int) -> Ints:
    """Matching rows of one day over all accounts, newest first; ties keep account and row order."""
    pairs, times = [np.empty((0, 2), np.int64)], [np.empty(0, np.int64)]
    for account in selection.accounts:
        rows = selection.rows(account, day)
        pairs.append(np.column_stack([np.full(len(rows), account), rows]))
        times.append(traffic.block(account, day).received[rows])
    order = np.argsort(-np.concatenate(times), kind="stable")
    return np.asarray(np.concatenate(pairs)[order])


def _render(traffic: Traffic, day: int, picks: Ints, clock: int) -> Iterator[Row]:
    renderers: dict[int, Renderer] = {}
    for account, row in picks.tolist():
        if account not in renderers:
            renderers[account] = Renderer(traffic, account, day, clock)
        yield renderers[account].row(row)


class Renderer:
    """Writes the rows of one block the way the service does, as of a clock."""

    def __init__(self, traffic: Traffic, account: int, day: int, clock: int) -> None:
        self.block = traffic.block(account, day)
        self._directory = traffic.directory
        self._spellings = traffic.accounts[account].spellings
        self._subjects = traffic.subjects(account)
        self._sources = traffic.sources(account)
        self._status = self.block.status_at(clock)
        self._heads: dict[int, Row] = {}

    def row(self, number: int) -> Row:
        """One `exchangeMessageTrace`; sizes in bytes."""
        block = self.block
        head = self.head(int(block.message[number]))
        recipient, letter_case = int(block.recipient[number]), int(block.letter_case[number])
        return {
            "id": head["id"],
            "senderAddress": head["senderAddress"],
            "recipientAddress": self._directory.address(recipient, letter_case),
            "messageId": head["messageId"],
            "receivedDateTime": trace_text(block.received[number]),
            "subject": head["subject"],
            "size": int(block.size[number]),
            "fromIP": head["fromIP"],
            "toIP": "",
            "status": STATUSES[self._status[number]],
        }

    def head(self, message: int) -> Row:
        """The values that all rows of a message share."""
        if message not in self._heads:
            block = self.block
            trace_id = str(uuid.UUID(bytes=block.ids[message].tobytes()))
            self._heads[message] = {
                "id": trace_id,
                "senderAddress": self._spellings[block.sender[message]],
                "messageId": message_id(trace_id, self._directory.domain),
                "subject": self._subjects[block.subject[message]],
                "fromIP": self._sources[block.source[message]],
            }
        return self._heads[message]
