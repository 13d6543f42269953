"""Unsettled rows: where the next read has to go back to."""

from __future__ import annotations

from datetime import timedelta

from tests.unit.warehouse.conftest import NOW, land_rows
from warehouse.records.unsettled import oldest_unsettled
from warehouse.store import Store

SINCE = NOW - timedelta(hours=48)


def hours_ago(hours: float, **more: object) -> dict[str, object]:
    return {"received_at": NOW - timedelta(hours=hours), "trace_id": f"t{hours}"} | more


def test_an_empty_store_has_nothing_unsettled(store: Store) -> None:
    assert oldest_unsettled(store, "contoso", SINCE) == {}


def test_the_oldest_row_of_each_sender_counts(store: Store) -> None:
    it = {"sender": "it@contoso.com", "status": "gettingStatus"}
    land_rows(
        store,
        hours_ago(30, status="Pending"),
        hours_ago(3, status="pending"),
        hours_ago(40),
        hours_ago(1, **it),
    )
    assert oldest_unsettled(store, "contoso", SINCE) == {
        "hr@contoso.com": NOW - timedelta(hours=30),
        "it@contoso.com": NOW - timedelta(hours=1),
    }


def test_a_row_that_settled_later_does_not_count(store: Store) -> None:
    land_rows(store, hours_ago(30, status="pending"))
    land_rows(store, hours_ago(30, status="failed"))
    assert oldest_unsettled(store, "contoso", SINCE) == {}


def test_rows_from_before_the_limit_do_not_count(store: Store) -> None:
    land_rows(store, hours_ago(48, status="pending"), hours_ago(48.1, status="pending"))
    found = oldest_unsettled(store, "contoso", SINCE)
    assert found == {"hr@contoso.com": SINCE}


def test_other_tenants_do_not_count(store: Store) -> None:
    land_rows(store, hours_ago(1, status="pending"))
    assert oldest_unsettled(store, "fabrikam", SINCE) == {}
