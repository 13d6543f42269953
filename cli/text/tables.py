"""Parts of every text: tables, money, coverage, and text without control characters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from dashboards.parts.amounts import UNKNOWN, day, digits, moment
from hve_monitor.plural import plural
from hve_monitor.text import printable

if TYPE_CHECKING:  # a command loads the models that it needs, not all
    from cli.text.layout import Cell
    from models.usage.coverage import CoverageReport

Document = dict[str, Any]
AMOUNT = re.compile(r"(≥ )?[+-]?\d[\d,]*(\.\d+)?( %)?")


def coverage(report: CoverageReport) -> str:
    """One line on what was read."""
    if report.complete is None:
        return "coverage: unknown, the rows come from files"
    if report.complete:
        return f"coverage: complete, as of {moment(report.as_of)}"
    if not report.gaps:
        return "coverage: incomplete, nothing was read of some tenant"
    first = report.gaps[0]
    return (
        f"coverage: {plural(len(report.gaps), 'gap')}, the first for {first.address}"
        f" from {moment(first.start)} to {moment(first.end)}"
    )


def money_text(amount: Decimal | None) -> str:
    """An amount as the pages write it."""
    return UNKNOWN if amount is None else digits(amount)


def table_text(
    documents: Sequence[object],
    missing: str = "",
    *,
    first: Sequence[str] = (),
    wide: bool = False,
) -> str:
    """A table of documents, or of rows by column, that fits a terminal.

    missing: what stands in a cell without a value. first: columns that matter most; those that do
    not fit are left out from the last on, and named. wide: all of them, as wide as they are.
    """
    from cli.text.layout import laid_out  # here, so that a command with --json does not load rich

    if not documents:
        return "no rows"
    kept = (datetime, date, Decimal)
    rows = msgspec.to_builtins(documents, builtin_types=kept)
    names = sorted(rows[0], key=lambda name: first.index(name) if name in first else len(first))
    cells = [{name: _cell(row[name], missing) for name in names} for row in rows]
    return laid_out(cells, wide=wide)


def _cell(value: object, missing: str) -> Cell:
    """A value as people read it; two of a list are the ends of a range."""
    from cli.text.layout import Cell

    if isinstance(value, list | tuple):
        ends = dict.fromkeys(_value(end, UNKNOWN) for end in value)
        return Cell(cell_text(" to ".join(ends)), is_number=True)
    is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    text = cell_text(_value(value, missing))
    return Cell(text, is_number or AMOUNT.fullmatch(text) is not None)


def _value(value: object, missing: str) -> str:
    if value is None:
        return missing
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Decimal):
        return digits(value)
    if isinstance(value, datetime):
        return moment(value)
    return day(value) if isinstance(value, date) else str(value)


def cell_text(value: object) -> str:
    """A value as text without control characters: data must not steer the terminal."""
    shown = "" if value is None else str(value)
    return printable(shown, "�")


def clean(text: str) -> str:
    """The lines of a text without control characters."""
    return "\n".join(map(cell_text, text.split("\n")))
