"""Days in portions that one step can hold: few enough rows, and few enough files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

MOST_DAYS = 400  # each has a writer of its own in every table: 3,000 would take 2 GB, 400 a third


def portions(days: Iterable[tuple[date, int]], most_rows: int) -> Iterator[list[date]]:
    """Days with their rows in their order, as many together as have `most_rows` or fewer.

    A day is never cut: one with more rows comes alone.
    """
    portion: list[date] = []
    portion_rows = 0
    for day, rows in days:
        if portion and (portion_rows + rows > most_rows or len(portion) == MOST_DAYS):
            yield portion
            portion, portion_rows = [], 0
        portion.append(day)
        portion_rows += rows
    if portion:
        yield portion
