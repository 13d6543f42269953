"""What the quarter of a month costs: so far, and at its end."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd

from hve_monitor.document import plain
from models.forecast.projection import Estimate
from models.money import times
from models.periods import period_of


def quarter_report(
    spent: pd.DataFrame, estimate: Estimate, price: Decimal | None, first: date
) -> dict[str, Any]:
    """The quarter that holds the month: what is spent stays exact, only the rest is an estimate.

    spent: day, cost (Decimal, None where a price is missing).
    JSON: quarter (YYYY-Qn), cost (so far), quarter_end, p80, p95; null where a price is missing.
    """
    begin, end = period_of(first, "quarter")
    costs = spent[(spent["day"] >= begin) & (spent["day"] <= end)]["cost"].tolist()
    so_far = None if any(cost is None for cost in costs) else sum(costs, Decimal(0))

    def money(recipients: float) -> str | None:
        rest = times(price, max(0.0, recipients - estimate.actual))
        return None if rest is None or so_far is None else plain(so_far + rest)

    return {
        "quarter": f"{begin.year}-Q{(begin.month + 2) // 3}",
        "cost": plain(so_far),
        "quarter_end": money(estimate.month_end),
        "p80": [money(bound) for bound in estimate.p80],
        "p95": [money(bound) for bound in estimate.p95],
    }
