"""Is everything all right: the finding in one sentence, then what it rests on."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards.charts.volume import volume_chart
from dashboards.overview.tenants import tenants_panel
from dashboards.overview.tiles import overview_tiles
from dashboards.overview.yesterday import since_yesterday
from dashboards.parts.amounts import (
    count,
    delivered_words,
    moment,
    money,
    percent,
    plural,
    rate_words,
    share,
)
from dashboards.parts.budget_words import budget_finding
from dashboards.parts.figure import figure, heading
from dashboards.parts.incident_words import KINDS, open_ones, severity_mark
from dashboards.parts.markup import Markup, block, scrolled, table_of, tag
from dashboards.parts.palette import palette
from dashboards.parts.tile import sparkline
from dashboards.session import readings
from dashboards.session.frame import footer, opened
from dashboards.session.view import View
from hve_monitor.errors import ConfigError
from models.cost.documents import CostReport
from models.incidents.cards import IncidentCard
from warehouse.connection import Row

MOST_ACCOUNTS = 8


def show(view: View) -> None:
    """The page."""
    spent, cards = _cost(view), readings.incidents(view)
    _headline(view, spent, open_ones(cards))
    tenants_panel(view)
    overview_tiles(view, spent, cards)
    left, right = st.columns([5, 3])
    with left:
        _volume(view)
    with right:
        _open_incidents(view, open_ones(cards))
    left, right = st.columns([5, 3])
    with left:
        _top_accounts(view)
    with right:
        since_yesterday(view, spent)
    footer(view)


def _cost(view: View) -> CostReport | None:
    """None where the tenants bill in different currencies: their sums would mean nothing."""
    try:
        return readings.cost(view)
    except ConfigError:
        return None


def _headline(view: View, spent: CostReport | None, still_open: list[IncidentCard]) -> None:
    complete = readings.coverage(view).complete
    mark = _mark(still_open, complete)
    sentence = f"{_finding(still_open, complete)}; {_spending(spent)}{_budgets(spent)}."
    with st.container(border=True, key="headline"):
        block(tag("p", mark, sentence, style="headline"))


def _mark(still_open: list[IncidentCard], complete: bool | None) -> Markup:
    """Quiet only where everything was read."""
    if still_open:
        is_high = any(card.severity == "high" for card in still_open)
        return tag("span", "▲ look here", style=f"mark {'bad' if is_high else 'warn'}")
    if complete:
        return tag("span", "● quiet", style="mark good")
    return tag("span", "▲ incomplete" if complete is False else "? unknown", style="mark warn")


def _finding(still_open: list[IncidentCard], complete: bool | None) -> str:
    if still_open:
        are = "is" if len(still_open) == 1 else "are"
        return f"{plural(len(still_open), 'incident')} {are} open"
    return "No incident is open" if complete else "No incident was found in what was read"


def _spending(spent: CostReport | None) -> str:
    if spent is None:
        return "choose one tenant to see its spend, they bill in different currencies"
    to_date, ahead = spent.month_to_date.cost, spent.projection.month_end
    if to_date is None:
        return "what was spent this month is unknown"
    currency = spent.currency
    return (
        f"{money(to_date, currency)} spent so far, {money(ahead, currency)} expected by month end"
    )


def _budgets(spent: CostReport | None) -> str:
    """The budget that is passed first, where one is."""
    ahead = [budget for budget in (spent.budgets if spent else []) if budget.passing_day]
    if not ahead:
        return ""
    finding = budget_finding(ahead)
    return f"; {finding[0].lower()}{finding[1:]}"


def _volume(view: View) -> None:
    rows = readings.volume(view, view.since)
    if rows.empty:
        heading("Nothing was sent in this period")
        return
    total = int(rows["recipients"].sum())
    days = rows["day"].nunique()
    delivered = delivered_words(readings.counts(view, view.since))
    top = rows.groupby("day")["recipients"].sum()
    figure(
        f"{count(total)} recipients in {plural(days, 'day')}, {delivered}",
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


def _open_incidents(view: View, cards: list[IncidentCard]) -> None:
    with st.container(border=True, height="stretch", key="open-incidents", gap="small"):
        if not cards:
            heading(
                "No open incident", "No account that was read deviates from what it usually sends."
            )
            return
        heading(
            f"{plural(len(cards), 'incident')} to look at", "Highest severity first. Times are UTC."
        )
        for card in cards[:5]:
            block(_incident(card))
            if view.user.may_open("senders"):
                st.page_link(
                    "senders/page.py",
                    label="See why and what to do",
                    icon=":material/arrow_forward:",
                    query_params=_link(view, card),
                )
        if len(cards) > 5:
            st.caption(f"{len(cards) - 5} more stand on the Senders page.")


def _incident(card: IncidentCard) -> Markup:
    expected = count(round(card.expected))
    numbers = f"{count(card.observed)} recipients, {expected} expected"
    return tag(
        "p",
        severity_mark(card),
        tag("strong", card.account),
        f": {KINDS.get(card.kind, card.kind)} since {moment(card.started_at)}. {numbers}.",
    )


def _link(view: View, card: IncidentCard) -> dict[str, str]:
    link = {"incident": card.id}
    return link if view.tenant is None else link | {"tenant": view.tenant}


def _top_accounts(view: View) -> None:
    rows = readings.account_sums(view, view.since)
    if not rows:
        return
    largest = sorted(rows, key=lambda row: -(row["recipients"] or 0))[:MOST_ACCOUNTS]
    whole = sum(row["recipients"] or 0 for row in rows)
    with st.container(border=True, height="stretch"):
        heading(
            f"{largest[0]['account']} sends most:"
            f" {percent(share(largest[0]['recipients'], whole))} of all recipients",
            "Largest accounts of the period. Delivered: of all recipients whose outcome is final.",
        )
        frame = readings.usage(view, view.since)
        block(scrolled("Largest accounts", _accounts(largest, frame, whole)))


def _accounts(rows: list[Row], frame: pd.DataFrame, whole: int) -> Markup:
    """One row per account; `frame` holds their days."""
    daily = frame.pivot_table(
        index=["tenant", "account"], columns="day", values="recipients", aggfunc="sum"
    )
    heads = ("Account", "Per day", "Recipients", "Share", "Delivered", "Billable")
    cells = [
        [row["account"], _trend(daily.loc[row["tenant"], row["account"]]), *_numbers(row, whole)]
        for row in rows
    ]
    return table_of(heads, cells, range(2, len(heads)), named=True)


def _trend(days: pd.Series) -> Markup:
    return sparkline(days.fillna(0).astype(float).tolist(), "bar")


def _numbers(row: Row, whole: int) -> list[str]:
    return [
        count(row["recipients"]),
        percent(share(row["recipients"], whole)),
        rate_words(row),
        count(row["billable_recipients"]),
    ]


if __name__ == "__main__":
    show(opened("Overview"))
