"""The local week of an account as a heat map."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from dashboards.charts.days import PICKED
from dashboards.parts.palette import Palette
from dashboards.parts.spec import kept_spec
from models.usage.accounts import WEEKDAYS


@kept_spec
def week_chart(week: pd.DataFrame, timezone: str, colours: Palette, *, leads: bool = False) -> Any:
    """Mean recipients by weekday and local hour; `week` comes from week_of.

    A click picks weekday and hour. leads: whether it leads somewhere.
    """
    return (
        alt.Chart(week)
        .mark_rect(cursor="pointer" if leads else "default")
        .encode(
            x=alt.X(
                "hour:O",
                title=f"Hour of the day ({timezone})",
                axis=alt.Axis(
                    labelAngle=0, values=list(range(0, 24, 3)), labelExpr="datum.label + ':00'"
                ),
            ),
            y=alt.Y(
                "weekday:O",
                title=None,
                sort=list(WEEKDAYS),
                axis=alt.Axis(labelOverlap=False),
            ),
            color=alt.Color(
                "recipients:Q",
                scale=alt.Scale(type="sqrt", range=[colours.low_heat, colours.high_heat]),
                legend=alt.Legend(orient="right", title="mean", gradientLength=150, format=",.2~r"),
            ),
            tooltip=[
                "weekday:O",
                "hour:O",
                alt.Tooltip("recipients:Q", format=",.1f", title="recipients per hour"),
            ],
        )
        .add_params(alt.selection_point(name=PICKED, fields=["weekday", "hour"], on="click"))
        .properties(height=210)
    )


def busiest(week: pd.DataFrame) -> str | None:
    """Mon 09:00, None where nothing was sent."""
    if week.empty or not week["recipients"].max() > 0:
        return None
    top = week.sort_values("recipients", ascending=False).iloc[0]
    return f"{top['weekday']} {int(top['hour']):02d}:00"
