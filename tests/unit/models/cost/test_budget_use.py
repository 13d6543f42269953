"""Budgets in their period: used, expected, and the days on which parts are passed."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.cost.budget_use import budget_status
from models.cost.budgets import BudgetLine
from models.cost.documents import BudgetStatus
from models.cost.outlook import CostOutlook
from tests.unit.models.cost.spent_days import HR, IT, PRICE, TODAY, days, outlook, spent, unread

DAY = timedelta(days=1)
JUNE = date(2026, 6, 1)
STEADY = days(HR, JUNE, 177, 100)  # until yesterday: 0.0042 a day


def status(
    seen: CostOutlook,
    amount: str,
    period: str = "month",
    day: date = TODAY,
    accounts: frozenset[str] | None = None,
) -> BudgetStatus:
    return budget_status(seen, BudgetLine("b", Decimal(amount), period, (0.5, 1.0), accounts), day)


@pytest.mark.parametrize(
    ("period", "first", "last", "sent"),
    [
        ("month", date(2026, 11, 1), date(2026, 11, 30), 24),
        ("quarter", date(2026, 10, 1), date(2026, 12, 31), 55),
        ("year", date(2026, 1, 1), date(2026, 12, 31), 177),
    ],
)
def test_a_budget_expects_what_its_whole_period_will_cost(
    period: str, first: date, last: date, sent: int
) -> None:
    seen = outlook(spent(STEADY))
    budget = status(seen, "100", period)
    left = (last - TODAY).days + 1
    assert (budget.first, budget.last) == (first, last)
    assert budget.used == sent * 100 * PRICE
    assert budget.expected == pytest.approx((sent + left) * 100 * PRICE)
    assert budget.expected == seen.period(first, last).projected.end


def test_the_day_of_passing_is_where_the_projection_reaches_the_amount() -> None:
    seen = outlook(spent(STEADY))
    reached = status(seen, str(27 * 100 * PRICE))
    assert reached.passed_on is None
    assert reached.passes_on_expected == date(2026, 11, 27)
    assert status(seen, str(24 * 100 * PRICE)).passed_on == date(2026, 11, 24)
    assert status(seen, "1").passes_on_expected is None


def test_another_month_has_its_own_budget() -> None:
    seen = outlook(spent(STEADY))
    october = status(seen, str(20 * 100 * PRICE), day=date(2026, 10, 1))
    assert (october.first, october.used) == (date(2026, 10, 1), 31 * 100 * PRICE)
    assert october.passed_on == date(2026, 10, 20)
    december = status(seen, str(20 * 100 * PRICE), day=date(2026, 12, 1))
    assert (december.used, december.passes_on_expected) == (0, date(2026, 12, 20))


def test_recipients_without_a_status_may_have_passed_it() -> None:
    seen = outlook(spent(days(HR, JUNE, 177, 10, 90)))
    budget = status(seen, str(1000 * PRICE))
    assert (budget.used, budget.unknown_recipients) == (240 * PRICE, 24 * 90)
    assert budget.range == (240 * PRICE, 2400 * PRICE)
    assert (budget.passed_on, budget.passes_on_expected) == (None, None)
    assert budget.may_be_passed
    assert budget.p80_from == TODAY


def test_without_any_status_the_use_is_unknown() -> None:
    seen = outlook(spent([(HR, JUNE + n * DAY, None, 100) for n in range(177)]))
    budget = status(seen, "1")
    assert budget.used is budget.used_ratio is budget.expected is None
    assert budget.range == (0, 2400 * PRICE)
    assert budget.thresholds_passed == []
    assert not budget.may_be_passed


def test_four_unread_days_into_a_month_the_use_is_unknown_and_the_end_expected() -> None:
    now = datetime.fromisoformat("2026-12-04T00:00Z")
    missing = unread([HR], [TODAY + n * DAY for n in range(10)])
    budget = status(outlook(spent(STEADY), missing, now=now), "0.05", day=now.date())
    assert budget.used is budget.used_ratio is None
    assert budget.expected == pytest.approx(31 * 100 * PRICE)
    assert budget.passes_on_expected == date(2026, 12, 12)  # 12 × 0.0042 are 0.0504


def test_a_budget_of_accounts_knows_no_others() -> None:
    rows = [*STEADY, *days(IT, JUNE, 177, 7)]
    budget = status(outlook(spent(rows)), "1", accounts=frozenset({IT}))
    assert budget.used == 24 * 7 * PRICE
    assert not budget.covers_all
    assert status(outlook(spent(rows)), "1", accounts=frozenset({IT, HR})).covers_all


@given(
    counts=st.lists(st.integers(0, 10**6), min_size=1, max_size=90),
    unknown=st.integers(0, 1000),
    amount=st.decimals(Decimal("0.001"), 1000, places=3),
    period=st.sampled_from(["month", "quarter", "year"]),
)
@settings(deadline=None, max_examples=30)
@pytest.mark.property
def test_the_soonest_day_is_never_after_the_expected_one(
    counts: list[int], unknown: int, amount: Decimal, period: str
) -> None:
    begin = TODAY - len(counts) * DAY
    rows = [(HR, begin + n * DAY, count, unknown) for n, count in enumerate(counts)]
    budget = status(outlook(spent(rows)), str(amount), period)
    for part in (budget, *budget.thresholds):
        known = [day for day in (part.p80_from, part.passes_on_expected, part.p80_to) if day]
        assert known == sorted(known)
        if part.passes_on_expected:
            assert part.p80_from is not None
    is_reached = budget.expected is not None and budget.expected >= amount
    assert is_reached == (budget.passing_day is not None)


def test_an_amount_that_unread_days_would_reach_is_not_passed_in_the_past() -> None:
    october = days(HR, date(2026, 10, 1), 31, 100)
    november = days(HR, date(2026, 11, 10), 15, 100)
    gap = unread([HR], [date(2026, 11, day) for day in range(1, 10)])
    seen = outlook(spent([*october, *november]), gap)
    budget = status(seen, str(18 * 100 * PRICE))
    assert budget.passed_on is None
    assert budget.passes_on_expected == budget.p80_from == TODAY
    half = budget.thresholds[0].passed_on
    assert half is not None
    assert half < TODAY
