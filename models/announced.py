"""What was sent in the window of a plan, for the list of plans."""

from __future__ import annotations

from datetime import datetime

import duckdb

from models.runner import query
from warehouse.plans import Plan


def actual_recipients(
    connection: duckdb.DuckDBPyConnection, plan: Plan, now: datetime
) -> int | None:
    """Recipients of the plan's accounts in the hours of its window; None before it begins."""
    if plan.start > now:
        return None
    parameters = {
        "tenant": plan.tenant,
        "accounts": list(plan.accounts) or None,
        "since": plan.start,
        "until": min(plan.end, now),
    }
    rows = connection.execute(query("planned_recipients"), parameters).fetchall()
    return int(rows[0][0])
