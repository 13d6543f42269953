"""Periods so far and at their end: known parts, days that were not read, and one projection."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.cost.budgets import BudgetLine
from models.cost.documents import Range
from models.cost.known import UnreadDays
from models.cost.outlook import AccountPeriod, CostOutlook, PeriodCost
from tests.unit.models.cost.spent_days import (
    HR,
    IT,
    PRICE,
    TODAY,
    days,
    outlook,
    spent,
    unread,
)

SEPTEMBER, NOVEMBER = date(2026, 9, 1), date(2026, 11, 1)
END = date(2026, 11, 30)
STEADY = days(HR, SEPTEMBER, 85, 100)  # until yesterday
DAY = timedelta(days=1)


def november(seen: CostOutlook) -> PeriodCost:
    return seen.period(NOVEMBER, END)


def test_a_period_is_what_is_counted_and_what_is_expected() -> None:
    period = november(outlook(spent(STEADY)))
    assert period.counted.cost == 24 * 100 * PRICE
    assert period.projected.end == pytest.approx(30 * 100 * PRICE)
    assert [day for day, _ in period.ahead or ()] == [TODAY + n * DAY for n in range(6)]


def test_the_quarter_holds_its_days_and_no_others() -> None:
    rows = [(HR, day, 100, 0) for day in (date(2026, 9, 30), date(2026, 10, 1))]
    period = outlook(spent(rows)).period(date(2026, 10, 1), date(2026, 12, 31))
    assert period.counted.billable_recipients == 100


def test_a_missing_price_leaves_everything_unknown() -> None:
    period = november(outlook(spent(STEADY, "XXX"), currency="XXX"))
    assert period.counted.billable_recipients == 2400
    assert period.counted.cost is period.projected.end is period.projected.p80[0] is None
    assert period.counted.range == (None, None)


@pytest.mark.parametrize("late", [1, 4, 30])
def test_days_that_were_not_read_are_expected_and_not_0(late: int) -> None:
    now = datetime.fromisoformat("2026-11-25T00:00Z") + late * DAY
    missing = unread([HR], [TODAY + n * DAY for n in range(late + 1)])
    then = outlook(spent(STEADY)).period(date(2026, 12, 1), date(2026, 12, 31))
    later = outlook(spent(STEADY), missing, now=now).period(date(2026, 12, 1), date(2026, 12, 31))
    assert later.projected.end == pytest.approx(then.projected.end, rel=Decimal("0.001"))


def test_a_month_of_which_nothing_was_read_yet_is_unknown_so_far() -> None:
    now = datetime.fromisoformat("2026-12-03T10:00Z")
    missing = unread([HR], [TODAY + n * DAY for n in range(9)])
    seen = outlook(spent(STEADY), missing, now=now)
    period = seen.period(date(2026, 12, 1), date(2026, 12, 31))
    assert period.counted.cost is None
    assert period.counted.range == (None, None)
    assert period.counted.unread_days == 3
    account = seen.by_account(date(2026, 12, 1), date(2026, 12, 31))[HR]
    assert account.counted == period.counted
    assert account.projected.end == period.projected.end


def test_what_is_known_of_a_month_that_was_read_in_part_is_its_least() -> None:
    missing = unread([HR], [date(2026, 11, 20)])
    rows = [row for row in STEADY if row[1] != date(2026, 11, 20)]
    period = november(outlook(spent(rows), missing))
    assert period.counted.cost == 23 * 100 * PRICE
    assert (period.counted.unread_days, period.counted.unknown_recipients) == (1, 0)
    assert period.counted.range == (23 * 100 * PRICE, 23 * 100 * PRICE)
    assert period.projected.end == pytest.approx(30 * 100 * PRICE)


def test_a_month_before_the_first_day_that_is_known_is_unknown() -> None:
    before = [date(2026, 7, 1) + n * DAY for n in range(62)]
    period = outlook(spent(STEADY), unread([HR], before)).period(
        date(2026, 7, 1), date(2026, 7, 31)
    )
    assert period.counted.cost is period.projected.end is None
    assert period.projected.reason == "nothing was read from 2026-07-01 to 2026-07-31"


def test_without_any_status_there_is_a_range_alone() -> None:
    rows = [(HR, day, None, 100) for _, day, _, _ in STEADY]
    period = november(outlook(spent(rows)))
    assert period.counted.cost is None
    assert period.counted.unknown_recipients == 2400
    assert period.counted.range == (0, 2400 * PRICE)
    assert period.projected.end is None
    assert period.projected.range == (0, pytest.approx(30 * 100 * PRICE))


def test_mixed_statuses_stand_in_a_range() -> None:
    period = november(outlook(spent(days(HR, SEPTEMBER, 85, 10, 90))))
    assert period.counted.cost == 240 * PRICE
    assert period.counted.range == (240 * PRICE, 2400 * PRICE)
    assert period.projected.end == pytest.approx(300 * PRICE)
    assert period.projected.range == (
        pytest.approx(300 * PRICE),
        pytest.approx(3000 * PRICE),
    )
    assert period.projected.p80[0] <= 300 * PRICE < 3000 * PRICE <= period.projected.p80[1]


def test_days_far_apart_project_nothing() -> None:
    paid = [date(2026, month, 25) for month in (8, 9, 10)]
    first = paid[0]
    missing = unread([HR], [first + n * DAY for n in range(93) if first + n * DAY not in paid])
    period = november(outlook(spent([(HR, day, 500, 0) for day in paid]), missing))
    assert period.projected.end is None
    assert period.projected.reason == "1 of the 28 days before 2026-10-26 are known"


def test_a_row_of_long_ago_costs_nothing() -> None:
    stray = [(HR, date(1, 1, 1), 10_000, 0), *STEADY]
    assert november(outlook(spent(stray))).projected == november(outlook(spent(STEADY))).projected


def test_one_account_has_the_range_of_the_total() -> None:
    rows = [(HR, SEPTEMBER + n * DAY, 50 + 17 * (n % 5), 0) for n in range(85)]
    seen = outlook(spent(rows))
    (account,) = seen.by_account(NOVEMBER, END).values()
    assert account.projected == november(seen).projected


def test_every_account_says_what_its_end_is_projected_from() -> None:
    monthly = [(IT, date(2026, month, 28), 900, 0) for month in (8, 9, 10)]
    seen = outlook(spent([*STEADY, *monthly])).by_account(NOVEMBER, END)
    assert seen[HR].method == "weekdays of the last weeks"
    assert seen[IT].method == "mailings that come back or are announced"
    assert seen[IT].projected.end == 900 * PRICE
    october = outlook(spent(STEADY)).by_account(date(2026, 10, 1), date(2026, 10, 31))
    assert october[HR].method == "actual"


@pytest.mark.parametrize("delivered", [0, 50])
def test_an_account_without_a_whole_day_is_learning_and_never_0(delivered: int) -> None:
    rows = [*STEADY, (IT, TODAY - DAY, delivered, 0)]
    seen = outlook(spent(rows), unread([IT], [TODAY - DAY, TODAY])).by_account(NOVEMBER, END)[IT]
    assert "learning: no whole day is known" in seen.method
    assert seen.projected.end is None if delivered == 0 else seen.projected.end > 50 * PRICE


def two_tenants() -> pd.DataFrame:
    """The same account name in two tenants: 100 a day in one, 10 a day in the other."""
    other = spent(days(HR, SEPTEMBER, 85, 10)).assign(tenant="fabrikam")
    return pd.concat([spent(STEADY), other], ignore_index=True)


def test_an_account_name_of_two_tenants_is_two_accounts() -> None:
    seen = outlook(two_tenants())
    lines = seen.by_account(NOVEMBER, END)
    ends = {seen.key(name): line.projected.end for name, line in lines.items()}
    assert ends == {
        ("contoso", HR): pytest.approx(30 * 100 * PRICE),
        ("fabrikam", HR): pytest.approx(30 * 10 * PRICE),
    }
    assert seen.owner(HR) is None
    whole = seen.period(NOVEMBER, END).projected.end
    assert whole == pytest.approx(30 * 110 * PRICE)


def test_a_budget_of_a_tenant_ends_where_its_own_account_of_that_name_does() -> None:
    line = BudgetLine("b", Decimal(1), "month", (1.0,), None, "fabrikam")
    assert outlook(two_tenants()).period(NOVEMBER, END, line).projected.end == pytest.approx(
        30 * 10 * PRICE
    )


def test_days_that_one_tenant_lacks_are_unread_of_its_account_alone() -> None:
    gap = UnreadDays({("fabrikam", HR): [TODAY - n * DAY for n in range(1, 5)]})
    rows = two_tenants()
    rows = rows[(rows["tenant"] == "contoso") | (rows["day"] < TODAY - 4 * DAY)]
    seen = outlook(rows, gap)
    ends = [line.projected.end for line in seen.by_account(NOVEMBER, END).values()]
    assert ends == [pytest.approx(30 * 100 * PRICE), pytest.approx(30 * 10 * PRICE)]


def test_a_plan_is_of_its_tenants_account() -> None:
    plans = pd.DataFrame(
        {
            "tenant": ["fabrikam"],
            "account": [HR],
            "start": [datetime.fromisoformat("2026-11-28T08:00Z")],
            "end": [datetime.fromisoformat("2026-11-28T09:00Z")],
            "recipients": [500],
        }
    )
    lines = outlook(two_tenants(), plans=plans).by_account(NOVEMBER, END)
    ends = [line.projected.end for line in lines.values()]
    assert ends == [pytest.approx(3000 * PRICE), pytest.approx((300 + 500) * PRICE)]


def test_a_budget_of_one_account_ends_where_the_account_does() -> None:
    rows = [*STEADY, *days(IT, SEPTEMBER, 85, 7)]
    seen = outlook(spent(rows))
    line = BudgetLine("it", Decimal(1), "month", (1.0,), frozenset({IT}))
    account = seen.by_account(NOVEMBER, END)[IT]
    assert seen.period(NOVEMBER, END, line).projected == account.projected
    assert not seen.covers_all(line)


counts = st.integers(0, 400) | st.integers(0, 10**9)
sent = st.tuples(st.sampled_from([HR, IT]), st.integers(0, 140), st.none() | counts, counts)


@given(
    rows=st.lists(sent, max_size=60, unique_by=lambda row: (row[0], row[1])),
    missing=st.sets(st.integers(0, 140), max_size=40),
    ancient=st.booleans(),
)
@settings(deadline=None, max_examples=40)
@pytest.mark.property
def test_no_range_is_ever_crossed(
    rows: list[tuple[str, int, int | None, int]], missing: set[int], ancient: bool
) -> None:
    begin = TODAY - 140 * DAY
    table = [(who, begin + n * DAY, known, unknown) for who, n, known, unknown in rows]
    if ancient:
        table.append((HR, date(1, 1, 1), 1, 0))
    seen = outlook(spent(table), unread([HR, IT], [begin + n * DAY for n in missing]))
    for first, last in (
        (NOVEMBER, END),
        (date(2026, 10, 1), date(2026, 12, 31)),
        (date(2026, 1, 1), date(2026, 12, 31)),
        (date(2026, 12, 1), date(2026, 12, 31)),
    ):
        for period in (seen.period(first, last), *seen.by_account(first, last).values()):
            is_nested(period)


def is_nested(period: PeriodCost | AccountPeriod) -> None:
    counted, projected = period.counted, period.projected
    assert is_inside(counted.cost, counted.range)
    for ends in (projected.p80, projected.p95, projected.range):
        assert is_inside(projected.end, ends)
    if projected.end is not None:
        assert projected.end >= (counted.cost or 0)
        assert is_inside(projected.p80[0], projected.p95)
        assert is_inside(projected.p80[1], projected.p95)


def is_inside(amount: Decimal | None, ends: Range) -> bool:
    low, high = ends
    known = [end for end in (low, amount, high) if end is not None]
    return known == sorted(known)
