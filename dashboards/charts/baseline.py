"""Observed hours of an account against what was expected of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import altair as alt
import pandas as pd

from dashboards.parts.clock import on_the_clock
from dashboards.parts.figure import utc
from dashboards.parts.palette import Palette
from dashboards.parts.spec import kept_spec

HOUR = pd.Timedelta(hours=1)
NUMBERS = ("observed", "expected", "lo80", "hi80", "lo95", "hi95")


@kept_spec
def baseline_chart(
    hours: pd.DataFrame, span: tuple[datetime, datetime] | None, colours: Palette, height: int = 320
) -> Any:
    """Hourly recipients over their bands; where a span is given, the incident is shaded.

    `hours` as models.usage.accounts.account_hours gives them.
    """
    numbers = {name: hours[name].astype("float64") for name in NUMBERS}
    rows = hours.assign(until=hours["hour_utc"] + HOUR, **numbers)
    layers = {
        "95 % band": _band(rows, "95"),
        "80 % band": _band(rows, "80"),
        "expected": _expected(rows),
        "observed": _observed(rows),
    }
    shades = {
        "observed": colours.accent,
        "expected": colours.expected,
        "80 % band": colours.band80,
        "95 % band": colours.band95,
    }
    if span is not None:
        layers = {"incident": _span(span), **layers}
        shades["incident"] = colours.incident
    scale = alt.Scale(domain=list(shades), range=list(shades.values()))
    # A colour by its name, not by a column: all layers share one table that is sent once.
    coloured = [
        layer.encode(color=alt.ColorDatum(name, type="nominal", scale=scale))
        for name, layer in layers.items()
    ]
    return alt.layer(*coloured, _hover(rows)).properties(height=height)


def drawn_hours(hours: pd.DataFrame) -> pd.DataFrame:
    """The hours as `baseline_chart` draws them on the page's clock."""
    return hours.assign(hour_utc=on_the_clock(hours["hour_utc"]))


def _band(rows: pd.DataFrame, level: str) -> Any:
    axis = alt.Axis(format="%m-%d %H:%M", labelOverlap=True, tickCount=7)
    band = alt.Chart(rows).mark_area(opacity=1, interpolate="step-after")
    return band.encode(x=utc("hour_utc", axis=axis), y=alt.Y(f"lo{level}:Q"), y2=f"hi{level}:Q")


def _expected(rows: pd.DataFrame) -> Any:
    line = alt.Chart(rows).mark_line(strokeDash=[5, 4], strokeWidth=1.6, interpolate="step-after")
    return line.encode(x=utc("hour_utc"), y="expected:Q")


def _observed(rows: pd.DataFrame) -> Any:
    line = alt.Chart(rows).mark_line(strokeWidth=2.2, interpolate="step-after")
    return line.encode(x=utc("hour_utc"), y=alt.Y("observed:Q", title="Recipients per hour"))


def _hover(rows: pd.DataFrame) -> Any:
    """Invisible columns that say the numbers of the hour under the pointer."""
    time = alt.Tooltip(
        "hour_utc:T", timeUnit="utcyearmonthdatehours", format="%Y-%m-%d %H:%M", title="hour"
    )
    columns = alt.Chart(rows).mark_rect(opacity=0)
    numbers = [alt.Tooltip(f"{name}:Q", format=",.0f") for name in NUMBERS]
    return columns.encode(x=utc("hour_utc"), x2="until", tooltip=[time, *numbers])


def _span(span: tuple[datetime, datetime]) -> Any:
    frame = pd.DataFrame({"start": [pd.Timestamp(span[0])], "end": [pd.Timestamp(span[1])]})
    return alt.Chart(frame).mark_rect(opacity=1).encode(x=utc("start"), x2="end")


def hour_table(hours: pd.DataFrame) -> pd.DataFrame:
    """The numbers behind a chart of hours, newest first."""
    rounded = {name: hours[name].astype("Float64").round(1) for name in NUMBERS}
    table = hours[["hour_utc"]].assign(**rounded)
    return table.sort_values("hour_utc", ascending=False)
