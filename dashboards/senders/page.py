"""Who behaves unusually, why, and what an account usually does."""

from __future__ import annotations

import streamlit as st

from dashboards.parts.amounts import count
from dashboards.parts.incident_words import SIGNS, by_severity, open_ones
from dashboards.parts.tile import Tile, tile_row
from dashboards.senders.card import incident_card
from dashboards.senders.incidents import incident_list
from dashboards.senders.profile import account_profile
from dashboards.session import readings
from dashboards.session.frame import chosen_account, footer, opened
from dashboards.session.links import is_arrival, say_absent, say_elsewhere
from dashboards.session.view import View
from hve_monitor.plural import plural
from models.incidents.cards import IncidentCard
from models.usage.accounts import Sender


def show(view: View) -> None:
    """The page."""
    account = chosen_account()
    every = by_severity(readings.incidents(view))
    cards = [card for card in every if _is_of(card, account)]
    absent = _say_absent(every, cards)
    _severities(cards)
    chosen = incident_list(view, cards, is_absent=absent)
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
