"""What-if: sends, months and money of a planned change, and what it does to budgets."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hve_monitor.document import encoded
from hve_monitor.errors import ConfigError
from models.cost.budget_use import budget_status
from models.cost.budgets import BudgetLine
from models.cost.outlook import CostOutlook
from models.cost.whatif import PlannedChange, change_of, what_if
from tests.unit.models.cost.spent_days import PRICE, TODAY, days, outlook, spent

USUAL = days("hr@contoso.com", TODAY - timedelta(days=90), 90, 10_000)


def answer_of(
    change: PlannedChange, usual: CostOutlook | None = None, *lines: BudgetLine
) -> dict[str, Any]:
    return encoded(what_if(change, lambda _: PRICE, "USD", usual, lines, TODAY))


def budget(
    amount: str, period: str = "month", accounts: frozenset[str] | None = None
) -> BudgetLine:
    return BudgetLine("b", Decimal(amount), period, (1.0,), accounts)


STAFF = PlannedChange("hr@contoso.com", 40_000, 2, "week", date(2026, 12, 1))


def test_forty_thousand_staff_twice_a_week_are_about_15_usd_a_month() -> None:
    answer = answer_of(STAFF)
    assert answer["cost_per_send"] == "1.68"
    assert Decimal(answer["per_month"]["cost"]) == pytest.approx(Decimal(15), rel=Decimal("0.05"))
    assert [month["sends"] for month in answer["months"][:3]] == [9, 9, 8]
    assert answer["months"][0]["cost"] == "15.12"
    assert answer["messages"] == {
        "recipients_per_message": 50,
        "per_send": 800,
        "per_month": 6957,
        "one_list": 1,
    }


def test_what_happens_once_has_no_month() -> None:
    answer = answer_of(PlannedChange("a@contoso.com", 120, 3, None, date(2026, 12, 1)))
    assert answer["per_month"] is None
    assert answer["months"] == [
        {"month": "2026-12", "sends": 3, "recipients": 360, "cost": "0.01512"}
    ]
    assert answer["messages"]["per_send"] == 3


def test_the_last_day_of_a_month_comes_every_month() -> None:
    change = PlannedChange("a@contoso.com", 1, 1, "month", date(2027, 1, 31), date(2027, 4, 30))
    assert change.days(date(2028, 1, 1)) == [
        date(2027, 1, 31),
        date(2027, 2, 28),
        date(2027, 3, 31),
        date(2027, 4, 30),
    ]


def test_budgets_bear_what_is_expected_and_the_change() -> None:
    lines = (budget("25"), budget("100", "quarter"), budget("1", accounts=frozenset({"x"})))
    month, quarter = answer_of(STAFF, outlook(spent(USUAL)), *lines)["budgets"]
    assert (month["from"], month["to"]) == ("2026-12-01", "2026-12-31")
    assert Decimal(month["usual"]) == pytest.approx(31 * 10_000 * PRICE)
    assert month["added"] == "15.12"
    assert month["passes"] is True
    assert (quarter["from"], quarter["passes"]) == ("2026-10-01", False)
    assert Decimal(quarter["usual"]) == pytest.approx(92 * 10_000 * PRICE)
    assert Decimal(quarter["together"]) == Decimal(quarter["usual"]) + Decimal(quarter["added"])


@pytest.mark.parametrize("period", ["month", "quarter", "year"])
def test_what_budgets_bear_is_the_projection_of_the_cost_report(period: str) -> None:
    line, seen = budget("20", period), outlook(spent(USUAL))
    answer = answer_of(replace(STAFF, first=TODAY), seen, line)["budgets"][0]
    status = budget_status(seen, line, TODAY)
    assert Decimal(answer["usual"]) == status.expected
    assert Decimal(answer["spent"]) == status.used
    assert (answer["from"], answer["to"]) == (str(status.first), str(status.last))


def test_a_change_passes_what_the_running_month_leaves() -> None:
    """Spent 10.08 and 2.52 to come of 15, and 3.36 for two sends: 15.96."""
    change = PlannedChange("hr@contoso.com", 40_000, 2, None, TODAY)
    answer = answer_of(change, outlook(spent(USUAL)), budget("15"))["budgets"][0]
    assert answer["spent"] == "10.08"
    assert Decimal(answer["usual"]) == pytest.approx(Decimal("12.6"))
    assert Decimal(answer["together"]) == pytest.approx(Decimal("15.96"))
    assert (answer["passes"], answer["passes_without"]) == (True, False)


def test_what_is_announced_is_borne_already() -> None:
    plan = pd.DataFrame(
        {
            "account": ["hr@contoso.com"],
            "start": pd.to_datetime(["2026-11-27T08:00Z"]),
            "end": pd.to_datetime(["2026-11-27T10:00Z"]),
            "recipients": [50_000],
        }
    )
    change = PlannedChange("hr@contoso.com", 20_000, 1, None, TODAY)
    seen = outlook(spent(USUAL), plans=plan)
    answer = answer_of(change, seen, budget("14.7"), budget("15"))["budgets"]
    assert Decimal(answer[0]["usual"]) == pytest.approx(Decimal("12.6") + 50_000 * PRICE)
    assert (answer[0]["passes"], answer[0]["passes_without"]) == (False, True)
    assert answer[0]["passed_on"] is None
    assert (answer[1]["passes"], answer[1]["passes_without"]) == (True, False)


def test_a_budget_that_was_passed_is_passed_without_the_change() -> None:
    change = PlannedChange("hr@contoso.com", 1, 1, None, TODAY)
    answer = answer_of(change, outlook(spent(USUAL)), budget("4.2"))["budgets"][0]
    assert (answer["passes"], answer["passes_without"]) == (False, True)
    assert answer["passed_on"] == "2026-11-10"


def test_what_goes_on_is_judged_by_the_next_period_too() -> None:
    change = PlannedChange("hr@contoso.com", 10_000, 1, "week", TODAY)
    answer = answer_of(change, outlook(spent(USUAL)), budget("14"))["budgets"][0]
    assert (answer["added"], answer["passes"]) == ("0.42", False)  # 25 November
    december = answer["next"]
    assert (december["from"], december["to"]) == ("2026-12-01", "2026-12-31")
    assert december["added"] == "2.1"  # 2, 9, 16, 23 and 30 December
    assert Decimal(december["usual"]) == pytest.approx(31 * 10_000 * PRICE)
    assert december["passes"] is True
    assert answer_of(replace(change, every=None), None, budget("14"))["budgets"][0]["next"] is None
    short = replace(change, last=date(2026, 11, 30))
    assert answer_of(short, None, budget("14"))["budgets"][0]["next"] is None


def test_recipients_without_a_status_widen_what_budgets_bear() -> None:
    mixed = days("hr@contoso.com", TODAY - timedelta(days=90), 90, 1_000, 9_000)
    change = PlannedChange("hr@contoso.com", 10_000, 1, None, TODAY)
    answer = answer_of(change, outlook(spent(mixed)), budget("12.8"))["budgets"][0]
    assert answer["passes"] is None
    low, high = map(Decimal, answer["range"])
    assert low == pytest.approx(Decimal("1.26") + Decimal("0.42"))
    assert high == pytest.approx(Decimal("12.6") + Decimal("0.42"))


def test_an_unknown_level_stays_unknown() -> None:
    answer = answer_of(STAFF, None, budget("10"))["budgets"][0]
    assert answer["usual"] is answer["together"] is answer["passes"] is None
    assert answer["added"] is not None


def test_without_a_price_there_is_no_cost() -> None:
    answer = encoded(what_if(STAFF, lambda _: None, "XXX", None, [budget("10")], TODAY))
    assert answer["cost_per_send"] is answer["per_month"]["cost"] is answer["total"]["cost"] is None
    assert answer["budgets"][0]["passes"] is None


def test_each_send_has_the_price_of_its_day() -> None:
    def price(day: date) -> Decimal:
        return Decimal(1) if day < date(2027, 1, 1) else Decimal(2)

    change = PlannedChange("a@contoso.com", 10, 1, "month", date(2026, 12, 15), date(2027, 1, 31))
    answer = encoded(what_if(change, price, "USD", None, [], TODAY))
    assert [month["cost"] for month in answer["months"]] == ["10", "20"]
    assert answer["total"]["cost"] == "30"


@given(
    sends=st.integers(1, 40),
    every=st.sampled_from(["day", "week", "month"]),
    first=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    length=st.integers(0, 200),
)
def test_sends_stay_inside_and_come_as_often_as_said(
    sends: int, every: str, first: date, length: int
) -> None:
    last = first + timedelta(days=length)
    days = PlannedChange("a@contoso.com", 1, sends, every, first, last).days(date(2030, 1, 1))
    assert days == sorted(days)
    assert first == days[0]
    assert days[-1] <= last
    a_day = {"day": 1.0, "week": 1 / 7, "month": 12 / 365.25}[every]
    assert abs(len(days) - sends * a_day * (length + 1)) <= 2 * sends


@pytest.mark.parametrize(
    ("every", "days", "message"),
    [
        ("year", (None, None), "--every year: use one of day, week, month"),
        (None, ("soon", None), "--from soon: write it as 2026-12-01"),
        ("week", ("2026-12-01", "2026-11-30"), "--until 2026-11-30: it is before"),
    ],
)
def test_mistakes_are_named(
    every: str | None, days: tuple[str | None, str | None], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        change_of("a@contoso.com", 1, 1, every, days, TODAY)


def test_unless_told_it_begins_today() -> None:
    change = change_of(" HR@Contoso.com ", 5, 1, None, (None, None), TODAY)
    assert change == PlannedChange("hr@contoso.com", 5, 1, None, TODAY)
