"""Money by month and group, and by day of one group; a click on a bar says which it was.

Positions are floats; every amount that is printed comes from decimal text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from dashboards.parts.palette import Palette
from dashboards.parts.spec import kept_spec

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
            color=alt.Color("group:N", scale=scale, sort=list(names)),
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
def day_bars(rows: pd.DataFrame, currency: str, colours: Palette) -> Any:
    """A bar per UTC day, paler where a part is not known, a question mark where nothing is.

    Shape: rows: day (text), amount (text), position (float, none where nothing is known), is_whole.
    """
    days = alt.X("day:N", title=None, sort=None, axis=alt.Axis(labelAngle=-45, labelOverlap=True))
    texts = [alt.Tooltip("day:N"), alt.Tooltip("amount:N", title=currency)]
    base = alt.Chart(rows).encode(x=days, tooltip=texts)
    bars = base.mark_bar(color=colours.accent).encode(
        y=alt.Y("position:Q", title=f"{currency} per UTC day", axis=alt.Axis(tickCount=5)),
        opacity=alt.condition("datum.is_whole", alt.value(1), alt.value(PART)),
    )
    unknown = base.transform_filter("!isValid(datum.position)").mark_text(
        text="?", color=colours.expected, dy=-6, fontSize=13, fontWeight=600
    )
    return alt.layer(bars, unknown.encode(y=alt.datum(0))).properties(height=220)
