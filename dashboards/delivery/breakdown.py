"""Delivery by recipient domain and by list, and failures over time by reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st
from msgspec.structs import asdict

from dashboards.charts.reasons import reasons_chart
from dashboards.delivery.rates import COUNTS
from dashboards.parts.amounts import UNKNOWN, percent, rate_words
from dashboards.parts.figure import Columns, figure, heading, key_of, listing
from dashboards.parts.palette import palette
from dashboards.session import readings
from dashboards.session.days import clickable_here
from dashboards.session.links import look_for
from dashboards.session.view import View
from hve_monitor.plural import plural
from models.delivery.breakdown import DomainDelivery, FailureDay, ListDelivery
from models.delivery.rate import is_told_by_few

UNREAD, OTHERS = "reason not read", "other reasons"
MOST_REASONS = 6


def reason_days(view: View, account: str | None) -> None:
    """Failed recipients per day, by the reply of the server that refused them."""
    days = readings.failure_days(view, readings.start(view), view.end, account)
    if not days:
        return
    rows, names = by_reason(days)
    first = names[0]
    number = int(rows.loc[rows["reason"] == first, "recipients"].sum())
    span = readings.span(view)
    figure(
        _reasons_words(first, number),
        "Failed recipients per UTC day by the reply of the server. The panel on reasons says what"
        " each means. Click on a day to see its failures.",
        reasons_chart(
            rows.assign(day=pd.to_datetime(rows["day"], utc=True)), names, span, palette()
        ),
        rows.sort_values("day", ascending=False),
        {"day": st.column_config.DateColumn("Day (UTC)", format="YYYY-MM-DD")},
        height="content",
        **clickable_here("reason-days", {"status": "failed", **_own(account)}),
    )


def _reasons_words(first: str, number: int) -> str:
    """The commonest reason that is known; where none is, that none was read."""
    recipients = plural(number, "recipient")
    if first == UNREAD:
        return f"Failures by day: the reasons of {recipients} were not read"
    return f"Failures by reason: most of them {first}, {recipients}"


def by_reason(days: Sequence[FailureDay]) -> tuple[pd.DataFrame, list[str]]:
    """day, reason, recipients with the commonest reasons and the others; the reasons in order."""
    rows = pd.DataFrame([asdict(row) for row in days])
    rows["reason"] = rows["reason"].fillna(UNREAD)
    common = rows.groupby("reason")["recipients"].sum().sort_values(ascending=False)
    kept = [name for name in common.index if name != UNREAD][:MOST_REASONS]
    is_kept = rows["reason"].isin([*kept, UNREAD])
    rows["reason"] = rows["reason"].where(is_kept, OTHERS)
    summed: pd.DataFrame = rows.groupby(["day", "reason"])[["recipients"]].sum().reset_index()
    present = set(summed["reason"])
    return summed, [name for name in (*kept, OTHERS, UNREAD) if name in present]


def domain_panel(rows: list[DomainDelivery], account: str | None) -> None:
    """Delivery by recipient domain, low rates first; a click leads to the messages to it."""
    heading(
        _finding(rows, "domain", [row.domain or UNKNOWN for row in rows]),
        "Low rates first. Click on a cell to see the messages.",
    )
    recipients = [f"@{row.domain}" if row.domain else None for row in rows]
    first = {"domain": [row.domain for row in rows]}
    _table(rows, first, {"domain": "Recipient domain"}, recipients, account)


def list_panel(rows: list[ListDelivery], account: str | None) -> None:
    """Delivery by list, low rates first; a click leads to the messages to it."""
    heading(
        _finding(rows, "list", [row.address for row in rows]),
        "Recipients of the messages that went to the list: its members, and whoever was beside it.",
    )
    first: dict[str, Sequence[object]] = {
        "list": [row.address for row in rows],
        "messages": [row.messages for row in rows],
    }
    labels = {"list": "List", "messages": "Messages"}
    _table(rows, first, labels, [row.address for row in rows], account)


def _own(account: str | None) -> dict[str, str]:
    """The filter of the account that is looked at."""
    return {"account": account} if account else {}


def _finding(rows: Sequence[DomainDelivery | ListDelivery], noun: str, names: Sequence[str]) -> str:
    """The lowest rate, where enough is known of it."""
    if not rows:
        return f"No mail went to a {noun}"
    rate = rows[0].delivery_rate
    if rate is None or is_told_by_few(asdict(rows[0])):
        return f"Mail went to {plural(len(rows), noun)}"
    return f"By {noun}: {names[0]} has the lowest delivery rate, {percent(rate)}"


def _table(
    rows: Sequence[DomainDelivery | ListDelivery],
    first: Mapping[str, Sequence[object]],
    labels: Mapping[str, str],
    recipients: Sequence[str | None],
    account: str | None,
) -> None:
    """Draws the rows. recipients: what a click on a row searches for."""
    if not rows:
        return
    counts = {name: [getattr(row, name) for row in rows] for name in COUNTS}
    rates = {"rate": [rate_words(asdict(row)) for row in rows]}
    numbers = {
        name: st.column_config.NumberColumn(label, format="localized")
        for name, label in COUNTS.items()
    }
    columns: Columns = {**labels, "rate": "Delivered", **numbers}
    title = next(iter(labels.values())).lower()
    key = key_of("delivery-by", title)
    listing(
        pd.DataFrame({**first, **rates, **counts}),
        columns,
        name=f"delivery by {title}",
        key=key,
        on_select=lambda: _cell_picked(key, recipients, account),
        selection_mode="single-cell",
    )


def _cell_picked(key: str, recipients: Sequence[str | None], account: str | None) -> None:
    cells = st.session_state[key]["selection"]["cells"]
    recipient = recipients[cells[0][0]] if cells else None
    if recipient:
        look_for(recipient=recipient, **_own(account))
