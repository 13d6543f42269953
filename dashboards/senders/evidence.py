"""What an incident is made of: whom it reached, from which addresses, under which subjects."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape
from ipaddress import ip_address, ip_network
from typing import NamedTuple

import pandas as pd
import streamlit as st
from msgspec.structs import asdict

from dashboards.parts.amounts import UNKNOWN, count, moment
from dashboards.parts.figure import Columns, behind, heading, moment_column
from dashboards.parts.markup import Markup, block, literal, tag
from dashboards.parts.palette import status_word
from dashboards.session.links import address_of, link_to
from dashboards.session.view import View
from hve_monitor.plural import plural
from models.incidents.cards import (
    IncidentRecipient,
    IncidentSource,
    IncidentSubject,
    WholeCard,
    reach_words,
)


class SearchLink(NamedTuple):
    """A line of the card: its name, what is known of it, and the search that it leads to."""

    name: str
    words: str
    search: dict[str, str]


REACHED = {True: "yes", False: "no", None: "unknown"}
FIRST = 8  # lines that are read at a glance; the rest stands in the table
LONGEST = 160  # characters of a subject in a list; the table has all of it


def reached_panel(view: View, card: WholeCard) -> None:
    """Whom the incident reached: those with a delivered message first, new ones before others."""
    people = sorted(card.recipients or (), key=_order)
    if not people:
        heading("Nobody was written to in that time")
        return
    heading(_reached(card, people), f"Recipients of {card.account} {_since(card)}.")
    if not _is_nameless(people):
        _list(view, card, people)


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


def _list(view: View, card: WholeCard, people: Sequence[IncidentRecipient]) -> None:
    links_to_search(view, [_person(card, row) for row in people[:FIRST]], "people")
    if len(people) > FIRST:
        st.caption(f"and {count(len(people) - FIRST)} more")
    label = f"All {count(len(people))} recipients"
    behind(label, card.id, _people(people), _person_columns(), name="recipients")


def _person(card: WholeCard, row: IncidentRecipient) -> SearchLink:
    statuses = ", ".join(status_word(status) for status in row.statuses) or UNKNOWN
    new = "new, " if row.is_new else ""
    mails = f"{new}{plural(row.messages, 'message')}, {statuses}"
    return SearchLink(row.recipient or UNKNOWN, mails, _of_time(card) | _named(row))


def _named(row: IncidentRecipient) -> dict[str, str]:
    return {"recipient": row.recipient} if row.recipient else {}


def _of_time(card: WholeCard) -> dict[str, str]:
    """The search in the days of the incident."""
    place = {"account": card.account, "since": f"{card.started_at:%Y-%m-%d}"}
    return place | ({"until": f"{card.ended_at:%Y-%m-%d}"} if card.ended_at else {})


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
        "first_at": moment_column("First"),
        "last_at": moment_column("Last"),
        "trace_ids": column.TextColumn("Trace ids", width="medium"),
    }


def source_panel(view: View, card: WholeCard) -> None:
    """Addresses the account sent from in the incident, and their networks, over all accounts."""
    sources = card.sources
    if not sources:
        return
    heading(
        "Sent from",
        "Source addresses of the incident; first seen counts all that is stored. Each leads to what"
        " any account sent from there since.",
    )
    links_to_search(view, [_source(row) for row in sources[:FIRST]], "sources")
    since = min((row.first_seen or card.started_at for row in sources), default=card.started_at)
    networks = dict.fromkeys(filter(None, (network_of(row.from_ip) for row in sources[:FIRST])))
    lines = [
        SearchLink(network, "the whole network", {"from_ip": network, "since": f"{since:%Y-%m-%d}"})
        for network in networks
    ]
    links_to_search(view, lines, "networks")


def _source(row: IncidentSource) -> SearchLink:
    words = f"{plural(row.recipients, 'recipient')}, first seen {moment(row.first_seen)}"
    if row.from_ip is None:
        return SearchLink("unknown address", words, {})
    first = row.first_seen or row.last_seen
    return SearchLink(row.from_ip, words, {"from_ip": row.from_ip, "since": f"{first:%Y-%m-%d}"})


def network_of(source: str | None) -> str | None:
    """The network of an address as signals take it (/24, /48); None of what is no address."""
    try:
        address = ip_address(source or "")
    except ValueError:
        return None
    size = 24 if address.version == 4 else 48
    return str(ip_network(f"{address}/{size}", strict=False))


def subject_panel(view: View, card: WholeCard) -> None:
    """Subjects of the incident, most recipients first."""
    rows = [row for row in card.subjects if row.subject]
    if not rows:
        return
    heading("Under the subjects", "As the traces tell them, shortened; most recipients first.")
    lines = [
        SearchLink(shortened(str(row.subject)), count(row.recipients), _words_of(view, card, row))
        for row in rows[:FIRST]
    ]
    links_to_search(view, lines, "subjects")


def _words_of(view: View, card: WholeCard, row: IncidentSubject) -> dict[str, str]:
    """The search for a subject, where subjects are stored as they are."""
    is_kept = view.config.privacy.subjects == "keep" and view.config.privacy.mode == "full"
    return _of_time(card) | {"subject": str(row.subject)} if is_kept else {}


def links_to_search(view: View, lines: Sequence[SearchLink], key: str) -> None:
    """Each line leads to the delivery search, for who may open it and sees names as stored."""
    is_open = view.user.may_open("delivery") and view.user.sees_names(view.config.auth)
    with st.container(gap=None, key=f"card-{key}"):
        for line in lines:
            if is_open and line.search and "account" not in line.search:
                address = escape(address_of("delivery", **line.search))
                name = Markup(f'<a href="{address}">{tag("strong", line.name)}</a>')
                block(tag("p", name, f" {line.words}"))
            elif is_open and line.search:
                label = f"**{literal(line.name)}** {literal(line.words)}"
                link_to(view, "delivery", label, ":material/search:", **line.search)
            else:
                block(tag("p", tag("strong", line.name), f" {line.words}"))


def shortened(text: str) -> str:
    """At most LONGEST characters."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
