"""Parts of every text: tables, money, coverage, and text without control characters."""

from __future__ import annotations

import io
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hve_monitor.clock import iso
from hve_monitor.document import decimal_text, encoded
from hve_monitor.text import printable

if TYPE_CHECKING:  # a command loads the models that it needs, not all
    from models.usage.coverage import CoverageReport

Document = dict[str, Any]
UNKNOWN = "unknown"
WIDEST = 160


def coverage(report: CoverageReport) -> str:
    """One line on what was read."""
    if report.complete is None:
        return "coverage: unknown, the rows come from files"
    if report.complete:
        return f"coverage: complete, as of {iso(report.as_of)}"
    if not report.gaps:
        return "coverage: nothing was read yet"
    first = report.gaps[0]
    return (
        f"coverage: {len(report.gaps)} gaps, the first for {first.address}"
        f" from {iso(first.start)} to {iso(first.end)}"
    )


def money_text(amount: Decimal | str | int | None) -> str:
    """An amount or a count as it stands in the document."""
    if isinstance(amount, Decimal):
        amount = decimal_text(amount)
    return UNKNOWN if amount is None else str(amount)


def table_text(documents: Sequence[object], missing: str = "") -> str:
    """A table of documents, or of rows by column; the names of the first are its head.

    missing: what stands in a cell without a value.
    """
    from rich.console import Console  # here, so that a command with --json does not load it
    from rich.table import Table
    from rich.text import Text

    if not documents:
        return "no rows"
    rows = encoded(documents)
    table = Table(box=None, pad_edge=False)
    for name in rows[0]:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell_text(_cell(value, missing))) for value in row.values()))
    console = Console(file=io.StringIO(), width=WIDEST)
    console.print(table)
    text: str = console.file.getvalue()  # type: ignore[attr-defined] # the StringIO above
    return text.rstrip()


def _cell(value: object, missing: str) -> object:
    """A value as a cell; two of a list are the ends of a range."""
    if isinstance(value, list):
        ends = [missing or UNKNOWN if end is None else str(end) for end in value]
        return ends[0] if set(ends) == {UNKNOWN} else " to ".join(ends)
    return missing if value is None else value


def cell_text(value: object) -> str:
    """A value as text without control characters: data must not steer the terminal."""
    shown = "" if value is None else str(value)
    return printable(shown, "�")


def clean(text: str) -> str:
    """The lines of a text without control characters."""
    return "\n".join(map(cell_text, text.split("\n")))
