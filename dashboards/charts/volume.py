"""Recipients per day, split by what became of them."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from dashboards.parts.palette import NAMES, STATUSES, Palette
from dashboards.parts.spec import kept_spec

PICKED = "picked"


def by_status(usage: pd.DataFrame) -> pd.DataFrame:
    """Recipients per day and status.

    Shape: day (UTC, timestamp), status, recipients, place (order of the stack). Rows without a
    status are `unknown`, also beside others of the day that carry one.
    """
    unknown = usage["unknown_recipients"]
    rows = usage.assign(unknown=unknown, other=usage["other"] - unknown)
    daily = rows.groupby("day")[list(STATUSES)].sum().astype("int64").reset_index()
    long = daily.melt("day", var_name="status", value_name="recipients")
    long = long[long["recipients"] > 0]
    return long.assign(
        day=pd.to_datetime(long["day"], utc=True),
        place=[STATUSES.index(status) for status in long["status"]],
        status=[NAMES[status] for status in long["status"]],
    )


@kept_spec
def volume_chart(rows: pd.DataFrame, colours: Palette, height: int = 230) -> Any:
    """Stacked bars of `by_status` rows; a click picks `day`."""
    present = [name for name in STATUSES if NAMES[name] in set(rows["status"])]
    scale = alt.Scale(
        domain=[NAMES[name] for name in present],
        range=[colours.statuses[STATUSES.index(name)] for name in present],
    )
    return (
        alt.Chart(rows)
        .mark_bar(binSpacing=1)
        .encode(
            x=alt.X("day:T", timeUnit="utcyearmonthdate", title=None, axis=day_axis(rows["day"])),
            y=alt.Y(
                "recipients:Q",
                title="Recipients per UTC day",
                axis=alt.Axis(format=",.0f", tickCount=5, tickMinStep=1),
            ),
            color=alt.Color("status:N", scale=scale),
            order=alt.Order("place:Q"),
            tooltip=[
                utc_day(),
                alt.Tooltip("status:N"),
                alt.Tooltip("recipients:Q", format=","),
            ],
        )
        .add_params(alt.selection_point(name=PICKED, fields=["day"], on="click"))
        .properties(height=height)
    )


@kept_spec
def rate_chart(rows: pd.DataFrame, colours: Palette, height: int = 150) -> Any:
    """Not delivered in per cent per day; `rows`: day, ratio."""
    return (
        alt.Chart(rows)
        .mark_bar(color=colours.high, binSpacing=1)
        .encode(
            x=alt.X("day:T", timeUnit="utcyearmonthdate", title=None, axis=day_axis(rows["day"])),
            y=alt.Y("ratio:Q", title="Not delivered", axis=alt.Axis(format="~%", tickCount=4)),
            tooltip=[utc_day(), alt.Tooltip("ratio:Q", format=".2%", title="not delivered")],
        )
        .properties(height=height)
    )


def day_axis(days: pd.Series) -> alt.Axis:
    """Few labels, without repeating the month at every tick."""
    return alt.Axis(format="%m-%d", labelOverlap=True, tickCount=min(8, max(1, days.nunique())))


def utc_day() -> alt.Tooltip:
    """The day of a bar."""
    return alt.Tooltip("day:T", timeUnit="utcyearmonthdate", format="%Y-%m-%d (%a)", title="day")
