"""How earlier projections of this store met what came."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st
from msgspec.structs import asdict

from dashboards.parts.amounts import percent
from dashboards.parts.figure import Columns, heading, listing
from dashboards.session import readings
from dashboards.session.view import View
from hve_monitor.plural import plural
from models.forecast.backtest import Backtest, BacktestRow


def backtest_panel(view: View) -> None:
    """One row per day of the period that was looked at from, for the total and for accounts."""
    past = readings.backtest(view)
    with st.container(border=True, key="backtest"):
        if past.unavailable:
            heading("How good is the projection?", f"Not known yet: {past.unavailable}.")
            return
        heading(_finding(past.rows), _detail(past))
        listing(_table(past.rows), _columns(), name="errors of earlier projections")


def _finding(rows: Sequence[BacktestRow]) -> str:
    total = next(row for row in rows if row.scope == "total")
    ours, plain = percent(total.projection_error), percent(total.run_rate_error)
    return f"Seen from its first day, a month was off by {ours} on average (run rate: {plain})"


def _detail(past: Backtest) -> str:
    return (
        f"{plural(len(past.periods), 'period')} of {past.period_days} days since"
        f" {past.periods[0]}, each seen from the day named with nothing later known. Errors"
        " are mean absolute percentages; the run rate is what came so far, straight on."
    )


def _table(rows: Sequence[BacktestRow]) -> pd.DataFrame:
    frame = pd.DataFrame(map(asdict, rows)).sort_values(["scope", "day"], ascending=[False, True])
    shares = ["projection_error", "run_rate_error", "inside_80", "inside_95"]
    frame[shares] = frame[shares] * 100.0
    frame["scope"] = frame["scope"].map(
        {"total": "all accounts together", "account": "one account"}
    )
    return frame[["scope", "day", "sums", *shares]]


def _columns() -> Columns:
    column = st.column_config
    percent = {
        "projection_error": "Off by",
        "run_rate_error": "Run rate off by",
        "inside_80": "Inside the 80 % range",
        "inside_95": "Inside the 95 % range",
    }
    return {
        "scope": column.TextColumn("Month of"),
        "day": column.NumberColumn("Seen from day"),
        "sums": column.NumberColumn("Months"),
        **{name: column.NumberColumn(label, format="%.1f %%") for name, label in percent.items()},
    }
