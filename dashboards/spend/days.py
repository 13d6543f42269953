"""The days of one account, cost center or tenant: where a click on its name or bar leads."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pandas as pd
import streamlit as st

from dashboards.charts.months import day_bars
from dashboards.parts.amounts import exact, money
from dashboards.parts.cost_words import NO_CENTER
from dashboards.parts.figure import amount_column, figure
from dashboards.parts.known_words import at_least, is_whole, lacking
from dashboards.parts.palette import palette
from dashboards.session import readings
from dashboards.session.links import ARROW, link_to
from dashboards.session.view import View
from hve_monitor.errors import ConfigError
from models.cost.documents import GroupDay, GroupDays
from models.cost.months import By

KEY = "days_of"
LABELS: dict[By, str] = {
    "account": "Days of account",
    "cost_center": "Days of cost center",
    "tenant": "Days of tenant",
}


def open_days(name: str | None, month: str | None = None) -> None:
    """Shows the days of a group from the next drawing on; also in the month that was clicked."""
    if name:
        st.session_state[KEY] = name
    if name and month:
        st.session_state["month"] = month


def days_panel(view: View, by: By, month: str, names: Sequence[str]) -> None:
    """A choice of the group, and the days of the chosen one."""
    if st.session_state.get(KEY) not in names:
        st.session_state.pop(KEY, None)  # of another grouping
    chosen = st.selectbox(
        LABELS[by], names, index=None, key="days_of", bind="query-params", width=320,
        placeholder="none: choose one, or click on it",
    )  # fmt: skip
    if chosen is None:
        return
    try:
        days = readings.group_days(view, by, month, "" if chosen == NO_CENTER else str(chosen))
    except ConfigError:  # of another month, in which it is not known
        st.caption(f"Nothing is known of it in {month}.")
        return
    _draw(days)
    if by == "account":
        link_to(view, "senders", "What this account usually sends", ARROW, account=str(chosen))


def _draw(days: GroupDays) -> None:
    currency, name = days.currency, days.name or NO_CENTER
    total = at_least(money(days.total.cost, currency), days.total)
    missing = lacking(days.total, currency)
    figure(
        f"{name} cost {total} in {days.month}",
        f"{currency} per UTC day, paler where a part is not known.{_dearest(days)}"
        + (f" Not known: {missing}." if missing else ""),
        day_bars(_bars(days.days), currency, palette()),
        _table(days.days),
        {
            "day": st.column_config.DateColumn("Day (UTC)", format="YYYY-MM-DD"),
            "billable": st.column_config.NumberColumn("Billable recipients", format="localized"),
            "cost": amount_column(f"Cost, {currency}"),
            "most": amount_column(f"At most, {currency}"),
        },
        height="content",
    )


def _dearest(days: GroupDays) -> str:
    known = [day for day in days.days if day.cost]
    if not known:
        return ""
    most = max(known, key=lambda day: day.cost or Decimal(0))
    return f" Most on {most.day_utc}: {at_least(money(most.cost, days.currency), most)}."


def _bars(days: Sequence[GroupDay]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "day": [str(day.day_utc) for day in days],
            "amount": [at_least(exact(day.cost), day) for day in days],
            "position": [None if day.cost is None else float(day.cost) for day in days],
            "is_whole": [is_whole(day) for day in days],
        }
    ).astype({"position": "float64"})


def _table(days: Sequence[GroupDay]) -> pd.DataFrame:
    newest = list(reversed(days))
    return pd.DataFrame(
        {
            "day": [day.day_utc for day in newest],
            "billable": pd.array([day.billable_recipients for day in newest], dtype="Int64"),
            "cost": [at_least(exact(day.cost), day) for day in newest],
            "most": [exact(day.range[1]) for day in newest],
        }
    ).drop(columns=[] if any(day.unknown_recipients for day in days) else ["most"])
