"""The form that announces a send, and the button that withdraws one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import streamlit as st

from dashboards.parts.amounts import count, moment
from dashboards.parts.clock import zone_word
from dashboards.parts.error_words import error_words
from dashboards.parts.figure import heading
from dashboards.parts.markup import literal
from dashboards.session import readings
from dashboards.session.acts import announce, withdraw
from dashboards.session.view import View
from hve_monitor.config import Tenant
from hve_monitor.errors import ConfigError, HveError
from hve_monitor.plural import plural
from models.incidents.overspill import PlanFor, PlannedSend

EVERYTHING = "every account"
CENTER = "cost center "
ANNOUNCED = "plan-announced"


@dataclass(frozen=True)
class _Entered:
    """What a person entered; `who` is one of the options, days and times are the tenant's."""

    who: str
    start: tuple[date, time]
    end: tuple[date, time]
    recipients: int
    note: str


def announce_form(view: View, account: str | None) -> None:
    """Who, when, how many and why; the same as `hve plan add`."""
    with st.container(border=True, key="announce"):
        heading(
            "Announce a send",
            "Its volume then raises no incident. More than announced, another time, and every sign"
            " that is not about volume still do.",
        )
        notice = st.session_state.pop(ANNOUNCED, None)
        if notice:
            st.success(literal(notice), icon=":material/event_available:")
        who = _who(view, account)
        zone = _zone(view, who)
        with st.form("plan", border=False, enter_to_submit=False):
            entered = _fields(view, who, zone)
            pressed = st.form_submit_button("Announce", type="primary", icon=":material/add:")
        if pressed:
            _announce(view, entered, zone)


def _who(view: View, account: str | None) -> str:
    """Chosen before the rest of the form is filled: the clock is that of the account's tenant."""
    names = list(dict.fromkeys(sender.account for sender in readings.accounts(view)))
    options = [*names, *_centers(view, names), EVERYTHING]
    chosen = names.index(account) if account in names else 0
    return str(st.selectbox("Who sends", options, chosen, key="plan-who"))


def _fields(view: View, who: str, zone: str) -> _Entered:
    tomorrow = view.now.astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
    with st.container(horizontal=True, gap="small"):
        from_day = st.date_input("From day", tomorrow, key="plan-from-day", format="YYYY-MM-DD")
        from_time = st.time_input("From time", time(0), key="plan-from", step=900)
    with st.container(horizontal=True, gap="small"):
        to_day = st.date_input("To day", tomorrow, key="plan-to-day", format="YYYY-MM-DD")
        to_time = st.time_input("To time", time(23, 45), key="plan-to", step=900)
    st.caption(f"Days and times are {literal(zone)}.")
    recipients = st.number_input(
        "Recipients in all", min_value=1, value=1000, step=100, key="plan-recipients"
    )
    note = st.text_input("What it is", max_chars=300, key="plan-note")
    return _Entered(who, (from_day, from_time), (to_day, to_time), int(recipients), note)


def _centers(view: View, accounts: list[str]) -> list[str]:
    """The cost centers; for who sees some tenants alone, those that pay for one of the accounts."""
    return [
        f"{CENTER}{center.name}"
        for center in view.config.cost_centers
        if view.user.tenants is None or {name.lower() for name in center.accounts} & set(accounts)
    ]


def _announce(view: View, entered: _Entered, zone: str) -> None:
    try:
        tenant = _tenant(view, entered.who)
        # What the clock shows twice is meant the first time at the start, the second at the end.
        window = instant(*entered.start, zone), instant(*entered.end, zone, fold=1)
        plan = announce(
            view, tenant, _plan_for(entered.who), window, entered.recipients, entered.note
        )
    except HveError as error:
        st.error(error_words(error))
        return
    st.session_state[ANNOUNCED] = (
        f"Announced {plural(plan.recipients, 'recipient')} from {_local(plan.start, zone)} to"
        f" {_local(plan.end, zone)}, by {plan.author}."
    )
    st.rerun()


def instant(day: date, hour: time, zone: str, fold: int = 0) -> datetime:
    """The UTC instant of a day and time of a zone; fold: 1 is the second time that it is shown.

    Raises: ConfigError for a time that the clock leaves out when it is put forward.
    """
    local = datetime.combine(day, hour, ZoneInfo(zone)).replace(fold=fold)
    at = local.astimezone(UTC)
    if at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise ConfigError(
            f"{hour:%H:%M} on {day} is left out by the clock of {zone}; choose another"
        )
    return at


def _local(at: datetime, zone: str) -> str:
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%Y-%m-%d %H:%M} {zone_word(local)}"


def _zone(view: View, who: str) -> str:
    """The zone of the tenant that the plan speaks of; UTC where that is not one."""
    try:
        return _tenant(view, who).timezone
    except ConfigError:
        return view.timezone


def _plan_for(who: str) -> PlanFor:
    if who == EVERYTHING:
        return PlanFor(everything=True)
    if who.startswith(CENTER):
        return PlanFor(cost_center=who.removeprefix(CENTER))
    return PlanFor(account=who)


def _tenant(view: View, who: str) -> Tenant:
    """The chosen tenant, else the one that has the account."""
    names = {view.tenant} if view.tenant else set()
    senders = readings.accounts(view)
    names = names or {sender.tenant for sender in senders if sender.account == who}
    tenants = [tenant for tenant in view.config.served if tenant.name in names]
    if len(tenants) != 1:
        raise ConfigError("choose one tenant above: a plan speaks of one")
    return tenants[0]


def withdrawal(view: View, plans: list[PlannedSend]) -> None:
    """One plan to take back; the same as `hve plan remove`."""
    labels = {
        plan.id: f"{moment(plan.start)}, {plan.who}: {count(plan.recipients)}" for plan in plans
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
        st.error(error_words(error))
        return
    st.session_state[ANNOUNCED] = f"Withdrawn: plan {plan}."
    st.rerun()
