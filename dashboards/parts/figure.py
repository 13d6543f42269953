"""A chart with the finding as its title, a summary in words, and the table behind it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

import altair as alt
import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from dashboards.parts.amounts import NOT_APPLYING, UNKNOWN
from dashboards.parts.clock import shown_zone
from dashboards.parts.markup import block, tag, visible_text
from dashboards.parts.money_columns import (
    Amount,
    amounts_of,
    applying,
    displayed,
    numbers_of,
    plain_format,
    texts_of,
)
from dashboards.parts.printed_table import printed_table
from dashboards.parts.spec import Spec, draw
from dashboards.parts.table_file import file_button

MOST_WRITTEN = 500  # rows whose amounts are written one by one; more would take too long
# How the columns of a table are named and drawn, by their names in the frame.
Columns: TypeAlias = Mapping[str, ColumnConfig | str]
Texts: TypeAlias = Mapping[str, Sequence[str]]


def heading(finding: str, detail: str = "") -> None:
    """A panel's title: what was found, and below it what is shown in which unit."""
    parts = [tag("h2", finding)]
    if detail:
        parts.append(tag("p", detail, style="quiet"))
    block(*parts)


def figure(
    finding: str,
    detail: str,
    chart: Spec,
    table: pd.DataFrame,
    columns: Columns | None = None,
    height: Literal["stretch", "content"] = "stretch",
    **options: Any,
) -> Any:
    """Draws the panel; `detail` is also what a screen reader hears for the chart.

    height: as high as the panel beside it, or as its content where it shares a column. options: of
    the chart that reacts to clicks; what was clicked comes back.
    """
    with st.container(border=True, height=height):
        heading(finding, detail)
        event = draw(chart, f"{finding}. {detail}", name=finding, **options)
        behind("Numbers behind this chart", finding, table, columns, name=finding)
    return event


@st.fragment
def behind(
    label: str,
    finding: str,
    table: pd.DataFrame,
    columns: Columns | None = None,
    *,
    name: str | None = None,
) -> None:
    """A closed table that is sent only when it is opened: browsers draw nothing more slowly.

    finding: tells the tables of a page apart. name: of its file, the label with the finding at
    first.
    """
    part = st.expander(label, on_change="rerun", key=key_of("behind", label, finding))
    if part.open:
        with part:
            listing(table, columns, name=name or f"{label}, {finding}")


def key_of(name: str, *texts: str) -> str:
    """A widget's key of texts that may hold anything: keys become names of CSS classes."""
    return f"{name}-{hashlib.sha256(repr(texts).encode()).hexdigest()[:12]}"


def listing(
    table: pd.DataFrame,
    columns: Columns | None = None,
    *,
    name: str,
    texts: Texts | None = None,
    has_file: bool = True,
    **options: Any,
) -> Any:
    """A table whose text is only text, and a button that gives it as a file.

    name: what its rows are; tells the tables of a page apart. texts: what is read in columns that
    sort by their values. has_file: False where the page gives a fuller one. `alt` in the options is
    its name for a screen reader. A missing value is unknown; Streamlit would write None.
    """
    frame, config, read = shown(table), dict(columns or {}), dict(texts or {})
    for column, kind in (columns or {}).items():
        amounts = _amounts(frame, column, kind)
        if amounts is not None:
            plain = plain_format(amounts) if len(amounts) > MOST_WRITTEN else None
            config[column] = _numeric(kind, plain)
            written = texts_of(amounts) if plain is None else [""] * len(amounts)
            frame[column], texts_read = applying(frame[column], numbers_of(amounts), written)
            if plain is None:
                read[column] = texts_read
        elif _is_number(kind) and column in frame and (frame[column] == NOT_APPLYING).any():
            numbers = pd.to_numeric(frame[column], errors="coerce")
            written = [_written(kind, number) for number in numbers]
            frame[column], read[column] = applying(frame[column], numbers, written)
            config[column] = _numeric(kind, None)  # a form would win over what is read
    event = st.dataframe(
        displayed(frame, read),
        hide_index=True,
        column_config=config,
        placeholder=UNKNOWN,
        **options,
    )
    labels = _labels(columns or {})
    block(printed_table(table, labels, _forms(columns or {}), texts or {}))
    if has_file:
        key = key_of("file", name, *map(str, table))
        file_button(name, table, labels, key, texts)
    return event


def _labels(columns: Columns) -> dict[str, str]:
    """Heads of the columns by their names in the frame."""
    return {
        name: str(config if isinstance(config, str) else config.get("label") or name)
        for name, config in columns.items()
    }


def _forms(columns: Columns) -> dict[str, str | None]:
    """How numbers are written, by the names of their columns."""
    return {name: _form(config) for name, config in columns.items() if not isinstance(config, str)}


def _form(config: ColumnConfig) -> str | None:
    options: Mapping[str, Any] = config.get("type_config") or {}
    form = options.get("format")
    return form if isinstance(form, str) else None


def amount_column(label: str) -> ColumnConfig:
    """A column of exact amounts, which are texts (dashboards.parts.amounts.exact).

    They sort as numbers and are drawn with the digits that matter; the file has all of them.
    """
    return st.column_config.TextColumn(label, alignment="right")


def _amounts(
    table: pd.DataFrame, column: str, kind: ColumnConfig | str
) -> list[Amount | None] | None:
    """The amounts of a column that is one of money."""
    is_money = not isinstance(kind, str) and kind.get("alignment") == "right"
    return amounts_of(table[column].tolist()) if is_money and column in table else None


def _is_number(kind: ColumnConfig | str) -> bool:
    form = None if isinstance(kind, str) else kind.get("type_config")
    return form is not None and form["type"] == "number"


def _written(kind: ColumnConfig | str, number: float) -> str:
    """The number in the form of its column, which is printf's or that of counts."""
    if pd.isna(number):
        return UNKNOWN
    config = None if isinstance(kind, str) else kind.get("type_config")
    form = str(dict(config).get("format")) if config else ""
    return form % number if "%" in form else f"{number:,.0f}"


def _numeric(kind: ColumnConfig | str, form: str | None) -> ColumnConfig:
    """The column as one of numbers, drawn as the texts that come with them, or in one form."""
    number = st.column_config.NumberColumn(alignment="right", format=form)
    return number if isinstance(kind, str) else {**kind, "type_config": number["type_config"]}


def moment_column(label: str, *, with_seconds: bool = False) -> ColumnConfig:
    """A column of instants on the page's clock, which its head names."""
    form, zone = "YYYY-MM-DD HH:mm:ss" if with_seconds else "YYYY-MM-DD HH:mm", shown_zone()
    return st.column_config.DatetimeColumn(f"{label} ({zone})", format=form, timezone=zone)


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """Text columns with control characters made visible; other columns as they are."""
    clean: pd.DataFrame = table.apply(
        lambda column: column.map(_text) if column.dtype in ("object", "string", "str") else column
    )
    return clean


def _text(value: object) -> object:
    return visible_text(value) if isinstance(value, str) else value


def empty(sentence: str) -> None:
    """A panel that has nothing to show says why."""
    with st.container(border=True, height="stretch"):
        block(tag("p", sentence, style="quiet"))


def utc(field: str, **options: Any) -> alt.X:
    """A time axis in UTC, whatever zone the browser is in (dashboards.parts.clock)."""
    options = {"title": None} | options
    return alt.X(f"{field}:T", scale=alt.Scale(type="utc"), **options)
