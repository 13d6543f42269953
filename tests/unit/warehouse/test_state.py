"""state.db: what must be remembered between runs, and what must never be forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from hve_monitor.errors import StoreError
from warehouse.state import State
from warehouse.windows import Window

START = datetime(2026, 11, 24, tzinfo=UTC)
DAY = date(2026, 11, 24)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    opened = State(tmp_path / "state.db")
    yield opened
    opened.close()


def at(second: int) -> datetime:
    return START + timedelta(seconds=second)


def window(start: int, end: int) -> Window:
    return Window(at(start), at(end))


def test_a_day_that_is_changing_stays_dirty_until_a_build_after_the_change(state: State) -> None:
    with state.changing("contoso", [DAY]):
        state.clear_dirty(state.dirty_days())
        seen = state.dirty_days()
        assert [dirty.day for dirty in seen] == [DAY]
    state.clear_dirty(seen)
    assert [dirty.day for dirty in state.dirty_days()] == [DAY]
    state.clear_dirty(state.dirty_days())
    assert state.dirty_days() == []


def test_a_change_that_a_crash_left_open_ends_with_the_next_holder_of_the_lock(
    state: State,
) -> None:
    change = state.changing("contoso", [DAY])
    change.__enter__()
    state.end_changes("fabrikam")
    state.clear_dirty(state.dirty_days())
    assert [dirty.day for dirty in state.dirty_days()] == [DAY]
    state.end_changes("contoso")
    state.clear_dirty(state.dirty_days())
    assert state.dirty_days() == []


def test_a_day_marked_again_during_a_build_stays_dirty(state: State) -> None:
    state.mark_dirty("contoso", [DAY, DAY + timedelta(days=1)])
    seen = state.dirty_days()
    state.mark_dirty("contoso", [DAY])
    state.clear_dirty(seen)
    assert [dirty.day for dirty in state.dirty_days()] == [DAY]


def test_clearing_leaves_the_days_of_other_tenants(state: State) -> None:
    state.mark_dirty("contoso", [DAY])
    state.mark_dirty("fabrikam", [DAY])
    state.clear_dirty(dirty for dirty in state.dirty_days() if dirty.tenant == "contoso")
    assert [dirty.tenant for dirty in state.dirty_days()] == ["fabrikam"]


def test_a_day_cleared_and_marked_anew_is_not_cleared_by_an_old_mark(state: State) -> None:
    state.mark_dirty("contoso", [DAY])
    state.mark_dirty("contoso", [DAY])
    old = state.dirty_days()
    state.clear_dirty(old)
    state.mark_dirty("contoso", [DAY])
    state.clear_dirty(old)
    assert [dirty.day for dirty in state.dirty_days()] == [DAY]


def test_batch_numbers_grow_over_restarts(tmp_path: Path) -> None:
    numbers = []
    for _ in range(3):
        opened = State(tmp_path / "state.db")
        numbers += [opened.next_batch(), opened.next_batch()]
        opened.close()
    assert numbers == [1, 2, 3, 4, 5, 6]


def test_quota_use_is_remembered_inside_its_window_only(state: State) -> None:
    for moment in (100.0, 150.0, 420.0):
        state.use_quota("contoso", moment, 300.0)
    state.use_quota("fabrikam", 160.0, 300.0)
    assert state.quota_use("contoso", 0.0) == [150.0, 420.0]
    assert state.quota_use("contoso", 151.0) == [420.0]


def test_business_time_of_the_last_write_never_goes_back(state: State) -> None:
    assert state.last_now("contoso") is None
    state.record_now("contoso", at(10))
    state.record_now("contoso", at(5))
    assert state.last_now("contoso") == at(10)


def test_a_failed_transaction_leaves_nothing_behind(state: State) -> None:
    def days() -> Iterator[date]:
        yield DAY
        raise RuntimeError("disk")

    with pytest.raises(RuntimeError, match="disk"):
        state.mark_dirty("contoso", days())
    assert state.dirty_days() == []
    state.mark_dirty("contoso", [DAY])
    assert len(state.dirty_days()) == 1


def test_runs_of_long_ago_are_forgotten(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("warehouse.state.KEPT_RUNS", 3)
    for number in range(7):
        state.record_run(START, at(number), {"number": number})
    assert [run.summary["number"] for run in state.recent_runs(10)] == [6, 5, 4]


def test_a_second_process_sees_what_was_written(state: State, tmp_path: Path) -> None:
    state.record_run(START, at(9), {"sources": []})
    other = State(tmp_path / "state.db")
    columns, rows = other.rows("runs")
    other.close()
    assert dict(zip(columns, rows[0], strict=True)) == {
        "id": 1,
        "started_at": "2026-11-24T00:00:00.000000Z",
        "finished_at": "2026-11-24T00:00:09.000000Z",
        "summary": '{"sources": []}',
    }


def test_a_file_that_is_no_database_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_text("this is no database, and long enough to be seen as none")
    with pytest.raises(StoreError, match=r"state\.db: cannot be opened"):
        State(tmp_path / "state.db")


def test_a_schema_whose_bytes_are_no_text_is_a_store_error(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    State(file).close()
    whole, statement = file.read_bytes(), b"CREATE TABLE coverage ("
    assert statement in whole
    file.write_bytes(whole.replace(statement, b"CREATE TABLE coverage \xe5"))
    with pytest.raises(StoreError, match=r"state\.db: cannot be opened"):
        State(file)


def test_many_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    def opened(number: int) -> int:
        state = State(tmp_path / f"store{number // 8}" / "state.db")
        batch = state.next_batch()
        state.close()
        return batch

    with ThreadPoolExecutor(max_workers=8) as pool:
        batches = list(pool.map(opened, range(160)))
    assert sorted(batches) == sorted(list(range(1, 9)) * 20)
