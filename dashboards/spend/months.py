"""Months beside each other by account, cost center or tenant: what rose, and what fell."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards.charts.months import PICKED, month_bars
from dashboards.parts.amounts import NOT_APPLYING, change_words, exact, money
from dashboards.parts.cost_words import NO_CENTER, group_name
from dashboards.parts.figure import Columns, amount_column, heading, listing
from dashboards.parts.known_words import at_least, is_whole
from dashboards.parts.palette import palette
from dashboards.parts.spec import draw
from dashboards.session import readings
from dashboards.session.links import say_absent
from dashboards.session.view import View
from dashboards.spend.days import days_panel, open_days
from hve_monitor.plural import plural
from models.cost.documents import CostReport, GroupMonth, GroupMonths, MonthsBeside
from models.cost.months import By

MONTHS = 12
BY: dict[str, By] = {"account": "account", "cost center": "cost_center", "tenant": "tenant"}
TOTAL = "total"
CHART, TABLE = "months-chart", "months-table"


def months_panel(view: View, report: CostReport) -> None:
    """The last twelve months as bars and as a table; a click leads to the days of a group."""
    by = _grouping()
    beside = readings.months(view, by, report.month, MONTHS)
    with st.container(border=True, key="months"):
        heading(_finding(beside), _detail(beside))
        _chart(beside)
        names = list(dict.fromkeys(row.name or NO_CENTER for row in beside.groups))
        days_panel(view, by, report.month, names)
        _table(beside)


def _grouping() -> By:
    say_absent("Months are shown by account.", by=BY)
    chosen = st.segmented_control(
        "Months by", BY, default="account", key="by", bind="query-params", required=True
    )
    return BY[chosen or "account"]


def _finding(beside: MonthsBeside) -> str:
    """The last month beside the one before it, where both are wholly known."""
    total, currency = beside.total, beside.currency
    newest = total.months[-1]
    known = at_least(money(newest.cost, currency), newest)
    if total.difference is None:
        return f"{newest.month} cost {known}; the difference to the month before is not known"
    way = "more" if total.difference >= 0 else "less"
    before = total.months[-2].month
    ratio = "" if total.ratio is None else f" ({change_words(total.ratio)})"
    difference = money(abs(total.difference), currency)
    return f"{newest.month} cost {known}, {difference} {way} than {before}{ratio}"


def _detail(beside: MonthsBeside) -> str:
    unknown = [month.month for month in beside.total.months if month.cost is None]
    parts = [
        month.month
        for month in beside.total.months
        if month.cost is not None and not is_whole(month)
    ]
    sentences = [
        f"Estimated {beside.currency} per month; {beside.months[-1]} until {beside.until}.",
        f"Nothing is known of {_span(unknown)}." if unknown else "",
        f"Paler, not wholly known: {', '.join(parts)}." if parts else "",
        "Click on a bar or a cell to see the days.",
    ]
    return " ".join(filter(None, sentences))


def _span(months: list[str]) -> str:
    return months[0] if len(months) == 1 else f"{months[0]} to {months[-1]}"


def _drawn_groups(beside: MonthsBeside) -> dict[str, GroupMonths]:
    """Nine groups and the others by their names."""
    groups = {group_name(beside.by, row): row for row in beside.alone}
    if beside.others is not None:
        groups[plural(beside.others.members, "other")] = beside.others
    return groups


def _chart(beside: MonthsBeside) -> None:
    groups, rows = _drawn_groups(beside), month_rows(beside)
    if rows.empty:
        st.caption("No month to draw: nothing is known of any.")
        return
    labels = [_label(month) for month in beside.total.months]
    totals = "; ".join(
        f"{month.month} {at_least(money(month.cost, beside.currency), month)}"
        for month in beside.total.months
    )
    draw(
        month_bars(rows, list(groups), labels, beside.currency, palette()),
        f"{_finding(beside)}. {totals}",
        name=f"months by {beside.by}",
        key=CHART,
        on_select=_bar_picked,
        selection_mode=PICKED,
    )


def _label(month: GroupMonth) -> str:
    """The month, marked where something of it is not known."""
    if month.cost is None:
        return f"{month.month} ?"
    return month.month if is_whole(month) else f"≥ {month.month}"


def month_rows(beside: MonthsBeside) -> pd.DataFrame:
    """What dashboards.charts.months.month_bars draws: only months of which something is known."""
    totals = {month.month: month for month in beside.total.months}
    rows = [
        {
            "month": month.month,
            "label": _label(totals[month.month]),
            "group": name,
            "place": place,
            "amount": at_least(exact(month.cost), month),
            "total": at_least(exact(totals[month.month].cost), totals[month.month]),
            "position": float(month.cost),
            "is_whole": is_whole(month),
        }
        for place, (name, row) in enumerate(_drawn_groups(beside).items())
        for month in row.months
        if month.cost is not None
    ]
    return pd.DataFrame(rows)


def _bar_picked() -> None:
    picked = st.session_state[CHART]["selection"].get(PICKED) or [{}]
    group = str(picked[0].get("group", ""))
    if not group.endswith((" other", " others")):
        open_days(group, picked[0].get("month"))


def _table(beside: MonthsBeside) -> None:
    table = month_table(beside)
    listing(
        table,
        _columns(beside),
        name=f"months by {beside.by.replace('_', ' ')}",
        key=TABLE,
        on_select=lambda: _cell_picked(table),
        selection_mode="single-cell",
    )


def _cell_picked(table: pd.DataFrame) -> None:
    cells = st.session_state[TABLE]["selection"]["cells"]
    if cells and cells[0][0] > 0:
        row, column = cells[0]
        month = str(column) if str(column)[:1].isdigit() else None
        open_days(str(table["group"].iloc[row]), month)


def month_table(beside: MonthsBeside) -> pd.DataFrame:
    """The total, then a row per group: the newest months first, then how the last one changed."""
    groups = [_line(group_name(beside.by, row), row, beside) for row in beside.groups]
    table = pd.DataFrame([_line(TOTAL, beside.total, beside), *groups])
    tenants = {row.tenant for row in beside.groups}
    return table if len(tenants) > 1 else table.drop(columns="tenant")


def _line(name: str, row: GroupMonths, beside: MonthsBeside) -> dict[str, Any]:
    amounts = {month.month: at_least(exact(month.cost), month) for month in row.months}
    first = {month: amounts.pop(month) for month in beside.months[:-3:-1]}
    return {
        "group": name,
        "tenant": row.tenant or "",
        **first,
        "difference": _signed(row),
        "ratio": _change(row),
        **{month: amounts[month] for month in reversed(list(amounts))},
    }


def _change(row: GroupMonths) -> float | str | None:
    """In per cent; a month before that cost nothing has no ratio."""
    if row.ratio is not None:
        return 100 * row.ratio
    return None if row.difference is None else NOT_APPLYING


def _signed(row: GroupMonths) -> str:
    """With all its digits."""
    sign = "+" if row.difference is not None and row.difference > 0 else ""
    return f"{sign}{exact(row.difference)}"


def _columns(beside: MonthsBeside) -> Columns:
    column = st.column_config
    months = {month: amount_column(f"{month}, {beside.currency}") for month in beside.months}
    return {
        "group": column.TextColumn(beside.by.replace("_", " ").capitalize(), width="medium"),
        "tenant": column.TextColumn("Tenant"),
        **months,
        "difference": amount_column(f"Difference, {beside.currency}"),
        "ratio": column.NumberColumn("Change", format="%+.1f %%", width="small"),
    }
