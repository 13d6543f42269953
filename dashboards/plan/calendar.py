"""Announced sends over time, and each against what was sent in its window."""

from __future__ import annotations

import pandas as pd
import streamlit as st
from msgspec.structs import asdict

from dashboards.charts.windows import windows_chart
from dashboards.parts.amounts import UNKNOWN, count, moment
from dashboards.parts.clock import on_the_clock, shown_zone, zoned_digits
from dashboards.parts.figure import Columns, figure, heading, listing, moment_column
from dashboards.parts.markup import Markup, block, tag
from dashboards.parts.palette import palette
from dashboards.plan.form import withdrawal
from dashboards.session.days import clickable, open_messages, picked_of
from dashboards.session.links import go, is_several, tenant_filter
from dashboards.session.view import View
from hve_monitor.plural import plural
from models.incidents.overspill import PlannedSend

STATES = ("coming", "running", "over")


def calendar_panel(view: View, plans: list[PlannedSend]) -> None:
    """The windows of the period and of what is still to come."""
    shown = [
        plan
        for plan in plans
        if (view.since is None or plan.end >= view.since)
        and (view.until is None or plan.start < view.until)
    ]
    if not shown:
        with st.container(border=True, height="stretch", key="calendar"):
            heading(
                "No send is announced",
                "Who announces a large send spares everybody a false alarm: the form takes a"
                " minute, hve plan add does the same.",
            )
        return
    rows, leads = _rows(view, shown), view.user.may_open("delivery")
    coming = int((rows["state"] == "coming").sum())
    whose = ["account", "tenant"] if is_several(view) else ["account"]
    event = figure(
        f"{plural(len(rows), 'announced send')}, {coming} still to come",
        f"Each bar is the window of a plan ({shown_zone()}) with its recipients; the line is now."
        f"{' Click on a bar to see the messages of its days.' if leads else ''}",
        windows_chart(_drawn(rows), zoned_digits(view.now), palette(), leads=leads),
        rows[[*whose, "start", "end", "recipients", "state", "note", "author"]],
        {name: moment_column(name) for name in ("start", "end")},
        **clickable("windows", leads=leads),
    )
    withdrawal(view, shown)
    picked = picked_of(event).get("id") if leads else None
    for plan in shown:
        if plan.id == picked:
            _open_plan(view, plan)


def _open_plan(view: View, plan: PlannedSend) -> None:
    """Leads to the messages of the window's days up to now; before it begins to what is usual."""
    whose = tenant_filter(view, plan.tenant) | ({"account": plan.account} if plan.account else {})
    if plan.start <= view.now:
        open_messages(plan.start.date(), min(plan.end, view.now).date(), **whose)
    elif plan.account and view.user.may_open("senders"):
        go("senders", **whose)


def _rows(view: View, plans: list[PlannedSend]) -> pd.DataFrame:
    frame = pd.DataFrame([asdict(plan) for plan in plans])
    return frame.assign(
        account=[plan.who for plan in plans],
        start=pd.to_datetime(frame["start"], utc=True),
        end=pd.to_datetime(frame["end"], utc=True),
        state=[state_of(view, plan) for plan in plans],
    )


def _drawn(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(start=on_the_clock(rows["start"]), end=on_the_clock(rows["end"]))


def state_of(view: View, plan: PlannedSend) -> str:
    """coming, running or over at business time."""
    if plan.start > view.now:
        return "coming"
    return "running" if plan.end > view.now else "over"


def overspill_panel(view: View, plans: list[PlannedSend]) -> None:
    """What was announced, what is usual and what came, of windows that have begun."""
    begun = [plan for plan in plans if plan.sent is not None]
    if not begun:
        return
    over = [plan for plan in begun if plan.overspill]
    with st.container(border=True, key="overspill"):
        heading(
            f"{plural(len(over), 'announced send')} went beyond what was said"
            if over
            else "No announced send went beyond what was said",
            "Recipients in the hours of the window. Overspill: sent beyond the usual and the"
            " announced ones; what is within the usual noise raises no incident.",
        )
        lines = [tag("li", *_line(plan)) for plan in begun[-8:]]
        block(tag("ul", *lines))
        listing(_table(view, begun), _columns(), name="announced sends")


def _line(plan: PlannedSend) -> list[Markup | str]:
    overspill = plan.overspill
    mark = (
        tag("span", "? no baseline", style="mark warn")
        if overspill is None
        else tag("span", f"▲ {count(overspill)} more", style="mark bad")
        if overspill
        else tag("span", "● within", style="mark good")
    )
    usual = UNKNOWN if plan.usual is None else count(plan.usual)
    sentence = (
        f" {moment(plan.start)}: {count(plan.recipients)} announced, {usual} usual,"
        f" {count(plan.sent)} sent" + (f". {plan.note}" if plan.note else "")
    )
    return [mark, tag("strong", plan.who), sentence]


def _table(view: View, plans: list[PlannedSend]) -> pd.DataFrame:
    frame = _rows(view, plans)
    numbers = {name: frame[name].astype("Int64") for name in ("usual", "sent", "overspill")}
    table = frame.assign(**numbers)[list(_columns())]
    return table if is_several(view) else table.drop(columns="tenant")


def _columns() -> Columns:
    column = st.column_config
    numbers = {
        "recipients": "Announced",
        "usual": "Usual",
        "sent": "Sent",
        "overspill": "Overspill",
    }
    return {
        "account": column.TextColumn("Who"),
        "tenant": column.TextColumn("Tenant"),
        "start": moment_column("From"),
        "end": moment_column("To"),
        **{name: column.NumberColumn(label, format="localized") for name, label in numbers.items()},
        "note": column.TextColumn("What it is", width="medium"),
        "author": column.TextColumn("Announced by"),
        "id": column.TextColumn("Id", width="small"),
    }
