"""Why mail fails, what did not arrive last, and figures that every message must be read for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

import pandas as pd
import streamlit as st
from msgspec.structs import asdict

from dashboards.delivery.breakdown import domain_panel, list_panel
from dashboards.delivery.explanation import show_explanation
from dashboards.parts.amounts import UNKNOWN, count, moment, percent, rate_words
from dashboards.parts.figure import Columns, heading, listing, moment_column
from dashboards.parts.markup import block, literal, tag
from dashboards.parts.palette import status_word
from dashboards.session import readings
from dashboards.session.frame import as_read
from dashboards.session.links import is_several
from dashboards.session.view import View
from hve_monitor.plural import plural
from models.delivery.headroom import LimitUse, nearest_limits
from models.delivery.outcomes import (
    DeliveryFigures,
    ExplainedFailure,
    UndeliveredMessage,
)
from models.delivery.rate import delivery_rate, final_recipients, unknown_recipients

MOST_REASONS, MOST_NEAR = 8, 5
R = TypeVar("R")


def reasons_panel(view: View, account: str | None) -> None:
    """Each reason with its share, its meaning and its fix."""
    failures = readings.failures(view, readings.start(view), view.end, account)
    with st.container(border=True, height="stretch", key="reasons"):
        if not failures:
            unknown = _unknown(view, account)
            heading(
                "Whether a recipient failed is not known"
                if unknown
                else f"No recipient failed in this period{as_read(view)}",
                f"The status of {plural(unknown, 'recipient')} is unknown."
                if unknown
                else "Failed rows would be explained here.",
            )
            return
        total = sum(failure.recipients for failure in failures)
        read = [failure for failure in failures if failure.example is not None]
        read_recipients = sum(failure.recipients for failure in read)
        heading(
            f"Most common reason: {_name(read[0])}" if read else "No reason was read yet",
            f"{plural(total, 'failed recipient')}; the reason of"
            f" {count(read_recipients)} is known from its events.",
        )
        for place, failure in enumerate(read[:MOST_REASONS]):
            _reason(failure, total, is_first=place == 0)
        if len(read) < len(failures):
            st.caption(_unread(view, total - read_recipients))


def _unread(view: View, recipients: int) -> str:
    """Of how many no event was read, and what can be done about it."""
    number = f"Of {plural(recipients, 'recipient')} no event was read"
    if all(read.from_files for read in readings.reads(view)):
        return f"{number}: rows come from files, which hold no events."
    return f"{number}: open a message to fetch them."


def _reason(failure: ExplainedFailure, total: int, *, is_first: bool) -> None:
    title = f"{percent(failure.recipients / total)}: {_name(failure)}"
    with st.expander(literal(title), expanded=is_first):
        words = (
            f"{plural(failure.recipients, 'recipient')}, at least {count(failure.people)}"
            f" different, last {moment(failure.last_at)} from {failure.newest_account} to"
            f" {failure.newest_recipient or UNKNOWN}, whom the commands name."
        )
        block(tag("p", words, style="quiet"))  # Markdown would make links of the addresses
        newest = failure.newest_account, failure.newest_recipient
        show_explanation(failure.explanation, failure.example, *newest)


def _name(failure: ExplainedFailure) -> str:
    explanation = failure.explanation
    if explanation is not None:
        return f"{explanation.code}, {explanation.meaning}"
    return failure.reply or str(failure.example)


def latest_panel(view: View, account: str | None) -> UndeliveredMessage | None:
    """The newest recipients without their mail; returns the row that is chosen."""
    rows = readings.latest_undelivered(view, readings.start(view), view.end, account)
    with st.container(border=True, key="latest"):
        if not rows:
            heading(*_no_failure(view, account))
            return None
        heading(
            f"Last without delivery: {rows[0].recipient}, {status_word(rows[0].status)}",
            "The newest of the period. Click on a row to see what happened to the message.",
        )
        columns: Columns = {
            "received_at": moment_column("Received"),
            "status": "Status",
            "recipient": "Recipient",
            "account": "Account",
            **({"tenant": "Tenant"} if is_several(view) else {}),
            "id": "Trace id",
        }
        table = pd.DataFrame([[getattr(row, name) for name in columns] for row in rows])
        table.columns = pd.Index(columns)
        table = table.assign(status=[status_word(row.status) for row in rows])
        return chosen_row(table, rows, columns, "latest-rows", "newest without delivery")


def _no_failure(view: View, account: str | None) -> tuple[str, str]:
    """What it means that nobody is known to lack their mail."""
    sums = readings.account_sums(view, view.since, view.until, account)
    if not sums:
        return (
            f"Nothing was sent in this period{as_read(view)}",
            "What does not arrive would be listed here.",
        )
    known, unknown = sum(map(final_recipients, sums)), sum(map(unknown_recipients, sums))
    if not known:
        return (
            "Whether the mail arrived is not known",
            f"The status of {plural(unknown, 'recipient')} is unknown."
            if unknown
            else "No outcome of the period is final.",
        )
    if unknown:
        return (
            f"{plural(known, 'recipient')} got their mail; of {count(unknown)} it is not known",
            "In the chosen period.",
        )
    return (
        f"Everybody got their mail{as_read(view)}",
        "Every recipient of the period whose outcome is final.",
    )


def _unknown(view: View, account: str | None) -> int:
    return sum(
        map(unknown_recipients, readings.account_sums(view, view.since, view.until, account))
    )


def chosen_row(
    table: pd.DataFrame,
    rows: Sequence[R],
    columns: Columns,
    key: str,
    name: str = "",
) -> R | None:
    """Draws the rows; the selected one, None without a selection.

    name: of the file; empty where the page gives a fuller one.
    """
    event = listing(
        table,
        columns,
        name=name or key,
        has_file=bool(name),
        height=min(38 + 35 * len(rows), 320),
        on_select="rerun",
        selection_mode="single-cell",
        key=key,
    )
    places = [row for row, _ in event.selection.cells]
    return rows[places[0]] if places and places[0] < len(rows) else None


def figures_panel(view: View, account: str | None) -> None:
    """Lists, recipients that always fail, and room below Microsoft's limits, when asked for."""
    sent = readings.counts(view, view.since, view.until).get("recipients")
    with st.container(border=True, key="figures-panel"):
        heading(
            "Near a limit, by domain and list, recipients that always fail",
            f"Reads every message of the period ({count(sent)} recipients in all accounts), so only"
            " when asked.",
        )
        if not st.toggle("Read them", key="figures", bind="query-params"):
            return
        rows = readings.figures(view, readings.start(view), view.end, account)
        if not rows:
            st.caption(f"Nothing was sent in this period{as_read(view)}.")
            return
        _limits(rows, is_several=is_several(view))
        domains, lists = readings.domains_and_lists(view, readings.start(view), view.end, account)
        domain_panel(domains, account)
        list_panel(lists, account)
        _people(rows, is_several=is_several(view))


def _limits(rows: list[DeliveryFigures], *, is_several: bool) -> None:
    """The nearest accounts by name, then every account with its room."""
    nearest = nearest_limits(rows)[:MOST_NEAR]
    heading(_nearest_words(nearest), "The most that was sent in one message, against the limit.")
    block(tag("ul", *(tag("li", _use_words(use)) for use in nearest), style="nearest"))
    ordered = _nearest_first(rows)
    listing(
        _room(ordered) if is_several else _room(ordered).drop(columns="tenant"),
        _room_columns(),
        name="room below the limits",
        texts={"delivered": [rate_words(asdict(row)) for row in ordered]},
    )


def _nearest_first(rows: list[DeliveryFigures]) -> list[DeliveryFigures]:
    by_name = {(row.tenant, row.account): row for row in rows}
    names = dict.fromkeys((use.tenant, use.account) for use in nearest_limits(rows))
    return [by_name[name] for name in dict.fromkeys([*names, *by_name])]


def _nearest_words(nearest: Sequence[LimitUse]) -> str:
    if not nearest:
        return "How near the accounts are to a limit is not known"
    use = nearest[0]
    return f"Nearest to a limit: {use.account}, {percent(use.ratio)} of the {use.limit}"


def _use_words(use: LimitUse) -> str:
    may_be = f" (may be {count(use.may_be)})" if use.may_be > use.used else ""
    unsure = "" if use.verified else ", a limit that is not verified for HVE"
    return f"{use.account}: {use.limit} {count(use.used)}{may_be} of {count(use.of)}{unsure}"


def _room(rows: list[DeliveryFigures]) -> pd.DataFrame:
    """Numbers stay numbers, so that they sort as such; a rate may be read as a range."""
    return pd.DataFrame(
        {
            "account": [row.account for row in rows],
            "tenant": [row.tenant for row in rows],
            "delivered": [delivery_rate(asdict(row)) for row in rows],
            "unknown": [row.unknown_recipients for row in rows],
            "least": [row.envelope.most[0] for row in rows],
            "most": [row.envelope.most[1] for row in rows],
            "recipients_limit": [row.envelope.limit for row in rows],
            "bytes": pd.Series([row.size.most_bytes for row in rows], dtype="Int64"),
            "bytes_limit": [row.size.limit_bytes for row in rows],
            "is_verified": [row.size.is_limit_verified for row in rows],
        }
    )


def _room_columns() -> Columns:
    names = {
        "unknown": "Status unknown",
        "least": "Most recipients in a message, at least",
        "most": "At most",
        "recipients_limit": "Of",
        "bytes": "Largest message, bytes",
        "bytes_limit": "Limit, bytes",
    }
    numbers = {
        name: st.column_config.NumberColumn(label, format="localized")
        for name, label in names.items()
    }
    rate = st.column_config.NumberColumn("Delivered")
    return {
        "account": "Account",
        "tenant": "Tenant",
        "delivered": rate,
        **numbers,
        "is_verified": st.column_config.CheckboxColumn("Limit verified"),
    }


def _people(rows: list[DeliveryFigures], *, is_several: bool) -> None:
    failing = [
        (_whose(row, is_several), recipient.recipient, recipient.failures, recipient.last_at)
        for row in rows
        for recipient in row.always_failing
    ]
    lists = [
        (_whose(row, is_several), mailed.recipient, mailed.expansions, mailed.last_at)
        for row in rows
        for mailed in row.lists
    ]
    left, right = st.columns([1, 1])
    with left:
        title = plural(len(failing), "recipient")
        _addresses(
            failing, title, "Whose every known outcome is a failure, three failures on.", "failures"
        )
    with right:
        title = plural(len(lists), "list")
        _addresses(lists, title, "That mail was sent to.", "expansions")


def _whose(row: DeliveryFigures, is_several: bool) -> str:
    return f"{row.account} of {row.tenant}" if is_several else row.account


def _addresses(
    rows: list[tuple[str, str, int, datetime]], title: str, detail: str, number: str
) -> None:
    heading(title, detail)
    if rows:
        table = pd.DataFrame(rows, columns=["account", "address", number, "last"])
        listing(table, {"last": moment_column("last")}, name=number)
