"""What is read again, and what never twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ingest.unread import unread_windows
from warehouse.windows import Window

HOUR = timedelta(hours=1)


def window(start: int, end: int) -> Window:
    midnight = datetime(2026, 11, 23, tzinfo=UTC)
    return Window(midnight + start * HOUR, midnight + end * HOUR)


@pytest.mark.parametrize(
    ("covered", "look_back", "provisional", "unread"),
    [
        ([], 0, None, [(0, 24)]),
        ([(0, 24)], 0, None, []),
        ([(-9, 30)], 0, None, []),
        ([(2, 6), (10, 12)], 0, None, [(0, 2), (6, 10), (12, 24)]),
        ([(0, 24)], 4, None, [(20, 24)]),
        ([(0, 3)], 4, None, [(0, 24)]),
        ([(0, 24)], 4, 12, [(12, 24)]),
        ([(0, 24)], 4, 23, [(20, 24)]),
        ([(13, 20)], 0, 12, [(0, 24)]),
    ],
)
def test_what_is_not_settled_is_read(
    covered: list[tuple[int, int]],
    look_back: int,
    provisional: int | None,
    unread: list[tuple[int, int]],
) -> None:
    since = None if provisional is None else window(provisional, 24).start
    windows = unread_windows(
        [window(*hours) for hours in covered], window(0, 24), look_back * HOUR, since
    )
    assert windows == [window(*hours) for hours in unread]


def test_an_empty_period_has_nothing_to_read() -> None:
    assert unread_windows([], window(5, 5)) == unread_windows([window(0, 9)], window(5, 3)) == []
