"""What happened to one message: its way to each recipient, and why it did not arrive."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboards.delivery.explanation import explanation
from dashboards.parts.amounts import moment, plural
from dashboards.parts.figure import heading
from dashboards.parts.markup import Markup, tag
from dashboards.session import readings
from dashboards.session.access import require, require_tenant
from dashboards.session.view import View
from models.delivery.timeline import Step, to_queue
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
Row = dict[str, Any]


def timeline_panel(view: View, row: Row) -> None:
    """Draws the message of a row (id, recipient, received_at); its recipient comes first."""
    found = readings.messages(view, row["id"], row["recipient"], row["received_at"])
    with st.container(border=True, key="timeline"):
        if not found:
            heading("This message is not stored", f"No row has the trace id {row['id']}.")
            return
        message = found[0]
        people = sorted(message["recipients"], key=lambda each: _place(each, row["recipient"]))
        _head(message, people)
        if message["comparison"]:
            _comparison(message["comparison"])
        for each in people[:MOST]:
            _way(each)
        if len(people) > MOST:
            st.caption(f"{len(people) - MOST} more recipients: search for one of them.")
        _fetch(view, message)


def _place(each: Row, chosen: str | None) -> tuple[bool, bool, str]:
    return each["recipient"] != chosen, each["status"] == "delivered", each["recipient"]


def _head(message: Row, people: list[Row]) -> None:
    first = people[0]
    words, _ = mark_of(first["status"])
    heading(
        f"{first['recipient']}: {words.partition(' ')[2]}",
        f"“{_short(message['subject'])}”, {moment(message['received_at'])},"
        f" {plural(len(people), 'recipient')} of it known here",
    )
    facts = {
        "Account": message["account"],
        "Sender": message["sender"],
        "Message id": message["message_id"] or "unknown",
        "Trace id": message["id"],
    }
    pairs = [cell for name, value in facts.items() for cell in (tag("dt", name), tag("dd", value))]
    st.html(tag("div", tag("dl", *pairs, style="facts"), style="hve"))


def _short(subject: str | None) -> str:
    """The subject; the table of the search holds all of one that fills pages."""
    text = subject or "no subject"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def mark_of(status: object) -> tuple[str, str]:
    """Sign and word of a status, and its tone; the colour repeats them."""
    return MARKS.get(str(status).lower().replace("_", ""), (f"? {status or 'unknown'}", "warn"))


def _way(each: Row) -> None:
    words, tone = mark_of(each["status"])
    head = tag("p", tag("span", words, style=f"mark {tone}"), tag("strong", each["recipient"]))
    steps = [_step(event) for event in each["events"]]
    missing = MISSING.get(each["state"], "")
    body = tag("ul", *steps, style="steps") if steps else tag("p", missing, style="quiet")
    st.html(tag("div", head, body, style="hve"))
    for event in each["events"]:
        if event["event"].lower() == "fail":
            explanation(explain(event["description"] or event["reply"]), event["description"])


def _step(event: Row) -> Markup:
    at = event["at"][:19].replace("T", " ")
    return tag("li", tag("strong", event["event"]), f" {at} UTC: {event['description'] or '–'}")


def _comparison(found: Row) -> None:
    """Where the ways of a failed and a delivered recipient part."""
    common = " → ".join(found["common"]) or "nothing"
    st.html(
        tag(
            "div",
            tag("h2", "Where the ways part"),
            tag("p", f"Both: {common}."),
            tag("p", tag("strong", found["failed"]), f" then {' → '.join(found['failed_then'])}"),
            tag(
                "p",
                tag("strong", found["delivered"]),
                f" then {' → '.join(found['delivered_then'])}",
            ),
            style="hve",
        )
    )


def _fetch(view: View, message: Row) -> None:
    """A button for events that are missing: they cost requests, so nobody fetches them unasked."""
    steps = to_queue([message | {"recipients": [dict(each) for each in message["recipients"]]}])
    if steps and st.button(
        f"Fetch the missing events of {plural(len(steps), 'recipient')}",
        icon=":material/cloud_download:",
    ):
        queue(view, steps)
        st.success("The next run fetches them; this page shows them when it has.")


def queue(view: View, steps: list[Step]) -> None:
    """Requests go to state.db, as those of `hve trace --events` do, and wait for no run.

    Raises: RefusedError.
    """
    require(view.user, "delivery")
    for step in steps:
        require_tenant(view.user, step.tenant)
    with open_state(view.config.warehouse.path) as state:
        for step in steps:
            request_events(state, step.tenant, [(step.id, step.recipient)], view.now)
