"""Why mail fails, what did not arrive last, and figures that every message must be read for."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards.delivery.explanation import explanation
from dashboards.parts.amounts import count, moment, percent, plural
from dashboards.parts.figure import heading, listing, moment_column
from dashboards.parts.markup import literal
from dashboards.parts.palette import NAMES
from dashboards.session import readings
from dashboards.session.view import View

MOST_REASONS = 8
Row = dict[str, Any]


def reasons_panel(view: View, account: str | None) -> None:
    """Each reason with its share, its meaning and its fix."""
    rows = readings.failures(view, readings.start(view), account)
    with st.container(border=True, height="stretch", key="reasons"):
        if not rows:
            heading("No recipient failed in this period", "Failed rows would be explained here.")
            return
        total = sum(row["recipients"] for row in rows)
        known = [row for row in rows if row["example"] is not None]
        first = known[0] if known else None
        heading(
            f"Most common reason: {_name(first)}" if first else "No reason was read yet",
            f"{plural(total, 'failed recipient')}; the reason of"
            f" {count(sum(row['recipients'] for row in known))} is known from its events.",
        )
        for row in known[:MOST_REASONS]:
            title = f"{percent(row['recipients'] / total)}: {_name(row)}"
            with st.expander(literal(title), expanded=row is first):
                st.caption(
                    literal(
                        f"{plural(row['recipients'], 'recipient')}, at least {row['people']}"
                        f" different, last {moment(row['last_at'])}"
                    )
                )
                explanation(row["explanation"], row["example"])
        if len(known) < len(rows):
            unread = total - sum(row["recipients"] for row in known)
            st.caption(
                f"Of {plural(unread, 'recipient')} no event was read: open a message, fetch them."
            )


def _name(row: Row) -> str:
    told = row["explanation"]
    return f"{told['code']}, {told['meaning']}" if told else (row["reply"] or row["example"])


def latest_panel(view: View, account: str | None) -> Row | None:
    """The newest recipients without their mail; returns the row that is chosen."""
    rows = readings.latest_undelivered(view, readings.start(view), account)
    with st.container(border=True, key="latest"):
        if not rows:
            heading("Everybody whose outcome is known got their mail", "In the chosen period.")
            return None
        heading(
            f"Last without delivery: {rows[0]['recipient']}, {rows[0]['status'].replace('_', ' ')}",
            "The newest of the period. Select a row to see what happened to the message.",
        )
        table = pd.DataFrame(rows)
        table = table.assign(
            received_at=pd.to_datetime(table["received_at"], format="ISO8601"),
            status=[NAMES.get(each, each) for each in table["status"]],
        )
        return chosen_row(
            table[["received_at", "status", "recipient", "account", "id"]],
            rows,
            {
                "received_at": moment_column("Received (UTC)"),
                "status": "Status",
                "recipient": "Recipient",
                "account": "Account",
                "id": "Trace id",
            },
            "latest-rows",
        )


def chosen_row(
    table: pd.DataFrame, rows: list[Row], columns: dict[str, Any], key: str
) -> Row | None:
    """Draws the rows; the selected one, None without a selection."""
    event = listing(
        table,
        columns,
        height=min(38 + 35 * len(rows), 320),
        on_select="rerun",
        selection_mode="single-row",
        key=key,
    )
    places = event.selection.rows
    return rows[places[0]] if places and places[0] < len(rows) else None


def figures_panel(view: View, account: str | None) -> None:
    """Lists, recipients that always fail, and room below Microsoft's limits, when asked for."""
    sent = readings.counts(view, view.since).get("recipients")
    with st.container(border=True, key="figures-panel"):
        heading(
            "Lists, recipients that always fail, room below the limits",
            f"Reads every message of the period ({count(sent)} recipients in all accounts), so only"
            " when asked: the figures of 'hve trace --summary'.",
        )
        if not st.toggle("Read them", key="figures", bind="query-params"):
            return
        rows = readings.figures(view, readings.start(view), account)
        if not rows:
            st.caption("Nothing was sent in this period.")
            return
        listing(_room(rows))
        _people(rows)


def _room(rows: list[Row]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "account": [row["account"] for row in rows],
            "delivered": [percent(row["delivery_rate"]) for row in rows],
            "most recipients in a message": [_span(row["envelope"]["most"]) for row in rows],
            "of at most": [count(row["envelope"]["limit"]) for row in rows],
            "largest message, bytes": [count(row["size"]["most_bytes"]) for row in rows],
            "limit, bytes": [_limit(row["size"]) for row in rows],
        }
    )


def _span(bounds: list[int]) -> str:
    low, high = bounds
    return count(low) if low == high else f"{count(low)} to {count(high)}"


def _limit(size: Row) -> str:
    return count(size["limit_bytes"]) + ("" if size["is_limit_verified"] else " (unverified)")


def _people(rows: list[Row]) -> None:
    left, right = st.columns([1, 1])
    parts = (
        (left, "always_failing", "failures", "recipient", "that never got mail, three failures on"),
        (right, "lists", "expansions", "list", "that mail was sent to"),
    )
    for place, name, number, noun, detail in parts:
        found = [row["account"] and (row["account"], each) for row in rows for each in row[name]]
        with place:
            heading(plural(len(found), noun), detail.capitalize() + ".")
            if found:
                listing(
                    pd.DataFrame(
                        [(a, e["recipient"], e[number], e["last_at"]) for a, e in found],
                        columns=["account", "address", number, "last, UTC"],
                    )
                )
