"""A table as wide as a terminal: the columns that fit, their heads over two lines where needed."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.text.lines import WIDEST

GAP = 2


class Cell(NamedTuple):
    """A value as text, and whether it is read from the right."""

    text: str
    is_number: bool = False


def laid_out(rows: Sequence[Mapping[str, Cell]], *, wide: bool = False) -> str:
    """The table; the names of the first row are its head.

    Columns that do not fit are left out, from the last on, and named. wide: all of them.
    """
    widths = {name: _width(name, [row[name].text for row in rows]) for name in rows[0]}
    names = list(widths)
    fitting = names if wide else _fitting(widths)
    lines = [_drawn(rows, {name: widths[name] for name in fitting}, wide=wide)]
    if len(fitting) < len(names):
        left_out = ", ".join(map(_head, names[len(fitting) :]))
        lines.append(f"not shown: {left_out} (--wide)")
    return "\n".join(lines)


def _head(name: str) -> str:
    return name.replace("_", " ")


def _width(name: str, texts: Sequence[str]) -> int:
    """As wide as its longest value, and as the longest word of its head."""
    return max(map(cell_len, (*texts, *_head(name).split())), default=0)


def _fitting(widths: Mapping[str, int]) -> list[str]:
    """The first columns that fit beside each other; the first of all in any case."""
    names, left = list(widths), WIDEST
    for place, name in enumerate(names):
        left -= widths[name] + (GAP if place else 0)
        if left < 0 and place:
            return names[:place]
    return names


def _drawn(rows: Sequence[Mapping[str, Cell]], widths: Mapping[str, int], *, wide: bool) -> str:
    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0))
    for name, width in widths.items():
        is_number = any(row[name].is_number for row in rows)
        side: Literal["left", "right"] = "right" if is_number else "left"
        most = width if wide else min(width, WIDEST)
        table.add_column(Text(_head(name)), justify=side, overflow="fold", width=most)
    for row in rows:
        table.add_row(*(Text(row[name].text) for name in widths))
    whole = sum(widths.values()) + GAP * len(widths)
    out = io.StringIO()
    Console(file=out, width=whole if wide else min(whole, WIDEST + GAP)).print(table)
    return "\n".join(line.rstrip() for line in out.getvalue().rstrip().splitlines())
