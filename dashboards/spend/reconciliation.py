"""Estimates beside what Azure charged, why they differ, and whether the month is closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import pandas as pd
import streamlit as st

from dashboards.charts.cost import bridge_chart
from dashboards.parts.amounts import count, day, exact, moment, money
from dashboards.parts.figure import Columns, amount_column, behind, heading, listing
from dashboards.parts.markup import block, literal, tag
from dashboards.parts.palette import palette
from dashboards.parts.spec import draw
from dashboards.session import readings
from dashboards.session.view import View
from hve_monitor.plural import plural
from models.cost.documents import CostReport, Restatement
from models.invoice.documents import DayReconciliation, InvoiceBridge
from models.usage.corrections import Correction

MOST = 8  # corrections that are listed
STEPS = {
    "estimate": "Estimate",
    "price": "Price and billing day",
    "not_posted": "Not posted yet",
    "credit": "Credit",
    "unexplained": "Unexplained",
    "invoice": "Invoice",
}
AMOUNTS = {
    "estimated": "Estimated",
    "expected": "Expected",
    "invoiced": "Invoiced",
    "credit": "Credit",
    "residual": "Unexplained",
}


def reconciliation_panel(view: View, report: CostReport) -> None:
    """Draws the panel of the report's month, its way to the invoice beside that of a closed one."""
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
            "From the estimate of the traces to what Azure charged; expected is what the price, the"
            " day boundary and the rounding found in its amounts make of the traces.",
        )
        _bridges(view, report)
        for month in report.reconciliation_months:
            st.markdown("\n".join(f"- {literal(finding.text)}" for finding in month.findings))
        behind("Day by day", report.month, _table(rows), _columns(report.currency))


def _bridges(view: View, report: CostReport) -> None:
    """The month beside the newest closed one before it: only a month that is over is whole."""
    before = readings.cost(view, readings.month_beside(view, report.month))
    known = [month for month in (report, before) if month.invoice_bridge is not None]
    for place, month in zip(st.columns(max(len(known), 1)), known, strict=False):
        if month.invoice_bridge is not None:
            with place:
                _bridge(month.month, month.invoice_bridge, state_words(month, view.now))


def state_words(report: CostReport, now: datetime) -> str:
    """Whether more of the month can still come."""
    if report.month == f"{now:%Y-%m}":
        return "Running: what is not posted yet is still to come."
    if not report.closed:
        return "Over, not closed."
    return f"Closed since {moment(max(closed.closed_at for closed in report.closed))}."


def _bridge(month: str, bridge: InvoiceBridge, state: str) -> None:
    """The steps as a chart, and as lines that add up to the invoice exactly."""
    steps = bridge_steps(bridge)
    invoiced = money(bridge.steps[-1].amount, bridge.currency)
    heading(f"{month}: {invoiced} invoiced", state)
    draw(
        bridge_chart(steps, bridge.currency, palette()),
        "; ".join(f"{step.label} {step.amount}" for step in steps.itertuples()),
        name=f"invoice of {month}",
    )
    listing(
        steps[["label", "amount"]],
        {
            "label": st.column_config.TextColumn("Step"),
            "amount": amount_column(bridge.currency),
        },
        name=f"from the estimate to the invoice of {month}",
    )


def bridge_steps(bridge: InvoiceBridge) -> pd.DataFrame:
    """label, begin and end (floats), amount (text with its sign), is_sum; the invoice is last."""
    rows, total = [], Decimal(0)
    for step in bridge.steps:
        is_sum = step.step in ("estimate", "invoice")
        begin = Decimal(0) if is_sum else total
        total = step.amount if is_sum else total + step.amount
        sign = "" if is_sum or step.amount <= 0 else "+"
        rows.append(
            (STEPS[step.step], float(begin), float(total), f"{sign}{exact(step.amount)}", is_sum)
        )
    return pd.DataFrame(rows, columns=["label", "begin", "end", "amount", "is_sum"])


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
                "When it is over, the command of hve that closes months freezes it.",
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
    after, before = count(correction.billable_after), count(correction.billable_before)
    return (
        f"{day(correction.day_utc)}, {correction.account}: {after} billable"
        f" recipients after {before}"
        f" ({money(correction.cost_change, currency)})"
    )
