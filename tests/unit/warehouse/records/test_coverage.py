"""Windows that were read: joined where they touch, and kept apart by tenant, source, address."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from warehouse.records.coverage import covered_windows, record_coverage
from warehouse.state import State
from warehouse.windows import Window

START = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    opened = State(tmp_path / "state.db")
    yield opened
    opened.close()


def at(second: int) -> datetime:
    return START + timedelta(seconds=second)


def window(start: int, end: int) -> Window:
    return Window(at(start), at(end))


def test_windows_that_touch_or_overlap_are_stored_as_one(state: State) -> None:
    for stretch in (window(20, 30), window(0, 10), window(10, 15), window(12, 20)):
        record_coverage(state, "contoso", "traces", "hr@contoso.com", stretch)
    assert covered_windows(state, "contoso", "traces", "hr@contoso.com") == [window(0, 30)]


def test_coverage_of_another_address_source_or_tenant_stays(state: State) -> None:
    keys = [
        ("contoso", "traces", "hr@contoso.com"),
        ("contoso", "traces", "it@contoso.com"),
        ("contoso", "events", "hr@contoso.com"),
        ("fabrikam", "traces", "hr@contoso.com"),
    ]
    for number, key in enumerate(keys):
        record_coverage(state, *key, window(number, number + 1))
    assert [covered_windows(state, *key) for key in keys] == [[window(n, n + 1)] for n in range(4)]


def test_coverage_keeps_microseconds_and_turns_zones_into_utc(state: State) -> None:
    berlin = timezone(timedelta(hours=1))
    exact = Window(datetime(2026, 11, 24, 1, 0, 0, 1, tzinfo=berlin), at(5))
    record_coverage(state, "contoso", "traces", "hr@contoso.com", exact)
    windows = covered_windows(state, "contoso", "traces", "hr@contoso.com")
    assert windows == [Window(START + timedelta(microseconds=1), at(5))]
    assert windows[0].start.tzinfo is UTC
