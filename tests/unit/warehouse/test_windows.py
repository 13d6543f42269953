"""Windows: what joins, and what is left between them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.windows import Window, gaps, merge, whole_second

START = datetime(2026, 11, 24, tzinfo=UTC)
spans = st.tuples(st.integers(0, 30), st.integers(0, 12))


def at(second: int) -> datetime:
    return START + timedelta(seconds=second)


def window(start: int, end: int) -> Window:
    return Window(at(start), at(end))


def windows(pairs: Iterable[tuple[int, int]]) -> list[Window]:
    return [window(start, start + length) for start, length in pairs]


def seconds(found: Iterable[Window]) -> set[int]:
    """The seconds that begin inside the windows."""
    return {
        second
        for window in found
        for second in range(
            int((window.start - START).total_seconds()), int((window.end - START).total_seconds())
        )
    }


@settings(deadline=None, database=None, max_examples=60)
@given(st.lists(spans, max_size=8))
def test_merging_keeps_every_second_in_separate_windows(pairs: list[tuple[int, int]]) -> None:
    merged = merge(windows(pairs))
    assert seconds(merged) == seconds(windows(pairs))
    assert all(first.end < second.start for first, second in pairwise(merged))


@settings(deadline=None, database=None, max_examples=60)
@given(st.lists(spans, max_size=8), spans)
def test_gaps_are_the_wanted_seconds_without_the_covered_ones(
    pairs: list[tuple[int, int]], asked: tuple[int, int]
) -> None:
    (wanted,) = windows([asked])
    missing = gaps(windows(pairs), wanted)
    assert seconds(missing) == seconds([wanted]) - seconds(windows(pairs))
    assert all(gap.start < gap.end for gap in missing)
    assert missing == sorted(missing)


def test_a_gap_shares_its_borders_with_what_is_covered() -> None:
    assert gaps([window(0, 10), window(20, 30)], window(5, 25)) == [window(10, 20)]


def test_whole_seconds_are_cut_down_or_up() -> None:
    half = at(3) + timedelta(milliseconds=500)
    assert whole_second(half) == at(3)
    assert whole_second(half, up=True) == at(4)
    assert whole_second(at(3), up=True) == at(3)
