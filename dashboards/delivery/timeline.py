"""What happened to one message: its way to each recipient, and why it did not arrive."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import streamlit as st

from dashboards.delivery.explanation import show_explanation
from dashboards.parts.amounts import moment
from dashboards.parts.clock import zone_word, zoned
from dashboards.parts.figure import heading
from dashboards.parts.markup import Markup, block, facts, tag
from dashboards.session import readings
from dashboards.session.access import require, require_tenant
from dashboards.session.view import View
from hve_monitor.plural import plural
from models.delivery.timeline import (
    DeliveryEvent,
    EventRequest,
    MessageTimeline,
    RecipientTimeline,
    RouteComparison,
    queue_events,
)
from models.explain.diagnosis import explain
from warehouse.records.event_requests import request_events
from warehouse.state import open_state

MOST, LONGEST = 20, 200
MARKS = {
    "delivered": ("✓ delivered", "good"),
    "failed": ("✕ failed", "bad"),
    "quarantined": ("✕ quarantined", "bad"),
    "filteredasspam": ("✕ filtered as spam", "bad"),
    "pending": ("… pending", "warn"),
    "expanded": ("≡ list, expanded", "quiet"),
}
MISSING = {
    "nothing_known": "Microsoft tells no event of it.",
    "not_fetched": "Its events were not fetched yet.",
    "queued": "Its events are fetched by the next run.",
    "too_old": "Microsoft keeps events for 90 days; this message is older.",
    "no_source": "Its rows come from files, which hold no events.",
}


class ChosenMessage(NamedTuple):
    """A message to show; received_at is None where only its address in the browser is known."""

    id: str
    recipient: str | None
    received_at: datetime | None = None


def timeline_panel(view: View, chosen: ChosenMessage) -> None:
    """Draws the message; the chosen recipient comes first."""
    messages = readings.messages(view, *chosen)
    with st.container(border=True, key="timeline"):
        if not messages:
            heading("This message is not stored", f"No row has the trace id {chosen.id}.")
            return
        message = messages[0]
        people = sorted(message.recipients, key=lambda person: _place(person, chosen.recipient))
        _head(message, people)
        if chosen.recipient and all(person.recipient != chosen.recipient for person in people):
            absent = f"{chosen.recipient} is no recipient of it that is known here."
            block(tag("p", absent, style="quiet"))
        if message.comparison:
            _comparison(message.comparison)
        for person in people[:MOST]:
            _way(person, message.account)
        if len(people) > MOST:
            st.caption(f"{len(people) - MOST} more recipients: search for one of them.")
        _fetch(view, message)


def _place(person: RecipientTimeline, chosen: str | None) -> tuple[bool, bool, str]:
    return person.recipient != chosen, person.status == "delivered", person.recipient


def _head(message: MessageTimeline, people: list[RecipientTimeline]) -> None:
    first = people[0]
    words, _ = mark_of(first.status)
    heading(
        f"{first.recipient}: {words.partition(' ')[2]}",
        f"“{_short(message.subject)}”, {moment(message.received_at)},"
        f" {plural(len(people), 'recipient')} of it known here",
    )
    block(
        facts(
            {
                "Account": message.account,
                "Sender": message.sender,
                "Message id": message.message_id or "unknown",
                "Trace id": message.id,
            }
        )
    )


def _short(subject: str | None) -> str:
    """The subject; the table of the search holds all of one that fills pages."""
    text = subject or "no subject"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def mark_of(status: object) -> tuple[str, str]:
    """Sign and word of a status, and its tone; the colour repeats them."""
    return MARKS.get(str(status).lower().replace("_", ""), (f"? {status or 'unknown'}", "warn"))


def _way(person: RecipientTimeline, account: str) -> None:
    words, tone = mark_of(person.status)
    head = tag("p", tag("span", words, style=f"mark {tone}"), tag("strong", person.recipient))
    steps = [_step(event) for event in person.events]
    missing = MISSING.get(person.state, "")
    block(head, tag("ul", *steps, style="steps") if steps else tag("p", missing, style="quiet"))
    for event in person.events:
        if event.event.lower() == "fail":
            explanation = explain(event.description or event.reply)
            show_explanation(explanation, event.description, account, person.recipient)


def _step(event: DeliveryEvent) -> Markup:
    shown = zoned(event.at)
    at = f"{shown:%Y-%m-%d %H:%M:%S} {zone_word(shown)}"
    return tag("li", tag("strong", event.event), f" {at}: {event.description or '–'}")


def _comparison(routes: RouteComparison) -> None:
    """Where the ways of a failed and a delivered recipient part."""
    block(
        tag("h2", "Where the ways part"),
        tag("p", f"Both: {' → '.join(routes.common) or 'nothing'}."),
        tag("p", tag("strong", routes.failed), f" then {' → '.join(routes.failed_then)}"),
        tag("p", tag("strong", routes.delivered), f" then {' → '.join(routes.delivered_then)}"),
    )


def _fetch(view: View, message: MessageTimeline) -> None:
    """A button for events that are missing: they cost requests, so nobody fetches them unasked."""
    requests = queue_events([message]).requests
    if requests and st.button(
        f"Fetch the missing events of {plural(len(requests), 'recipient')}",
        icon=":material/cloud_download:",
    ):
        queue(view, requests)
        st.success("The next run fetches them; this page shows them when it has.")


def queue(view: View, requests: list[EventRequest]) -> None:
    """Requests go to state.db, as those of `hve trace --events` do, and wait for no run.

    Raises: RefusedError.
    """
    require(view.user, "delivery")
    for request in requests:
        require_tenant(view.user, request.tenant)
    with open_state(view.config.warehouse.path) as state:
        for request in requests:
            pair = request.id, request.recipient
            request_events(state, request.tenant, [pair], view.now)
