"""The days of one account, cost center or tenant: where a click on its name or bar leads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import pandas as pd
import streamlit as st

from dashboards.charts.days import DaySpan, stretches
from dashboards.charts.months import day_bars
from dashboards.parts.amounts import UNKNOWN, exact, money
from dashboards.parts.cost_words import NO_CENTER
from dashboards.parts.figure import amount_column, figure
from dashboards.parts.known_words import at_least, is_whole, lacking
from dashboards.parts.palette import palette
from dashboards.session import readings
from dashboards.session.days import clickable, open_picked_day
from dashboards.session.links import ARROW, link_to
from dashboards.session.view import View
from hve_monitor.clock import days_between, start_of_day
from hve_monitor.errors import ConfigError
from models.cost.documents import GroupDay, GroupDays
from models.cost.months import By
from models.periods import end_of_month, month_after

KEY, ONE_DAY = "days_of", timedelta(days=1)
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
    name = "" if chosen == NO_CENTER else str(chosen)
    days = _known(view, by, month, name)
    if days is None:
        st.caption(f"Nothing is known of it in {month}.")
        return
    before = f"{month_after(date.fromisoformat(f'{month}-01'), -1):%Y-%m}"
    account = name if by == "account" else None
    _draw(view, days, _known(view, by, before, name), account)
    if account:
        link_to(view, "senders", "What this account usually sends", ARROW, account=account)


def _known(view: View, by: By, month: str, name: str) -> GroupDays | None:
    """None of a month in which the group is not known."""
    try:
        return readings.group_days(view, by, month, name)
    except ConfigError:
        return None


def _draw(view: View, days: GroupDays, before: GroupDays | None, account: str | None) -> None:
    currency, name = days.currency, days.name or NO_CENTER
    total = at_least(money(days.total.cost, currency), days.total)
    missing = lacking(days.total, currency)
    rows = bars_of(days, before)
    leads = account is not None and view.user.may_open("delivery")
    event = figure(
        f"{name} cost {total} in {days.month}",
        f"{currency} per UTC day, hatched where not all is known.{_dearest(days)}"
        + (f" Not known: {missing}." if missing else "")
        + (" Thin line: the month before." if rows["position_before"].notna().any() else "")
        + (" Click on a day to see its messages." if leads else ""),
        day_bars(rows, span_of(view, days), currency, palette()),
        _table(days.days),
        {
            "day": st.column_config.DateColumn("Day (UTC)", format="YYYY-MM-DD"),
            "billable": st.column_config.NumberColumn("Billable recipients", format="localized"),
            "cost": amount_column(f"Cost, {currency}"),
            "most": amount_column(f"At most, {currency}"),
        },
        height="content",
        **clickable("group-days", leads=leads),
    )
    open_picked_day(event, leads=leads, **({"account": account} if account else {}))


def span_of(view: View, days: GroupDays) -> DaySpan:
    """The whole month; hatched is what is not known or still to come of it."""
    first = date.fromisoformat(f"{days.month}-01")
    last = end_of_month(first)
    unknown = [day.day_utc for day in days.days if not is_whole(day)]
    end = start_of_day(last) + ONE_DAY
    ahead = [(view.now, end)] if view.now < end else []
    return DaySpan(first, last, stretches(unknown, *ahead))


def _dearest(days: GroupDays) -> str:
    known = [day for day in days.days if day.cost]
    if not known:
        return ""
    most = max(known, key=lambda day: day.cost or Decimal(0))
    return f" Most on {most.day_utc}: {at_least(money(most.cost, days.currency), most)}."


def bars_of(days: GroupDays, before: GroupDays | None) -> pd.DataFrame:
    """What dashboards.charts.months.day_bars draws."""
    first = date.fromisoformat(f"{days.month}-01")
    known = {day.day_utc: day for day in days.days}
    earlier = {day.day_utc.day: day for day in (before.days if before else ())}
    rows = [
        (day, *_amount(known.get(day)), *_amount(earlier.get(day.day)))
        for day in days_between(first, end_of_month(first))
    ]
    names = ["day", "amount", "position", "is_whole", "before", "position_before", "whole_before"]
    frame = pd.DataFrame(rows, columns=names)
    # Of the month before, a part of a day would look like less than it was.
    whole = frame["position_before"].where(frame["whole_before"].astype(bool))
    return frame.assign(
        day=pd.to_datetime(frame["day"], utc=True),
        position=frame["position"].astype("float64"),
        position_before=whole.astype("float64"),
    )


def _amount(day: GroupDay | None) -> tuple[str, float | None, bool]:
    """The amount as text, its place, and whether all of it is known."""
    if day is None or day.cost is None:
        return UNKNOWN if day else "–", None, False
    return at_least(exact(day.cost), day), float(day.cost), is_whole(day)


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
