"""Message traces in the order of `Get-MessageTraceV2`, cut by key instead of by page.

Order: newest first by time of receipt, within one instant by recipient address.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from simulator.graph.trace_query import Selection, TraceRequest
from simulator.mail.instant import day_of
from simulator.mail.sends import Ints
from simulator.mail.traffic import SimulatedTraffic


class Place(NamedTuple):
    """Where a row stands: its key and where to find it."""

    received: int
    recipient: str
    account: int
    day: int
    row: int

    @property
    def key(self) -> tuple[int, str]:
        """What the next reading can name."""
        return self.received, self.recipient


class Keyset:
    """Rows that match any of the queries, which share window and size, at one clock.

    With `starting` (a lower-case address) rows of the last instant of the window count only
    behind that address, which the reading before ended with.
    """

    def __init__(
        self,
        traffic: SimulatedTraffic,
        queries: Sequence[TraceRequest],
        clock: int,
        starting: str = "",
    ) -> None:
        self._traffic = traffic
        self._window = queries[0]
        self._selections = [Selection(traffic, query, clock) for query in queries]
        self._starting = starting
        self._newest = day_of(min(self._window.end, clock))

    def read(self) -> tuple[list[Place], bool]:
        """(rows, whether there are more).

        A page never ends inside a group of equal keys, because no key could lead to the rest of
        it: such a group is left to the next page, or given as a whole when it fills the page.
        Microsoft does not say what its service does there; this rule is invented.
        """
        places: list[Place] = []
        size = self._window.top
        for day in self._days():
            places += self._first_of_day(day, size + 1 - len(places))
            if len(places) > size:
                return places[: _cut(places, size)], True
        return places, False

    def _days(self) -> Iterator[int]:
        oldest = max(self._traffic.first_day, day_of(self._window.start))
        yield from range(self._newest, oldest - 1, -1)

    def _first_of_day(self, day: int, least: int) -> list[Place]:
        """At least `least` rows of a day in order, whole instants only; fewer if it has fewer."""
        pairs, times = self._matching(day)
        order = np.argsort(-times, kind="stable")
        if len(order) > least:
            order = order[times[order] >= times[order[least - 1]]]
        return sorted(
            (self._place(day, int(pairs[at, 0]), int(pairs[at, 1])) for at in order),
            key=lambda place: (-place.received, place.recipient),
        )

    def _matching(self, day: int) -> tuple[Ints, Ints]:
        """(pairs of account and row number, times of receipt) of a day, in no order."""
        pairs = [np.empty((0, 2), np.int64)]
        times = [np.empty(0, np.int64)]
        for account in sorted(
            {index for selection in self._selections for index in selection.accounts}
        ):
            received = self._traffic.block(account, day).received
            rows = self._behind_start(account, day, self._rows(account, day), received)
            pairs.append(np.column_stack([np.full(len(rows), account), rows]))
            times.append(received[rows])
        return np.concatenate(pairs), np.concatenate(times)

    def _rows(self, account: int, day: int) -> Ints:
        parts = [
            selection.rows(account, day)
            for selection in self._selections
            if account in selection.accounts
        ]
        return np.unique(np.concatenate(parts)) if len(parts) > 1 else parts[0]

    def _behind_start(self, account: int, day: int, rows: Ints, received: Ints) -> Ints:
        if not self._starting:
            return rows
        last = rows[received[rows] == self._window.end]
        seen = [row for row in last if self._recipient(account, day, row) <= self._starting]
        return np.setdiff1d(rows, np.array(seen, np.int64), assume_unique=True)

    def _place(self, day: int, account: int, row: int) -> Place:
        received = int(self._traffic.block(account, day).received[row])
        return Place(received, self._recipient(account, day, row), account, day, row)

    def _recipient(self, account: int, day: int, row: int) -> str:
        number = int(self._traffic.block(account, day).recipient[row])
        return self._traffic.directory.address(number)


def _cut(places: Sequence[Place], size: int) -> int:
    """Length of the page out of more than `size` rows."""
    following = places[size].key
    count = size
    while count and places[count - 1].key == following:
        count -= 1
    if count:
        return count
    return next((at for at, place in enumerate(places) if place.key != following), len(places))
