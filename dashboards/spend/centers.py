"""Who causes the cost: cost centers, what one message costs, and what incidents added."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards.parts.amounts import count, exact, money, plural
from dashboards.parts.figure import Columns, amount_column, heading, listing
from dashboards.parts.markup import Markup, block, facts
from models.cost.documents import CostReport

NOBODY = "no cost center"


def center_panel(report: CostReport) -> None:
    """One row per cost center, beside its share of Azure's invoice."""
    rows, currency = report.by_cost_center, report.currency
    with st.container(border=True, height="stretch", key="centers"):
        if not rows:
            heading("Nobody caused cost in this month", "Nothing billable is known.")
            return
        first = rows[0]
        heading(
            f"{first.cost_center} pays most: {money(first.cost, currency)}"
            if any(row.cost_center for row in rows)
            else "No cost center is named",
            f"Estimated {currency} by cost center; cost_centers.csv or [[cost_centers]] in hve.toml"
            " says who pays for which account.",
        )
        listing(_table(report), _columns(currency))
        block(*_unit(report))


def _table(report: CostReport) -> pd.DataFrame:
    rows, shares = report.by_cost_center, report.invoice.shares() if report.invoice else {}
    invoiced = {center: share.amount for center, share in shares.items()}
    return pd.DataFrame(
        {
            "center": [row.cost_center or NOBODY for row in rows],
            "accounts": [len(row.accounts) for row in rows],
            "billable": [row.billable_recipients for row in rows],
            "cost": [exact(row.cost) for row in rows],
            "invoiced": [exact(invoiced.get(row.cost_center)) for row in rows],
            "incidents": [exact(row.incident_cost) for row in rows],
        }
    )


def _columns(currency: str) -> Columns:
    column = st.column_config
    return {
        "center": column.TextColumn("Cost center"),
        "accounts": column.NumberColumn("Accounts"),
        "billable": column.NumberColumn("Billable recipients", format="localized"),
        "cost": amount_column(f"Estimated, {currency}"),
        "invoiced": amount_column(f"Invoiced, {currency}"),
        "incidents": amount_column(f"Of it by incidents, {currency}"),
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
    return [facts(values)]
