"""What charts of days share: the axis of the period, hatched stretches, and the period before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import altair as alt
import pandas as pd

from dashboards.parts.palette import Palette
from hve_monitor.clock import start_of_day

ONE_DAY = timedelta(days=1)
PICKED = "picked"
WIDTH, STEP = 900, 9  # pixels: of a usual chart, and between two lines of the hatching
Stretch = tuple[datetime, datetime]


class DaySpan(NamedTuple):
    """The UTC days that a chart is about, whether or not there is anything to draw on them.

    hatched: stretches of which not all is known, in order, none of which touches the next.
    """

    first: date
    last: date
    hatched: tuple[Stretch, ...] = ()

    @property
    def bounds(self) -> Stretch:
        """The first instant, and the one after the last."""
        return start_of_day(self.first), start_of_day(self.last) + ONE_DAY


def stretches(days: Iterable[date], *more: Stretch) -> tuple[Stretch, ...]:
    """Whole UTC days and other stretches as those that do not touch."""
    whole = [(start_of_day(day), start_of_day(day) + ONE_DAY) for day in days]
    joined: list[Stretch] = []
    for start, end in sorted([*whole, *more]):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return tuple(joined)


def day_axis(span: DaySpan) -> alt.X:
    """A bar per UTC day over all days of the span; few labels, none with the month repeated."""
    # Vega-Lite would read a number as a year.
    ends = [
        alt.DateTime(year=end.year, month=end.month, date=end.day, utc=True) for end in span.bounds
    ]
    scale = alt.Scale(type="utc", domain=ends)
    ticks = min(8, (span.last - span.first).days + 1)
    axis = alt.Axis(format="%m-%d", labelOverlap=True, tickCount=ticks)
    return alt.X("day:T", timeUnit="utcyearmonthdate", title=None, axis=axis, scale=scale)


def utc_day() -> alt.Tooltip:
    """The day of a bar."""
    return alt.Tooltip("day:T", timeUnit="utcyearmonthdate", format="%Y-%m-%d (%a)", title="day")


def over_days(
    layers: Sequence[Any], span: DaySpan, days: Any, colours: Palette, height: int
) -> Any:
    """The layers on the span's days, hatched where not all is known, below `whole_days`."""
    hatched = [hatching(span, height, colours)] if span.hatched else []
    drawn = alt.layer(alt.layer(*layers), *hatched, days)
    return drawn.resolve_scale(y="independent").properties(height=height)


def hatching(span: DaySpan, height: int, colours: Palette) -> Any:
    """Slanted lines over the stretches; their heights are pixels."""
    lines = pd.DataFrame(_lines(span, height), columns=["start", "end", "low", "high"])
    base = alt.Chart(lines).mark_rule(color=colours.text, opacity=0.4, strokeWidth=1)
    return base.encode(
        x=alt.X("start:T", scale=alt.Scale(type="utc")),
        x2="end",
        y=alt.Y("low:Q", scale=alt.Scale(domain=[0, height]), axis=None),
        y2="high",
    )


def _lines(span: DaySpan, height: int) -> Iterator[tuple[Any, ...]]:
    """Parts of lines that rise by 45 degrees in a chart of the usual width."""
    begin, end = span.bounds
    pixel = (end - begin) / WIDTH
    rise, step = pixel * height, pixel * STEP
    for start, stop in span.hatched:
        at = begin + step * ((start - rise - begin) // step)
        while at < stop:
            left, right = max(at, start), min(at + rise, stop)
            if left < right:
                yield left, right, *(height * ((x - at) / rise) for x in (left, right))
            at += step


def line_before(rows: pd.DataFrame, value: str, label: str, colours: Palette) -> Any:
    """A thin line of what came as many days earlier, broken where not all of that is known.

    Shape: rows: day (UTC, timestamp of the day that it lies under) and the value.
    """
    line = alt.Chart(rows).mark_line(strokeWidth=1.3, color=colours.expected, interpolate="linear")
    return line.encode(
        x=alt.X("day:T", timeUnit="utcyearmonthdate", bandPosition=0.5),
        y=alt.Y(f"{value}:Q"),
        strokeDash=alt.StrokeDashDatum(label, legend=None),
    )


def whole_days(rows: pd.DataFrame, tooltip: list[alt.Tooltip], *, leads: bool = False) -> Any:
    """Invisible columns as high as the chart, which say all of a day; a click picks `day`.

    Shape: rows: day (UTC, timestamp) of every day of the span, and what the tooltips name.
    """
    columns = alt.Chart(rows).mark_rect(opacity=0, cursor="pointer" if leads else "default")
    return columns.encode(
        x=alt.X("day:T", timeUnit="utcyearmonthdate"), tooltip=[utc_day(), *tooltip]
    ).add_params(alt.selection_point(name=PICKED, fields=["day"], on="click"))


def days_of(span: DaySpan) -> pd.DatetimeIndex:
    """Every day of the span, as timestamps."""
    return pd.date_range(span.first, span.last, freq="D", tz="UTC")
