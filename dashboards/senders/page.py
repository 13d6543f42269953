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
from dashboards.session.view import View
from models.incidents.cards import IncidentCard
from models.usage.accounts import Sender


def show(view: View) -> None:
    """The page."""
    account = chosen_account()
    cards = [card for card in by_severity(readings.incidents(view)) if _is_of(card, account)]
    _severities(cards)
    chosen = _incidents(view, cards)
    if chosen is not None:
        incident_card(view, chosen.id)
    sender = _profiled(view, account, chosen)
    if sender is not None:
        account_profile(view, sender, expanded=chosen is None or account is not None)
    footer(view)


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


def _incidents(view: View, cards: list[IncidentCard]) -> IncidentCard | None:
    """The table; returns the incident whose card is to be shown."""
    listed = _listed(view, cards)
    with st.container(border=True, key="incidents"):
        heading(
            f"{plural(len(open_ones(cards)), 'incident')} open, {len(cards)} in all that is stored"
            if cards
            else "No incident was found",
            "Open ones first, then by severity. Select a row to see why. Times are UTC.",
        )
        if not listed:
            st.caption("No incident in this choice of account and period.")
            return None
        return _selected(listed)


def _listed(view: View, cards: list[IncidentCard]) -> list[IncidentCard]:
    """Open ones, the closed ones of the period, and the one of the URL however old it is."""
    in_url = st.query_params.get("incident")
    return [
        card
        for card in cards
        if card.status == "open"
        or card.id == in_url
        or view.since is None
        or (card.ended_at or card.started_at) >= view.since
    ]


def _selected(listed: list[IncidentCard]) -> IncidentCard:
    """The row that is selected; at first that of the URL, else the first."""
    ids = [card.id for card in listed]
    in_url = st.query_params.get("incident")
    row = ids.index(in_url) if in_url in ids else 0
    event = listing(
        _table(listed),
        _columns(),
        # Another list is another table: a row number means nothing in it.
        key=f"incidents-{hash(tuple(ids))}",
        on_select="rerun",
        selection_mode="single-row-required",
        selection_default={"selection": {"rows": [row], "columns": [], "cells": []}},
        height=min(38 + 35 * len(listed), 290),
    )
    rows = list(event["selection"]["rows"])
    chosen = listed[rows[0]] if rows and rows[0] < len(listed) else listed[row]
    st.query_params["incident"] = chosen.id
    return chosen


def _table(cards: list[IncidentCard]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "severity": [SIGNS.get(card.severity, card.severity) for card in cards],
            "status": [card.status.replace("_", " ") for card in cards],
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
        "status": column.TextColumn("Status", width="small"),
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
