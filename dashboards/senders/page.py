"""Who behaves unusually, why, and what an account usually does."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards.parts.amounts import count, exact, plural
from dashboards.parts.figure import Columns, heading, listing, moment_column
from dashboards.parts.incident_words import SIGNS, by_severity, open_ones, what_of
from dashboards.parts.tile import Tile, tile_row
from dashboards.senders.card import incident_card
from dashboards.senders.profile import account_profile
from dashboards.session import readings
from dashboards.session.frame import chosen_account, footer, opened
from dashboards.session.links import is_arrival, say_absent, say_elsewhere
from dashboards.session.view import View
from models.incidents.cards import IncidentCard, is_unjudged_high, status_words
from models.usage.accounts import Sender

ANY, OPEN, UNJUDGED, JUDGED = "any", "open", "ended, not judged", "judged"
JUDGEMENTS = (ANY, OPEN, UNJUDGED, JUDGED)


def show(view: View) -> None:
    """The page."""
    account = chosen_account()
    every = by_severity(readings.incidents(view))
    cards = [card for card in every if _is_of(card, account)]
    absent = _say_absent(every, cards)
    _severities(cards)
    chosen = _incidents(view, cards, is_absent=absent)
    if chosen is not None:
        incident_card(view, chosen.id)
    sender = None if absent and account is None else _profiled(view, account, chosen)
    if sender is not None:
        account_profile(view, sender, expanded=chosen is None or account is not None)
    footer(view)


def _say_absent(every: list[IncidentCard], cards: list[IncidentCard]) -> bool:
    """Whether the address names an incident that the page cannot show, which it says."""
    named = st.query_params.get("incident")
    if named is None or any(card.id == named for card in cards):
        return False
    other = next((card for card in every if card.id == named), None)
    if other is None:
        say_absent("Select an incident below.", incident=())
        return True
    if is_arrival():
        say_elsewhere(
            f"the address names incident {named}, which is one of {other.account} and not of the"
            " chosen account. Choose that account, or all, to see it."
        )
        return True
    del st.query_params["incident"]  # another account was chosen since
    return False


def _severities(cards: list[IncidentCard]) -> None:
    """How many are open of each severity; nothing where none is."""
    still_open = open_ones(cards)
    if not still_open:
        return
    numbers = {
        sign: sum(card.severity == severity for card in still_open)
        for severity, sign in SIGNS.items()
    }
    whole = plural(len(still_open), "open incident")
    tile_row(
        *(Tile(f"{sign}, open", count(number), f"of {whole}") for sign, number in numbers.items())
    )


def _is_of(card: IncidentCard, account: str | None) -> bool:
    return account in (None, card.account)


def _incidents(view: View, cards: list[IncidentCard], *, is_absent: bool) -> IncidentCard | None:
    """The table; returns the incident whose card is to be shown.

    is_absent: the address names one that cannot be shown: no other is shown in its place.
    """
    with st.container(border=True, key="incidents"):
        heading(
            _finding(cards),
            "Open ones first, then high ones that nobody judged, then by severity. Select a row to"
            " see why. Times are UTC.",
        )
        say_absent("Every status is shown.", judgement=JUDGEMENTS)
        picked = st.segmented_control(
            "Status", JUDGEMENTS, default=ANY, key="judgement", bind="query-params", required=True
        )
        listed = [card for card in _listed(view, cards) if picked in (ANY, _judgement(card))]
        if not listed:
            st.caption("No incident in this choice of account, status and period.")
            return None
        return _selected(listed, is_absent=is_absent)


def _finding(cards: list[IncidentCard]) -> str:
    if not cards:
        return "No incident was found"
    unjudged = sum(card.status == "ended" for card in cards)
    ended = f", {count(unjudged)} ended and not judged" if unjudged else ""
    still_open = plural(len(open_ones(cards)), "incident")
    return f"{still_open} open{ended}, {count(len(cards))} in all that is stored"


def _judgement(card: IncidentCard) -> str:
    return {"open": OPEN, "ended": UNJUDGED}.get(card.status, JUDGED)


def _listed(view: View, cards: list[IncidentCard]) -> list[IncidentCard]:
    """Open ones, high ones that nobody judged, those of the period, and the one of the URL."""
    in_url = st.query_params.get("incident")
    return [
        card
        for card in cards
        if card.status == "open"
        or is_unjudged_high(card)
        or card.id == in_url
        or view.since is None
        or (card.ended_at or card.started_at) >= view.since
    ]


def _selected(listed: list[IncidentCard], *, is_absent: bool) -> IncidentCard | None:
    """The row that is selected; at first that of the URL, else the first.

    is_absent: the first is not selected in the place of what the address names.
    """
    ids = [card.id for card in listed]
    in_url = st.query_params.get("incident")
    first = [] if is_absent else [ids.index(in_url) if in_url in ids else 0]
    event = listing(
        _table(listed),
        _columns(),
        name="incidents",
        # Another list is another table: a row number means nothing in it.
        key=f"incidents-{hash((*ids, is_absent))}",
        on_select="rerun",
        selection_mode="single-row" if is_absent else "single-row-required",
        selection_default={"selection": {"rows": first, "columns": [], "cells": []}},
        height=min(38 + 35 * len(listed), 290),
    )
    rows = [row for row in event["selection"]["rows"] if row < len(listed)] or first
    if not rows:
        return None
    chosen = listed[rows[0]]
    st.query_params["incident"] = chosen.id
    return chosen


def _table(cards: list[IncidentCard]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "severity": [SIGNS.get(card.severity, card.severity) for card in cards],
            "status": [status_words(card) for card in cards],
            "kind": [card.kind.replace("_", " ") for card in cards],
            "what": [what_of(card) for card in cards],
            "account": [card.account for card in cards],
            "started_at": pd.to_datetime([card.started_at for card in cards], utc=True),
            "observed": [card.observed for card in cards],
            "expected": [round(card.expected) for card in cards],
            "extra": [card.extra_recipients for card in cards],
            "extra_cost": [exact(card.extra_cost) for card in cards],
            "id": [card.id for card in cards],
        }
    )


def _columns() -> Columns:
    column = st.column_config
    return {
        "severity": column.TextColumn("Severity", width="small"),
        "status": column.TextColumn("Status"),
        "kind": column.TextColumn("Kind", width="small"),
        "what": column.TextColumn("What it is", width="medium"),
        "account": column.TextColumn("Account", width="medium"),
        "started_at": moment_column("Started (UTC)"),
        "observed": column.NumberColumn("Observed", format="localized"),
        "expected": column.NumberColumn("Expected", format="localized"),
        "extra": column.NumberColumn("Extra", format="localized"),
        "extra_cost": column.TextColumn("Extra cost", alignment="right"),
        "id": column.TextColumn("Id", width="small"),
    }


def _profiled(view: View, account: str | None, chosen: IncidentCard | None) -> Sender | None:
    """The chosen account, else that of the incident, else the first."""
    senders = readings.accounts(view)
    if account is not None:
        return next((sender for sender in senders if sender.account == account), None)
    if chosen is not None:
        return Sender(chosen.tenant, chosen.account)
    return senders[0] if senders else None


if __name__ == "__main__":
    show(opened("Senders", by=("account", "period")))
