"""What to do about an incident and what is done, what Microsoft verifies, what nobody can see."""

from __future__ import annotations

import re

import streamlit as st

from dashboards.parts.amounts import moment
from dashboards.parts.error_words import error_words
from dashboards.parts.figure import heading
from dashboards.parts.markup import block, listed, literal, tag
from dashboards.session.acts import tick
from dashboards.session.view import View
from hve_monitor.errors import HveError
from models.incidents.cards import StepDone, WholeCard
from models.incidents.runbooks import UNVERIFIED, VERIFIED

NOTE = re.compile(rf" ?\((?:{re.escape(VERIFIED)}|{re.escape(UNVERIFIED)})\)")
COMMAND = re.compile(r"(?<=: )(?:hve [a-z]|[A-Z][a-z]+-[A-Z]\w+ ).*")
MARKS = {VERIFIED: ("● verified", "mark good"), UNVERIFIED: ("? not verified", "mark warn")}
ADDRESS = re.compile(r"([\w.+=%-]+@[\w.-]*\w)")
REFUSED = "step-refused"


def runbook_panel(view: View, card: WholeCard) -> None:
    """Steps in their order, which of them are done, then what the metadata cannot show."""
    done = {ticked.step: ticked for ticked in card.steps_done}
    number = sum(step in done for step in card.next_steps)
    state = f"{number} of {len(card.next_steps)} done. " if number else ""
    heading(
        "Next steps",
        f"{state}Nothing here is run for you: tick what you did. Verified: named so by Microsoft's"
        " pages.",
    )
    refused = st.session_state.pop(REFUSED, None)
    if refused:
        st.error(refused)
    with st.container(key="runbook", gap="small"):
        for place, step in enumerate(card.next_steps, 1):
            _step(view, card, place, done.get(step))
    if card.limits:
        with st.expander("What this cannot show, and how often it is right"):
            block(listed(card.limits))


def _step(view: View, card: WholeCard, number: int, done: StepDone | None) -> None:
    """A box to tick, who ticked it, and its command apart so that one click copies it."""
    step = card.next_steps[number - 1]
    text = NOTE.sub("", step).rstrip(" .")
    command = COMMAND.search(text)
    named = text[: command.start()].rstrip(": ") if command else text
    key = f"step-{card.id}-{number}"
    st.session_state[key] = done is not None
    st.checkbox(
        _label(f"{number}. {named}."), key=key, on_change=_tick, args=(view, card.id, number, key)
    )
    marks = [
        tag("span", words, style=style)
        for note, (words, style) in MARKS.items()
        if f"({note})" in step
    ]
    if done:
        marks.append(tag("span", f"✓ done by {done.author}, {moment(done.at)}", style="mark good"))
    if marks:
        block(tag("p", *marks))
    if command:
        st.code(command[0], language=None, wrap_lines=True)


def _label(text: str) -> str:
    """The text with addresses as code: Markdown would make links of them."""
    parts = ADDRESS.split(text)
    return "".join(f"`{part}`" if place % 2 else literal(part) for place, part in enumerate(parts))


def _tick(view: View, incident: str, number: int, key: str) -> None:
    """Stored at once, as `hve step` does; the page is drawn with it."""
    try:
        tick(view, incident, number, is_done=bool(st.session_state[key]))
    except HveError as error:
        st.session_state[REFUSED] = error_words(error)
