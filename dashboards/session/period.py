"""The period of a page: a usual one up to today, or the reader's own days, all of it in the URL."""

from __future__ import annotations

from datetime import date, timedelta

import streamlit as st

from dashboards.session.links import addressed, say_elsewhere
from dashboards.session.view import OWN_DATES, PERIODS, USUAL_PERIOD, Days, View

FIRST, LAST = "first", "last"
EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)
USUAL_DAYS = timedelta(days=29)  # before the last of them


def chosen_period(view: View) -> View:
    """The view of the chosen period; of the usual one where the own days are none."""
    _take_up_address()
    picked = st.segmented_control(
        "Period (UTC days)",
        [*PERIODS, OWN_DATES],
        default=USUAL_PERIOD,
        key="period",
        bind="query-params",
        on_change=_begin,
        args=(view.now.date(),),
    )
    if picked != OWN_DATES:
        return view.narrowed(days=PERIODS[picked or USUAL_PERIOD])
    first, last = _day("First day", FIRST), _day("Last day", LAST)
    own = None if _trouble(view, first, last) else _days(view, first, last)
    return view.narrowed(days=PERIODS[USUAL_PERIOD], own_days=own)


def say_absent_days(view: View) -> None:
    """One line where the own days are none: why, and what is shown instead."""
    if st.session_state.get("period") != OWN_DATES or view.own_days is not None:
        return
    first, last = st.session_state.get(FIRST), st.session_state.get(LAST)
    say_elsewhere(f"{_trouble(view, first, last)}. The usual {USUAL_PERIOD} are shown.")


def _take_up_address() -> None:
    """An address that names days means them, whether or not it names a period."""
    address = addressed()
    if address.keys() & {FIRST, LAST} and not {"period"} & {*address, *st.session_state}:
        st.session_state["period"] = OWN_DATES
    for name in (FIRST, LAST):
        kept = st.session_state.get(name)
        if kept is not None and not EARLIEST <= kept <= LATEST:
            del st.session_state[name]


def _begin(today: date) -> None:
    """Own days begin with the usual ones: whoever wants others changes one of them."""
    if st.session_state.get("period") == OWN_DATES and not st.session_state.get(FIRST):
        st.session_state[FIRST], st.session_state[LAST] = today - USUAL_DAYS, today


def _day(label: str, key: str) -> date | None:
    value = st.date_input(
        label, value=None, min_value=EARLIEST, max_value=LATEST, key=key, format="YYYY-MM-DD",
        bind="query-params", width=165,
    )  # fmt: skip
    return value if isinstance(value, date) else None


def _days(view: View, first: date | None, last: date | None) -> Days | None:
    """Without a last day, and where it is still to come, they go on up to today."""
    today = view.now.date()
    return None if first is None else Days(first, min(last or today, today))


def _trouble(view: View, first: date | None, last: date | None) -> str:
    """What is wrong with the own days; empty where nothing is."""
    address, today = addressed(), view.now.date()
    for name, value in ((FIRST, first), (LAST, last)):
        if value is None and address.get(name):
            return f"the address names {name} {address[name]}, and a day is written as {today}"
    if first is None:
        return "choose the first day of the period"
    if last is not None and first > last:
        return f"the first day, {first}, is after the last one, {last}"
    return f"the first day, {first}, is after today, {today}" if first > today else ""
