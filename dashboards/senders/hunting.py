"""Queries to copy into Microsoft's tools, with what their documents verify of each."""

from __future__ import annotations

import streamlit as st

from dashboards.parts.figure import heading, key_of
from dashboards.parts.markup import block, tag
from dashboards.senders.runbook import MARKS
from models.incidents.cards import WholeCard
from models.incidents.response.hunting import HuntingQuery
from models.incidents.runbooks import UNVERIFIED, VERIFIED


def hunting_panel(card: WholeCard) -> None:
    """The queries in a closed part: each is long, and few are needed at once."""
    if not card.hunting:
        return
    heading(
        "Hunt in Microsoft's tools",
        "Account, times, ids and recipients are filled in. Nothing here is run for you.",
    )
    part = st.expander(
        f"{len(card.hunting)} queries: Defender, Sentinel, Exchange, content search",
        on_change="rerun",
        key=key_of("hunting", card.id),
    )
    if part.open:
        with part:
            for query in card.hunting:
                _query(query)


def _query(query: HuntingQuery) -> None:
    word, style = MARKS[VERIFIED if query.verified else UNVERIFIED]
    block(
        tag("h3", query.name),
        tag("p", tag("span", word, style=style), f" {query.tool}. {query.note}", style="quiet"),
    )
    st.code(query.text, language=None, wrap_lines=True)  # colours would be too pale to read
