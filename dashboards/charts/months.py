"""Money by month and group, and by day of one group; a click on a bar says which it was.

Positions are floats; every amount that is printed comes from decimal text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from dashboards.charts.days import DaySpan, day_axis, line_before, over_days, whole_days
from dashboards.parts.palette import Palette
from dashboards.parts.spec import kept_spec, legend_columns

PICKED = "picked"
PART = 0.55  # opacity of what is only known in part


@kept_spec
def month_bars(
    rows: pd.DataFrame,
    names: Sequence[str],
    labels: Sequence[str],
    currency: str,
    colours: Palette,
) -> Any:
    """Stacked bars, paler where a part is not known; a click picks `group` and `month`.

    Shape: rows: month, label (of the month), group, place (order of the stack), amount (text),
    position (float), is_whole. names and labels: the groups and the months in their order.
    """
    scale = alt.Scale(domain=list(names), range=list(colours.groups[: len(names)]))
    picked = alt.selection_point(name=PICKED, fields=["group", "month"], on="click")
    return (
        alt.Chart(rows)
        .mark_bar(cursor="pointer")
        .encode(
            x=alt.X("label:N", title=None, sort=list(labels), axis=alt.Axis(labelAngle=-45),
                    scale=alt.Scale(domain=list(labels))),
            y=alt.Y("position:Q", title=f"{currency} per month", axis=alt.Axis(tickCount=5)),
            color=alt.Color("group:N", scale=scale, sort=list(names),
                            legend=alt.Legend(columns=legend_columns(1))),
            opacity=alt.condition("datum.is_whole", alt.value(1), alt.value(PART)),
            order=alt.Order("place:Q"),
            tooltip=[
                alt.Tooltip("month:N"),
                alt.Tooltip("group:N"),
                alt.Tooltip("amount:N", title=currency),
                alt.Tooltip("total:N", title=f"all, {currency}"),
            ],
        )
        .add_params(picked)
        .properties(height=360)
    )  # fmt: skip


@kept_spec
def day_bars(
    rows: pd.DataFrame, span: DaySpan, currency: str, colours: Palette, height: int = 220
) -> Any:
    """A bar per UTC day over what the days of the month before cost; a click picks `day`.

    Shape: rows: every day of the span: day (UTC, timestamp), amount and before (text), position and
    position_before (float, none where it is not known), is_whole.
    """
    bars = (
        alt.Chart(rows)
        .mark_bar(color=colours.accent, binSpacing=1)
        .encode(
            x=day_axis(span),
            y=alt.Y("position:Q", title=f"{currency} per UTC day", axis=alt.Axis(tickCount=5)),
            opacity=alt.condition("datum.is_whole", alt.value(1), alt.value(PART)),
        )
    )
    layers = [bars]
    if rows["position_before"].notna().any():
        layers.append(line_before(rows, "position_before", "before", colours))
    texts = [
        alt.Tooltip("amount:N", title=currency),
        alt.Tooltip("before:N", title="same day of the month before"),
    ]
    return over_days(layers, span, whole_days(rows, texts, leads=True), colours, height)
