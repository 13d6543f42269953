"""Is everything all right: the finding in one sentence, then what it rests on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd
import streamlit as st

from dashboards import readings
from dashboards.amounts import (
    change,
    count,
    is_unknown,
    moment,
    money,
    percent,
    plural,
    share,
)
from dashboards.charts.volume import by_status, volume_chart
from dashboards.figure import figure, heading, listing
from dashboards.frame import footer, opened
from dashboards.incidents import KINDS, open_ones, severity_mark
from dashboards.markup import Markup, literal, tag
from dashboards.palette import palette
from dashboards.rates import delivered_share
from dashboards.view import View
from hve_monitor.errors import ConfigError

DAY, WEEK = timedelta(days=1), timedelta(days=7)


def show(view: View) -> None:
    """The page."""
    spent, cards = _cost(view), readings.incidents(view)
    _headline(spent, open_ones(cards))
    _tiles(view, spent, cards)
    left, right = st.columns([5, 3])
    with left:
        _volume(view)
    with right:
        _open_incidents(view, open_ones(cards))
    left, right = st.columns([5, 3])
    with left:
        _top_accounts(view, spent)
    with right:
        _since_yesterday(view)
    footer(view)


def _cost(view: View) -> dict[str, Any] | None:
    """None where the tenants bill in different currencies: their sums would mean nothing."""
    try:
        return readings.cost(view)
    except ConfigError:
        return None


def _headline(spent: dict[str, Any] | None, still_open: list[dict[str, Any]]) -> None:
    high = any(card["severity"] == "high" for card in still_open)
    incidents = (
        f"{plural(len(still_open), 'incident')} {'is' if len(still_open) == 1 else 'are'} open"
        if still_open
        else "No incident is open"
    )
    mark = tag("span", "▲ look here" if still_open else "● quiet", style=_tone(still_open, high))
    sentence = tag("p", mark, f"{incidents}; {_spending(spent)}.", style="headline")
    with st.container(border=True, key="headline"):
        st.html(tag("div", sentence, style="hve"))


def _tone(still_open: list[dict[str, Any]], high: bool) -> str:
    return f"mark {'bad' if high else 'warn' if still_open else 'good'}"


def _spending(spent: dict[str, Any] | None) -> str:
    if spent is None:
        return "choose one tenant to see its spend, they bill in different currencies"
    to_date, ahead = spent["month_to_date"]["cost"], spent["projection"]["month_end"]
    if to_date is None:
        return "what was spent this month is unknown"
    currency = spent["currency"]
    return (
        f"{money(to_date, currency)} spent so far, {money(ahead, currency)} expected by month end"
    )


def _tiles(view: View, spent: dict[str, Any] | None, cards: list[dict[str, Any]]) -> None:
    with st.container(horizontal=True, gap="small", key="tiles"):
        _money_tiles(spent)
        _recipient_tile(view, "Recipients, last 24 h", DAY)
        _recipient_tile(view, "Recipients, last 7 days", WEEK)
        _rate_tile(view)
        _incident_tile(view, cards)


def _money_tiles(spent: dict[str, Any] | None) -> None:
    if spent is None:
        st.metric("Spent this month", "–", "several currencies", "off", border=True)
        return
    currency, ahead = spent["currency"], spent["projection"]
    billable = spent["month_to_date"]["billable_recipients"]
    st.metric(
        "Spent this month",
        money(spent["month_to_date"]["cost"], currency),
        f"{count(billable)} billable",
        "off",
        border=True,
        delta_arrow="off",
        help="Estimate from message traces: delivered recipients × unit price. Not the invoice.",
    )
    low, high = ahead["p80"]
    st.metric(
        "Expected by month end",
        money(ahead["month_end"], currency),
        f"80 %: {_short(low)} to {_short(high)}",
        "off",
        border=True,
        delta_arrow="off",
        help=f"Method: {literal(ahead['method'])}, from {ahead['history_days']} days of history.",
    )


def _short(amount: str | None) -> str:
    return "unknown" if amount is None else money(amount, "").strip()


def _recipient_tile(view: View, label: str, span: timedelta) -> None:
    now = view.now
    sent = readings.counts(view, now - span, now).get("recipients", 0)
    before = readings.counts(view, now - WEEK - span, now - WEEK).get("recipients", 0)
    compared = change(sent, before)
    st.metric(
        label,
        count(sent),
        f"{compared} on the week before" if compared else "nothing the week before",
        "off",
        border=True,
        delta_arrow="off" if compared is None else "auto",
        help=f"The same hours one week earlier: {count(before)}.",
    )


def _rate_tile(view: View) -> None:
    now = view.now
    rate = delivered_share(readings.counts(view, now - WEEK, now))
    before = delivered_share(readings.counts(view, now - 2 * WEEK, now - WEEK))
    delta = None if rate is None or before is None else f"{100 * (rate - before):+.1f} points"
    st.metric(
        "Delivery rate, 7 days",
        percent(rate),
        delta or "nothing to compare with",
        "normal" if delta else "off",
        border=True,
        delta_arrow="auto" if delta else "off",
        help="Delivered of all recipients whose outcome is known; pending ones are left out.",
    )


def _incident_tile(view: View, cards: list[dict[str, Any]]) -> None:
    new = sum(
        card["detected_at"] > (view.now - DAY).strftime("%Y-%m-%dT%H:%M:%S") for card in cards
    )
    st.metric(
        "Open incidents",
        len(open_ones(cards)),
        f"{new} new in 24 h",
        "off",
        border=True,
        delta_arrow="off",
    )


def _volume(view: View) -> None:
    frame = readings.usage(view, view.since)
    rows = by_status(frame)
    if rows.empty:
        heading("Nothing was sent in this period")
        return
    total = int(rows["recipients"].sum())
    days = rows["day"].nunique()
    rate = delivered_share(readings.counts(view, view.since))
    top = rows.groupby("day")["recipients"].sum()
    figure(
        f"{count(total)} recipients in {plural(days, 'day')}, {percent(rate)} delivered",
        f"Recipients per UTC day by status. Busiest day: {top.idxmax():%a %-d %b %Y} with"
        f" {count(top.max())}.",
        volume_chart(rows, palette()),
        rows.pivot_table(
            index="day", columns="status", values="recipients", aggfunc="sum", fill_value=0
        )
        .sort_index(ascending=False)
        .reset_index(),
        {"day": st.column_config.DateColumn("day (UTC)", format="YYYY-MM-DD")},
    )


def _open_incidents(view: View, cards: list[dict[str, Any]]) -> None:
    with st.container(border=True, key="open-incidents"):
        if not cards:
            heading("No incident is open", "Every account sends as it usually does.")
            return
        heading(
            f"{plural(len(cards), 'incident')} to look at", "Highest severity first. Times are UTC."
        )
        for card in cards[:5]:
            st.html(tag("div", _incident(card), style="hve"))
            st.page_link(
                "pages/senders.py",
                label="See why and what to do",
                icon=":material/arrow_forward:",
                query_params=_link(view, card),
            )
        if len(cards) > 5:
            st.caption(f"{len(cards) - 5} more stand on the Senders page.")


def _incident(card: dict[str, Any]) -> Markup:
    expected = count(round(card["expected"]))
    numbers = f"{count(card['observed'])} recipients, {expected} expected"
    return tag(
        "p",
        severity_mark(card),
        tag("strong", card["account"]),
        f": {KINDS.get(card['kind'], card['kind'])} since {moment(card['started_at'])}. {numbers}.",
    )


def _link(view: View, card: dict[str, Any]) -> dict[str, str]:
    link = {"incident": card["id"]}
    return link if view.tenant is None else link | {"tenant": view.tenant}


def _top_accounts(view: View, spent: dict[str, Any] | None) -> None:
    frame = readings.usage(view, view.since)
    if frame.empty:
        return
    sums = frame.groupby("account")[["recipients", "delivered", "failed", "billable_recipients"]]
    table = sums.sum(min_count=1).sort_values("recipients", ascending=False).head(8).reset_index()
    whole = int(frame["recipients"].sum())
    first = table.iloc[0]
    with st.container(border=True):
        heading(
            f"{first['account']} sends most: {percent(share(first['recipients'], whole))}"
            " of all recipients",
            "Largest accounts of the period.",
        )
        listing(_with_shares(table, frame, whole), _account_columns())


def _with_shares(table: pd.DataFrame, frame: pd.DataFrame, whole: int) -> pd.DataFrame:
    daily = frame.pivot_table(index="account", columns="day", values="recipients", aggfunc="sum")
    rates = [
        percent(share(delivered, recipients))
        for delivered, recipients in zip(table["delivered"], table["recipients"], strict=True)
    ]
    return pd.DataFrame(
        {
            "account": table["account"],
            "trend": [
                daily.loc[name].fillna(0).astype(float).tolist() for name in table["account"]
            ],
            "recipients": table["recipients"].astype("float"),
            "share": [(share(each, whole) or 0.0) * 100 for each in table["recipients"]],
            "delivered": rates,
            "billable": [count(each) for each in table["billable_recipients"]],
        }
    )


def _account_columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "account": column.TextColumn("Account", width="medium"),
        "trend": column.AreaChartColumn("Per day", width="small"),
        "recipients": column.NumberColumn("Recipients", format="localized"),
        "share": column.NumberColumn("Share", format="%.1f %%"),
        "delivered": column.TextColumn("Delivered", alignment="right"),
        "billable": column.TextColumn("Billable", alignment="right"),
    }


def _since_yesterday(view: View) -> None:
    changes = readings.changed(view, view.now - DAY)
    with st.container(border=True, key="since-yesterday"):
        heading(
            f"{plural(len(changes), 'change')} since yesterday"
            if changes
            else "No change since yesterday",
            f"Since {moment(view.now - DAY)}: incidents, addresses and accounts that were not there.",
        )
        if changes:
            lines = [
                tag("li", tag("strong", each.account), f" {each.what}, {moment(each.at)}")
                for each in changes[:8]
            ]
            st.html(tag("div", tag("ul", *lines), style="hve"))
        if len(changes) > 8:
            st.caption(f"and {len(changes) - 8} more")


if __name__ == "__main__":
    show(opened("Overview"))
