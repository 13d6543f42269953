"""Several tenants at a glance: one row each, and each one click deeper."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboards.parts.amounts import age, count, day, digits, money, percent, plural
from dashboards.parts.figure import heading, key_of
from dashboards.parts.incident_words import SIGNS, TONES
from dashboards.parts.markup import Markup, literal, scrolled, tag
from dashboards.session import readings
from dashboards.session.view import View
from hve_monitor.clock import parse_time

HEADS = ("Tenant", "Read", "Coverage", "Recipients, 24 h", "7 days", "Spent this month",
         "By month end", "Open incidents", "Next budget")  # fmt: skip
NUMBERS = range(3, 7)
Row = dict[str, Any]


def tenants_panel(view: View) -> None:
    """Draws the panel where all of several tenants are looked at."""
    if view.tenant is not None or len(view.config.served) < 2:
        return
    rows = readings.tenants(view)
    with st.container(border=True, key="tenants"):
        heading(_finding(rows), "What needs a look comes first; the same as 'hve tenants'.")
        head = tag("tr", *(tag("th", name, style="number" if place in NUMBERS else "")
                           for place, name in enumerate(HEADS)))  # fmt: skip
        body = [_line(view, row) for row in rows]
        table = tag("table", tag("thead", head), tag("tbody", *body))
        st.html(tag("div", scrolled("Tenants side by side", table), style="hve"))
        with st.container(horizontal=True, gap="small"):
            for row in rows:
                st.button(
                    literal(f"Open {row['tenant']}"),
                    key=key_of("open", row["tenant"]),
                    icon=":material/arrow_forward:",
                    on_click=_choose,
                    args=(row["tenant"],),
                )


def _choose(tenant: str) -> None:
    """The filter of the page, which is also in the URL."""
    st.session_state["tenant"] = tenant


def _finding(rows: list[Row]) -> str:
    troubled = [row for row in rows if row["open_incidents"]]
    unread = [row for row in rows if row["coverage"]["complete"] is False or not row["fresh"]]
    have = "has" if len(troubled) == 1 else "have"
    finding = f"{count(len(troubled))} of {plural(len(rows), 'tenant')} {have} open incidents"
    if not unread:
        return finding
    are = "is" if len(unread) == 1 else "are"
    return f"{finding}; {count(len(unread))} {are} stale or not completely read"


def _line(view: View, row: Row) -> Markup:
    currency = row["currency"]
    return tag(
        "tr",
        tag("th", row["tenant"], style="name"),
        tag("td", _freshness(view, row)),
        tag("td", _coverage(row["coverage"])),
        tag("td", count(row["recipients_24h"]), style="number"),
        tag("td", count(row["recipients_7d"]), style="number"),
        tag("td", money(row["month_to_date"], currency), style="number"),
        tag("td", money(row["month_end"], currency), style="number"),
        tag("td", _incidents(row)),
        tag("td", _budget(row["budget"])),
    )


def _freshness(view: View, row: Row) -> Markup:
    if row["read_at"] is None:
        return tag("span", "? never", style="warn")
    old = age(view.now - parse_time(row["read_at"]))
    return tag("span", f"● {old} ago" if row["fresh"] else f"▲ {old} ago",
               style="good" if row["fresh"] else "warn")  # fmt: skip


def _coverage(coverage: Row) -> Markup:
    if coverage["complete"] is None:
        return tag("span", "? unknown", style="warn")
    if coverage["complete"]:
        return tag("span", "● complete", style="good")
    gaps = plural(coverage["gaps"], "gap") if coverage["gaps"] else "nothing read"
    return tag("span", f"▲ {gaps}", style="bad")


def _incidents(row: Row) -> Markup:
    if row["highest"] is None:
        return tag("span", "none", style="quiet")
    words = f"{count(row['open_incidents'])}, highest {SIGNS[row['highest']]}"
    return tag("span", words, style=TONES[row["highest"]])


def _budget(budget: Row | None) -> Markup:
    if budget is None:
        return tag("span", "none in sight", style="quiet")
    when = (
        f"passed on {day(budget['passed_on'])}"
        if budget["passed_on"]
        else f"passed on {day(budget['passes_on_expected'])}, expected"
    )
    return tag(
        "span",
        f"{'▲' if budget['passed_on'] else '◆'} {budget['name']}: {when},"
        f" {percent(budget['used_ratio'])} of {digits(budget['amount'])} used",
        style="bad" if budget["passed_on"] else "warn",
    )
