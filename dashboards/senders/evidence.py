"""What an incident is made of: whom it reached, from which addresses, under which subjects."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pandas as pd
import streamlit as st
from msgspec.structs import asdict

from dashboards.parts.amounts import UNKNOWN, count, moment, plural
from dashboards.parts.figure import Columns, behind, heading, moment_column
from dashboards.parts.markup import Markup, block, tag
from dashboards.parts.palette import status_word
from models.incidents.cards import IncidentRecipient, WholeCard, reach_words

REACHED = {True: "yes", False: "no", None: "unknown"}
FIRST = 8  # lines that are read at a glance; the rest stands in the table
MOST = 1000
LONGEST = 160  # characters of a subject in a list; the table has all of it


def reached_panel(card: WholeCard) -> None:
    """Whom the incident reached: those with a delivered message first, new ones before others."""
    people = sorted(card.recipients or (), key=_order)
    if not people:
        heading("Nobody was written to in that time")
        return
    heading(_reached(card, people), f"Recipients of {card.account} {_since(card)}.")
    if not _is_nameless(people):
        _list(card, people)


def _order(row: IncidentRecipient) -> tuple[bool, bool, bool, datetime]:
    return not row.is_reached, row.is_reached is False, not row.is_new, row.first_at


def _is_nameless(people: Sequence[IncidentRecipient]) -> bool:
    return all(str(row.recipient).startswith("aggregate:") for row in people)


def _reached(card: WholeCard, people: Sequence[IncidentRecipient]) -> str:
    """How many have a delivered message, of how many it wrote to."""
    if _is_nameless(people):
        return _nameless(people)
    words = reach_words(card)
    finding = f"{words[:1].upper()}{words[1:]}"
    new = sum(row.is_new for row in people)
    new_reached = sum(row.is_new and bool(row.is_reached) for row in people)
    if card.reached is None:
        return f"{finding}; {count(new)} of them were new to it"
    return f"{finding}; {count(new)} of them were new to it ({count(new_reached)} reached)"


def _nameless(rows: Sequence[IncidentRecipient]) -> str:
    """Rows in place of people: one person may stand behind several."""
    reached, unknown = sum(bool(row.is_reached) for row in rows), _unknown(rows)
    rest = f", of {count(unknown)} it is not known" if unknown else ""
    whole = plural(len(rows), "recipient")
    return f"{count(reached)} of {whole} got their mail{rest}; this store keeps no names of any"


def _unknown(rows: Sequence[IncidentRecipient]) -> int:
    return sum(row.is_reached is None for row in rows)


def _since(card: WholeCard) -> str:
    return f"in the incident, since {moment(card.started_at)}"


def _list(card: WholeCard, people: Sequence[IncidentRecipient]) -> None:
    lines = [_person(row) for row in people[:FIRST]]
    if len(people) > FIRST:
        lines.append(tag("li", f"and {count(len(people) - FIRST)} more"))
    block(tag("ul", *lines, style="people"))
    label = f"All {count(len(people))} recipients"
    behind(label, card.id, _people(people[:MOST]), _person_columns())
    if len(people) > MOST:
        st.caption(f"The first {count(MOST)}; all: hve incidents {card.id} --recipients")


def _person(row: IncidentRecipient) -> Markup:
    new = [tag("span", "new", style="mark warn")] if row.is_new else []
    statuses = ", ".join(status_word(status) for status in row.statuses) or UNKNOWN
    mails = f" {plural(row.messages, 'message')}, {statuses}"
    return tag("li", *new, tag("strong", row.recipient or UNKNOWN), mails)


def _people(people: Sequence[IncidentRecipient]) -> pd.DataFrame:
    frame = pd.DataFrame([asdict(row) for row in people])
    lists = ("statuses", "sources", "trace_ids")
    joined = {
        name: [", ".join(str(text) for text in texts if text) for texts in frame[name]]
        for name in lists
    }
    times = {name: pd.to_datetime(frame[name], utc=True) for name in ("first_at", "last_at")}
    reached = [REACHED[row.is_reached] for row in people]
    return frame.assign(**joined, **times, is_reached=reached)[list(_person_columns())]


def _person_columns() -> Columns:
    column = st.column_config
    return {
        "recipient": column.TextColumn("Recipient", width="medium"),
        "is_reached": column.TextColumn("Reached"),
        "is_new": column.CheckboxColumn("New"),
        "messages": column.NumberColumn("Messages", format="localized"),
        "statuses": column.TextColumn("Statuses"),
        "sources": column.TextColumn("Source addresses"),
        "first_at": moment_column("First (UTC)"),
        "last_at": moment_column("Last (UTC)"),
        "trace_ids": column.TextColumn("Trace ids", width="medium"),
    }


def source_panel(card: WholeCard) -> None:
    """Addresses the account sent from in the incident, with when each was first seen."""
    sources = card.sources
    if not sources:
        return
    heading("Sent from", "Source addresses of the incident; first seen counts all that is stored.")
    lines = [
        tag(
            "li",
            tag("strong", row.from_ip or "unknown address"),
            f" {plural(row.recipients, 'recipient')}, first seen {moment(row.first_seen)}",
        )
        for row in sources[:FIRST]
    ]
    block(tag("ul", *lines, style="sources"))


def subject_panel(card: WholeCard) -> None:
    """Subjects of the incident, most recipients first."""
    rows = [(row.subject, row.recipients) for row in card.subjects if row.subject]
    if not rows:
        return
    heading("Under the subjects", "As the traces tell them, shortened; most recipients first.")
    lines = [
        tag("li", tag("strong", shortened(subject)), f" {count(recipients)}")
        for subject, recipients in rows[:FIRST]
    ]
    block(tag("ul", *lines, style="subjects"))


def shortened(text: str) -> str:
    """At most LONGEST characters."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
