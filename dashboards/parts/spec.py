"""A chart as what the browser draws, built once for the same numbers and colours.

Building and checking a chart takes most of the time of a page that has nothing new to say.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

import altair as alt
import pandas as pd
import pyarrow as pa
import streamlit as st

from dashboards.parts.chart_file import svg_button
from dashboards.parts.markup import block
from dashboards.parts.palette import LIGHT, Palette

TYPE_SIZE = 12
P = ParamSpec("P")
Spec = dict[str, Any]
# Altair's themes and transformers are those of all threads.
_ALTAIR = threading.Lock()


def kept_spec(chart: Callable[P, Any]) -> Callable[P, Spec]:
    """The function, giving its finished chart as a Vega-Lite specification that `draw` takes."""

    @wraps(chart)
    def built(*arguments: P.args, **options: P.kwargs) -> Spec:
        colours = [value for value in (*arguments, *options.values()) if isinstance(value, Palette)]
        return _spec(chart(*arguments, **options)) | {"config": _config(*colours)}

    kept: Callable[P, Spec] = st.cache_data(max_entries=128, show_spinner=False)(built)
    return kept


def draw(spec: Spec, alternative: str, *, name: str, **options: Any) -> Any:
    """Draws the chart; `alternative` is what a screen reader hears for it.

    name: what it shows; of the SVG file that a button below it gives. The chart's own toolbar gives
    the PNG.
    """
    drawn = {**spec, "usermeta": {"embedOptions": {"renderer": "svg"}}}
    event = st.vega_lite_chart(drawn, width="stretch", alt=alternative, **options)
    block(svg_button(name))
    return event


def _config(colours: Palette = LIGHT) -> Spec:
    """The type sizes, text colour and legend place that all charts share.

    Text: Streamlit's own has too little contrast. It is added to what Altair has written: each of
    its configure methods copies the whole chart.
    """
    sizes = {"labelFontSize": TYPE_SIZE, "titleFontSize": TYPE_SIZE, "titleFontWeight": 500}
    text = {"labelColor": colours.text, "titleColor": colours.text}
    legend = {
        "orient": "top",
        "title": None,
        "labelFontSize": TYPE_SIZE,
        "symbolOpacity": 1,
        "symbolType": "square",
        "labelLimit": 220,
        "columns": legend_columns(2).to_dict(),
    }
    return {"axis": sizes | text, "legend": legend | text, "view": {"stroke": None}}


def legend_columns(on_phone: int) -> Any:
    """How many words of a legend stand in a line: three, but fewer where they would be cut."""
    return alt.ExprRef(f"width < 320 ? {on_phone} : 3")


def _spec(chart: Any) -> Spec:
    """Vega-Lite with its tables as Arrow streams, each once, which is what Streamlit sends."""
    tables: dict[str, bytes] = {}
    # The frames are held beside their names: the id of one that is gone may be another's.
    seen: dict[int, tuple[str, Any]] = {}

    def aside(data: Any) -> dict[str, str]:
        name, _ = seen.setdefault(id(data), (f"table-{len(seen)}", data))
        if name not in tables:
            tables[name] = _stream(data)
        return {"name": name}

    with _ALTAIR:
        alt.data_transformers.register("aside", aside)
        with alt.theme.enable("none"), alt.data_transformers.enable("aside"):
            spec: Spec = chart.to_dict(validate=False)
    return spec | {"datasets": tables}


def _stream(frame: pd.DataFrame) -> bytes:
    table = pa.Table.from_pandas(frame)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue().to_pybytes())
