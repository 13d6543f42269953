"""Pages of message traces: newest first, in an order that later rows cannot disturb."""

from __future__ import annotations

import time
from collections.abc import Iterator

import msgspec
import numpy as np

from simulator.graph.trace_query import Selection, TraceRequest
from simulator.graph.trace_row import Renderer, ServedTrace
from simulator.mail.instant import day_of
from simulator.mail.sends import Ints
from simulator.mail.traffic import SimulatedTraffic
from simulator.paging import EXPIRED, BadTokenError, read_token, write_token


class Cursor(msgspec.Struct, frozen=True):
    """Where the next page starts, and everything needed to cut it the same way.

    `snapshot` is the tenant's clock at the first page, in microseconds: rows that appear later
    are not part of this reading.
    """

    query: TraceRequest
    snapshot: int
    day: int
    offset: int = 0


class _IssuedCursor(msgspec.Struct, frozen=True, array_like=True):
    issued: float
    cursor: Cursor


def write_cursor(cursor: Cursor) -> str:
    """The skip token of a cursor, with the real time of its issue."""
    return write_token(_IssuedCursor(time.time(), cursor))


def read_cursor(token: str, lifetime_seconds: float) -> Cursor:
    """The cursor of a skip token.

    Raises: BadTokenError when the token is damaged or older than its lifetime.
    """
    carried = read_token(token, _IssuedCursor)
    if time.time() - carried.issued >= lifetime_seconds:
        raise BadTokenError(EXPIRED)
    return carried.cursor


def first_cursor(query: TraceRequest, clock: int) -> Cursor:
    """The start of a reading at a clock."""
    return Cursor(query, clock, day_of(min(query.end, clock)))


def read_page(traffic: SimulatedTraffic, cursor: Cursor) -> tuple[list[ServedTrace], Cursor | None]:
    """Up to `top` rows and the cursor of the next page; None when nothing is left."""
    selection = Selection(traffic, cursor.query, cursor.snapshot)
    rows: list[ServedTrace] = []
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
    traffic: SimulatedTraffic, selection: Selection, cursor: Cursor
) -> Iterator[tuple[int, Ints]]:
    """(day, matching rows as pairs of account and row number) for every day that has any."""
    oldest = max(traffic.first_day, day_of(cursor.query.start))
    for day in range(cursor.day, oldest - 1, -1):
        picks = _picks(traffic, selection, day)
        if len(picks):
            yield day, picks


def _picks(traffic: SimulatedTraffic, selection: Selection, day: int) -> Ints:
    """Matching rows of one day over all accounts, newest first; ties keep account and row order."""
    pairs, times = [np.empty((0, 2), np.int64)], [np.empty(0, np.int64)]
    for account in selection.accounts:
        rows = selection.rows(account, day)
        pairs.append(np.column_stack([np.full(len(rows), account), rows]))
        times.append(traffic.block(account, day).received[rows])
    order = np.argsort(-np.concatenate(times), kind="stable")
    return np.asarray(np.concatenate(pairs)[order])


def _render(traffic: SimulatedTraffic, day: int, picks: Ints, clock: int) -> Iterator[ServedTrace]:
    renderers: dict[int, Renderer] = {}
    for account, row in picks.tolist():
        if account not in renderers:
            renderers[account] = Renderer(traffic, account, day, clock)
        yield renderers[account].row(row)
