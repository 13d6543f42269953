"""Delivery search: the form in the URL, the rows it finds, and what they do not cover."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pandas as pd
import streamlit as st

from dashboards.delivery.failures import chosen_row
from dashboards.parts.amounts import count, moment
from dashboards.parts.clock import shown_zone
from dashboards.parts.error_words import field_words
from dashboards.parts.figure import Columns, behind, heading, moment_column
from dashboards.parts.markup import block, tag
from dashboards.parts.palette import NAMES, status_word
from dashboards.session import readings
from dashboards.session.files import MOST_IN_MEMORY, large_trace_file, trace_file
from dashboards.session.frame import coverage_mark, gap_table
from dashboards.session.links import addressed, say_absent
from dashboards.session.view import View
from hve_monitor.clock import midnight, parse_time
from hve_monitor.errors import ConfigError
from hve_monitor.plural import plural
from models.delivery.conditions import TraceFilter
from models.delivery.search import DeliveryRow, DeliverySearch

LIMIT, MOST_ACCOUNTS = 1000, 5
LONGEST = 5000  # characters of a pasted list: it stands in the page's address
ARRIVED = ("delivered", "expanded")
ANY = "any"
STATUSES = (
    ANY,
    "delivered",
    "failed",
    "quarantined",
    "filtered_as_spam",
    "pending",
    "expanded",
    "other",
    "unknown",
)
COLUMNS = (
    "received_at",
    "status",
    "account",
    "sender",
    "recipient",
    "subject",
    "from_ip",
    "size_bytes",
    "message_id",
    "id",
    "tenant",
)
FIELDS = {
    "recipient": ("Recipient", "*lang*, @fabrikam.com"),
    "subject": ("Words of the subject", "invoice october"),
    "message_id": ("Message id", "<…@contoso.com>"),
    "from_ip": ("Source address", "203.0.113.0/24"),
    "sender": ("Sender address", "hr@contoso.com"),
    "id": ("Trace id", "5c384d42-86c1-98c8-687f-4624daa8f888"),
}


def search_form(view: View, account: str | None) -> TraceFilter:
    """The form; every field is in the URL, so a search can be shared."""
    days = {name: _days_of(addressed().get(name)) for name in ("since", "until")}
    say_absent("The search is made without it.", status=STATUSES, **days)
    with st.form("search", border=False):
        with st.container(horizontal=True, gap="small", key="search-fields"):
            texts = {name: _field(name, *FIELDS[name]) for name in FIELDS}
            status = st.selectbox("Status", STATUSES, key="status", bind="query-params")
            since = _day("From day (UTC)", "since")
            until = _day("To day (UTC)", "until")
        st.form_submit_button("Search", type="primary", icon=":material/search:")
    return TraceFilter(
        tenant=view.tenant,
        sender=texts.pop("sender") or account,
        status=None if status == ANY else status,
        since=_start(since) if since else view.since,
        until=_end(view, until) if until else view.until,
        **texts,
    )


def _field(name: str, label: str, example: str) -> str | None:
    value = st.text_input(
        label, key=name, placeholder=example, bind="query-params", max_chars=LONGEST
    )
    return value.strip() or None if value else None


def _day(label: str, key: str) -> date | None:
    value = st.date_input(label, value=None, key=key, format="YYYY-MM-DD", bind="query-params")
    return value if isinstance(value, date) else None


def _end(view: View, day: date) -> datetime | None:
    """End of the day; open for today, which is read up to the last run only."""
    end = _start(day) + timedelta(days=1)
    return end if end <= view.now else None


def _days_of(text: str | None) -> list[str]:
    """The text where it is a day."""
    try:
        return [f"{date.fromisoformat(text)}"] if text else []
    except ValueError:
        return []


def _start(day: date) -> datetime:
    return midnight(parse_time(day.isoformat()))


def restricts_rows(wanted: TraceFilter) -> bool:
    """Whether anything but the account and the period was asked for: only then rows are read."""
    names = ("recipient", "subject", "message_id", "from_ip", "id", "status")
    return any(getattr(wanted, name) for name in names) or any(
        st.session_state.get(name) for name in ("sender", "since", "until")
    )


def search_results(view: View, wanted: TraceFilter) -> DeliveryRow | None:
    """The rows, how many match by status, and what the answer means.

    Returns the selected row; without one the newest that did not arrive, else the newest.
    """
    try:
        search = readings.traces(view, wanted, LIMIT)
    except ConfigError as error:  # what the privacy mode cannot find
        # As HTML: Markdown would make links of what was typed.
        mark = tag("span", "▲ not searched", style="mark warn")
        block(tag("p", mark, field_words(error)))
        return None
    rows, coverage = search.rows, search.coverage
    heading(_finding(search), _window(search))
    block(coverage_mark(coverage), tag("span", search.meaning))
    if coverage.gaps:
        with st.expander("Windows of this search that were not read"):
            gap_table(coverage, "windows of the search not read")
    if not rows:
        return None
    _sums(search)
    selected = chosen_row(_table(rows), rows, _columns(), "found-rows")
    _file(view, wanted, search.total)
    late = (row for row in rows if row.status and row.status.lower() not in ARRIVED)
    return selected or next(late, rows[0])


def _file(view: View, wanted: TraceFilter, total: int) -> None:
    """Every row as a file; many are written to the disk first, in place of the memory."""
    name = f"hve-traces-{view.now:%Y%m%d-%H%M}.csv"
    label, icon = f"All {plural(total, 'row')} as CSV", ":material/download:"
    if total <= MOST_IN_MEMORY:
        st.download_button(
            label,
            data=lambda: trace_file(view, wanted),
            file_name=name,
            mime="text/csv",
            icon=icon,
            on_click="ignore",
        )
    elif st.button(f"Write all {plural(total, 'row')} into a CSV file", icon=":material/save:"):
        with st.spinner("Writing the file …"):
            address = large_trace_file(view, wanted, name)
        st.link_button(label, address, icon=icon, help="For ten minutes.")


def _finding(search: DeliverySearch) -> str:
    if not search.rows:
        return "Nothing found"
    parts = ", ".join(
        f"{count(number)} {NAMES.get(status, status)}"
        for status, number in search.by_status.items()
    )
    if search.truncated:
        return f"The newest {count(len(search.rows))} of {plural(search.total, 'row')}: {parts}"
    return f"{plural(search.total, 'row')}, all that match: {parts}"


def _sums(search: DeliverySearch) -> None:
    """Rows by account over all that match; of many accounts the rest in a closed table."""
    named = list(search.by_account.items())
    words = ", ".join(f"{account} {count(number)}" for account, number in named[:MOST_ACCOUNTS])
    rest = len(named) - MOST_ACCOUNTS
    more = f" and {plural(rest, 'more account')}" if rest > 0 else ""
    block(tag("p", tag("strong", "By account: "), f"{words}{more}"))
    if rest > 0:
        table = pd.DataFrame(named, columns=["account", "rows"])
        columns: Columns = {
            "account": "Account",
            "rows": st.column_config.NumberColumn("Rows", format="localized"),
        }
        behind("All accounts of this search", search.looked_for, table, columns, name="accounts")


def _window(search: DeliverySearch) -> str:
    window = search.searched
    since = moment(window.since) if window.since else "the first stored row"
    looked = f"Looked for {search.looked_for}. " if search.looked_for else ""
    return (
        f"{looked}One row per message and recipient, newest first, from {since} until"
        f" {moment(window.until)}. Times are {shown_zone()}."
    )


def _table(rows: list[DeliveryRow]) -> pd.DataFrame:
    values = [[getattr(row, name) for name in COLUMNS] for row in rows]
    table = pd.DataFrame(values, columns=list(COLUMNS))
    return table.assign(
        status=[status_word(row.status) for row in rows],
        from_ip=table["from_ip"].fillna("unknown"),
        size_bytes=table["size_bytes"].astype("Int64"),
    )


def _columns() -> Columns:
    column = st.column_config
    return {
        "received_at": moment_column("Received", with_seconds=True),
        "status": column.TextColumn("Status"),
        "account": column.TextColumn("Account"),
        "sender": column.TextColumn("Sender"),
        "recipient": column.TextColumn("Recipient"),
        "subject": column.TextColumn("Subject", width="medium"),
        "from_ip": column.TextColumn("Source address"),
        "size_bytes": column.NumberColumn("Size, bytes", format="localized"),
        "message_id": column.TextColumn("Message id", width="medium"),
        "id": column.TextColumn("Trace id", width="small"),
        "tenant": column.TextColumn("Tenant"),
    }
