from __future__ import annotations

import pytest

from simulator import SimulatedTenant
from simulator.graph.trace_page import first_cursor, read_page
from simulator.graph.trace_query import TraceRequest
from simulator.graph.trace_row import ServedTrace
from simulator.mail.instant import DAY
from tests.unit.simulator.conftest import NOW


def crowded(**options: object) -> SimulatedTenant:
    usual = {"seed": 7, "now": NOW, "days": 12, "staff": 60, "other_senders": 4}
    return SimulatedTenant(**usual | options)  # type: ignore[arg-type] # the tests' own options


def read(tenant: SimulatedTenant, **equal: str) -> list[ServedTrace]:
    query = TraceRequest(tenant.clock - 9 * DAY, tenant.clock, 100_000, equal)
    return read_page(tenant.traffic, first_cursor(query, tenant.clock))[0]


def senders(rows: list[ServedTrace]) -> set[str]:
    return {row["senderAddress"].lower() for row in rows}


def test_people_are_in_no_truth_and_change_none(tenant: SimulatedTenant) -> None:
    other = crowded()
    assert other.truth() == tenant.truth()
    assert other.labels() == tenant.labels()
    assert other.accounts == tenant.accounts
    assert not any("private" in str(row) for row in other.readiness.truth())


def test_an_unfiltered_reading_shows_them() -> None:
    tenant = crowded()
    found = senders(read(tenant))
    assert {person.primary for person in tenant.people} <= found
    assert all("private" in person.primary for person in tenant.people)
    hve = [row for row in read(tenant) if "private" not in row["senderAddress"].lower()]
    assert hve == read(SimulatedTenant(seed=7, now=NOW, days=12, staff=60))


def test_a_wildcard_shows_those_of_its_domain() -> None:
    tenant = crowded(domain_of_accounts="HVE.contoso.com")
    assert all(account.primary.endswith("@hve.contoso.com") for account in tenant.accounts)
    shared = senders(read(tenant, senderAddress="*@hve.contoso.com"))
    assert {name.partition("@")[2] for name in shared} == {"hve.contoso.com"}
    assert sum("private" in name for name in shared) == 2
    assert len(senders(read(tenant, senderAddress="*@sales.contoso.com"))) == 2
    assert read(tenant, senderAddress="*@contoso.com") == []


def test_there_is_a_largest_number() -> None:
    with pytest.raises(ValueError, match="other_senders"):
        crowded(other_senders=201)
