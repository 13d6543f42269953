"""Rejected rows: kept with their place and the reason."""

from __future__ import annotations

from tests.unit.warehouse.conftest import NOW
from warehouse.records.rejected_rows import reject
from warehouse.records.stored import stored_rows
from warehouse.store import Store
from warehouse.tables import REJECTED_ROWS


def test_lines_and_reasons_are_kept(store: Store) -> None:
    reject(store, "contoso", "export.csv", [(7, "sender is empty"), (None, "no id")], NOW)
    rows = stored_rows(store, REJECTED_ROWS, "contoso")
    assert {(row["file"], row["line"], row["reason"]) for row in rows} == {
        ("export.csv", 7, "sender is empty"),
        ("export.csv", None, "no id"),
    }
    assert {row["observed_at"] for row in rows} == {NOW}


def test_no_reason_writes_nothing(store: Store) -> None:
    reject(store, "contoso", "export.csv", [], NOW)
    assert store.delta.version(REJECTED_ROWS) is None
    assert store.state.next_batch() == 1


def test_what_is_stored_already_is_not_stored_again(store: Store) -> None:
    reasons = [(7, "sender is empty"), (None, "no id"), (7, "sender is empty")]
    for tenant in ("contoso", "contoso", "fabrikam"):
        reject(store, tenant, "export.csv", reasons, NOW)
    reject(store, "contoso", "export.csv", [(9, "no id"), *reasons, (8, "no id")], NOW)
    rows = stored_rows(store, REJECTED_ROWS, "contoso")
    assert [row["line"] for row in sorted(rows, key=lambda row: row["batch"])][2:] == [9, 8]
    assert len(rows) == 4
    assert len(stored_rows(store, REJECTED_ROWS, "fabrikam")) == 2
