"""The file of a table: its rows as CSV that runs nothing when a spreadsheet opens it.

The file holds what the table is made of and not what it draws: amounts with every digit, times as
ISO 8601 on the page's clock, nothing where the table says that something is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import pandas as pd
import streamlit as st

from dashboards.parts.amounts import NOT_APPLYING, UNKNOWN, is_unknown
from dashboards.parts.chart_file import file_name
from dashboards.parts.clock import chosen_days, zoned
from dashboards.parts.markup import literal
from dashboards.parts.money_columns import Amount, amounts_of
from hve_monitor.clock import aware, iso
from hve_monitor.spreadsheet import sheet

LEAST = "is at least"


def file_button(
    name: str,
    table: pd.DataFrame,
    labels: Mapping[str, str],
    key: str,
    texts: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """A button that gives the table as a file.

    name: what its rows are, which the button and the file tell. labels: heads of columns by their
    names in the frame. texts: what is read in columns that sort by their values.
    """
    st.download_button(
        f"CSV: {literal(name)}",
        data=lambda: table_bytes(table, labels, texts),
        file_name=f"{file_name(f'{name} {chosen_days()}')}.csv",
        mime="text/csv",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
        key=key,
    )


def table_bytes(
    table: pd.DataFrame,
    labels: Mapping[str, str],
    texts: Mapping[str, Sequence[str]] | None = None,
) -> bytes:
    """The CSV of the table (hve_monitor.spreadsheet.sheet).

    Beside a column of amounts, some of which are only known in part, stands one that says which.
    """
    columns: dict[str, list[object]] = {}
    for name in table:
        label, read = labels.get(str(name), str(name)), (texts or {}).get(str(name))
        amounts = amounts_of(table[name])
        if read is not None:
            columns[label] = list(read)
        elif amounts is None:
            columns[label] = [_value(value) for value in table[name].tolist()]
        else:
            columns[label] = [amount and amount.exact for amount in amounts]
            if any(amount and amount.is_least for amount in amounts):
                columns[f"{label}, {LEAST}"] = [_is_least(amount) for amount in amounts]
    rows = zip(*columns.values(), strict=True)
    return sheet([*columns], [dict(zip(columns, row, strict=True)) for row in rows])


def _is_least(amount: Amount | None) -> str | None:
    if amount is None:
        return None
    return "yes" if amount.is_least else "no"


def _value(value: object) -> object:
    """A cell of the file."""
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    if is_unknown(value) or value in (UNKNOWN, NOT_APPLYING):
        return None
    if isinstance(value, datetime):
        at = zoned(aware(value))
        return iso(at) if at.utcoffset() == timedelta(0) else at.isoformat()
    if isinstance(value, float) and not isinstance(value, bool):
        return Decimal(repr(value))
    return value if isinstance(value, str | int | Decimal) else str(value)
