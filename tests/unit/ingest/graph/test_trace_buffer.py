"""Rows on their way into the store: coverage follows its rows, never before them."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta

import pytest

from hve_monitor.clock import iso
from hve_monitor.errors import SourceContractError, StoreError
from ingest.graph import trace_buffer
from ingest.graph.trace_buffer import SOURCE, TraceBuffer
from ingest.graph.trace_pages import TraceRow
from ingest.source import SourceResult
from tests.unit.ingest.conftest import NOW
from warehouse.delta.commit import DeltaFolder
from warehouse.privacy.removal import begin
from warehouse.records.coverage import covered_windows
from warehouse.records.stored import stored_rows
from warehouse.store import Store
from warehouse.tables import MESSAGE_TRACES, REJECTED_ROWS
from warehouse.windows import Window

HR = "hr@contoso.com"
WINDOW = Window(NOW - timedelta(hours=1), NOW)


@pytest.fixture
def result() -> SourceResult:
    return SourceResult(SOURCE, "contoso")


@pytest.fixture
def buffer(store: Store, result: SourceResult) -> TraceBuffer:
    return TraceBuffer(store, "contoso", NOW, result)


def rows(*ids: str | None, sender: str | None = HR) -> list[TraceRow]:
    return [
        TraceRow(iso(NOW), "delivered", identity, sender, "reader@fabrikam.com") for identity in ids
    ]


def covered(store: Store) -> list[Window]:
    return covered_windows(store.state, "contoso", SOURCE, HR)


def stored(store: Store) -> list[str]:
    return sorted(row["trace_id"] for row in stored_rows(store, MESSAGE_TRACES, "contoso"))


def test_rows_and_coverage_are_there_after_closing(
    buffer: TraceBuffer, store: Store, result: SourceResult
) -> None:
    buffer.add(rows("a", "b"), "page 1")
    buffer.add(rows("b", "c"), "page 2")
    buffer.complete(HR, WINDOW)
    assert (stored(store), covered(store)) == ([], [])
    buffer.close()
    assert (stored(store), covered(store)) == (["a", "b", "c"], [WINDOW])
    assert (result.rows_read, result.rows_new, result.rows_unchanged) == (4, 3, 1)


def test_a_window_without_rows_is_covered_and_an_empty_window_is_not(
    buffer: TraceBuffer, store: Store
) -> None:
    buffer.complete(HR, Window(NOW, NOW))
    buffer.complete(HR, WINDOW)
    buffer.close()
    assert covered(store) == [WINDOW]


def test_many_rows_are_committed_on_the_way_with_their_windows_only(
    buffer: TraceBuffer, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace_buffer, "ROWS_PER_COMMIT", 2)
    buffer.complete(HR, WINDOW)
    buffer.add(rows("a", "b"), "page 1")
    buffer.complete("it@contoso.com", WINDOW)
    buffer.commit()
    assert stored(store) == ["a", "b"]
    assert covered(store) == [WINDOW]
    buffer.close()
    assert covered_windows(store.state, "contoso", SOURCE, "it@contoso.com") == [WINDOW]


def test_rows_without_id_or_address_are_rejected_and_counted(
    buffer: TraceBuffer, store: Store, result: SourceResult
) -> None:
    buffer.add(rows(None, "a"), "page 1")
    buffer.add(rows("b", sender=None), "page 2")
    buffer.close()
    assert (result.rows_read, result.rows_new, result.rows_rejected) == (3, 1, 2)
    assert len(stored_rows(store, REJECTED_ROWS, "contoso")) == 1


def test_a_row_without_a_time_costs_itself_alone_and_not_its_window(
    buffer: TraceBuffer, store: Store, result: SourceResult
) -> None:
    odd = [TraceRow(time, "delivered", "b", HR, "reader@fabrikam.com") for time in ("soon", None)]
    buffer.add([*odd, *rows("a")], "page 1")
    buffer.complete(HR, WINDOW)
    buffer.close()
    assert (stored(store), covered(store)) == (["a"], [WINDOW])
    assert (result.rows_read, result.rows_new, result.rows_rejected) == (3, 1, 2)
    reasons = {row["reason"] for row in stored_rows(store, REJECTED_ROWS, "contoso")}
    assert reasons == {"receivedDateTime is no time", "receivedDateTime is missing"}


def test_a_page_without_any_time_is_a_broken_contract_and_leaves_the_others(
    buffer: TraceBuffer, store: Store
) -> None:
    buffer.add(rows("a"), "page 1")
    page = [TraceRow("24.11.2026 08:00", "delivered", "b", HR, "reader@fabrikam.com")] * 10
    with pytest.raises(SourceContractError, match="page 2: no receivedDateTime of 10 rows"):
        buffer.add(page, "page 2")
    buffer.close()
    assert stored(store) == ["a"]


def test_rows_that_cannot_be_written_are_not_covered(
    buffer: TraceBuffer, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreError("no space left on device")

    monkeypatch.setattr(DeltaFolder, "append", full)
    buffer.add(rows("a"), "page 1")
    buffer.complete(HR, WINDOW)
    with pytest.raises(StoreError, match="no space"):
        buffer.close()
    assert covered(store) == []


def test_the_store_is_opened_once_for_all_commits(
    buffer: TraceBuffer, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    openings: list[Store] = []
    reopened = Store.reopened

    def counted(opened: Store) -> AbstractContextManager[Store]:
        openings.append(opened)
        return reopened(opened)

    monkeypatch.setattr(Store, "reopened", counted)
    for name in "abc":
        buffer.add(rows(name), name)
        buffer.commit()
    buffer.close()
    assert sorted(stored(store)) == ["a", "b", "c"]
    assert openings == [store]


def test_who_is_erased_between_two_commits_is_not_stored_by_the_second(
    buffer: TraceBuffer, store: Store
) -> None:
    buffer.add(rows("a"), "page 1")
    for _ in range(2):
        buffer.commit()  # the second one waits for the first
    begin(store, "contoso", "reader@fabrikam.com", NOW + timedelta(hours=1), "dpo", "request")
    buffer.add(rows("b"), "page 2")
    buffer.close()
    traces = stored_rows(store, MESSAGE_TRACES, "contoso")
    names = {row["trace_id"]: row["recipient"] for row in traces}
    assert names["a"] == "reader@fabrikam.com"
    assert names["b"].startswith("erased:")
