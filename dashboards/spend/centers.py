"""Who causes the cost: cost centers, what one message costs, and what incidents added."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboards.parts.amounts import NOT_APPLYING, count, exact, money
from dashboards.parts.figure import Columns, amount_column, heading, listing
from dashboards.parts.known_words import at_least, lacking
from dashboards.parts.markup import Markup, block, facts
from hve_monitor.plural import plural
from models.cost.documents import CenterCost, CostReport, UnitEconomics
from models.invoice.documents import InvoicedMonth

NOBODY = "no cost center"


def center_panel(report: CostReport) -> None:
    """One row per cost center, beside its share of Azure's invoice."""
    rows, currency = report.by_cost_center, report.currency
    with st.container(border=True, height="stretch", key="centers"):
        if not rows:
            heading(_nobody(report.unit_economics))
            return
        heading(
            _finding(rows, currency),
            f"Estimated {currency} by cost center; cost_centers.csv or [[cost_centers]] in hve.toml"
            " says who pays for which account.",
        )
        listing(center_table(report), _columns(currency), name=f"cost centers of {report.month}")
        block(*_unit(report))


def _nobody(unit: UnitEconomics) -> str:
    """What is said without a row: that there was nothing, where everything was read."""
    if unit.cost is None or unit.unread_days:
        return "Who caused cost in this month is unknown: not all of it was read"
    return "Nobody caused cost in this month"


def _finding(rows: Sequence[CenterCost], currency: str) -> str:
    first = rows[0]
    if not any(row.cost_center for row in rows):
        return "No cost center is named"
    others = [row.range[1] for row in rows[1:] if row.cost_center]
    least = first.range[0]
    if first.cost is None or least is None or any(end is None or end > least for end in others):
        return "Which cost center pays most is unknown"
    return (
        f"{first.cost_center or NOBODY} pays most: {at_least(money(first.cost, currency), first)}"
    )


def center_table(report: CostReport) -> pd.DataFrame:
    """A row per center; beside an invoice its other lines and the total, so that it adds up."""
    rows, invoice = report.by_cost_center, report.invoice
    shares = invoice.shares() if invoice else {}
    frame = pd.DataFrame(
        {
            "center": [row.cost_center or NOBODY for row in rows],
            "accounts": pd.array([len(row.accounts) for row in rows], dtype="Int64"),
            "billable": pd.array([row.billable_recipients for row in rows], dtype="Int64"),
            "cost": [at_least(exact(row.cost), row) for row in rows],
            "most": [exact(row.range[1]) for row in rows],
            "invoiced": [
                exact(shares[row.cost_center].amount if row.cost_center in shares else None)
                for row in rows
            ],
            "incidents": [exact(row.incident_cost) for row in rows],
        }
    )
    if not any(row.unknown_recipients for row in rows):
        frame = frame.drop(columns="most")
    if invoice is None:
        return frame
    others = _other_lines(report, invoice)[list(frame)]
    return pd.concat([frame.astype(object), others.astype(object)], ignore_index=True)


def _other_lines(report: CostReport, invoice: InvoicedMonth) -> pd.DataFrame:
    """Shares of centers that have no estimate, credit, what is unexplained, and the total."""
    unit, estimated = report.unit_economics, {row.cost_center for row in report.by_cost_center}
    others = {
        center or NOBODY: share.amount
        for center, share in invoice.shares().items()
        if center not in estimated
    }
    lines = others | {"credit": invoice.credits, "not allocated": invoice.unexplained}
    frame = pd.DataFrame(
        {
            "center": [*lines, "total"],
            "invoiced": [*map(exact, lines.values()), exact(invoice.invoiced)],
        }
    )
    total = {
        "accounts": sum(len(row.accounts) for row in report.by_cost_center),
        "cost": at_least(exact(unit.cost), unit),
        "most": exact(unit.range[1]),
        "billable": unit.billable_recipients,
        "incidents": exact(unit.incident_cost),
    }
    for name, value in total.items():
        frame[name] = pd.Series([*([NOT_APPLYING] * len(lines)), value], dtype="object")
    return frame


def _columns(currency: str) -> Columns:
    column = st.column_config
    return {
        "center": column.TextColumn("Cost center"),
        "accounts": column.NumberColumn("Accounts"),
        "billable": column.NumberColumn("Billable recipients", format="localized"),
        "cost": amount_column(f"Estimated, {currency}"),
        "most": amount_column(f"At most, {currency}"),
        "invoiced": amount_column(f"Invoiced, {currency}"),
        "incidents": amount_column(f"Caused by incidents, {currency}"),
    }


def _unit(report: CostReport) -> list[Markup]:
    unit, currency = report.unit_economics, report.currency
    values = {
        "One message": money(unit.cost_per_message, currency),
        "1,000 recipients": money(unit.cost_per_1000_recipients, currency),
        "Incidents added": f"{money(unit.incident_cost, currency)} for"
        f" {plural(unit.incident_recipients, 'recipient')}",
        "Messages": count(unit.messages),
    }
    if missing := lacking(unit, currency):
        values["Not known"] = missing
    return [facts(values)]
