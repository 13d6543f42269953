"""The form that announces a send, and the button that withdraws one."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import streamlit as st

from dashboards.parts.amounts import count, moment
from dashboards.parts.figure import heading
from dashboards.parts.markup import literal
from dashboards.session import readings
from dashboards.session.acts import announce, withdraw
from dashboards.session.view import View
from hve_monitor.config import Tenant
from hve_monitor.errors import ConfigError, HveError

EVERYTHING = "every account"
CENTER = "cost center "
ANNOUNCED = "plan-announced"


def announce_form(view: View, account: str | None) -> None:
    """Who, when, how many and why; the same as `hve plan add`."""
    with st.container(border=True, key="announce"):
        heading(
            "Announce a send",
            "Its volume then raises no incident. More than announced, another time, and every sign"
            " that is not about volume still do.",
        )
        said = st.session_state.pop(ANNOUNCED, None)
        if said:
            st.success(literal(said), icon=":material/event_available:")
        with st.form("plan", border=False, enter_to_submit=False):
            asked = _fields(view, account)
            pressed = st.form_submit_button("Announce", type="primary", icon=":material/add:")
        if pressed:
            _announce(view, asked)


def _fields(view: View, account: str | None) -> dict[str, Any]:
    names = list(dict.fromkeys(sender.account for sender in readings.accounts(view)))
    options = [*names, *_centers(view, names), EVERYTHING]
    tomorrow = view.now.date() + timedelta(days=1)
    chosen = names.index(account) if account in names else 0
    asked: dict[str, Any] = {"who": st.selectbox("Who sends", options, chosen, key="plan-who")}
    with st.container(horizontal=True, gap="small"):
        asked["from"] = st.date_input("From day (UTC)", tomorrow, key="plan-from-day")
        asked["from_time"] = st.time_input("From time", time(0), key="plan-from", step=900)
    with st.container(horizontal=True, gap="small"):
        asked["to"] = st.date_input("To day (UTC)", tomorrow, key="plan-to-day")
        asked["to_time"] = st.time_input("To time", time(23, 45), key="plan-to", step=900)
    asked["recipients"] = st.number_input(
        "Recipients in all", min_value=1, value=1000, step=100, key="plan-recipients"
    )
    asked["note"] = st.text_input("What it is", max_chars=300, key="plan-note")
    return asked


def _centers(view: View, accounts: list[str]) -> list[str]:
    """The cost centers; for who sees some tenants alone, those that pay for one of the accounts."""
    return [
        f"{CENTER}{each.name}"
        for each in view.config.cost_centers
        if view.user.tenants is None or {a.lower() for a in each.accounts} & set(accounts)
    ]


def _announce(view: View, asked: dict[str, Any]) -> None:
    window = (_at(asked["from"], asked["from_time"]), _at(asked["to"], asked["to_time"]))
    try:
        tenant = _tenant(view, asked["who"])
        plan = announce(
            view, tenant, _named(asked["who"]), window, int(asked["recipients"]), asked["note"]
        )
    except HveError as error:
        st.error(literal(str(error)))
        return
    st.session_state[ANNOUNCED] = (
        f"Announced {count(plan['recipients'])} recipients from {moment(plan['start'])} to"
        f" {moment(plan['end'])}, by {plan['author']}."
    )
    st.rerun()


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, tzinfo=UTC)


def _named(who: str) -> tuple[str | None, str | None, bool]:
    """An account, a cost center, or everything."""
    if who == EVERYTHING:
        return None, None, True
    if who.startswith(CENTER):
        return None, who.removeprefix(CENTER), False
    return who, None, False


def _tenant(view: View, who: str) -> Tenant:
    """The chosen tenant, else the one that has the account."""
    names = {view.tenant} if view.tenant else set()
    names = names or {each.tenant for each in readings.accounts(view) if each.account == who}
    found = [each for each in view.config.served if each.name in names]
    if len(found) != 1:
        raise ConfigError("choose one tenant above: a plan speaks of one")
    return found[0]


def withdrawal(view: View, plans: list[dict[str, Any]]) -> None:
    """One plan to take back; the same as `hve plan remove`."""
    labels = {
        plan["id"]: f"{moment(plan['start'])}, {plan['account'] or plan['scope']}:"
        f" {count(plan['recipients'])}"
        for plan in plans
    }
    with (
        st.popover("Withdraw a plan", icon=":material/event_busy:"),
        st.form("withdraw", border=False),
    ):
        chosen = st.selectbox(
            "Plan", list(labels), format_func=lambda plan: labels.get(plan, plan), key="withdrawn"
        )
        if st.form_submit_button("Withdraw"):
            _withdraw(view, chosen)


def _withdraw(view: View, plan: str) -> None:
    try:
        withdraw(view, plan)
    except HveError as error:
        st.error(literal(str(error)))
        return
    st.session_state[ANNOUNCED] = f"Withdrawn: plan {plan}."
    st.rerun()
