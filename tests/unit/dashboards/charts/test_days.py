"""Days of a chart: the axis is the period, what is not known is hatched, a day is told whole."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
import pyarrow as pa

from dashboards.charts.days import DaySpan, stretches
from dashboards.charts.volume import volume_chart
from dashboards.parts.palette import LIGHT

MONDAY, SUNDAY = date(2026, 11, 16), date(2026, 11, 22)


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def tables(spec: dict[str, Any]) -> list[pd.DataFrame]:
    """The tables that a chart is drawn from."""
    streams = map(io.BytesIO, spec["datasets"].values())
    return [pa.ipc.open_stream(stream).read_pandas() for stream in streams]


def chart(*sent: int | None, span: DaySpan) -> tuple[dict[str, Any], list[pd.DataFrame]]:
    """Delivered and failed recipients of a Tuesday; what was sent on the days before."""
    rows = pd.DataFrame(
        {
            "day": pd.to_datetime([at(17), at(17)], utc=True),
            "status": ["delivered", "failed"],
            "recipients": [1200, 34],
            "place": [0, 1],
        }
    )
    days = pd.date_range(span.first, periods=len(sent), freq="D", tz="UTC")
    before = pd.DataFrame({"day": days, "recipients": pd.Series(sent, dtype="float64")})
    spec = volume_chart(rows, span, before, LIGHT)
    return spec, tables(spec)


def test_days_and_hours_that_touch_are_one_stretch() -> None:
    days = [date(2026, 11, 18), date(2026, 11, 17), date(2026, 11, 20)]
    assert stretches(days, (at(21), at(21, 6))) == ((at(17), at(19)), (at(20), at(21, 6)))
    assert stretches([]) == ()


def test_the_axis_is_the_period_and_not_that_of_the_data() -> None:
    spec, _ = chart(span=DaySpan(MONDAY, SUNDAY))
    scale = spec["layer"][0]["layer"][0]["encoding"]["x"]["scale"]
    ends = [{"year": 2026, "month": 11, "date": day, "utc": True} for day in (16, 23)]
    assert scale["domain"] == ends


def test_the_tooltip_of_a_day_has_all_statuses_and_the_total() -> None:
    _, drawn = chart(1, 2, 3, 4, 5, 6, None, span=DaySpan(MONDAY, SUNDAY))
    texts = drawn[-1]
    assert texts.iloc[1].tolist()[1:] == ["1,234", "1,200", "34", "2"]
    assert texts.iloc[0].tolist()[1:] == ["0", "0", "0", "1"]
    assert texts.iloc[6].tolist()[-1] == "unknown"


def test_a_day_of_which_nothing_is_known_is_no_zero() -> None:
    hatched = stretches([date(2026, 11, 18), date(2026, 11, 17)])
    spec, drawn = chart(span=DaySpan(MONDAY, SUNDAY, hatched))
    lines, texts = drawn[-2], drawn[-1]
    assert texts.iloc[1].tolist()[1:] == ["≥ 1,234", "≥ 1,200", "≥ 34"]
    assert texts.iloc[2].tolist()[1:] == ["unknown", "unknown", "unknown"]
    assert len(lines) > 10
    assert lines["start"].min() >= pd.Timestamp(at(17))
    assert lines["end"].max() <= pd.Timestamp(at(19))
    assert lines[["low", "high"]].min().min() >= 0
    assert lines[["low", "high"]].max().max() <= 230
    assert spec["resolve"]["scale"]["y"] == "independent"


def test_nothing_is_drawn_of_a_period_before_that_was_not_read() -> None:
    known, _ = chart(1, 2, 3, 4, 5, 6, 7, span=DaySpan(MONDAY, SUNDAY))
    unread, _ = chart(*[None] * 7, span=DaySpan(MONDAY, SUNDAY))
    assert [len(spec["layer"][0]["layer"]) for spec in (known, unread)] == [2, 1]
