"""Delivery rates by account, low ones first, told by enough recipients."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboards.parts.amounts import count, percent, percents, rate_words
from dashboards.parts.figure import Columns, behind, heading
from dashboards.parts.markup import Markup, block, scrolled, table_of
from dashboards.parts.table_file import file_button
from dashboards.session import readings
from dashboards.session.frame import as_read
from dashboards.session.links import account_link, is_several, tenant_cell
from dashboards.session.view import View
from hve_monitor.plural import plural
from models.delivery.rate import (
    FEW_KNOWN,
    delivery_rate,
    final_recipients,
    is_told_by_few,
    low_first,
    rate_interval,
    unknown_recipients,
)
from warehouse.connection import Row

MOST_RATES = 12
COUNTS = {
    "recipients": "Recipients",
    "delivered": "Delivered",
    "failed": "Failed",
    "quarantined": "Quarantined",
    "filtered_as_spam": "Spam",
    "pending": "Pending",
    "unknown_recipients": "Unknown",
}


def rates_panel(view: View, account: str | None) -> None:
    """The lowest rates at a glance, all of them in a closed table."""
    rated = sorted(readings.account_sums(view, view.since, view.until, account), key=low_first)
    with st.container(border=True, key="rates"):
        if not rated:
            heading(f"Nothing was sent in this period{as_read(view)}")
            return
        heading(
            lowest_words(rated),
            "Delivered of all recipients whose outcome is final, in the period. First those whose"
            " 95 % interval ends lowest; accounts of which fewer than"
            f" {FEW_KNOWN} outcomes are known come after them. Where statuses are unknown, the"
            " rate is a range.",
        )
        block(scrolled("Delivery rates", _rate_table(view, rated[:MOST_RATES])))
        if len(rated) > MOST_RATES:
            label = f"All {count(len(rated))} accounts"
            behind(label, "rates", _frame(view, rated), _columns(), name="delivery rates")
        else:
            file_button("delivery rates", _frame(view, rated), {}, "file-rates")


def lowest_words(rated: Sequence[Row]) -> str:
    """The account with the lowest rate, where that can be said; rows are in order."""
    lowest, first = delivery_rate(rated[0]), rated[0]["account"]
    if lowest is None:
        return "No delivery rate is known"
    partly = sum(bool(unknown_recipients(row)) for row in rated)
    if partly:
        accounts = plural(partly, "account")
        return f"Which account delivers least is not known: {accounts} with unknown statuses"
    few = f", of {plural(final_recipients(rated[0]), 'known outcome')}"
    told_by = few if is_told_by_few(rated[0]) else ""
    return f"{first} has the lowest delivery rate: {percent(lowest)}{told_by}"


def _rate_table(view: View, rows: Sequence[Row]) -> Markup:
    """Names lead to their accounts; the tenant stands beside them where several are shown."""
    own = ["Tenant"] if is_several(view) else []
    heads = ["Account", *own, "Rate", "95 % interval", *COUNTS.values()]
    cells = [
        [
            account_link(view, row["tenant"], row["account"]),
            *tenant_cell(view, row["tenant"]),
            rate_words(row),
            _interval(row),
            *(count(row[name]) for name in COUNTS),
        ]
        for row in rows
    ]
    return table_of(heads, cells, range(1 + len(own), len(heads)), named=True)


def _interval(row: Row) -> str:
    bounds = rate_interval(row)
    return "unknown" if bounds is None else percents(bounds)


def _frame(view: View, rows: Sequence[Row]) -> pd.DataFrame:
    names = ("account", *(["tenant"] if is_several(view) else []), *COUNTS)
    columns = {name: [row[name] for row in rows] for name in names}
    rates = {"rate": [rate_words(row) for row in rows], "interval": [*map(_interval, rows)]}
    return pd.DataFrame(columns | rates)


def _columns() -> Columns:
    texts = {"account": "Account", "tenant": "Tenant", "rate": "Rate", "interval": "95 % interval"}
    numbers = {
        name: st.column_config.NumberColumn(label, format="localized")
        for name, label in COUNTS.items()
    }
    return {**texts, **numbers}
