"""A table on paper: what the browser draws as a grid shows a part of its rows and columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd

from dashboards.parts.amounts import UNKNOWN, count, is_unknown, moment
from dashboards.parts.markup import Markup, table_of, tag
from dashboards.parts.money_columns import amounts_of, texts_of

MOST_PRINTED = 100  # rows; the file of the table has all
DENSE = 10  # columns that fit on a page in the usual size


def printed_table(
    table: pd.DataFrame,
    labels: Mapping[str, str],
    forms: Mapping[str, str | None],
    texts: Mapping[str, Sequence[str]],
) -> Markup:
    """The first rows as HTML that only a printer shows.

    labels: heads of columns by their names in the frame. forms: how numbers are written (`%.1f`).
    texts: what is read in columns that sort by their values.
    """
    shown = table.head(MOST_PRINTED)
    columns = [
        list(texts[name])[: len(shown)] if name in texts else _cells(shown[name], forms.get(name))
        for name in map(str, table)
    ]
    rows = list(zip(*columns, strict=True))
    rest = len(table) - len(shown)
    more = [tag("p", f"and {count(rest)} more rows, see the file", style="quiet")] if rest else []
    heads = [labels.get(name, name) for name in map(str, table)]
    style = "printed dense" if len(heads) > DENSE else "printed"
    return tag("div", table_of(heads, rows), *more, style=style)


def _cells(column: pd.Series[Any], form: str | None) -> list[str]:
    amounts = amounts_of(column.tolist())
    if amounts is not None:
        return texts_of(amounts)
    return [_cell(value, form) for value in column.tolist()]


def _cell(value: object, form: str | None) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if is_unknown(value):
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, int | float):
        return form % value if form and "%" in form else f"{value:,.6g}"
    return str(value)
