"""A chart with the finding as its title, a summary in words, and the table behind it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import altair as alt
import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from dashboards.parts.amounts import UNKNOWN, is_unknown
from dashboards.parts.markup import block, literal, tag, visible_text
from dashboards.parts.spec import Spec, draw

AMOUNT = re.compile(r"-?\d+(\.\d+)?")
# How the columns of a table are named and drawn, by their names in the frame.
Columns: TypeAlias = Mapping[str, ColumnConfig | str]


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
) -> None:
    """Draws the panel; `detail` is also what a screen reader hears for the chart.

    height: as high as the panel beside it, or as its content where it shares a column.
    """
    with st.container(border=True, height=height):
        heading(finding, detail)
        draw(chart, f"{finding}. {detail}")
        behind("Numbers behind this chart", finding, table, columns)


@st.fragment
def behind(label: str, finding: str, table: pd.DataFrame, columns: Columns | None = None) -> None:
    """A closed table that is sent only when it is opened: browsers draw nothing more slowly.

    finding: tells the tables of a page apart.
    """
    part = st.expander(label, on_change="rerun", key=key_of("behind", label, finding))
    if part.open:
        with part:
            listing(table, columns)


def key_of(name: str, *texts: str) -> str:
    """A widget's key of texts that may hold anything: keys become names of CSS classes."""
    return f"{name}-{hashlib.sha256(repr(texts).encode()).hexdigest()[:12]}"


def listing(table: pd.DataFrame, columns: Columns | None = None, **options: Any) -> Any:
    """A table whose text is only text; `alt` in the options is its name for a screen reader.

    A missing value is unknown; Streamlit would write None.
    """
    frame, config = shown(table), dict(columns or {})
    for name in [str(name) for name in frame if name in config]:
        amounts = _amounts(frame[name], config[name])
        if amounts is not None:
            frame[name], config[name] = amounts
    return st.dataframe(
        frame, hide_index=True, column_config=config, placeholder=UNKNOWN, **options
    )


def amount_column(label: str) -> ColumnConfig:
    """A column of exact amounts, which are texts (dashboards.parts.amounts.exact).

    `listing` draws them as numbers, which sort as numbers, where all of them are known or unknown.
    """
    return st.column_config.TextColumn(label, alignment="right")


def _amounts(
    column: pd.Series, config: ColumnConfig | str
) -> tuple[pd.Series, ColumnConfig] | None:
    """The column as numbers with all their digits; None where one of its texts is none."""
    if isinstance(config, str) or config.get("alignment") != "right":
        return None
    texts = [
        None if is_unknown(value) or value == UNKNOWN else str(value).replace(",", "")
        for value in column
    ]
    known = [text for text in texts if text is not None]
    if not known or not all(AMOUNT.fullmatch(text) for text in known):
        return None
    places = max(len(text.partition(".")[2]) for text in known)
    numbers = [None if text is None else float(text) for text in texts]
    kind = st.column_config.NumberColumn(format=f"%.{places}f")["type_config"]
    return pd.Series(numbers, column.index, "float64"), {**config, "type_config": kind}


def moment_column(label: str, *, with_seconds: bool = False) -> ColumnConfig:
    """A column of UTC instants."""
    form = "YYYY-MM-DD HH:mm:ss" if with_seconds else "YYYY-MM-DD HH:mm"
    return st.column_config.DatetimeColumn(label, format=form, timezone="UTC")


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
        st.caption(literal(sentence))


def utc(field: str, **options: Any) -> alt.X:
    """A time axis in UTC, whatever zone the browser is in."""
    options = {"title": None} | options
    return alt.X(f"{field}:T", scale=alt.Scale(type="utc"), **options)
