"""Failed recipients per day by reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from dashboards.charts.volume import day_axis, utc_day
from dashboards.parts.palette import Palette
from dashboards.parts.spec import kept_spec


@kept_spec
def reasons_chart(
    rows: pd.DataFrame, names: Sequence[str], colours: Palette, height: int = 190
) -> Any:
    """Stacked bars; `rows`: day (UTC, timestamp), reason, recipients. names: reasons in order."""
    ordered = rows.assign(place=[list(names).index(name) for name in rows["reason"]])
    scale = alt.Scale(domain=list(names), range=list(colours.groups[: len(names)]))
    return (
        alt.Chart(ordered)
        .mark_bar(binSpacing=1)
        .encode(
            x=alt.X("day:T", timeUnit="utcyearmonthdate", title=None, axis=day_axis(rows["day"])),
            y=alt.Y(
                "recipients:Q",
                title="Failed recipients per UTC day",
                axis=alt.Axis(format=",.0f", tickCount=5, tickMinStep=1),
            ),
            color=alt.Color("reason:N", scale=scale, title=None),
            order=alt.Order("place:Q"),
            tooltip=[utc_day(), alt.Tooltip("reason:N"), alt.Tooltip("recipients:Q", format=",")],
        )
        .properties(height=height)
    )
