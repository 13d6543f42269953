"""The month by account, with its total; a click on a cell leads to the days of its account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboards.parts.amounts import exact
from dashboards.parts.figure import Columns, amount_column, heading, listing
from dashboards.parts.known_words import at_least
from dashboards.session.view import View
from dashboards.spend.days import days_panel, open_days
from hve_monitor.plural import plural
from models.cost.documents import AccountCost, CostReport

TABLE, TOTAL = "accounts-table", "total"


def account_panel(view: View, report: CostReport) -> None:
    """Draws the panel, and the days of the account that is chosen."""
    lines, currency = report.by_account, report.currency
    with st.container(border=True, height="stretch", key="by-account"):
        if not lines:
            heading("No account is known to have sent anything billable in this month")
            return
        so_far = report.month_to_date
        heading(
            dearest(lines),
            f"Estimated from traces; together {at_least(exact(so_far.cost), so_far)} {currency}."
            " Click on an account to see its days.",
        )
        days_panel(view, "account", report.month, [*dict.fromkeys(line.account for line in lines)])
        table = account_table(report)
        listing(
            table,
            _account_columns(currency),
            name=f"accounts of {report.month}",
            key=TABLE,
            on_select=lambda: _cell_picked(table),
            selection_mode="single-cell",
        )


def _cell_picked(table: pd.DataFrame) -> None:
    cells = st.session_state[TABLE]["selection"]["cells"]
    if cells and cells[0][0] > 0:
        open_days(str(table["account"].iloc[cells[0][0]]))


def dearest(lines: Sequence[AccountCost]) -> str:
    """Which account is the most expensive, where no other one can have cost more."""
    accounts = plural(len(lines), "account")
    first, *others = lines
    least, most = first.range[0], [line.range[1] for line in others]
    if (
        first.month_to_date is None
        or least is None
        or any(end is None or end > least for end in most)
    ):
        return f"Which of {accounts} is the most expensive is unknown"
    return f"{first.account} is the most expensive of {accounts}"


def account_table(report: CostReport) -> pd.DataFrame:
    """The total of the month, then a row per account, the dearest first."""
    lines = report.by_account
    table = pd.DataFrame([_total(report), *(_line(line, _share_of(lines)) for line in lines)])
    table["billable"] = table["billable"].astype("Int64")
    is_partly = any(line.unknown_recipients for line in lines)
    left_out = [] if is_partly else ["unknown", "most"]
    if len({line.tenant for line in lines}) < 2:
        left_out.append("tenant")
    return table.drop(columns=left_out)


def _share_of(lines: Sequence[AccountCost]) -> int | None:
    """The billable recipients of all, where those of each are known."""
    known = [line.billable_recipients or 0 for line in lines if is_counted(line)]
    return sum(known) if len(known) == len(lines) else None


def _line(line: AccountCost, whole: int | None) -> dict[str, Any]:
    number = line.billable_recipients
    return {
        "account": line.account,
        "tenant": line.tenant or "only planned",
        "billable": number,
        "share": None if number is None or not whole else number / whole * 100,
        "month_to_date": at_least(exact(line.month_to_date), line),
        "unknown": line.unknown_recipients,
        "most": exact(line.range[1]),
        "month_end": exact(line.month_end),
        "low": exact(line.p80[0]),
        "high": exact(line.p80[1]),
        "method": line.method,
    }


def _total(report: CostReport) -> dict[str, Any]:
    so_far, ahead = report.month_to_date, report.projection
    low, high = ahead.p80 or (None, None)
    return {
        "account": TOTAL,
        "tenant": "",
        "billable": so_far.billable_recipients,
        "share": 100.0 if so_far.billable_recipients else None,
        "month_to_date": at_least(exact(so_far.cost), so_far),
        "unknown": so_far.unknown_recipients,
        "most": exact(so_far.range[1]),
        "month_end": exact(ahead.month_end),
        "low": exact(low),
        "high": exact(high),
        "method": ahead.method,
    }


def is_counted(line: AccountCost) -> bool:
    """Whether every recipient that was read is known to be charged or not."""
    return line.billable_recipients is not None and not line.unknown_recipients


def _account_columns(currency: str) -> Columns:
    column = st.column_config
    return {
        "account": column.TextColumn("Account", width="medium"),
        "tenant": column.TextColumn("Tenant"),
        "billable": column.NumberColumn("Billable recipients", format="localized"),
        "share": column.ProgressColumn("Share", format="%.1f %%", min_value=0, max_value=100),
        "month_to_date": amount_column(f"So far, {currency}"),
        "unknown": column.NumberColumn("Without a status", format="localized"),
        "most": amount_column("At most so far"),
        "month_end": amount_column(f"Month end, {currency}"),
        "low": amount_column("80 % from"),
        "high": amount_column("80 % to"),
        "method": column.TextColumn("Projected from", width="medium"),
    }
