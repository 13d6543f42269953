"""Times on the page's clock: UTC at first, the tenant's zone where it is chosen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pandas as pd
import pytest
import streamlit as st

from dashboards.parts.amounts import moment
from dashboards.parts.clock import on_the_clock, show_in, zoned_digits
from dashboards.parts.table_file import table_bytes

WINTER, SUMMER = datetime(2026, 11, 24, 23, 22, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    yield
    st.session_state.clear()


def test_times_are_utc_at_first() -> None:
    assert moment(WINTER) == "2026-11-24 23:22 UTC"
    assert zoned_digits(WINTER) == WINTER


@pytest.mark.parametrize(
    ("zone", "at", "text"),
    [
        ("Europe/Berlin", WINTER, "2026-11-25 00:22 CET"),
        ("Europe/Berlin", SUMMER, "2026-07-01 02:00 CEST"),
        ("America/Sao_Paulo", WINTER, "2026-11-24 20:22 UTC-03"),
        ("Asia/Kolkata", WINTER, "2026-11-25 04:52 IST"),
    ],
)
def test_a_zone_is_named_as_its_clocks_do(zone: str, at: datetime, text: str) -> None:
    show_in(zone)
    assert moment(at) == text


def test_charts_get_the_digits_of_the_clock() -> None:
    show_in("Europe/Berlin")
    drawn = on_the_clock(pd.Series([WINTER, SUMMER]))
    assert drawn.dt.strftime("%d %H:%M").tolist() == ["25 00:22", "01 02:00"]
    assert str(drawn.dt.tz) == "UTC"
    assert f"{zoned_digits(WINTER):%d %H:%M %Z}" == "25 00:22 UTC"


def test_a_file_says_by_how_much_its_clock_differs() -> None:
    show_in("Europe/Berlin")
    table = pd.DataFrame({"at": pd.to_datetime([WINTER], utc=True)})
    text = table_bytes(table, {}).decode("utf-8-sig")
    assert '"2026-11-25T00:22:00+01:00"' in text
