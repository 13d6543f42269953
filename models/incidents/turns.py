"""Which accounts a run judges: all of them, or in a large tenant those whose turn it is.

Judging an account costs a look at its whole history, so that a run over ten thousand of them takes
minutes. Where there are more than a run can judge, whoever sent something that could become an
incident comes at once; the others follow in the order in which they were judged last: of ten
thousand accounts each is judged again after 20 to 80 runs, so a silence, which nothing announces,
may be listed hours later. Whenever an account is judged, its incidents are the same, with the same
times: turns change when they are listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import duckdb
import pyarrow as pa

from hve_monitor.files import sql
from models.engine.sql import prepare, records
from warehouse.connection import Row
from warehouse.records.plans import Plan
from warehouse.records.turns import Standing, forget_judged, mark_due, record_judged, standings
from warehouse.store import Store
from warehouse.tables import HVE_ACTIVITY, HVE_USAGE_DAILY, HVE_USAGE_HOURLY, Table
from warehouse.tables.table import UTC_TIME

COUNTED = sql(__file__, "counts_seen")
AT_ONCE = 500  # accounts: a few seconds of one core
_LEAST_SLICE = 100  # fewer are not worth a thread
MONTH = timedelta(days=28)
ONE_DAY = timedelta(days=1)
EPISODE = timedelta(days=15)
_READ_AGAIN = timedelta(hours=6)  # rows come late: as in account_news.sql
# Older changes than these are rare (imports, rebuilds): then everybody is judged.
_LATE = timedelta(days=3)
# The least that a rule (signals/rules.py) can fire on; volume counts beside the month's top hour.
_LEAST = {
    "new_recipients": 5,
    "young_source_recipients": 1,
    "troubled": 3,
    "most_repeated": 5,
}


@dataclass(frozen=True)
class Turn:
    """The accounts that a run judges, and the first day that may have changed for any of them."""

    accounts: tuple[str, ...]
    first: date
    is_whole: bool  # no account is left out

    def slices(self, bound: frozenset[str], threads: int = 1) -> Iterator[tuple[str, ...]]:
        """The accounts in even parts for so many threads, of AT_ONCE at most.

        Those that plans bind together come together, however many they are.
        """
        together = tuple(account for account in self.accounts if account in bound)
        if together:
            yield together
        rest = [account for account in self.accounts if account not in bound]
        size = max(min(AT_ONCE, -(-len(rest) // threads)), _LEAST_SLICE)
        for place in range(0, len(rest), size):
            yield tuple(rest[place : place + size])


def next_turn(
    store: Store,
    tenant: str,
    accounts: Sequence[str],
    until: datetime,
    first: date,
    plans: Sequence[Plan],
) -> Turn:
    """The turn of a run in which days from `first` on have changed."""
    judged = standings(store.state, tenant)
    if len(accounts) <= AT_ONCE or not judged or first < until.date() - _LATE:
        return Turn(tuple(accounts), min([first, *_owed(judged.values())]), is_whole=True)
    mark_due(store.state, tenant, first)
    picked = set(_picked(store, tenant, accounts, judged, until))
    bound = bound_together(plans, accounts, until)
    if picked & bound:
        picked |= bound
    owed = _owed(judged[account] for account in picked if account in judged)
    return Turn(tuple(sorted(picked)), min([first, *owed]), is_whole=False)


def end_turn(store: Store, tenant: str, turn: Turn, until: datetime) -> None:
    """Notes what was judged; a tenant that fits into one turn needs no notes."""
    if turn.is_whole and len(turn.accounts) <= AT_ONCE:
        forget_judged(store.state, tenant)
        return
    seen = counts_seen(store, tenant)
    judged = {account: seen.get(account, 0) for account in turn.accounts}
    record_judged(store.state, tenant, judged, until)


def bound_together(
    plans: Sequence[Plan], accounts: Iterable[str], until: datetime
) -> frozenset[str]:
    """Accounts that share the size of an announced send, while it can explain anything."""
    shared = [
        plan
        for plan in plans
        if len(plan.accounts) != 1 and plan.start <= until and plan.end >= until - EPISODE
    ]
    return frozenset(
        account for account in accounts if any(plan.covers(account) for plan in shared)
    )


def _owed(judged: Iterable[Standing]) -> list[date]:
    return [standing.due_from for standing in judged if standing.due_from is not None]


def _picked(
    store: Store,
    tenant: str,
    accounts: Sequence[str],
    judged: Mapping[str, Standing],
    until: datetime,
) -> Iterator[str]:
    """Every account that may have an incident to raise, then the longest not judged."""
    suspects = set(_suspects(store, tenant, judged, until))
    new = [account for account in accounts if account not in judged]
    yield from suspects
    yield from new
    rest = [account for account in accounts if account in judged and account not in suspects]
    rest.sort(key=lambda account: judged[account].judged_until)
    yield from rest[: max(AT_ONCE - len(suspects) - len(new), AT_ONCE // 4)]


def _suspects(
    store: Store, tenant: str, judged: Mapping[str, Standing], until: datetime
) -> Iterator[str]:
    for row in _news(store, tenant, judged, until):
        loud = row["most"] is None or row["largest"] > row["most"]
        if loud or any((row[name] or 0) >= least for name, least in _LEAST.items()):
            yield row["account"]


def _news(store: Store, tenant: str, judged: Mapping[str, Standing], until: datetime) -> list[Row]:
    last_times = [standing.judged_until for standing in judged.values()]
    oldest = min(last_times) - _READ_AGAIN
    rows = pa.table(
        {
            "account": list(judged),
            "judged_until": pa.array(last_times, UTC_TIME),
            "seen": pa.array([standing.seen for standing in judged.values()], pa.int64()),
        }
    )
    with store.compute() as connection:
        prepare(connection)
        connection.register("judged", rows)
        _view(store, connection, HVE_USAGE_DAILY, tenant)
        _view(store, connection, HVE_ACTIVITY, tenant, oldest, until)
        _view(store, connection, HVE_USAGE_HOURLY, tenant, until - MONTH, until)
        connection.execute(f"create view counted as {COUNTED}")
        return records(connection, sql(__file__, "account_news"), {"oldest": oldest})


def counts_seen(store: Store, tenant: str) -> dict[str, int]:
    """Recipients and undelivered ones of each account's whole history: other mail, other sum."""
    with store.compute() as connection:
        prepare(connection)
        _view(store, connection, HVE_USAGE_DAILY, tenant)
        return dict(connection.execute(COUNTED).fetchall())


def _view(
    store: Store,
    connection: duckdb.DuckDBPyConnection,
    mart: Table,
    tenant: str,
    since: datetime | None = None,
    until: datetime | None = None,
) -> None:
    days = None
    if since is not None and until is not None:
        count = (until.date() - since.date()).days + 1
        days = [since.date() + n * ONE_DAY for n in range(count)]
    store.view(connection, mart.full_name, mart, tenant, days)
