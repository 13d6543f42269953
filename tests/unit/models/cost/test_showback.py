"""Sums over accounts, days, prices and payers are the same sum."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from hve_monitor.config import PriceOverride
from hve_monitor.document import encoded
from models.cost.daily import price_parts
from models.cost.known import CountedMonth
from models.cost.showback import IncidentCost, by_cost_center, unit_economics
from models.reference.cost_centers import Center, Centers
from models.reference.prices import Price, PriceBook, read_price_book
from tests.unit.models.cost.spent_days import HR, PRICE, month, spent, unread

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)
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
    frame = spent(
        [(account, FIRST + timedelta(days=day), count, 0) for account, day, count in rows],
        prices=book,
    )
    november = month(frame, FIRST, LAST)
    total = sum(frame["cost"], Decimal(0))
    parts = encoded(price_parts(november, book, "USD"))
    assert sum(Decimal(part["cost"]) for part in parts) == total
    assert sum(part["billable_recipients"] for part in parts) == sum(frame["recipients"])
    assert parts[0]["from"] == "2026-11-01"
    assert parts[-1]["to"] == "2026-11-30"
    centers = encoded(by_cost_center(november, CENTERS, {}))
    assert sum(Decimal(row["cost"]) for row in centers) == total
    assert encoded(unit_economics(november, {}))["messages"] == len(rows)


def test_a_day_without_a_price_makes_the_sum_unknown() -> None:
    since = PriceBook((Price(date(2026, 11, 2), "USD", Decimal(1)),))
    rows = [("hr@contoso.com", FIRST + timedelta(days=day), 5, 0) for day in (0, 1)]
    (row,) = encoded(by_cost_center(month(spent(rows, prices=since), FIRST, LAST), CENTERS, {}))
    assert row["cost"] is row["cost_per_message"] is None


def test_incidents_are_counted_at_their_payer() -> None:
    nothing = month(spent([]), FIRST, LAST)
    (row,) = encoded(
        by_cost_center(
            nothing, CENTERS, {"it@contoso.com": IncidentCost(4_890, Decimal("0.20538"))}
        )
    )
    assert (row["cost_center"], row["incident_recipients"]) == ("IT", 4_890)
    assert (row["incident_cost"], row["cost_per_message"]) == ("0.20538", None)
    incidents = {"it@contoso.com": IncidentCost(7, Decimal(1))}
    assert encoded(unit_economics(nothing, incidents))["incident_cost"] == "1"


def test_without_any_status_centers_say_messages_and_a_range() -> None:
    rows = [("hr@contoso.com", FIRST + timedelta(days=day), None, 40) for day in range(10)]
    (row,) = by_cost_center(month(spent(rows), FIRST, LAST), CENTERS, {HR: IncidentCost(5, None)})
    assert (row.cost_center, row.messages, row.unknown_recipients) == ("HR", 10, 400)
    assert row.billable_recipients is row.cost is row.incident_cost is None
    assert row.range == (0, 400 * PRICE)


def test_mixed_statuses_keep_their_range_at_the_payer() -> None:
    rows = [("hr@contoso.com", FIRST + timedelta(days=day), 4, 60) for day in range(10)]
    november = month(spent(rows), FIRST, LAST)
    (row,) = by_cost_center(november, CENTERS, {})
    assert (row.billable_recipients, row.unknown_recipients) == (40, 600)
    assert row.range == (40 * PRICE, 640 * PRICE)
    assert row.cost_per_message is None
    assert unit_economics(november, {}).range == row.range


def test_a_center_of_which_nothing_was_read_stays_in_the_list() -> None:
    days = [FIRST + timedelta(days=day) for day in range(30)]
    silent = CountedMonth(
        spent([]), unread([HR], days), FIRST, LAST, frozenset({HR, "old@contoso.com"})
    )
    (row,) = by_cost_center(silent, CENTERS, {})
    assert (row.cost_center, row.cost, row.messages, row.unread_days) == ("HR", None, None, 30)
    assert row.range == (None, None)
