"""Verdicts of people on an incident: the buttons, and what happened before."""

from __future__ import annotations

import streamlit as st

from dashboards.parts.amounts import moment
from dashboards.parts.error_words import error_words
from dashboards.parts.figure import heading
from dashboards.parts.incident_words import what_of
from dashboards.parts.markup import Markup, block, literal, tag
from dashboards.session.acts import assign, judge
from dashboards.session.view import View
from hve_monitor.errors import HveError
from hve_monitor.plural import plural
from models.incidents.cards import (
    Assignment,
    GivenVerdict,
    IncidentCard,
    StepDone,
    WholeCard,
    status_words,
)

VERDICTS = {
    "confirmed": ("Confirmed", ":material/gpp_bad:"),
    "false-positive": ("False positive", ":material/thumb_down:"),
    "planned": ("Planned", ":material/event_available:"),
    "acknowledged": ("Acknowledged", ":material/visibility:"),
    "closed": ("Closed", ":material/check:"),
}
RECORDED = "verdict-recorded"
EARLIER = 5


def verdict_panel(view: View, card: WholeCard) -> None:
    """Five buttons and the reason that each needs; counts at once, as `hve verdict` does."""
    notice = st.session_state.pop(RECORDED, None)
    if notice:
        st.success(literal(notice), icon=":material/how_to_reg:")
    with st.form(f"verdict-{card.id}", border=False, enter_to_submit=False):
        reason = st.text_input(
            "What was it, and how do you know? (needed)",
            key=f"reason-{card.id}",
            max_chars=500,
            placeholder="the reason is kept with your verdict",
        )
        with st.container(horizontal=True, gap="small", key="verdicts"):
            pressed = [
                verdict
                for verdict, (label, icon) in VERDICTS.items()
                if st.form_submit_button(label, icon=icon, key=f"{verdict}-{card.id}")
            ]
    if pressed:
        _record(view, card.id, pressed[0], reason)


def _record(view: View, incident: str, verdict: str, reason: str) -> None:
    if not reason.strip():
        st.warning("Say why first: the reason is kept with the verdict.", icon=":material/edit:")
        return
    try:
        (given,) = judge(view, [incident], verdict, reason)
    except HveError as error:
        st.error(error_words(error))
        return
    st.session_state[RECORDED] = (
        f"Recorded: {verdict.replace('-', ' ')}, by {given.author}; holds until"
        f" {moment(given.expires_at)}."
    )
    st.rerun()


def holder_panel(view: View, card: WholeCard) -> None:
    """Who looks after the incident, and the form that changes it, as `hve assign` does."""
    with (
        st.form(f"holder-{card.id}", border=False, enter_to_submit=False),
        st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="holder"),
    ):
        holder = st.text_input(
            "Assigned to",
            value=card.assigned_to or "",
            key=f"holder-of-{card.id}-{len(card.assignments)}",
            max_chars=200,
            placeholder="nobody",
            width=320,
        )
        is_given = st.form_submit_button("Assign", key=f"assign-{card.id}")
        is_taken = st.form_submit_button("Take it", key=f"take-{card.id}")
    if is_given or is_taken:
        _give(view, card.id, view.user.name if is_taken else holder)


def _give(view: View, incident: str, holder: str) -> None:
    try:
        assign(view, [incident], holder)
    except HveError as error:
        st.error(error_words(error))
        return
    st.session_state[RECORDED] = f"Assigned to {holder.strip() or 'nobody'}."
    st.rerun()


def history_panel(card: WholeCard) -> None:
    """What happened, oldest first: began, raised, ended, judged."""
    heading("Timeline")
    events = [
        (card.started_at, "began"),
        (card.detected_at, "raised"),
        *([(card.ended_at, _end(card))] if card.ended_at else []),
    ]
    lines = [(at, tag("li", f"{moment(at)}: {what}")) for at, what in events]
    lines += [(given.at, _verdict(given)) for given in card.verdicts]
    lines += [(given.at, _assigned(given)) for given in card.assignments]
    lines += [(done.at, _done(done)) for done in card.steps_done]
    shown = [line for _, line in sorted(lines, key=lambda line: line[0])]
    block(tag("ul", *shown))


def _end(card: WholeCard) -> str:
    return "ended" if card.verdicts else "ended, not judged"


def earlier_panel(cards: list[IncidentCard], card: WholeCard) -> None:
    """The account's incidents before this one, newest first."""
    earlier = [
        other
        for other in cards
        if (other.tenant, other.account) == (card.tenant, card.account)
        and other.started_at < card.started_at
    ]
    heading(
        f"{plural(len(earlier), 'incident')} of this account before"
        if earlier
        else "The account's first incident in all that is stored"
    )
    lines = [
        tag(
            "li",
            f"{moment(other.started_at)}: {what_of(other)}, {other.severity},"
            f" {status_words(other)}",
        )
        for other in earlier[:EARLIER]
    ]
    block(tag("ul", *lines))


def _verdict(given: GivenVerdict) -> Markup:
    word = given.status.replace("_", " ")
    return tag(
        "li",
        f"{moment(given.at)}: ",
        tag("strong", word),
        f" by {given.author}: {given.reason} (holds until {moment(given.expires_at)})",
    )


def _assigned(given: Assignment) -> Markup:
    holder = tag("strong", f"assigned to {given.assigned_to or 'nobody'}")
    return tag("li", f"{moment(given.at)}: ", holder, f" by {given.author}")


def _done(ticked: StepDone) -> Markup:
    what = ticked.step.partition(": hve")[0].rstrip(".")
    return tag(
        "li", f"{moment(ticked.at)}: ", tag("strong", "done"), f" by {ticked.author}: {what}"
    )
