"""Accounts: snapshots with history, and the days that a moved address makes wrong."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from tests.unit.warehouse.conftest import NOW, TODAY, land_rows
from warehouse.records.accounts import Account, current_accounts, record_accounts
from warehouse.records.stored import stored_days, stored_rows
from warehouse.store import Store
from warehouse.tables import HVE_ACCOUNTS

HR = Account(
    "hr@contoso.com",
    ("hr@contoso.com", "people@contoso.com"),
    "Human resources",
    "0b0e",
    datetime(2026, 4, 1, 8, 7, 47, tzinfo=UTC),
    "reply@contoso.com",
)
IT = Account("it@contoso.com", ("it@contoso.com",))


def record(store: Store, *accounts: Account) -> tuple[int, int]:
    return record_accounts(store, "contoso", accounts, NOW, "exchange")


def snapshots(store: Store) -> Sequence[int]:
    return sorted({row["batch"] for row in stored_rows(store, HVE_ACCOUNTS, "contoso")})


def clean(store: Store) -> None:
    store.state.clear_dirty(store.state.dirty_days())


def test_before_the_first_snapshot_there_is_no_account(store: Store) -> None:
    assert current_accounts(store, "contoso") == []


def test_a_snapshot_returns_whole(store: Store) -> None:
    assert record(store, HR, IT) == (2, 0)
    assert sorted(current_accounts(store, "contoso"), key=lambda each: each.account) == [HR, IT]


def test_the_same_accounts_again_write_no_snapshot(store: Store) -> None:
    record(store, HR, IT)
    assert record(store, IT, HR) == (0, 0)
    assert len(snapshots(store)) == 1


def test_a_changed_name_is_one_change_and_a_new_snapshot(store: Store) -> None:
    record(store, HR, IT)
    renamed = Account("it@contoso.com", ("it@contoso.com",), "Printers")
    assert record(store, HR, renamed) == (0, 1)
    assert len(snapshots(store)) == 2
    assert renamed in current_accounts(store, "contoso")


def test_a_removed_account_is_gone_from_the_newest_snapshot(store: Store) -> None:
    record(store, HR, IT)
    assert record(store, HR) == (0, 0)
    assert current_accounts(store, "contoso") == [HR]
    assert len(snapshots(store)) == 2


def test_an_unknown_reply_to_keeps_the_known_one(store: Store) -> None:
    record(store, HR)
    unknown = Account(*[getattr(HR, name) for name in HR.__dataclass_fields__][:5])
    assert record(store, unknown) == (0, 0)
    assert current_accounts(store, "contoso") == [HR]


def test_an_address_that_moves_makes_every_stored_day_dirty(store: Store) -> None:
    record(store, HR, IT)
    land_rows(store, {}, {"trace_id": "b", "received_at": NOW - timedelta(days=5)})
    clean(store)
    moved = Account("it@contoso.com", ("it@contoso.com", "people@contoso.com"))
    stayed = Account("hr@contoso.com", ("hr@contoso.com",))
    record(store, stayed, moved)
    dirty = [dirty.day for dirty in store.state.dirty_days()]
    assert dirty == [TODAY - timedelta(days=5), TODAY]


def test_a_new_display_name_makes_no_day_dirty(store: Store) -> None:
    record(store, IT)
    land_rows(store, {})
    clean(store)
    record(store, Account("it@contoso.com", ("it@contoso.com",), "Printers"))
    assert store.state.dirty_days() == []


def test_tenants_have_their_own_accounts_and_days(store: Store) -> None:
    record(store, HR)
    land_rows(store, {})
    assert current_accounts(store, "fabrikam") == []
    assert stored_days(store, "fabrikam") == []
    assert stored_days(store, "contoso") == [TODAY]
