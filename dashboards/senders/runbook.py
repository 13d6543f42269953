"""What to do about an incident, with what Microsoft's documents verify, and what nobody can see."""

from __future__ import annotations

import streamlit as st

from dashboards.parts.figure import heading
from dashboards.parts.markup import Markup, block, listed, tag
from models.incidents.cards import WholeCard
from models.incidents.runbooks import UNVERIFIED, VERIFIED

MARKS = {VERIFIED: ("● verified", "mark good"), UNVERIFIED: ("? not verified", "mark warn")}


def runbook_panel(card: WholeCard) -> None:
    """Steps in their order, then what the metadata cannot show."""
    heading("Next steps", "Nothing here is run for you. Verified: named so by Microsoft's pages.")
    steps = tag("ol", *(_step(step) for step in card.next_steps))
    block(steps)
    if card.limits:
        with st.expander("What this cannot show, and how often it is right"):
            block(listed(card.limits))


def _step(step: str) -> Markup:
    """A line; what is verified of its cmdlet becomes a mark with words, not a colour alone."""
    for words, (word, style) in MARKS.items():
        note = f"({words})"
        if note in step:
            text = step.replace(note, "").rstrip(" .")
            return tag("li", text, " ", tag("span", word, style=style, title=words))
    return tag("li", step)
