"""Did it arrive, and if not, why: a search over every message, and where delivery fails."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards.charts.volume import rate_chart
from dashboards.delivery.breakdown import reason_days
from dashboards.delivery.failures import figures_panel, latest_panel, reasons_panel
from dashboards.delivery.rates import rates_panel
from dashboards.delivery.search import restricts_rows, search_form, search_results
from dashboards.delivery.timeline import ChosenMessage, timeline_panel
from dashboards.parts.amounts import count, percent
from dashboards.parts.figure import Columns, behind, figure, heading, moment_column
from dashboards.parts.palette import NAMES, palette
from dashboards.session import readings
from dashboards.session.days import clickable_here
from dashboards.session.frame import as_read, chosen_account, footer, opened
from dashboards.session.links import is_several
from dashboards.session.view import View
from hve_monitor.plural import plural
from models.delivery.outcomes import UndeliveredMessage
from models.delivery.rate import delivery_rate, unknown_recipients
from models.delivery.search import DeliveryRow

MOST_FAILURES = 200


def show(view: View) -> None:
    """The page."""
    account = chosen_account()
    with st.container(border=True, key="search-panel"):
        conditions = search_form(view, account)
        is_search = restricts_rows(conditions)
        result = search_results(view, conditions) if is_search else None
    chosen = result if is_search else latest_panel(view, account)
    message = _linked(chosen, is_search=is_search)
    if message is not None:
        timeline_panel(view, message)
    left, right = st.columns([1, 1])
    with left:
        _days_without(view, account)
        _failures(view, account)
    with right:
        reasons_panel(view, account)
    reason_days(view, account)
    rates_panel(view, account)
    figures_panel(view, account)
    footer(view)


def _linked(
    chosen: DeliveryRow | UndeliveredMessage | None, *, is_search: bool
) -> ChosenMessage | None:
    """The message that is shown: the chosen one, else that of a shared address.

    A chosen row is written into the address, so that it can be shared: once, since every writing is
    a step of its own for the button Back.
    """
    if chosen is not None:
        address = {"message": chosen.id, "to": chosen.recipient}
        if any(st.query_params.get(name) != text for name, text in address.items()):
            st.query_params.update(address)
        return ChosenMessage(chosen.id, chosen.recipient, chosen.received_at)
    linked = st.query_params.get("message")
    if is_search or not linked:
        return None
    return ChosenMessage(linked, st.query_params.get("to"))


def _days_without(view: View, account: str | None) -> None:
    """Share of recipients per day that did not get their mail, on days whose statuses are known."""
    days = readings.day_sums(view, view.since, view.until, account)
    rates = [(row["day_utc"], delivery_rate(row)) for row in days if not unknown_recipients(row)]
    known = [(day, 1 - rate) for day, rate in rates if rate is not None]
    if not known:
        return
    left_out = sum(bool(unknown_recipients(row)) for row in days)
    rows = pd.DataFrame(known, columns=["day", "ratio"])
    worst = rows.sort_values("ratio", ascending=False).iloc[0]
    table = rows.assign(ratio=100 * rows["ratio"])
    figure(
        f"At worst {percent(float(worst['ratio']))} of a day's recipients got no mail",
        "Not delivered of all recipients with a final outcome, per UTC day. Worst:"
        f" {worst['day']}."
        + (f" Left out: {plural(left_out, 'day')} with unknown statuses." if left_out else "")
        + " Click on a day to see its messages.",
        rate_chart(
            rows.assign(day=pd.to_datetime(rows["day"], utc=True)), readings.span(view), palette()
        ),
        table.sort_values("day", ascending=False),
        {"ratio": st.column_config.NumberColumn("not delivered", format="%.2f %%")},
        height="content",
        **clickable_here("rate-days", {"account": account} if account else {}),
    )


def _failures(view: View, account: str | None) -> None:
    rows = readings.undelivered(view, readings.start(view), view.end, account)
    with st.container(border=True, key="failures"):
        unknown = sum(
            unknown_recipients(row)
            for row in readings.account_sums(view, view.since, view.until, account)
        )
        beside = f"The status of {plural(unknown, 'recipient')} is unknown" if unknown else ""
        if rows.empty:
            heading(
                beside
                or f"No failed, quarantined or pending recipient in the period{as_read(view)}",
                "No recipient is known to have failed.",
            )
            return
        by_status = rows.groupby("status")["recipients"].sum().sort_values(ascending=False)
        parts = ", ".join(
            f"{count(number)} {NAMES.get(str(name), name)}" for name, number in by_status.items()
        )
        heading(
            f"{plural(int(by_status.sum()), 'recipient')} without delivery: {parts}",
            f"{beside}{'. ' if beside else ''}Newest rows of each are in the list above; the table"
            " counts them all.",
        )
        named = rows.assign(status=[NAMES.get(name, name) for name in rows["status"]])
        if not is_several(view):
            named = named.drop(columns="tenant")
        label = "By account, status and recipient domain"
        behind(label, "delivery", named.head(MOST_FAILURES), _failure_columns())


def _failure_columns() -> Columns:
    column = st.column_config
    return {
        "tenant": column.TextColumn("Tenant"),
        "account": column.TextColumn("Account"),
        "status": column.TextColumn("Status"),
        "recipient_domain": column.TextColumn("Recipient domain"),
        "recipients": column.NumberColumn("Recipients", format="localized"),
        "last_at": moment_column("Last"),
    }


if __name__ == "__main__":
    show(opened("Delivery", by=("account", "period")))
