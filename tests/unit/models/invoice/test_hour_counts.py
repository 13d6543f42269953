"""Hours summed to billing days, exactly and for searching."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from models.invoice.hour_counts import STATUSES, hour_counts

FIRST = date(2026, 11, 1)


def price_of(day: date) -> Decimal:
    """A price change in the middle of the month."""
    return Decimal("0.000042") if day < date(2026, 11, 3) else Decimal("0.00003")


@given(st.lists(st.tuples(st.integers(0, 119), st.integers(0, 10**6))), st.integers(-12, 12))
@settings(deadline=None)
def test_billing_days_add_up_to_the_hours(sent: list[tuple[int, int]], starts: int) -> None:
    start = datetime(2026, 11, 1, tzinfo=UTC)
    rows = [
        (start + timedelta(hours=hour), dict.fromkeys(STATUSES, 0) | {"delivered": count})
        for hour, count in sent
    ]
    counts_by_hour = hour_counts(rows, FIRST, date(2026, 11, 5))
    assert sum(counts_by_hour.recipients(("delivered",), starts).values()) == sum(
        n for _, n in sent
    )
    exact = counts_by_hour.exact_costs(("delivered",), starts, price_of)
    total = sum(price_of((start + timedelta(hours=hour)).date()) * n for hour, n in sent)
    assert sum(exact.values()) == total
    searched = counts_by_hour.by_billing_day(
        counts_by_hour.hourly_cost(("delivered",), price_of), starts
    )
    for day, cost in exact.items():
        assert abs(searched.get(day, 0.0) - float(cost)) < 1e-9


def test_hours_outside_are_left_out() -> None:
    hour = datetime(2026, 10, 31, 23, tzinfo=UTC), dict.fromkeys(STATUSES, 7)
    counts_by_hour = hour_counts([hour], FIRST, FIRST)
    assert counts_by_hour.of(("delivered",)).sum() == 0


def test_a_billing_day_that_begins_later_takes_the_first_hours_of_the_next() -> None:
    at = datetime(2026, 11, 2, 3, tzinfo=UTC)
    counts_by_hour = hour_counts([(at, dict.fromkeys(STATUSES, 7))], FIRST, date(2026, 11, 3))
    assert counts_by_hour.recipients(("delivered",), 8)[FIRST] == 7
    assert counts_by_hour.recipients(("delivered",), -1)[date(2026, 11, 2)] == 7
    late = datetime(2026, 11, 2, 23, tzinfo=UTC)
    counts_by_hour = hour_counts([(late, dict.fromkeys(STATUSES, 7))], FIRST, date(2026, 11, 3))
    assert counts_by_hour.recipients(("delivered",), -1)[date(2026, 11, 3)] == 7
