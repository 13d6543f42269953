"""One account: its week, its days, its sources, and whether its baseline is still learning."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from dashboards.charts.baseline import baseline_chart, drawn_hours, hour_table
from dashboards.charts.volume import volume_chart
from dashboards.charts.week import busiest, week_chart
from dashboards.parts.amounts import count, counted, delivered_words, moment
from dashboards.parts.clock import shown_zone
from dashboards.parts.figure import behind, empty, figure, heading, key_of, moment_column
from dashboards.parts.markup import block, scrolled, table_of, tag
from dashboards.parts.palette import palette
from dashboards.session import readings
from dashboards.session.days import (
    clickable,
    open_messages,
    open_picked_day,
    picked_of,
    span_words,
)
from dashboards.session.frame import as_read
from dashboards.session.links import ARROW, link_to, tenant_filter
from dashboards.session.view import View
from hve_monitor.plural import plural
from models.usage.accounts import WEEKDAYS, Sender, week_of

LEARNING_DAYS = 14
SHOWN_ROWS = 8  # are read at a glance; all of them wait in a closed table: it draws slowly
BASELINE_DAYS = timedelta(days=7)


def account_profile(view: View, sender: Sender, *, expanded: bool) -> None:
    """Draws the profile over the period of the view; beside an incident's card its charts wait."""
    counts = readings.account_counts(view, sender, view.since, view.until)
    _summary(view, sender, counts)
    if not counts:
        empty(f"{sender.account} sent nothing in this period{as_read(view)}.")
        return
    part = st.expander(
        "Days, week, baseline, sources and recipients of this account",
        expanded=expanded,
        on_change="rerun",
        key=key_of("profile", sender.tenant, sender.account, str(expanded)),
    )
    if part.open:
        with part:
            _charts(view, sender)


def _charts(view: View, sender: Sender) -> None:
    left, right = st.columns([1, 1])
    with left:
        _days(view, sender)
    with right:
        _week(view, sender)
    _baseline(view, sender)
    left, right = st.columns([1, 1])
    with left:
        _sources(view, sender)
    with right:
        _contacts(view, sender)


def _baseline(view: View, sender: Sender) -> None:
    """The last days against what was expected, where there is a baseline."""
    hours = readings.hours(view, sender, view.end - BASELINE_DAYS, view.end)
    comparable = hours.dropna(subset=["expected"])
    if comparable.empty:
        return
    sums = comparable[["observed", "expected"]].astype("float64").sum()
    figure(
        f"{plural(sums['observed'], 'recipient')} in {_baseline_days(view)}, where"
        f" {count(round(sums['expected']))} are usual",
        f"Recipients per hour ({shown_zone()}) with a baseline: observed as a line, expected dashed"
        " in its 80 % and 95 % bands.",
        baseline_chart(drawn_hours(hours), None, palette(), height=210),
        hour_table(hours),
        {"hour_utc": moment_column("Hour")},
    )


def _baseline_days(view: View) -> str:
    days = f"{BASELINE_DAYS.days} days"
    return f"the last {days}" if view.until is None else f"the {days} up to {view.last_day}"


def _contacts(view: View, sender: Sender) -> None:
    table = readings.contacts(view, sender, readings.start(view), view.end)
    table = table.assign(domain=table["domain"].fillna("unknown"))
    with st.container(border=True, key="contacts"):
        new, people = int(table["new_people"].sum()), int(table["people"].sum())
        heading(
            f"Wrote to {plural(people, 'person', 'people')}, {count(new)} for the first time",
            "Recipients of the period by domain; new ones had their first mail in it.",
        )
        numbers = {"recipients": "Recipients", "people": "People", "new_people": "New people"}
        first = table.head(SHOWN_ROWS)
        rows = [
            (row.domain, *(count(row[name]) for name in numbers)) for _, row in first.iterrows()
        ]
        heads = ("Domain", *numbers.values())
        block(scrolled("Domains", table_of(heads, rows, range(1, 4))))
        columns = {
            name: st.column_config.NumberColumn(label, format="localized")
            for name, label in numbers.items()
        }
        behind(
            "All domains",
            sender.account,
            table,
            {"domain": "Domain", **columns},
        )


def _summary(view: View, sender: Sender, counts: dict[str, Any]) -> None:
    nothing = None if as_read(view) else 0  # a period that was not read says nothing
    sentence = (
        f"{counted(counts.get('recipients', nothing), 'recipient')} of"
        f" {counted(counts.get('messages', nothing), 'message')} in the period,"
        f" {delivered_words(counts)}."
    )
    block(
        tag("p", tag("span", f"Account {sender.account}"), style="headline"),
        tag("p", _learning(view, sender), sentence),
    )


def _learning(view: View, sender: Sender) -> str:
    state = readings.learning(view).get(sender)
    if state is None:
        return tag("span", "? no baseline yet", style="mark warn")
    if state:
        return tag("span", f"◷ learning, day {state} of {LEARNING_DAYS}", style="mark warn")
    return tag("span", "● baseline learnt", style="mark good")


def _days(view: View, sender: Sender) -> None:
    rows = readings.account_volume(view, sender, view.since, view.until)
    span, before = readings.span(view, sender), readings.volume_before(view, sender)
    leads = view.user.may_open("delivery")
    top = rows.groupby("day")["recipients"].sum()
    event = figure(
        f"Sent on {plural(len(top), 'day')}, {count(round(top.mean()))} recipients a sending day",
        f"Recipients per UTC day by status. Busiest: {top.idxmax():%Y-%m-%d (%A)} with"
        f" {count(top.max())}.{span_words(view, span, before, sender)}"
        f"{' Click on a day to see its messages.' if leads else ''}",
        volume_chart(rows, span, before, palette(), height=210, leads=leads),
        rows[["day", "status", "recipients"]].sort_values("day", ascending=False),
        {"day": st.column_config.DateColumn("day (UTC)", format="YYYY-MM-DD")},
        **clickable("account-days", leads=leads),
    )
    open_picked_day(event, leads=leads, account=sender.account)


def _week(view: View, sender: Sender) -> None:
    hours = readings.hours(view, sender, readings.start(view), view.end)
    if hours.empty:
        empty("No hours are stored for this account in the period.")
        return
    zone = view.zone_of(sender.tenant)
    week = week_of(hours, zone)
    top, leads = busiest(week), view.user.may_open("delivery")
    event = figure(
        f"Busiest hour of the week: {top}" if top else "Nothing was sent in these weeks",
        f"Mean recipients per hour of the week, {zone} time."
        f"{' Click on an hour to see the messages of its newest day.' if leads else ''}",
        week_chart(week, zone, palette(), leads=leads),
        week.pivot(index="weekday", columns="hour", values="recipients")
        .reindex(WEEKDAYS)
        .round(1)
        .rename(columns=str)
        .reset_index(),
        **clickable("week", leads=leads),
    )
    whose = {"account": sender.account, **tenant_filter(view, sender.tenant)}
    picked = picked_of(event) if leads else {}
    day = newest_day(hours, zone, picked["weekday"], int(picked["hour"])) if picked else None
    if day is not None:
        open_messages(day, day, **whose)
    day = newest_day(hours, zone, top[:3], int(top[4:6])) if top else None
    if top and day is not None:
        label = f"Messages of the newest {top}, {day}"
        link_to(view, "delivery", label, ARROW, **whose, since=f"{day}", until=f"{day}")


def newest_day(hours: pd.DataFrame, zone: str, weekday: str, hour: int) -> date | None:
    """The newest UTC day with mail in an hour of the local week; None without any."""
    local = hours["hour_utc"].dt.tz_convert(zone)
    is_hour = (local.dt.day_of_week == WEEKDAYS.index(weekday)) & (local.dt.hour == hour)
    sent = hours.loc[is_hour & (hours["observed"].astype("float64") > 0), "hour_utc"]
    return None if sent.empty else sent.max().date()


def _sources(view: View, sender: Sender) -> None:
    table = readings.sources(view, sender, readings.start(view), view.end)
    table = table.assign(from_ip=table["from_ip"].fillna("unknown"))
    addresses = int((table["from_ip"] != "unknown").sum())
    with st.container(border=True, key="sources"):
        heading(
            f"Sent from {plural(addresses, 'address', 'addresses')}",
            "Source addresses as the traces name them; first seen counts all that is stored.",
        )
        rows = [
            (
                row["from_ip"],
                count(row["messages"]),
                count(row["recipients"]),
                moment(row["first_seen"]),
            )
            for row in table.head(SHOWN_ROWS).to_dict("records")
        ]
        heads = ("Source address", "Messages", "Recipients", "First seen")
        block(scrolled("Addresses", table_of(heads, rows, (1, 2))))
        behind(
            "All addresses, with when each was last seen",
            sender.account,
            table,
            {
                "from_ip": "Source address",
                "messages": st.column_config.NumberColumn("Messages", format="localized"),
                "recipients": st.column_config.NumberColumn("Recipients", format="localized"),
                "first_seen": moment_column("First seen"),
                "last_seen": moment_column("Last seen"),
            },
        )
