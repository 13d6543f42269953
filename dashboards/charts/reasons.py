"""Failed recipients per day by reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from dashboards.charts.days import DaySpan, day_axis, days_of, over_days, whole_days
from dashboards.parts.palette import Palette
from dashboards.parts.spec import kept_spec


@kept_spec
def reasons_chart(
    rows: pd.DataFrame, names: Sequence[str], span: DaySpan, colours: Palette, height: int = 190
) -> Any:
    """Stacked bars; `rows`: day (UTC, timestamp), reason, recipients. names: reasons in order.

    A click picks `day`.
    """
    ordered = rows.assign(place=[list(names).index(name) for name in rows["reason"]])
    scale = alt.Scale(domain=list(names), range=list(colours.groups[: len(names)]))
    bars = (
        alt.Chart(ordered)
        .mark_bar(binSpacing=1)
        .encode(
            x=day_axis(span),
            y=alt.Y(
                "recipients:Q",
                title="Failed recipients per UTC day",
                axis=alt.Axis(format=",.0f", tickCount=5, tickMinStep=1),
            ),
            color=alt.Color("reason:N", scale=scale, title=None),
            order=alt.Order("place:Q"),
        )
    )
    texts, numbers = _whole_days(rows, names, span)
    days = whole_days(texts, numbers, leads=True)
    return over_days([bars], span, days, colours, height)


def _whole_days(
    rows: pd.DataFrame, names: Sequence[str], span: DaySpan
) -> tuple[pd.DataFrame, list[alt.Tooltip]]:
    """Every day of the span with the recipients of each reason, and what its tooltip lists."""
    days = days_of(span)
    sums = rows.pivot_table(index="day", columns="reason", values="recipients", aggfunc="sum")
    sums = sums.reindex(index=days, columns=list(names)).fillna(0)
    texts = pd.DataFrame({"day": days, "n": sums.sum(axis=1).to_list()})
    for place, name in enumerate(names):
        texts[f"n{place}"] = sums[name].to_list()
    tooltips = [
        alt.Tooltip(f"n{place}:Q", format=",", title=name) for place, name in enumerate(names)
    ]
    return texts, [alt.Tooltip("n:Q", format=",", title="total"), *tooltips]
