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
    known_words,
    moment,
    money,
    percent,
    rate_words,
    share,
)
from dashboards.parts.budget_words import budget_finding
from dashboards.parts.clock import shown_zone
from dashboards.parts.figure import figure, heading
from dashboards.parts.incident_words import open_ones, severity_mark, unjudged_ones, what_of
from dashboards.parts.known_words import at_least, expected_words
from dashboards.parts.markup import Markup, block, literal, scrolled, table_of, tag
from dashboards.parts.palette import palette
from dashboards.parts.table_file import file_button
from dashboards.parts.tile import sparkline
from dashboards.session import readings
from dashboards.session.days import clickable, open_picked_day, span_words
from dashboards.session.frame import as_read, footer, opened
from dashboards.session.links import (
    ARROW,
    account_link,
    is_several,
    link_to,
    tenant_cell,
    tenant_words,
)
from dashboards.session.view import View
from hve_monitor.errors import ConfigError
from hve_monitor.plural import plural
from models.cost.documents import CostReport
from models.incidents.cards import IncidentCard, status_words
from warehouse.connection import Row

MOST_ACCOUNTS, MOST_INCIDENTS = 8, 5


def show(view: View) -> None:
    """The page; of very many tenants their table alone."""
    if view.is_fleet:
        tenants_panel(view)
        st.caption("Choose a tenant for its volume, spend, accounts and incidents.")
        footer(view)
        return
    spent, cards = _cost(view), readings.incidents(view)
    _headline(view, spent, cards)
    tenants_panel(view)
    overview_tiles(view, spent, cards)
    left, right = st.columns([5, 3])
    with left:
        _volume(view)
    with right:
        _open_incidents(view, cards)
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


def _headline(view: View, spent: CostReport | None, cards: list[IncidentCard]) -> None:
    complete = readings.coverage(view).complete
    learnt, accounts = _learnt(view)
    mark = _mark(cards, complete, is_learnt=bool(learnt) or not accounts)
    sentence = f"{_finding(cards, complete)}; {_spending(spent)}{_budgets(spent)}."
    with st.container(border=True, key="headline"):
        block(tag("p", mark, sentence, style="headline"))


def _mark(cards: list[IncidentCard], complete: bool | None, *, is_learnt: bool) -> Markup:
    """Quiet only where everything was read and somebody's usual mail is known."""
    still_open, unjudged = open_ones(cards), unjudged_ones(cards)
    if still_open or unjudged:
        is_high = bool(unjudged) or any(card.severity == "high" for card in still_open)
        return tag("span", "▲ look here", style=f"mark {'bad' if is_high else 'warn'}")
    if complete and is_learnt:
        return tag("span", "● quiet", style="mark good")
    if complete:
        return tag("span", "◷ learning", style="mark warn")
    return tag("span", "▲ incomplete" if complete is False else "? unknown", style="mark warn")


def _finding(cards: list[IncidentCard], complete: bool | None) -> str:
    still_open = len(open_ones(cards))
    if still_open:
        sentence = f"{plural(still_open, 'incident')} {'is' if still_open == 1 else 'are'} open"
    else:
        sentence = (
            "No incident is open" if complete else "No open incident was found in what was read"
        )
    return f"{sentence}{unjudged_words(cards)}"


def unjudged_words(cards: list[IncidentCard]) -> str:
    """How many high incidents ended without a verdict, and which is the newest."""
    unjudged = unjudged_ones(cards)
    if not unjudged:
        return ""
    newest = max(unjudged, key=lambda card: card.ended_at or card.started_at)
    ended = f"{newest.account}, {moment(newest.ended_at)}"
    if len(unjudged) == 1:
        return f"; 1 high incident ended, not judged ({ended})"
    return f"; {plural(len(unjudged), 'high incident')} ended, not judged (the newest {ended})"


def _learnt(view: View) -> tuple[int, int]:
    """Accounts whose usual mail is known, and all accounts."""
    accounts, days = readings.accounts(view), readings.learning(view)
    return sum(days.get(account) == 0 for account in accounts), len(accounts)


def _spending(spent: CostReport | None) -> str:
    if spent is None:
        return "choose one tenant to see its spend, they bill in different currencies"
    currency, so_far = spent.currency, spent.month_to_date
    projection = spent.projection
    ahead = expected_words(projection.month_end, projection.range, currency)
    if so_far.cost is None:
        return f"what was spent this month is unknown, {ahead} expected by month end"
    spending = at_least(money(so_far.cost, currency), so_far)
    return f"{spending} spent so far, {ahead} expected by month end"


def _budgets(spent: CostReport | None) -> str:
    """The budget that is passed first, where one is."""
    budgets = spent.budgets if spent else []
    ahead = [budget for budget in budgets if budget.passing_day or budget.may_be_passed]
    if not ahead:
        return ""
    finding = budget_finding(ahead)
    return f"; {finding[0].lower()}{finding[1:]}"


def _volume(view: View) -> None:
    rows = readings.volume(view, view.since, view.until)
    if rows.empty:
        heading(f"Nothing was sent in this period{as_read(view)}")
        return
    span, before = readings.span(view), readings.volume_before(view)
    leads = view.user.may_open("delivery")
    top = rows.groupby("day")["recipients"].sum()
    event = figure(
        _sent_words(view, rows),
        f"Recipients per UTC day by status. Busiest day: {top.idxmax():%Y-%m-%d (%A)} with"
        f" {count(top.max())}.{span_words(view, span, before)}"
        f"{' Click on a day to see its messages.' if leads else ''}",
        volume_chart(rows, span, before, palette(), leads=leads),
        rows.pivot_table(
            index="day", columns="status", values="recipients", aggfunc="sum", fill_value=0
        )
        .sort_index(ascending=False)
        .reset_index(),
        {"day": st.column_config.DateColumn("day (UTC)", format="YYYY-MM-DD")},
        **clickable("volume", leads=leads),
    )
    open_picked_day(event, leads=leads)


def _sent_words(view: View, rows: pd.DataFrame) -> str:
    """How many recipients on how many days; at least so many where not all is known."""
    span = readings.span(view)
    least = "≥ " if readings.unread_days(view, span.first, span.last) else ""
    total, days = int(rows["recipients"].sum()), plural(rows["day"].nunique(), "day")
    delivered = delivered_words(readings.counts(view, view.since, view.until))
    return f"{least}{plural(total, 'recipient')} in {days}, {delivered}"


def _open_incidents(view: View, cards: list[IncidentCard]) -> None:
    """Open ones, then the newest high ones that nobody judged."""
    still_open, unjudged = open_ones(cards), unjudged_ones(cards)
    with st.container(border=True, height="stretch", key="open-incidents", gap="small"):
        shown = [*still_open, *unjudged]
        if not shown:
            heading("No open incident", _quiet_words(view))
            return
        heading(
            f"{plural(len(shown), 'incident')} to look at",
            "Open ones first, then high ones that ended and that nobody judged. Times are"
            f" {shown_zone()}.",
        )
        for card in shown[:MOST_INCIDENTS]:
            block(_incident(view, card))
            label = f"See why and what to do: {literal(card.account)}"
            link_to(view, "senders", label, ARROW, incident=card.id)
        if len(shown) > MOST_INCIDENTS:
            st.caption(f"{count(len(shown) - MOST_INCIDENTS)} more stand on the Senders page.")


def _quiet_words(view: View) -> str:
    """What it means that nothing is open: only a learnt account that was read can be quiet."""
    learnt, accounts = _learnt(view)
    if not learnt:
        return "No account has a learnt baseline yet: what is unusual is not known."
    read = "" if readings.coverage(view).complete else " in what was read"
    if learnt == accounts:
        return f"No account deviates from what it usually sends{read}."
    return (
        f"None of the {plural(learnt, 'account')} with a learnt baseline deviates from what it"
        f" usually sends{read}; {count(accounts - learnt)} still learn or have none."
    )


def _incident(view: View, card: IncidentCard) -> Markup:
    expected = count(round(card.expected))
    numbers = f"{plural(card.observed, 'recipient')}, {expected} expected"
    return tag(
        "p",
        severity_mark(card),
        tag("strong", card.account),
        f"{tenant_words(view, card.tenant)}: {what_of(card)} since"
        f" {moment(card.started_at)}{_ended(card)}. {numbers}.",
    )


def _ended(card: IncidentCard) -> str:
    return f", {status_words(card)}" if card.status == "ended" else ""


def _top_accounts(view: View) -> None:
    rows = readings.account_sums(view, view.since, view.until)
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
        frame = readings.usage(view, view.since, view.until)
        block(scrolled("Largest accounts", _accounts(view, largest, frame, whole)))
        table = pd.DataFrame(rows).sort_values("recipients", ascending=False)
        file_button("accounts of the period", table, {}, "file-accounts")


def _accounts(view: View, rows: list[Row], frame: pd.DataFrame, whole: int) -> Markup:
    """One row per account; `frame` holds their days."""
    daily = frame.pivot_table(
        index=["tenant", "account"], columns="day", values="recipients", aggfunc="sum"
    )
    own = ("Tenant",) if is_several(view) else ()
    heads = ("Account", *own, "Per day", "Recipients", "Share", "Delivered", "Billable")
    cells = [
        [
            account_link(view, row["tenant"], row["account"]),
            *tenant_cell(view, row["tenant"]),
            _trend(daily.loc[row["tenant"], row["account"]]),
            *_numbers(row, whole),
        ]
        for row in rows
    ]
    return table_of(heads, cells, range(2 + len(own), len(heads)), named=True)


def _trend(days: pd.Series) -> Markup:
    return sparkline(days.fillna(0).astype(float).tolist(), "bar")


def _numbers(row: Row, whole: int) -> list[str]:
    return [
        count(row["recipients"]),
        percent(share(row["recipients"], whole)),
        rate_words(row),
        known_words(row, "billable_recipients"),
    ]


if __name__ == "__main__":
    show(opened("Overview"))
