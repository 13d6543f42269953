"""The zone in which a page shows its times, and the days that its reader chose.

Held by the session: every part of a page, and every part that is drawn again alone, needs it.
Commands write times with the same words: they have no session, and load no Streamlit for it.
"""

from __future__ import annotations

import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:  # commands start faster without
    import pandas as pd

ZONE, CHOSEN_DAYS = "shown-zone", "shown-days"
UTC_NAME = "UTC"


def show_in(zone: str, days: str = "") -> None:
    """Times are shown in this zone from here on; days: which ones the files of the page name."""
    _session().update({ZONE: zone, CHOSEN_DAYS: days})


def _session() -> MutableMapping[str, Any]:
    streamlit = sys.modules.get("streamlit")
    return {} if streamlit is None else streamlit.session_state


def shown_zone() -> str:
    """Europe/Berlin; UTC at first."""
    return str(_session().get(ZONE, UTC_NAME))


def chosen_days() -> str:
    """`2026-11-01 to 2026-11-15` where the reader chose own days, else empty."""
    return str(_session().get(CHOSEN_DAYS, ""))


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
    import pandas as pd

    aware: pd.Series = pd.to_datetime(times, utc=True)
    if shown_zone() == UTC_NAME:
        return aware
    digits: pd.Series = aware.dt.tz_convert(shown_zone()).dt.tz_localize(None)
    return pd.to_datetime(digits, utc=True)
