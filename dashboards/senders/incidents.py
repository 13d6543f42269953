"""The list of incidents: what waits for a verdict apart from what was judged, and its filters."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboards.parts.amounts import count, exact
from dashboards.parts.clock import shown_zone
from dashboards.parts.figure import Columns, amount_column, heading, listing, moment_column
from dashboards.parts.incident_words import SIGNS, by_severity, open_ones, what_of
from dashboards.senders.together import together_panel
from dashboards.session.links import is_several, say_absent
from dashboards.session.view import View
from hve_monitor.plural import plural
from models.incidents.cards import IncidentCard, is_unjudged_high, status_words
from models.incidents.triage import NOBODY, IncidentFilter, is_waiting, ordered

WAITING, OPEN, UNJUDGED = "wait for a verdict", "open", "ended, not judged"
JUDGED, ANY = "judged", "any"
JUDGEMENTS = (WAITING, OPEN, UNJUDGED, JUDGED, ANY)
ORDERS = {"severest": "severity", "newest": "newest", "most costly": "cost"}
LABELS = {"severity": "Severity", "kind": "Kind", "audience": "For", "assigned": "Assigned to"}


def incident_list(view: View, cards: list[IncidentCard], *, is_absent: bool) -> IncidentCard | None:
    """The filters and the table; returns the incident whose card is to be shown.

    is_absent: the address names one that cannot be shown: no other is shown in its place.
    """
    with st.container(border=True, key="incidents"):
        heading(_finding(cards), f"Click on a cell to see why. Times are {shown_zone()}.")
        in_period = _in_period(view, cards)
        picked = _status()
        wanted, order = _filters(in_period)
        listed = _listed(in_period, wanted, picked, order)
        together_panel(view, [card for card in listed if is_waiting(card)])
        if not listed:
            st.caption("No incident in this choice of filters and period.")
            return None
        return _selected(view, listed, is_absent=is_absent)


def _finding(cards: list[IncidentCard]) -> str:
    if not cards:
        return "No incident was found"
    unjudged = sum(card.status == "ended" for card in cards)
    ended = f", {count(unjudged)} ended and not judged" if unjudged else ""
    still_open = plural(len(open_ones(cards)), "incident")
    return f"{still_open} open{ended}, {count(len(cards))} in all that is stored"


def _in_period(view: View, cards: list[IncidentCard]) -> list[IncidentCard]:
    """Those of the period and the one of the URL; up to now also what is open or not judged."""
    in_url, goes_on = st.query_params.get("incident"), view.until is None
    return [
        card
        for card in cards
        if (goes_on and (card.status == "open" or is_unjudged_high(card)))
        or card.id == in_url
        or _is_within(view, card)
    ]


def _is_within(view: View, card: IncidentCard) -> bool:
    ended = card.ended_at or (view.now if card.status == "open" else card.started_at)
    return (view.since is None or ended >= view.since) and card.started_at < view.end


def _status() -> str:
    """What waits for a verdict stands apart from what is over."""
    say_absent("Those that wait for a verdict are shown.", judgement=JUDGEMENTS)
    return st.segmented_control(
        "Status",
        JUDGEMENTS,
        default=WAITING,
        key="judgement",
        bind="query-params",
        required=True,
    )


def _is_of(card: IncidentCard, judgement: str) -> bool:
    if judgement in (WAITING, JUDGED):
        return is_waiting(card) == (judgement == WAITING)
    return judgement == ANY or card.status == {OPEN: "open", UNJUDGED: "ended"}[judgement]


def _filters(cards: list[IncidentCard]) -> tuple[IncidentFilter, str]:
    """The other filters, each with what there is of it; all of them are in the URL.

    Options are what the URL holds: it takes the words that are shown.
    """
    options: dict[str, list[str]] = {
        "severity": [name for name in SIGNS if any(card.severity == name for card in cards)],
        "kind": sorted({card.kind.replace("_", " ") for card in cards}),
        "audience": sorted({name for card in cards for name in card.audience}),
        "assigned": sorted({card.assigned_to or NOBODY for card in cards}),
    }
    say_absent("The list is not narrowed by it.", **options, order=ORDERS)
    with st.container(horizontal=True, gap="small", key="incident-filters"):
        severity, kind, audience, assigned = (
            _choice(LABELS[name], name, choices) for name, choices in options.items()
        )
        order = st.selectbox("First", list(ORDERS), key="order", bind="query-params", width=150)
    kind = kind and kind.replace(" ", "_")
    return IncidentFilter(severity, kind, None, audience, assigned), ORDERS[order]


def _choice(label: str, key: str, options: Sequence[str]) -> str | None:
    picked = st.selectbox(label, [ANY, *options], key=key, bind="query-params", width=180)
    return None if picked == ANY else picked


def _listed(
    cards: list[IncidentCard], wanted: IncidentFilter, judgement: str, order: str
) -> list[IncidentCard]:
    """The chosen ones in order; the one of the URL stays when it was just judged."""
    in_url = st.query_params.get("incident")
    chosen = [
        card
        for card in cards
        if wanted.holds(card) and (_is_of(card, judgement) or card.id == in_url)
    ]
    # The severest first are those that are open, then those over that nobody judged.
    return by_severity(chosen) if order == "severity" else ordered(chosen, order)


def _selected(view: View, listed: list[IncidentCard], *, is_absent: bool) -> IncidentCard | None:
    """The row whose cell is selected; at first that of the URL, else the first.

    is_absent: the first is not selected in the place of what the address names.
    """
    ids = [card.id for card in listed]
    in_url = st.query_params.get("incident")
    first = [] if is_absent else [ids.index(in_url) if in_url in ids else 0]
    event = listing(
        _table(listed) if is_several(view) else _table(listed).drop(columns="tenant"),
        _columns(listed),
        name="incidents",
        # Another list is another table: a row number means nothing in it.
        key=f"incidents-{hash((*ids, is_absent))}",
        on_select="rerun",
        selection_mode="single-cell",
        selection_default={"selection": {"cells": [(row, "severity") for row in first]}},
        height=min(38 + 35 * len(listed), 423),
    )
    rows = [row for row, _ in event["selection"]["cells"] if row < len(listed)] or first
    if not rows:
        return None
    chosen = listed[rows[0]]
    if chosen.id != in_url:  # written anew, it would be a step of its own for the button Back
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
            "tenant": [card.tenant for card in cards],
            "assigned": [card.assigned_to or NOBODY for card in cards],
            "started_at": pd.to_datetime([card.started_at for card in cards], utc=True),
            "observed": [card.observed for card in cards],
            "expected": [round(card.expected) for card in cards],
            "extra": [card.extra_recipients for card in cards],
            "extra_cost": [exact(card.extra_cost) for card in cards],
            "id": [card.id for card in cards],
        }
    )


def _extra_cost(cards: list[IncidentCard]) -> str:
    """The head of its column, with the currency where it is one."""
    currencies = {card.currency for card in cards if card.currency}
    return f"Extra cost, {currencies.pop()}" if len(currencies) == 1 else "Extra cost"


def _columns(cards: list[IncidentCard]) -> Columns:
    column = st.column_config
    return {
        "severity": column.TextColumn("Severity", width="small"),
        "status": column.TextColumn("Status"),
        "kind": column.TextColumn("Kind"),
        "what": column.TextColumn("What it is"),
        "account": column.TextColumn("Account", width="medium"),
        "tenant": column.TextColumn("Tenant"),
        "assigned": column.TextColumn("Assigned to"),
        "started_at": moment_column("Started"),
        "observed": column.NumberColumn("Observed", format="localized"),
        "expected": column.NumberColumn("Expected", format="localized"),
        "extra": column.NumberColumn("Extra", format="localized"),
        "extra_cost": amount_column(_extra_cost(cards)),
        "id": column.TextColumn("Id", width="small"),
    }
