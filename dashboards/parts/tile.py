"""A number with its name: as HTML, since a page draws many and each must cost next to nothing.

Sparklines are shapes cut out of a coloured box, so they follow the theme without a chart library.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dashboards.parts.markup import Markup, block, tag

Kind = Literal["bar", "area", "line"]
RIBBON = 7.0  # thickness of a line, in per cent of the sparkline's height
GAP = 0.25  # of a bar's place


@dataclass(frozen=True)
class Tile:
    """One number: what it is, what it is now, and what stands below it.

    tone: good, bad or "" for the line below, which also says so in words or with a sign.
    trend: values of a sparkline, oldest first; fewer than two draw none.
    """

    label: str
    value: str
    below: str
    tone: str = ""
    trend: Sequence[float] = ()
    kind: Kind = "area"
    help: str = ""


def tile_row(*tiles: Tile) -> None:
    """Draws tiles in rows that wrap, as one element."""
    boxes = [tag("div", *parts(tile), style="tile box") for tile in tiles]
    block(tag("div", *boxes, style="tiles"))


def tile_markup(tile: Tile) -> Markup:
    """The tile without a frame, for a container that holds more."""
    return tag("div", tag("div", *parts(tile), style="tile"), style="hve")


def parts(tile: Tile) -> list[Markup]:
    """Label, value, the line below, sparkline, and what it all means behind a question mark."""
    elements = [
        tag("p", tile.label, style="label"),
        tag("p", tile.value, style="value"),
        tag("p", tile.below, style=f"below {tile.tone}".strip()),
    ]
    if len(tile.trend) > 1:
        elements.append(sparkline(tile.trend, tile.kind))
    if tile.help:
        about = tag("span", f"{tile.label}: what it means", style="unseen")
        elements.append(
            tag("details", tag("summary", "?", about), tag("p", tile.help, style="quiet"))
        )
    return elements


def sparkline(values: Sequence[float], kind: Kind) -> Markup:
    """A small shape of the values; its numbers stand in the page's charts and tables."""
    shape = {"bar": _bars, "area": _area, "line": _line}[kind](list(map(float, values)))
    points = ",".join(f"{x:.1f}% {100 - y:.1f}%" for x, y in shape)
    return Markup(
        f'<div class="spark" aria-hidden="true" style="clip-path:polygon({points})"></div>'
    )


def _heights(values: list[float], low: float) -> list[float]:
    """Per cent of the way from `low` to the largest."""
    span = max(values) - low
    return [100 * (value - low) / span if span > 0 else 0.0 for value in values]


def _bars(values: list[float]) -> list[tuple[float, float]]:
    width = 100 / len(values)
    points = []
    for place, height in enumerate(_heights(values, min(0.0, *values))):
        left, right = place * width, (place + 1 - GAP) * width
        points += [(left, 0.0), (left, height), (right, height), (right, 0.0)]
    return points


def _area(values: list[float]) -> list[tuple[float, float]]:
    heights = _heights(values, min(0.0, *values))
    step = 100 / (len(values) - 1)
    return [
        (0.0, 0.0),
        *((place * step, height) for place, height in enumerate(heights)),
        (100.0, 0.0),
    ]


def _line(values: list[float]) -> list[tuple[float, float]]:
    """A ribbon between the smallest and the largest: a rate near 100 % would fill an area."""
    heights = [height * (100 - RIBBON) / 100 for height in _heights(values, min(values))]
    step = 100 / (len(values) - 1)
    there = [(place * step, height + RIBBON) for place, height in enumerate(heights)]
    back = [(place * step, height) for place, height in enumerate(heights)]
    return [*there, *reversed(back)]
