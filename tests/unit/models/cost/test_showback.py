"""Sums over accounts, days, prices and payers are the same sum."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from hve_monitor.config import PriceOverride
from hve_monitor.document import encoded
from models.cost.daily import price_parts
from models.cost.showback import IncidentCost, by_cost_center, unit_economics
from models.reference.cost_centers import Center, Centers
from models.reference.prices import read_price_book

FIRST = date(2026, 11, 1)
ACCOUNTS = ("hr@contoso.com", "it@contoso.com", "old@contoso.com")
CENTERS = Centers({"hr@contoso.com": Center("HR", "Ada"), "it@contoso.com": Center("IT", "")})
prices = st.decimals(0, Decimal("0.001"), places=9)
sent = st.lists(
    st.tuples(st.sampled_from(ACCOUNTS), st.integers(0, 29), st.integers(0, 10**6)), max_size=40
)


@given(sent, st.lists(st.tuples(st.integers(0, 29), prices), max_size=4))
@settings(deadline=None)
def test_accounts_days_prices_and_payers_add_up_to_the_month(
    rows: list[tuple[str, int, int]], changes: list[tuple[int, Decimal]]
) -> None:
    overrides = [
        PriceOverride(effective_from=FIRST + timedelta(days=day), unit_price=price)
        for day, price in changes
    ]
    book = read_price_book().with_overrides(overrides)
    frame = pd.DataFrame(
        [
            (
                "contoso",
                account,
                FIRST + timedelta(days=day),
                1,
                count,
                (book.unit_price(FIRST + timedelta(days=day), "USD") or 0) * count,
            )
            for account, day, count in rows
        ],
        columns=["tenant", "account", "day", "messages", "recipients", "cost"],
    ).astype({"cost": object})
    total = sum(frame["cost"], Decimal(0))
    parts = encoded(price_parts(frame, book, "USD", FIRST))
    assert sum(Decimal(part["cost"]) for part in parts) == total
    assert sum(part["billable_recipients"] for part in parts) == sum(frame["recipients"])
    assert parts[0]["from"] == "2026-11-01"
    assert parts[-1]["to"] == "2026-11-30"
    centers = encoded(by_cost_center(frame, CENTERS, {}))
    assert sum(Decimal(row["cost"]) for row in centers) == total
    assert encoded(unit_economics(frame, {}))["messages"] == len(rows)


def test_a_day_without_a_price_makes_the_sum_unknown() -> None:
    frame = pd.DataFrame(
        {
            "account": ["hr@contoso.com"] * 2,
            "messages": [1, 1],
            "recipients": [5, 5],
            "cost": pd.Series([Decimal(1), None], dtype=object),
        }
    )
    (row,) = encoded(by_cost_center(frame, CENTERS, {}))
    assert row["cost"] is row["cost_per_message"] is None


def test_incidents_are_counted_at_their_payer() -> None:
    frame = pd.DataFrame(columns=["account", "messages", "recipients", "cost"])
    (row,) = encoded(
        by_cost_center(frame, CENTERS, {"it@contoso.com": IncidentCost(4_890, Decimal("0.20538"))})
    )
    assert (row["cost_center"], row["incident_recipients"]) == ("IT", 4_890)
    assert (row["incident_cost"], row["cost_per_message"]) == ("0.20538", None)
    assert (
        encoded(unit_economics(frame, {"it@contoso.com": IncidentCost(7, Decimal(1))}))[
            "incident_cost"
        ]
        == "1"
    )
