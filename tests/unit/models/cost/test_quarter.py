"""The quarter: what is spent is exact, the rest an estimate."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pandas as pd

from hve_monitor.document import encoded
from models.cost.report import quarter_cost
from models.forecast.projection import Estimate

PRICE = Decimal("0.000042")
ESTIMATE = Estimate(1000, 3000.0, (2500.0, 3500.0), (2000.0, 4000.0))


def spent(*costs: Decimal | None) -> pd.DataFrame:
    days = [date(2026, 9, 30), date(2026, 10, 1), date(2026, 12, 31), date(2027, 1, 1)]
    return pd.DataFrame({"day": days, "cost": pd.Series(costs, dtype=object)})


def test_the_quarter_holds_its_days_and_no_others() -> None:
    one = Decimal("0.01")
    quarter = encoded(quarter_cost(spent(one, one, one, one), ESTIMATE, PRICE, date(2026, 11, 1)))
    assert quarter["quarter"] == "2026-Q4"
    assert quarter["cost"] == "0.02"
    assert quarter["quarter_end"] == "0.104"
    assert quarter["p80"] == ["0.083", "0.125"]


def test_a_missing_price_leaves_the_quarter_unknown() -> None:
    quarter = encoded(
        quarter_cost(spent(None, None, None, None), ESTIMATE, None, date(2026, 11, 1))
    )
    assert quarter["cost"] is quarter["quarter_end"] is quarter["p95"][0] is None
