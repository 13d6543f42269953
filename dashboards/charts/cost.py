"""Money over time: what was spent, and the range in which the rest is expected.

Positions are floats; every amount that is printed comes from decimal text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import altair as alt
import pandas as pd

from dashboards.charts.days import DaySpan, hatching
from dashboards.parts.amounts import exact, money
from dashboards.parts.figure import utc
from dashboards.parts.palette import Palette
from dashboards.parts.spec import kept_spec
from models.cost.daily import DayCost
from models.cost.documents import MonthEnd
from models.periods import end_of_month

HEIGHT = 300  # pixels
WIDEST, FEW = 40, 7  # pixels of a bar, and months that would be wider than that


def spent_by_day(days: Sequence[DayCost]) -> pd.DataFrame:
    """Cumulative cost of some days: day, cost and total (text), position (float).

    A day of which nothing is known has no position, and totals after it are marked as a part.
    """
    rows, total, is_whole = [], Decimal(0), True
    for day, counted in days:
        cost = counted.cost
        total += cost or Decimal(0)
        is_known = not counted.unknown_recipients and not counted.unread_days
        is_whole = is_whole and is_known and cost is not None
        rows.append(
            (
                day,
                _marked(exact(cost), is_known or cost is None),
                _marked(exact(total), is_whole),
                None if cost is None else float(total),
            )
        )
    frame = pd.DataFrame(rows, columns=["day", "cost", "total", "position"])
    return frame.assign(
        day=pd.to_datetime(frame["day"], utc=True), position=frame["position"].astype("float64")
    )


def curve_before(days: Sequence[DayCost], month: date) -> pd.DataFrame:
    """The curve of the month before, under the days of the month that begins with `month`.

    Shape: day (UTC, timestamp), position (float): up to the first day of which not all is known.
    """
    spent = spent_by_day(days)
    is_known = (~spent["total"].str.startswith("≥") & spent["position"].notna()).cummin()
    last = end_of_month(month).day
    rows = [
        (month.replace(day=day.day), position)
        for day, position in zip(spent["day"], spent["position"], strict=True)
        if day.day <= last
    ]
    known = pd.DataFrame(rows, columns=["day", "position"])[is_known.to_numpy()[: len(rows)]]
    return known.assign(day=pd.to_datetime(known["day"], utc=True))


def _marked(text: str, is_whole: bool) -> str:
    return text if is_whole else f"≥ {text}"


@kept_spec
def outlook_chart(
    spent: pd.DataFrame,
    month_end: Mapping[str, float],
    currency: str,
    budget: Decimal | None,
    span: DaySpan,
    before: pd.DataFrame,
    colours: Palette,
) -> Any:
    """Spent so far as a line, the projection as a fan that opens until the month's last day.

    month_end: expected, lo80, hi80, lo95, hi95; empty where there is nothing to expect. before: of
    the month before, `day` (that it lies under) and position (float).
    """
    layers = [_whole(span), _line(spent, currency, colours)]
    if not before.empty:
        thin = alt.Chart(before).mark_line(strokeWidth=1.3, color=colours.text)
        layers = [thin.encode(x=utc("day"), y="position:Q"), *layers]
    if month_end and not spent.empty:
        fan = _fan(spent, month_end)
        layers = [
            _band(fan, "95", colours.band95),
            _band(fan, "80", colours.band80),
            _expected(fan, colours),
            *layers,
        ]
    if budget is not None:
        layers.append(_budget(float(budget), f"budget {money(budget, currency)}", colours))
    hatched = [hatching(span, HEIGHT, colours)] if span.hatched else []
    drawn = alt.layer(*hatched, alt.layer(*layers)).resolve_scale(y="independent")
    return drawn.properties(height=HEIGHT)


def month_end_range(projection: MonthEnd) -> dict[str, float]:
    """Positions of the month end and its range; empty where it is known, or nothing is."""
    p80 = projection.p80
    if projection.month_end is None or p80 is None or p80[0] == p80[1]:
        return {}
    ends = (projection.month_end, *(projection.p80 or ()), *(projection.p95 or ()))
    known = [float(end) for end in ends if end is not None]
    return dict(zip(("expected", "lo80", "hi80", "lo95", "hi95"), known, strict=True))


def _fan(spent: pd.DataFrame, month_end: Mapping[str, float]) -> pd.DataFrame:
    """Straight from what is spent, where it is known last, to the range of the month end."""
    known = spent.dropna(subset=["position"])
    day = spent["day"].iloc[0] if known.empty else known["day"].iloc[-1]
    now = 0.0 if known.empty else float(known["position"].iloc[-1])
    last = pd.Timestamp(end_of_month(day.date()), tz="UTC")
    fan = pd.DataFrame([dict.fromkeys(month_end, now), dict(month_end)])
    return fan.assign(day=pd.to_datetime([day, last]))


def _whole(span: DaySpan) -> Any:
    """Nothing to see: the axis is as long as the span, whatever there is to draw."""
    ends = alt.Chart(pd.DataFrame({"day": pd.to_datetime(list(span.bounds), utc=True)}))
    return ends.mark_rule(opacity=0).encode(x=utc("day"))


def _line(spent: pd.DataFrame, currency: str, colours: Palette) -> Any:
    axis = alt.Axis(format="%m-%d", tickCount=8, labelOverlap=True, labelFlush=False)
    day = alt.Tooltip("day:T", timeUnit="utcyearmonthdate", format="%Y-%m-%d (%a)")
    amounts = {"cost": f"that day, {currency}", "total": f"so far, {currency}"}
    line = alt.Chart(spent).mark_line(
        color=colours.accent, strokeWidth=2.5, point={"size": 14, "color": colours.accent}
    )
    return line.encode(
        x=utc("day", axis=axis),
        y=alt.Y("position:Q", title=f"{currency}, cumulative", axis=alt.Axis(tickCount=6)),
        tooltip=[day, *(alt.Tooltip(f"{name}:N", title=text) for name, text in amounts.items())],
    )


def _band(fan: pd.DataFrame, level: str, colour: str) -> Any:
    area = alt.Chart(fan).mark_area(opacity=1, color=colour)
    return area.encode(x=utc("day"), y=alt.Y(f"lo{level}:Q"), y2=f"hi{level}:Q")


def _expected(fan: pd.DataFrame, colours: Palette) -> Any:
    line = alt.Chart(fan).mark_line(color=colours.expected, strokeDash=[6, 4], strokeWidth=2)
    return line.encode(x=utc("day"), y="expected:Q")


def _budget(amount: float, label: str, colours: Palette) -> Any:
    base = alt.Chart(pd.DataFrame({"amount": [amount], "label": [label]})).encode(y="amount:Q")
    rule = base.mark_rule(color=colours.high, strokeDash=[2, 3], strokeWidth=1.5)
    text = base.mark_text(
        align="left", baseline="bottom", dx=4, dy=-3, color=colours.high, fontSize=12
    )
    return rule + text.encode(x=alt.value(0), text="label:N")


@kept_spec
def scenario_chart(rows: pd.DataFrame, currency: str, top: float, colours: Palette) -> Any:
    """Twelve months as a line in its 80 % band.

    Shape: rows: month, cost, low, high (floats) and cost_text, low_text, high_text. `top` is the
    end of the axis, so that two scenarios can be compared.
    """
    scale = alt.Scale(domain=[0, top])
    months = alt.X("month:N", title=None, axis=alt.Axis(labelAngle=-45), sort=None)
    base = alt.Chart(rows).encode(x=months)
    band = base.mark_area(opacity=1, color=colours.band80)
    line = base.mark_line(
        color=colours.expected, strokeWidth=2, strokeDash=[6, 4], point={"color": colours.expected}
    )
    title = f"{currency} per month"
    texts = [alt.Tooltip(f"{name}_text:N", title=name) for name in ("cost", "low", "high")]
    return (
        band.encode(y=alt.Y("low:Q", scale=scale, title=title), y2="high:Q")
        + line.encode(
            y=alt.Y("cost:Q", title=title, scale=scale, axis=alt.Axis(tickCount=5)),
            tooltip=["month:N", *texts],
        )
    ).properties(height=230)


@kept_spec
def cost_bars(rows: pd.DataFrame, currency: str, colours: Palette) -> Any:
    """A bar per month; `rows`: month, sends, recipients, cost (text), position (float)."""
    return (
        alt.Chart(rows)
        .mark_bar(color=colours.accent, size=WIDEST if len(rows) < FEW else alt.Undefined)
        .encode(
            x=alt.X("month:N", title=None, axis=alt.Axis(labelAngle=-45), sort=None),
            y=alt.Y("position:Q", title=f"{currency} per month", axis=alt.Axis(tickCount=5)),
            tooltip=[
                "month:N",
                alt.Tooltip("cost:N", title=currency),
                alt.Tooltip("sends:Q", format=","),
                alt.Tooltip("recipients:Q", format=","),
            ],
        )
        .properties(height=200)
    )


@kept_spec
def bridge_chart(steps: pd.DataFrame, currency: str, colours: Palette) -> Any:
    """The steps from the estimate to the invoice as bars that hang on each other.

    `steps`: label, begin, end (floats), amount (text), is_sum (first and last).
    """
    span = pd.concat([steps["begin"], steps["end"]])
    room = max(float(span.max()) * 0.02, 1e-9)
    lowest = steps.loc[~steps["is_sum"], ["begin", "end"]].min().min()
    scale = alt.Scale(domain=[max(0.0, float(lowest) * 0.9), float(span.max()) + room], clamp=True)
    return (
        alt.Chart(steps)
        .mark_bar()
        .encode(
            y=alt.Y("label:N", title=None, sort=None, axis=alt.Axis(labelLimit=200)),
            x=alt.X("begin:Q", title=currency, scale=scale, axis=alt.Axis(tickCount=5)),
            x2="end:Q",
            color=alt.condition("datum.is_sum", alt.value(colours.accent), alt.value(colours.high)),
            tooltip=["label:N", alt.Tooltip("amount:N", title=currency)],
        )
        .properties(height=200)
    )
