"""Billing policies: one observation per change of an account."""

from __future__ import annotations

from tests.unit.warehouse.conftest import NOW
from warehouse.records.billing import BillingPolicy, record_billing
from warehouse.records.stored import stored_rows
from warehouse.store import Store
from warehouse.tables import BILLING_POLICIES

VALID = BillingPolicy("hr@contoso.com", "p1", "Mail budget", "Valid")
UNKNOWN = BillingPolicy("it@contoso.com", unavailable_reason="HTTP 403")


def record(store: Store, *policies: BillingPolicy) -> tuple[int, ...]:
    return record_billing(store, "contoso", policies, NOW)


def test_first_observations_are_new_and_repeated_ones_nothing(store: Store) -> None:
    assert record(store, VALID, UNKNOWN) == (2, 0, 0)
    assert record(store, UNKNOWN, VALID) == (0, 0, 2)
    assert len(stored_rows(store, BILLING_POLICIES, "contoso")) == 2


def test_only_the_account_that_changed_is_written(store: Store) -> None:
    record(store, VALID, UNKNOWN)
    known = BillingPolicy("it@contoso.com", "p1", "Mail budget", "Valid")
    assert record(store, VALID, known) == (0, 1, 1)
    rows = stored_rows(store, BILLING_POLICIES, "contoso")
    assert [row["account"] for row in rows].count("it@contoso.com") == 2
    assert [row["account"] for row in rows].count("hr@contoso.com") == 1


def test_a_state_that_returns_is_a_change_again(store: Store) -> None:
    lapsed = BillingPolicy("hr@contoso.com", "p1", "Mail budget", "Invalid")
    counts = [record(store, policy) for policy in (VALID, lapsed, VALID)]
    assert counts == [(1, 0, 0), (0, 1, 0), (0, 1, 0)]


def test_nothing_read_is_nothing_written(store: Store) -> None:
    assert record(store) == (0, 0, 0)
    assert stored_rows(store, BILLING_POLICIES, "contoso") == []


def test_tenants_are_compared_with_themselves_only(store: Store) -> None:
    record(store, VALID)
    assert record_billing(store, "fabrikam", [VALID], NOW) == (1, 0, 0)
