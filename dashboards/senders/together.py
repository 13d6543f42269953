"""Several incidents at once: those alike, judged with one reason or given to one person."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboards.parts.amounts import count, moment, money
from dashboards.parts.error_words import error_words
from dashboards.parts.figure import key_of
from dashboards.parts.incident_words import SIGNS, TONES
from dashboards.parts.markup import Markup, block, literal, tag
from dashboards.senders.verdicts import VERDICTS
from dashboards.session.acts import assign, judge
from dashboards.session.view import View
from hve_monitor.errors import HveError
from hve_monitor.plural import plural
from models.incidents.cards import IncidentCard
from models.incidents.triage import IncidentGroup, groups_of

NOTICE = "together-recorded"
SHOWN = 4


def together_panel(view: View, waiting: Sequence[IncidentCard]) -> None:
    """Groups of what waits for a verdict, and the form that judges several."""
    notice = st.session_state.pop(NOTICE, None)
    if notice:
        st.success(literal(notice), icon=":material/how_to_reg:")
    if len(waiting) < 2:
        return
    groups = groups_of(waiting)
    if groups:
        block(tag("ul", *map(_line, groups[:SHOWN]), style="groups"))
    words = f"{plural(len(groups), 'group')} of incidents alike" if groups else "Several at once"
    with st.expander(f"{words}: judge or assign several at once", key="together"):
        _form(view, waiting, groups)


def _line(group: IncidentGroup) -> Markup:
    """One group at a glance."""
    mark = tag("span", SIGNS[group.severity], style=f"mark {TONES[group.severity]}")
    extra = (
        f"{count(group.extra_recipients)} extra recipients,"
        f" {money(group.extra_cost, group.currency)}, "
        if group.extra_recipients
        else ""
    )
    newest = f" {extra}newest {moment(group.newest_at)}"
    return tag("li", mark, " ", tag("strong", group.words), tag("span", newest, style="quiet"))


def _form(view: View, waiting: Sequence[IncidentCard], groups: Sequence[IncidentGroup]) -> None:
    every = f"all {count(len(waiting))} of this list"
    ids = {group.words: list(group.ids) for group in groups}
    ids[every] = [card.id for card in waiting]
    picked = st.selectbox("Which", list(ids), key="together-group")
    names = {card.id: _name(card) for card in waiting}
    with st.form("together-form", border=False, enter_to_submit=False):
        chosen = st.multiselect(
            "Incidents", list(names), default=ids.get(picked, ids[every]),
            format_func=names.__getitem__, key=key_of("together", *ids.get(picked, ())),
        )  # fmt: skip
        reason = st.text_input("What were they, and how do you know? (needed)", max_chars=500)
        with st.container(horizontal=True, gap="small", key="together-verdicts"):
            pressed = [
                verdict
                for verdict, (label, icon) in VERDICTS.items()
                if st.form_submit_button(f"All {label.lower()}", icon=icon, key=f"all-{verdict}")
            ]
        holder = st.text_input("Give them to", value=view.user.name, max_chars=200)
        is_given = st.form_submit_button("Assign all", icon=":material/person_add:")
    if pressed:
        _judge(view, chosen, pressed[0], reason)
    elif is_given:
        _assign(view, chosen, holder)


def _name(card: IncidentCard) -> str:
    """An option: with the id, since Streamlit tells options apart by their words."""
    kind = card.kind.replace("_", " ")
    return f"{card.account}, {moment(card.started_at)}, {card.severity} {kind}, {card.id}"


def _judge(view: View, incidents: Sequence[str], verdict: str, reason: str) -> None:
    if not reason.strip() or not incidents:
        st.warning("Choose incidents and say why first.", icon=":material/edit:")
        return
    try:
        judge(view, incidents, verdict, reason)
    except HveError as error:
        st.error(error_words(error))
        return
    _done(f"{plural(len(incidents), 'incident')} recorded as {verdict.replace('-', ' ')}.")


def _assign(view: View, incidents: Sequence[str], holder: str) -> None:
    try:
        assign(view, incidents, holder)
    except HveError as error:
        st.error(error_words(error))
        return
    _done(f"{plural(len(incidents), 'incident')} given to {holder.strip() or 'nobody'}.")


def _done(sentence: str) -> None:
    st.session_state[NOTICE] = sentence
    st.rerun()
