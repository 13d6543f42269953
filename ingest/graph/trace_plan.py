"""The cheapest queries for what is missing: one address, a domain of our own, or every sender.

Graph takes one sender per query, or `*@domain`. A domain query serves all accounts of that domain
for the price of one; it is used only where nobody else sends from there, unless the tenant allows
reading everyone. Finer queries take the place of one that turns out wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from warehouse.windows import Window

EVERYONE = "*"
Sharing = Literal["address", "domain", "everyone"]
LONGEST_WINDOW = timedelta(days=10)


@dataclass(frozen=True)
class TraceQuery:
    """One query: `sender` is an address, `*@domain` or `*`; `addresses` is what it covers."""

    sender: str
    addresses: tuple[str, ...]
    window: Window

    @property
    def is_shared(self) -> bool:
        """Whether rows of others may come with it."""
        return self.sender.startswith(EVERYONE)


def plan(
    missing: Mapping[str, Sequence[Window]], refused: Collection[str], sharing: Sharing
) -> list[TraceQuery]:
    """Queries that read every missing window, newest first, so that today comes before the past.

    refused: shared senders that are not to be queried. sharing: the widest query allowed.
    """
    by_end: dict[datetime, dict[str, datetime]] = {}
    for address, windows in missing.items():
        for window in windows:
            for part in split(window):
                starts = by_end.setdefault(part.end, {})
                starts[address] = min(part.start, starts.get(address, part.start))
    return [
        query
        for end in sorted(by_end, reverse=True)
        for query in _queries(by_end[end], end, refused, sharing)
    ]


def finer(query: TraceQuery, refused: Collection[str]) -> list[TraceQuery]:
    """Narrower queries in the place of a shared one."""
    missing = {address: [query.window] for address in query.addresses}
    return plan(missing, refused, "domain" if query.sender == EVERYONE else "address")


def _queries(
    starts: Mapping[str, datetime], end: datetime, refused: Collection[str], sharing: Sharing
) -> Iterator[TraceQuery]:
    groups: dict[str, list[str]] = {}
    for address in starts:
        domain = "*@" + address.rpartition("@")[2]
        everyone = sharing == "everyone" and EVERYONE not in refused
        shared = EVERYONE if everyone else domain
        groups.setdefault(shared, []).append(address)
    for shared, addresses in groups.items():
        if sharing != "address" and len(addresses) > 1 and shared not in refused:
            # Reading a little more of some addresses is cheaper than another query.
            start = min(starts[address] for address in addresses)
            yield TraceQuery(shared, tuple(addresses), Window(start, end))
        else:
            for address in addresses:
                yield TraceQuery(address, (address,), Window(starts[address], end))


def split(window: Window) -> list[Window]:
    """Parts of at most 10 days that share their borders: no fraction of a second is lost."""
    parts, start = [], window.start
    while start < window.end:
        end = min(start + LONGEST_WINDOW, window.end)
        parts.append(Window(start, end))
        start = end
    return parts
