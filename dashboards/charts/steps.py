"""A number that stays as it is until it changes."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from dashboards.parts.figure import utc
from dashboards.parts.palette import Palette
from dashboards.parts.spec import kept_spec


@kept_spec
def steps_chart(rows: pd.DataFrame, title: str, colours: Palette, height: int = 160) -> Any:
    """`rows`: at (as dashboards.parts.clock draws it), value."""
    return (
        alt.Chart(rows)
        .mark_line(color=colours.accent, interpolate="step-after", strokeWidth=2, point=True)
        .encode(
            x=utc("at", axis=alt.Axis(format="%m-%d %H:%M", labelOverlap=True, tickCount=7)),
            y=alt.Y("value:Q", title=title, axis=alt.Axis(tickCount=4, tickMinStep=1)),
            tooltip=[
                alt.Tooltip("at:T", timeUnit="utcyearmonthdatehoursminutes", title="time"),
                alt.Tooltip("value:Q", title=title),
            ],
        )
        .properties(height=height)
    )
