"""Charts of days: what is said beside them, and where a click on a day leads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboards.charts.days import PICKED, DaySpan
from dashboards.session import readings
from dashboards.session.links import go, look_for
from dashboards.session.view import View
from hve_monitor.plural import plural
from models.usage.accounts import Sender


def span_words(
    view: View, span: DaySpan, before: pd.DataFrame, sender: Sender | None = None
) -> str:
    """` Thin line: …` and ` Hatched: …`, each where there is such a thing."""
    days = (span.last - span.first).days + 1
    thin = f" Thin line: the {plural(days, 'day')} before." if _is_known(before) else ""
    unread = len(readings.unread_days(view, span.first, span.last, sender))
    hatched = [f"{plural(unread, 'day')} not wholly read"] if unread else []
    if view.until is None:
        hatched.append("what is still to come of today")
    return f"{thin} Hatched: {' and '.join(hatched)}." if hatched else thin


def _is_known(before: pd.DataFrame) -> bool:
    return bool(before["recipients"].notna().any())


def clickable(key: str, *, leads: bool) -> dict[str, Any]:
    """Options of a chart whose days lead to another page."""
    return {"key": key, "on_select": "rerun", "selection_mode": PICKED} if leads else {}


def clickable_here(key: str, filters: Mapping[str, str]) -> dict[str, Any]:
    """Options of a chart of the search's own page: a day that is clicked is searched there."""
    return {"key": key, "on_select": partial(_look_for_day, key, filters), "selection_mode": PICKED}


def _look_for_day(key: str, filters: Mapping[str, str]) -> None:
    picked = picked_of(st.session_state[key])
    if picked:
        day = f"{_day_of(picked)}"
        look_for(since=day, until=day, **filters)


def open_picked_day(event: Any, *, leads: bool, **filters: str) -> None:
    """Leads to the messages of the UTC day that was clicked, with these filters."""
    picked = picked_of(event) if leads else {}
    if picked:
        open_messages(_day_of(picked), _day_of(picked), **filters)


def _day_of(picked: Mapping[str, Any]) -> date:
    return datetime.fromtimestamp(picked["day"] / 1000, UTC).date()


def picked_of(event: Any) -> dict[str, Any]:
    """The fields of what was clicked in a chart; none where nothing was."""
    picked: list[dict[str, Any]] = event["selection"].get(PICKED) or [{}]
    return picked[0]


def open_messages(first: date, last: date, **filters: str) -> None:
    """Leads to the messages of these UTC days, with these filters."""
    go("delivery", since=f"{first}", until=f"{last}", **filters)
