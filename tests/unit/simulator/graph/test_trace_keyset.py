from __future__ import annotations

from itertools import pairwise

import pytest

from simulator import SimulatedTenant
from simulator.graph.trace_keyset import Keyset, Place
from simulator.graph.trace_query import TraceRequest
from simulator.mail.instant import DAY
from tests.unit.simulator.conftest import NOW


def read(tenant: SimulatedTenant, end: int, size: int, starting: str) -> tuple[list[Place], bool]:
    query = TraceRequest(tenant.traffic.first_day * DAY, end, size, {})
    return Keyset(tenant.traffic, [query], tenant.clock, starting).read()


def read_all(tenant: SimulatedTenant, size: int) -> list[Place]:
    found: list[Place] = []
    end, starting, more = tenant.clock, "", True
    while more:
        page, more = read(tenant, end, size, starting)
        found += page
        end, starting = page[-1].received, page[-1].recipient
    return found


@pytest.fixture(scope="module")
def trains() -> SimulatedTenant:
    """A tenant whose messages all fall on whole ten minutes: many rows share a key."""
    tenant = SimulatedTenant(seed=5, now=NOW, days=3, staff=60)
    for account in tenant.accounts:
        for day in range(tenant.traffic.first_day, tenant.clock // DAY + 1):
            received = tenant.traffic.block(account.index, day).received
            received -= received % 600_000_000
    return tenant


@pytest.mark.parametrize("size", [1, 7, 100, 5_000])
def test_paging_is_lossless_in_trains(trains: SimulatedTenant, size: int) -> None:
    whole = read(trains, trains.clock, 1_000_000, "")[0]
    keys = [place.key for place in whole]
    assert len(keys) > len(set(keys)) + 10
    assert read_all(trains, size) == whole
    assert len({place[2:] for place in whole}) == len(whole)


def test_the_order_is_by_time_then_recipient(trains: SimulatedTenant) -> None:
    whole = read(trains, trains.clock, 1_000_000, "")[0]
    for one, other in pairwise(whole):
        assert (-one.received, one.recipient) <= (-other.received, other.recipient)


def test_a_page_is_full_unless_a_key_would_be_torn(tenant: SimulatedTenant) -> None:
    page, more = read(tenant, tenant.clock, 50, "")
    assert more
    assert 45 <= len(page) <= 50


def test_several_queries_are_one_reading(tenant: SimulatedTenant) -> None:
    names = ("alerts@contoso.com", "CRM@contoso.com", "alerts@contoso.com")
    queries = [
        TraceRequest(tenant.clock - DAY, tenant.clock, 5_000, {"senderAddress": name})
        for name in names
    ]
    both = Keyset(tenant.traffic, queries, tenant.clock).read()[0]
    parts = [Keyset(tenant.traffic, [query], tenant.clock).read()[0] for query in queries[:2]]
    assert sorted(both) == sorted(parts[0] + parts[1])
