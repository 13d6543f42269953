"""A month is judged before its days, and an invoice is cut whatever its scopes are."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from hve_monitor.document import encoded
from models.invoice.report import invoice, month_rows
from models.reference.cost_centers import Center, Centers
from tests.unit.models.invoice.test_ledger import PRICE, changed, hours, one, rows, uneven

OCTOBER = date(2026, 10, 1)
CENTERS = Centers({"a@contoso.com": Center("A", ""), "b@contoso.com": Center("B", "")})
USAGE = hours(uneven)
extras = st.decimals(Decimal("-0.01"), Decimal("0.5"), places=6)


def month(weights: list[int]) -> pd.DataFrame:
    """Accounts a, b and c with so many recipients."""
    return pd.DataFrame(
        {
            "tenant": "contoso",
            "account": [f"{name}@contoso.com" for name in "abc"],
            "recipients": weights,
            "cost": pd.Series([PRICE * weight for weight in weights], dtype=object),
        }
    )


@given(
    st.lists(st.integers(0, 10**6), min_size=3, max_size=3),
    st.dictionaries(st.integers(0, 30), extras, max_size=6),
)
@settings(deadline=None, max_examples=40)
def test_lines_add_up_to_the_invoice_whatever_is_in_it(
    weights: list[int], differences: dict[int, Decimal]
) -> None:
    charged = rows(USAGE)
    for day, amount in differences.items():
        charged = changed(charged, OCTOBER + timedelta(days=day), amount)
    ledger = one(USAGE, charged)
    cut = encoded(invoice([ledger], OCTOBER, month(weights), CENTERS, "USD"))
    assert cut is not None
    total = Decimal(cut["invoiced"])
    assert total == sum(row.amount for row in charged if row.day.month == 10)
    lines = sum(Decimal(line["amount"]) for line in cut["by_account"])
    assert lines + Decimal(cut["residual"]) == total
    booked = sum(Decimal(line["booked"]) for line in cut["by_cost_center"])
    assert abs(booked - total) <= Decimal("0.005")


def test_an_invoice_in_another_currency_is_another_one() -> None:
    ledger = one(USAGE, rows(USAGE))
    assert encoded(invoice([ledger], OCTOBER, month([1, 2, 3]), CENTERS, "EUR")) is None


def test_days_that_make_each_other_good_leave_the_month_matched() -> None:
    day = date(2026, 10, 20)
    moved = changed(changed(rows(USAGE), day, -3 * PRICE), day + timedelta(days=1), 3 * PRICE)
    (whole,) = encoded(month_rows([one(USAGE, moved)], OCTOBER))
    assert (whole["status"], whole["residual"]) == ("matched", "0")
    (short,) = encoded(month_rows([one(USAGE, changed(rows(USAGE), day, -3 * PRICE))], OCTOBER))
    assert short["status"] == "unexplained"
