"""Quiet addresses of which every second run reads: their newest window waits for the next run.

Where many addresses must be asked one by one, most of them send nothing for weeks, and a request
for each in every run takes a third of the quota. Nothing is lost by waiting: the next run begins
where the last reading ended, less the hours that are always read again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from ingest.graph.trace_buffer import SOURCE
from ingest.graph.trace_plan import TraceQuery
from warehouse.records.coverage import covered_windows, postpone
from warehouse.records.stored import senders_since
from warehouse.store import Store
from warehouse.windows import Window

FEW_REQUESTS = 50  # of a run: so many leave most of the quota
QUIET_FOR = timedelta(days=7)
# Since the last reading: less than two of the usual quarter-hours.
LONGEST_WAIT = timedelta(minutes=25)


def without_postponed(
    store: Store, tenant: str, queries: Sequence[TraceQuery], look_back: timedelta, now: datetime
) -> list[TraceQuery]:
    """The queries of this run; those that wait are noted, and what waited before does no longer.

    At most half of the quiet addresses wait, those that were read last, so that runs take turns.
    """
    single = [query for query in queries if not query.is_shared]
    waiting: dict[str, Window] = {}
    if len(single) > FEW_REQUESTS:
        heard = senders_since(store, tenant, now - QUIET_FOR)
        quiet = [query for query in single if query.sender not in heard]
        able = sorted(
            _able(store, tenant, quiet, look_back, now),
            key=lambda pair: pair[1].start,
            reverse=True,
        )
        waiting = dict(able[: len({query.sender for query in quiet}) // 2])
    postpone(store.state, tenant, SOURCE, waiting)
    return [query for query in queries if query.sender not in waiting]


def _able(
    store: Store, tenant: str, quiet: Sequence[TraceQuery], look_back: timedelta, now: datetime
) -> Iterator[tuple[str, Window]]:
    """Addresses of which nothing but the newest minutes is missing, with these minutes."""
    starts: dict[str, datetime] = {}
    for query in quiet:
        starts[query.sender] = min(query.window.start, starts.get(query.sender, now))
    for sender in sorted(starts):
        windows = covered_windows(store.state, tenant, SOURCE, sender)
        last = windows[-1].end if windows else now - 2 * LONGEST_WAIT
        if now - LONGEST_WAIT < last < now and starts[sender] >= last - look_back:
            yield sender, Window(last, now)
