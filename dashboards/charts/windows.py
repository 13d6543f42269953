"""Windows of announced sends as bars over time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import altair as alt
import pandas as pd

from dashboards.charts.days import PICKED
from dashboards.parts.figure import utc
from dashboards.parts.palette import Palette
from dashboards.parts.spec import kept_spec

ROW = 34  # pixels
NOW = "#8794a3"  # seen on both backgrounds


@kept_spec
def windows_chart(
    rows: pd.DataFrame, now: datetime, colours: Palette, *, leads: bool = False
) -> Any:
    """One line per account; `rows`: account, start, end, recipients, state, note, id.

    A click picks the id. leads: whether it leads somewhere.
    """
    scale = alt.Scale(
        domain=["coming", "running", "over"],
        range=[colours.accent, colours.high, colours.expected],
    )
    dates = alt.Axis(format="%m-%d %H:%M", labelOverlap=True, tickCount=6)
    times = [
        alt.Tooltip(f"{name}:T", timeUnit="utcyearmonthdatehoursminutes", title=name)
        for name in ("start", "end")
    ]
    bars = alt.Chart(rows).encode(
        x=utc("start", axis=dates),
        x2="end",
        y=alt.Y("account:N", title=None, axis=alt.Axis(labelLimit=220)),
        tooltip=["account:N", *times, alt.Tooltip("recipients:Q", format=","), "note:N"],
    )
    cursor: Any = "pointer" if leads else "default"
    filled = (
        bars.mark_bar(height=18, cornerRadius=3, cursor=cursor)
        .encode(color=alt.Color("state:N", scale=scale))
        .add_params(alt.selection_point(name=PICKED, fields=["id"], on="click"))
    )
    present = alt.Chart(pd.DataFrame({"now": [pd.Timestamp(now)]}))
    line = present.mark_rule(strokeDash=[4, 3], strokeWidth=2, color=NOW).encode(x=utc("now"))
    return alt.layer(filled, line).properties(height=alt.Step(ROW))
