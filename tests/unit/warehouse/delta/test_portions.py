"""Portions keep the order of the days, cut none, and hold no more than they may."""

from __future__ import annotations

from datetime import date, timedelta

from warehouse.delta.portions import MOST_DAYS, portions

FIRST = date(2026, 11, 1)


def cut(*rows: int, most: int) -> list[list[int]]:
    """Portions of days from the first on that hold so many rows, as numbers of the days."""
    days = [(FIRST + timedelta(days=number), count) for number, count in enumerate(rows)]
    return [[(day - FIRST).days for day in portion] for portion in portions(days, most)]


def test_days_come_together_up_to_the_rows() -> None:
    assert cut(3, 1, 1, 1, 2, most=3) == [[0], [1, 2, 3], [4]]


def test_a_day_with_more_rows_comes_alone() -> None:
    assert cut(1, 9, 9, 1, most=3) == [[0], [1], [2], [3]]


def test_no_day_makes_no_portion_and_days_without_rows_cost_none() -> None:
    assert cut(most=3) == []
    assert cut(0, 3, 0, 0, most=3) == [[0, 1, 2, 3]]


def test_many_days_are_cut_however_few_their_rows() -> None:
    sizes = [len(portion) for portion in cut(*[0] * (2 * MOST_DAYS + 1), most=3)]
    assert sizes == [MOST_DAYS, MOST_DAYS, 1]
