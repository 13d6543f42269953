"""The zone in which a page shows its times, and the days that its reader chose.

Held by the session: every part of a page, and every part that is drawn again alone, needs it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

ZONE, CHOSEN_DAYS = "shown-zone", "shown-days"
UTC_NAME = "UTC"


def show_in(zone: str, days: str = "") -> None:
    """Times are shown in this zone from here on; days: which ones the files of the page name."""
    st.session_state[ZONE], st.session_state[CHOSEN_DAYS] = zone, days


def shown_zone() -> str:
    """Europe/Berlin; UTC at first."""
    return str(st.session_state.get(ZONE, UTC_NAME))


def chosen_days() -> str:
    """`2026-11-01 to 2026-11-15` where the reader chose own days, else empty."""
    return str(st.session_state.get(CHOSEN_DAYS, ""))


def zoned(at: datetime) -> datetime:
    """The instant on the clock that is shown."""
    return at.astimezone(ZoneInfo(shown_zone()))


def zoned_digits(at: datetime) -> datetime:
    """The instant as the charts draw it: they know UTC alone, so that it is given its digits."""
    return zoned(at).replace(tzinfo=UTC)


def zone_word(at: datetime) -> str:
    """CET, CEST, UTC; UTC+03 where the zone has no letters of its own."""
    word = at.strftime("%Z")
    return word if word.isalpha() else f"UTC{word}"


def on_the_clock(times: pd.Series) -> pd.Series:
    """A column of `zoned_digits`."""
    aware: pd.Series = pd.to_datetime(times, utc=True)
    if shown_zone() == UTC_NAME:
        return aware
    digits: pd.Series = aware.dt.tz_convert(shown_zone()).dt.tz_localize(None)
    return pd.to_datetime(digits, utc=True)
