"""Quiet addresses take turns, and whatever says that an address is not quiet has it read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from ingest.graph.postponed import FEW_REQUESTS, without_postponed
from ingest.graph.trace_buffer import SOURCE
from ingest.graph.trace_plan import TraceQuery
from tests.unit.ingest.conftest import NOW
from tests.unit.warehouse.conftest import traces
from warehouse.records.coverage import postponed, record_coverage
from warehouse.records.message_traces import land
from warehouse.store import Store
from warehouse.windows import Window

QUARTER = timedelta(minutes=15)
LOOK_BACK = timedelta(hours=4)
MANY = [f"quiet{number:02}@contoso.com" for number in range(FEW_REQUESTS + 10)]


def run_at(store: Store, now: datetime, addresses: Sequence[str] = MANY) -> set[str]:
    """Reads what is not postponed, from the last reading on; returns the addresses."""
    queries = [
        TraceQuery(address, (address,), Window(_read_until(store, address) - LOOK_BACK, now))
        for address in addresses
    ]
    left = without_postponed(store, "contoso", queries, LOOK_BACK, now)
    for query in left:
        record_coverage(store.state, "contoso", SOURCE, query.sender, query.window)
    return {query.sender for query in left}


def _read_until(store: Store, address: str) -> datetime:
    row = store.state.connection.execute(
        "select max(to_utc) from coverage where source = ? and address = ?", [SOURCE, address]
    ).fetchone()
    return datetime.fromisoformat(row[0]) if row[0] else NOW - timedelta(days=1)


def test_quiet_addresses_are_read_by_every_second_run_and_none_waits_longer(store: Store) -> None:
    assert run_at(store, NOW) == set(MANY)
    read = [run_at(store, NOW + number * QUARTER) for number in range(1, 7)]
    assert {len(addresses) for addresses in read} == {len(MANY) // 2}
    assert all(one | other == set(MANY) for one, other in pairwise(read))


def test_what_waits_is_noted_until_it_is_read(store: Store) -> None:
    run_at(store, NOW)
    left = sorted(set(MANY) - run_at(store, NOW + QUARTER))
    window = Window(NOW, NOW + QUARTER)
    assert postponed(store.state, "contoso", SOURCE, left[0]) == [window]
    assert set(left) <= run_at(store, NOW + 2 * QUARTER)
    assert postponed(store.state, "contoso", SOURCE, left[0]) == []


def test_who_sent_within_a_week_is_read_by_every_run(store: Store) -> None:
    rows = traces({"sender": MANY[0], "received_at": NOW - timedelta(days=6)})
    land(store, "contoso", rows, NOW, "graph")
    assert all(MANY[0] in run_at(store, NOW + number * QUARTER) for number in range(6))


def test_of_one_quiet_address_none_waits(store: Store) -> None:
    rows = traces(*({"trace_id": name, "sender": name, "received_at": NOW} for name in MANY[1:]))
    land(store, "contoso", rows, NOW, "graph")
    assert all(run_at(store, NOW + number * QUARTER) == set(MANY) for number in range(3))


def test_few_addresses_are_all_read(store: Store) -> None:
    few = MANY[:FEW_REQUESTS]
    assert all(run_at(store, NOW + number * QUARTER, few) == set(few) for number in range(3))


def test_after_a_pause_everything_is_read(store: Store) -> None:
    run_at(store, NOW)
    assert run_at(store, NOW + 2 * QUARTER) == set(MANY)


def test_what_lacks_more_than_the_newest_minutes_is_read(store: Store) -> None:
    run_at(store, NOW)
    old = Window(NOW - timedelta(days=9), NOW - timedelta(days=8))
    new = Window(NOW - LOOK_BACK, NOW + QUARTER)
    behind = MANY[-9:]
    queries = [TraceQuery(name, (name,), old) for name in behind]
    queries += [TraceQuery(name, (name,), new) for name in MANY]
    left = without_postponed(store, "contoso", queries, LOOK_BACK, NOW + QUARTER)
    assert [query.window for query in left if query.sender in behind] == 9 * [old] + 9 * [new]


def test_a_shared_query_is_one_request_and_goes_on(store: Store) -> None:
    shared = TraceQuery("*@contoso.com", tuple(MANY), Window(NOW - LOOK_BACK, NOW))
    assert without_postponed(store, "contoso", [shared], LOOK_BACK, NOW) == [shared]
