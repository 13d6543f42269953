"""One incident as a card: expected against observed, why, whom it reached, and what to do."""

from __future__ import annotations

from datetime import datetime, timedelta

import streamlit as st

from dashboards.charts.baseline import baseline_chart, drawn_hours, hour_table
from dashboards.parts.amounts import age, count, counted, moment, money
from dashboards.parts.clock import shown_zone, zoned_digits
from dashboards.parts.figure import figure, heading, moment_column
from dashboards.parts.incident_words import severity_mark, what_of
from dashboards.parts.markup import Markup, block, facts, listed, tag
from dashboards.parts.palette import palette
from dashboards.senders.evidence import reached_panel, source_panel, subject_panel
from dashboards.senders.hunting import hunting_panel
from dashboards.senders.runbook import runbook_panel
from dashboards.senders.verdicts import earlier_panel, history_panel, holder_panel, verdict_panel
from dashboards.session import readings
from dashboards.session.files import evidence_file
from dashboards.session.links import link_to
from dashboards.session.view import View
from hve_monitor.plural import agreeing, plural
from models.incident import Signal, State
from models.incidents.cards import WholeCard, status_words
from models.usage.accounts import Sender

BEFORE, AFTER = timedelta(days=2), timedelta(days=1)
STATES: dict[State, str] = {"fired": "▲ fired", "quiet": "○ quiet", "unavailable": "? unavailable"}


def incident_card(view: View, incident: str) -> None:
    """Draws the card."""
    card = readings.card(view, incident)
    with st.container(border=True, key="incident-card"):
        block(*_title(card))
        verdict_panel(view, card)
        holder_panel(view, card)
        left, right = st.columns([5, 3])
        with left:
            _hours(view, card)
        with right:
            block(*_facts(card))
            history_panel(card)
            earlier_panel(readings.incidents(view), card)
        reached_panel(view, card)
        left, right = st.columns([1, 1])
        with left:
            _signals(card)
            source_panel(view, card)
            subject_panel(view, card)
            _messages(view, card)
        with right:
            runbook_panel(view, card)
        hunting_panel(card)
        _evidence(view, card)


def rounded(number: float | None) -> str:
    """A whole number; `unknown` where there is none."""
    return count(None if number is None else round(number))


def _title(card: WholeCard) -> list[Markup]:
    learning = [tag("span", "still learning", style="mark warn")] if card.learning else []
    return [
        tag(
            "p",
            severity_mark(card),
            tag("span", status_words(card), style="mark"),
            *learning,
            tag("span", f"{card.account}: {what_of(card)}"),
            style="headline",
        ),
        listed(card.reasons),
    ]


def _facts(card: WholeCard) -> list[Markup]:
    low, high = map(rounded, card.interval)
    ended = moment(card.ended_at) if card.ended_at else "still going on"
    values = {
        "Observed": counted(card.observed, "recipient"),
        "Expected": f"{rounded(card.expected)} ({low} to {high} in 95 %)",
        "Extra": counted(card.extra_recipients, "recipient"),
        "Extra cost": f"{money(card.extra_cost, card.currency)} (as if all were delivered)",
        "Started": moment(card.started_at),
        "Ended": ended,
        "Detected": f"{moment(card.detected_at)}, after {_delay(card)}",
        "For": ", ".join(card.audience),
        "Assigned to": card.assigned_to or "nobody",
        "Id": card.id,
    }
    return [facts(values)]


def _delay(card: WholeCard) -> str:
    return age(card.detected_at - card.started_at)


def _hours(view: View, card: WholeCard) -> None:
    start, end = _span(view, card)
    sender = Sender(card.tenant, card.account)
    hours = readings.hours(view, sender, start - BEFORE, min(view.now, end + AFTER))
    if hours.empty:
        st.caption("No hours of this account are stored around the incident.")
        return
    figure(
        f"{plural(card.observed, 'recipient')} where {rounded(card.expected)}"
        f" {agreeing(card.expected, 'was', 'were')} expected",
        f"Recipients per hour ({shown_zone()}): observed as a line, expected dashed in its 80 % and"
        " 95 % bands; the incident is shaded.",
        baseline_chart(drawn_hours(hours), (zoned_digits(start), zoned_digits(end)), palette()),
        hour_table(hours),
        {"hour_utc": moment_column("Hour")},
    )


def _span(view: View, card: WholeCard) -> tuple[datetime, datetime]:
    return card.started_at, card.ended_at or view.now


def _signals(card: WholeCard) -> None:
    heading("Signals", "What was looked at. A score near 1 is far outside the usual.")
    cells = [cell for signal in card.signals for cell in _signal(signal)]
    block(tag("div", *cells, style="signals"))


def _signal(signal: Signal) -> list[Markup]:
    score = signal.score
    return [
        tag("span", STATES[signal.state], style="bad" if signal.state == "fired" else "quiet"),
        tag("strong", signal.name.replace("_", " ")),
        tag("span", "–" if score is None else f"{score:.2f}"),
        tag("span", signal.reason, style="quiet reason"),
    ]


def _evidence(view: View, card: WholeCard) -> None:
    """The file for the ticket."""
    st.download_button(
        "Evidence file (ZIP)",
        data=lambda: evidence_file(view, card.id),
        file_name=f"hve-incident-{card.id}.zip",
        mime="application/zip",
        icon=":material/folder_zip:",
        on_click="ignore",
        help="Card, recipients, sources, timeline, message trace, steps, queries and checksums.",
    )


def _messages(view: View, card: WholeCard) -> None:
    """The way to the delivery search, for who may open it."""
    start, end = (moment.date().isoformat() for moment in _span(view, card))
    place = {"account": card.account, "since": start, "until": end}
    link_to(view, "delivery", "Messages of that time", ":material/search:", **place)
