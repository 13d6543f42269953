"""Tiles and their sparklines."""

from __future__ import annotations

import re

import pytest

from dashboards.parts.tile import Kind, Tile, sparkline, tile_markup
from tests.unit.dashboards.conftest import HOSTILE


def corners(shape: str) -> list[tuple[float, float]]:
    """Points of a sparkline in per cent from the left and from the top."""
    return [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+)% (-?[\d.]+)%", shape)]


@pytest.mark.parametrize("kind", ["bar", "area", "line"])
@pytest.mark.parametrize("values", [[0, 0, 0], [1, 5, 2], [-3, 0, 9], [98.2, 98.2]])
def test_a_sparkline_stays_in_its_box(kind: Kind, values: list[float]) -> None:
    points = corners(sparkline(values, kind))
    assert len(points) >= 2 * len(values) - 2
    assert all(-0.1 <= x <= 100.1 and -0.1 <= y <= 100.1 for x, y in points)


def test_bars_stand_on_zero_and_reach_as_high_as_their_value() -> None:
    tops = [y for _, y in corners(sparkline([0, 5, 10], "bar"))]
    assert (tops[1], tops[5], tops[9]) == (100.0, 50.0, 0.0)


def test_a_line_lies_between_its_lowest_and_highest() -> None:
    there = [y for _, y in corners(sparkline([98, 99, 100], "line"))][:3]
    assert there[2] == 0.0
    assert there[0] > there[1] > there[2]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_tile_shows_text_as_text(text: str) -> None:
    markup = tile_markup(Tile(text, text, text, help=text))
    assert "<script" not in markup
    assert "\u202e" not in markup


def test_one_value_is_no_trend() -> None:
    assert "spark" not in tile_markup(Tile("label", "1", "below", trend=[1.0]))
