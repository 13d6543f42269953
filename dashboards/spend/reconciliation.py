"""Estimates beside what Azure charged, why they differ, and whether the month is closed."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards.charts.cost import charged_chart
from dashboards.parts.amounts import day, exact, moment, money, plural
from dashboards.parts.figure import behind, heading
from dashboards.parts.markup import literal, tag
from dashboards.parts.palette import palette
from dashboards.parts.spec import draw

LABELS = {
    "day_utc": "Day (UTC)",
    "estimated": "Estimated",
    "expected": "Expected",
    "invoiced": "Invoiced",
    "credit": "Credit",
    "residual": "Unexplained",
}
Row = dict[str, Any]


def reconciliation_panel(report: Row) -> None:
    """Draws the panel of the report's month."""
    with st.container(border=True, key="reconciliation"):
        rows = report["reconciliation"]
        if not rows:
            heading(
                "Not reconciled with Azure yet",
                "No Azure cost rows were read; what the subscription was charged is unknown here.",
            )
            return
        odd = sum(row["status"] == "unexplained" for row in rows)
        heading(
            f"{plural(odd, 'day')} of {len(rows)} {'is' if odd == 1 else 'are'} not explained"
            if odd
            else f"Every one of {plural(len(rows), 'day')} is explained",
            "Estimated from traces beside what Azure charged; expected is what the price, the day"
            " boundary and the rounding found in its amounts make of the traces.",
        )
        draw(
            charged_chart(_positions(rows), report["currency"], palette()),
            f"Estimated and invoiced {report['currency']} per UTC day of {report['month']}.",
        )
        for month in report["reconciliation_months"]:
            st.markdown("\n".join(f"- {literal(each['text'])}" for each in month["findings"]))
        behind("Day by day", report["month"], _table(rows), _columns(report["currency"]))


def _positions(rows: list[Row]) -> pd.DataFrame:
    """Places on the chart; a day that Azure has not charged yet has no mark, and no 0."""
    found = [
        (row["day_utc"], name, float(row[name]), exact(row[name]), row["status"])
        for row in rows
        for name in ("estimated", "expected", "invoiced")
        if row[name] is not None
    ]
    frame = pd.DataFrame(found, columns=["day", "what", "position", "amount", "status"])
    return frame.assign(day=pd.to_datetime(frame["day"], utc=True))


def _table(rows: list[Row]) -> pd.DataFrame:
    columns = {
        name: [row[name] if name == "day_utc" else exact(row[name]) for row in rows]
        for name in LABELS
    }
    return pd.DataFrame(columns).assign(
        status=[row["status"] for row in rows],
        why=["; ".join(each["text"] for each in row["causes"]) for row in rows],
    )


def _columns(currency: str) -> dict[str, Any]:
    column = st.column_config
    return {
        name: column.TextColumn(
            label if name == "day_utc" else f"{label}, {currency}",
            alignment="left" if name == "day_utc" else "right",
        )
        for name, label in LABELS.items()
    }


def closing_panel(report: Row) -> None:
    """Whether the month is frozen, what came after that, and what past days were corrected to."""
    currency, corrected = report["currency"], report["corrections"]
    with st.container(border=True, key="closing"):
        if report["closed"]:
            last = max(each["closed_at"] for each in report["closed"])
            heading(
                f"{report['month']} is closed since {moment(last)}",
                f"{plural(len(report['restatements']), 'restatement')} since then;"
                " a closed month never changes.",
            )
        else:
            heading(
                f"{report['month']} is not closed",
                f"'hve cost --close {report['month']}' freezes it when it is over.",
            )
        lines = [tag("li", _restated(each, currency)) for each in report["restatements"]]
        lines += [tag("li", _corrected(each, currency)) for each in corrected[:8]]
        if lines:
            st.html(tag("div", tag("ul", *lines), style="hve"))
        else:
            st.caption("No past day of this month was corrected.")


def _restated(each: Row, currency: str) -> str:
    whose = f" of {each['account']}" if each["account"] else ""
    was, then = money(each["closed"], currency), money(each["now"], currency)
    return f"{each['what'].capitalize()}{whose}: {then} instead of {was}"


def _corrected(each: Row, currency: str) -> str:
    return (
        f"{day(each['day_utc'])}, {each['account']}: {each['billable_after']} billable recipients"
        f" after {each['billable_before']} ({money(each['difference'], currency)})"
    )
