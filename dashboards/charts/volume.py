"""Recipients per day, split by what became of them."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from dashboards.charts.days import (
    DaySpan,
    day_axis,
    days_of,
    line_before,
    over_days,
    whole_days,
)
from dashboards.parts.palette import NAMES, STATUSES, Palette
from dashboards.parts.spec import kept_spec


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
def volume_chart(
    rows: pd.DataFrame,
    span: DaySpan,
    before: pd.DataFrame,
    colours: Palette,
    height: int = 230,
    leads: bool = False,
) -> Any:
    """Stacked bars of `by_status` rows over the days before them; a click picks `day`.

    Shape: before: day (that it lies under), recipients (float, null where not all is known).
    """
    present = [name for name in STATUSES if NAMES[name] in set(rows["status"])]
    scale = alt.Scale(
        domain=[NAMES[name] for name in present],
        range=[colours.statuses[STATUSES.index(name)] for name in present],
    )
    bars = (
        alt.Chart(rows)
        .mark_bar(binSpacing=1)
        .encode(
            x=day_axis(span),
            y=alt.Y(
                "recipients:Q",
                title="Recipients per UTC day",
                axis=alt.Axis(format=",.0f", tickCount=5, tickMinStep=1),
            ),
            color=alt.Color("status:N", scale=scale),
            order=alt.Order("place:Q"),
        )
    )
    texts, numbers = _whole_days(rows, span, before)
    layers = [bars]
    if before["recipients"].notna().any():
        layers.append(line_before(before, "recipients", "before", colours))
    return over_days(layers, span, whole_days(texts, numbers, leads=leads), colours, height)


def _whole_days(
    rows: pd.DataFrame, span: DaySpan, before: pd.DataFrame
) -> tuple[pd.DataFrame, list[alt.Tooltip]]:
    """Every day of the span with all its statuses in words, and what its tooltip lists."""
    days = days_of(span)
    sums = rows.pivot_table(index="day", columns="status", values="recipients", aggfunc="sum")
    sums = sums.reindex(days).reindex(columns=[name for name in NAMES.values() if name in sums])
    partly = [any(start < day + pd.Timedelta(days=1) and end > day for start, end in span.hatched)
              for day in days]  # fmt: skip
    texts = pd.DataFrame({"day": days})
    columns = {"total": sums.sum(axis=1, min_count=1), **{name: sums[name] for name in sums}}
    if before["recipients"].notna().any():
        columns["before"] = before.set_index("day")["recipients"].reindex(days)
    for place, (name, numbers) in enumerate(columns.items()):
        # Of the days before only those are numbers of which all is known.
        is_part = numbers.isna() if name == "before" else partly
        texts[f"n{place}"] = list(map(_words, numbers, is_part))
    earlier = f"{(span.last - span.first).days + 1} days before"
    tooltips = [
        alt.Tooltip(f"n{place}:N", title=earlier if name == "before" else str(name))
        for place, name in enumerate(columns)
    ]
    return texts, tooltips


def _words(number: float, is_part: bool) -> str:
    """1,234; at least as much where not all is known; unknown where nothing is."""
    if pd.isna(number):
        return "unknown" if is_part else "0"
    return f"{'≥ ' if is_part else ''}{number:,.0f}"


@kept_spec
def rate_chart(rows: pd.DataFrame, span: DaySpan, colours: Palette, height: int = 150) -> Any:
    """Not delivered in per cent per day; `rows`: day, ratio; a click picks `day`."""
    texts = rows.set_index("day").reindex(days_of(span)).rename_axis("day").reset_index()
    words = ["unknown" if pd.isna(ratio) else f"{ratio:.2%}" for ratio in texts["ratio"]]
    bars = (
        alt.Chart(rows)
        .mark_bar(color=colours.high, binSpacing=1)
        .encode(
            x=day_axis(span),
            y=alt.Y("ratio:Q", title="Not delivered", axis=alt.Axis(format="~%", tickCount=4)),
        )
    )
    tooltip = [alt.Tooltip("words:N", title="not delivered")]
    days = whole_days(texts[["day"]].assign(words=words), tooltip, leads=True)
    return over_days([bars], span, days, colours, height)
