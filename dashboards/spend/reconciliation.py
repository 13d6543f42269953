"""Estimates beside what Azure charged, why they differ, and whether the month is closed."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboards.charts.cost import charged_chart
from dashboards.parts.amounts import day, exact, moment, money, plural
from dashboards.parts.figure import Columns, amount_column, behind, heading
from dashboards.parts.markup import block, literal, tag
from dashboards.parts.palette import palette
from dashboards.parts.spec import draw
from models.cost.documents import CostReport, Restatement
from models.invoice.documents import DayReconciliation
from models.usage.corrections import Correction

MOST = 8  # corrections that are listed
AMOUNTS = {
    "estimated": "Estimated",
    "expected": "Expected",
    "invoiced": "Invoiced",
    "credit": "Credit",
    "residual": "Unexplained",
}


def reconciliation_panel(report: CostReport) -> None:
    """Draws the panel of the report's month."""
    with st.container(border=True, key="reconciliation"):
        rows = report.reconciliation
        if not rows:
            heading(
                "Not reconciled with Azure yet",
                "No Azure cost rows were read; what the subscription was charged is unknown here.",
            )
            return
        odd = sum(row.status == "unexplained" for row in rows)
        heading(
            f"{plural(odd, 'day')} of {len(rows)} {'is' if odd == 1 else 'are'} not explained"
            if odd
            else f"Every one of {plural(len(rows), 'day')} is explained",
            "Estimated from traces beside what Azure charged; expected is what the price, the day"
            " boundary and the rounding found in its amounts make of the traces.",
        )
        draw(
            charged_chart(_positions(rows), report.currency, palette()),
            f"Estimated and invoiced {report.currency} per UTC day of {report.month}.",
        )
        for month in report.reconciliation_months:
            st.markdown("\n".join(f"- {literal(finding.text)}" for finding in month.findings))
        behind("Day by day", report.month, _table(rows), _columns(report.currency))


def _positions(rows: Sequence[DayReconciliation]) -> pd.DataFrame:
    """Places on the chart; a day that Azure has not charged yet has no mark, and no 0."""
    marks = [
        (row.day_utc, name, float(amount), exact(amount), row.status)
        for row in rows
        for name, amount in (
            ("estimated", row.estimated),
            ("expected", row.expected),
            ("invoiced", row.invoiced),
        )
        if amount is not None
    ]
    frame = pd.DataFrame(marks, columns=["day", "what", "position", "amount", "status"])
    return frame.assign(day=pd.to_datetime(frame["day"], utc=True))


def _table(rows: Sequence[DayReconciliation]) -> pd.DataFrame:
    amounts = {name: [exact(getattr(row, name)) for row in rows] for name in AMOUNTS}
    return pd.DataFrame(
        {
            "day_utc": [str(row.day_utc) for row in rows],
            **amounts,
            "status": [row.status for row in rows],
            "why": ["; ".join(cause.text for cause in row.causes) for row in rows],
        }
    )


def _columns(currency: str) -> Columns:
    amounts = {name: amount_column(f"{label}, {currency}") for name, label in AMOUNTS.items()}
    return {"day_utc": st.column_config.TextColumn("Day (UTC)"), **amounts}


def closing_panel(report: CostReport) -> None:
    """Whether the month is frozen, what came after that, and what past days were corrected to."""
    currency = report.currency
    with st.container(border=True, key="closing"):
        if report.closed:
            last = max(closed.closed_at for closed in report.closed)
            heading(
                f"{report.month} is closed since {moment(last)}",
                f"{plural(len(report.restatements), 'restatement')} since then;"
                " a closed month never changes.",
            )
        else:
            heading(
                f"{report.month} is not closed",
                f"'hve cost --close {report.month}' freezes it when it is over.",
            )
        lines = [tag("li", _restated(change, currency)) for change in report.restatements]
        lines += [
            tag("li", _corrected(correction, currency)) for correction in report.corrections[:MOST]
        ]
        if lines:
            block(tag("ul", *lines))
        else:
            st.caption("No past day of this month was corrected.")


def _restated(change: Restatement, currency: str) -> str:
    whose = f" of {change.account}" if change.account else ""
    before, after = money(change.closed, currency), money(change.now, currency)
    return f"{change.what.capitalize()}{whose}: {after} instead of {before}"


def _corrected(correction: Correction, currency: str) -> str:
    return (
        f"{day(correction.day_utc)}, {correction.account}: {correction.billable_after} billable"
        f" recipients after {correction.billable_before}"
        f" ({money(correction.cost_change, currency)})"
    )
