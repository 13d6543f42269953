from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from simulator import SimulatedTenant
from simulator.graph.trace_page import first_cursor, read_page
from simulator.graph.trace_query import TraceRequest
from simulator.graph.trace_row import ServedTrace
from simulator.mail.instant import DAY, day_of
from tests.unit.simulator.conftest import NOW


def small(seed: int = 7) -> SimulatedTenant:
    return SimulatedTenant(seed=seed, now=NOW, days=12, staff=60)


def rows_until(tenant: SimulatedTenant, end: int) -> list[ServedTrace]:
    query = TraceRequest(end - 5 * DAY, end, 100_000, {})
    return read_page(tenant.traffic, first_cursor(query, tenant.clock))[0]


def test_same_arguments_give_the_same_tenant() -> None:
    one, two = small(), small()
    assert one.accounts == two.accounts
    assert (one.tenant_id, one.client_id) == (two.tenant_id, two.client_id)
    assert one.truth() == two.truth()
    assert one.labels() == two.labels()
    assert rows_until(one, one.clock) == rows_until(two, two.clock)


def test_another_seed_gives_other_traffic() -> None:
    assert small(7).truth() != small(8).truth()


def test_a_moved_clock_leaves_settled_rows_unchanged() -> None:
    moved, still = small(), small()
    settled = still.clock - 5 * 3_600_000_000
    moved.advance(timedelta(days=3))
    assert rows_until(moved, settled) == rows_until(still, settled)


def test_a_moved_clock_brings_new_days() -> None:
    tenant = small()
    before = {row["day_utc"] for row in tenant.truth()}
    tenant.advance(timedelta(days=2))
    assert {row["day_utc"] for row in tenant.truth()} - before == {"2026-11-25", "2026-11-26"}


def test_order_of_asking_does_not_matter() -> None:
    late_first, in_order = small(), small()
    last, first = day_of(late_first.clock), late_first.traffic.first_day
    for day in range(last, first - 1, -1):
        late_first.traffic.block(2, day)
    assert late_first.truth() == in_order.truth()


def test_the_clock_never_goes_back() -> None:
    tenant = small()
    with pytest.raises(ValueError, match="cannot go back"):
        tenant.move_to(NOW - timedelta(seconds=1))
    with pytest.raises(ValueError, match="time zone"):
        tenant.move_to(datetime(2026, 12, 1))  # noqa: DTZ001 - a time without a zone is the point
    tenant.move_to(NOW)
    assert tenant.now == NOW


def test_accounts_cover_the_kinds(tenant: SimulatedTenant) -> None:
    assert 12 <= len(tenant.accounts) <= 14
    assert len({account.kind for account in tenant.accounts}) == len(tenant.accounts)
    addresses = [address for account in tenant.accounts for address in account.addresses]
    assert len(addresses) == len(set(addresses))
    new = next(account for account in tenant.accounts if account.kind == "new")
    assert timedelta(days=19) < NOW - new.created_at < timedelta(days=21)


def test_rows_leave_after_ninety_days() -> None:
    tenant = small()
    tenant.advance(timedelta(days=85))
    assert min(row["day_utc"] for row in tenant.truth()) == "2026-11-19"
