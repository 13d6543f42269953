"""What to do about an incident, with what Microsoft's documents verify, and what nobody can see."""

from __future__ import annotations

import re

import streamlit as st

from dashboards.parts.figure import heading
from dashboards.parts.markup import block, listed, tag
from models.incidents.cards import WholeCard
from models.incidents.runbooks import UNVERIFIED, VERIFIED

NOTE = re.compile(rf" ?\((?:{re.escape(VERIFIED)}|{re.escape(UNVERIFIED)})\)")
COMMAND = re.compile(r"(?<=: )(?:hve [a-z]|[A-Z][a-z]+-[A-Z]\w+ ).*")
MARKS = {VERIFIED: ("● verified", "mark good"), UNVERIFIED: ("? not verified", "mark warn")}


def runbook_panel(card: WholeCard) -> None:
    """Steps in their order, then what the metadata cannot show."""
    heading("Next steps", "Nothing here is run for you. Verified: named so by Microsoft's pages.")
    for number, step in enumerate(card.next_steps, 1):
        _step(number, step)
    if card.limits:
        with st.expander("What this cannot show, and how often it is right"):
            block(listed(card.limits))


def _step(number: int, step: str) -> None:
    """A line, and its command apart so that it can be copied with one click."""
    words, style = next((mark for note, mark in MARKS.items() if f"({note})" in step), ("", ""))
    text = NOTE.sub("", step).rstrip(" .")
    command = COMMAND.search(text)
    named = text[: command.start()].rstrip(": ") if command else text
    mark = [tag("span", words, style=style)] if words else []
    block(tag("p", f"{number}. {named}. ", *mark))
    if command:
        st.code(command[0], language=None, wrap_lines=True)
