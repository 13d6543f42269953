"""The Spend page where something is unknown, and what its lines and columns are about."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dashboards.charts.cost import month_end_range, spent_by_day
from dashboards.parts.known_words import at_least, expected_words, lacking
from dashboards.spend.accounts import dearest
from dashboards.spend.centers import center_table
from dashboards.spend.page import drawn_budget
from dashboards.spend.reconciliation import bridge_steps
from dashboards.spend.whatif import effect
from models.cost.daily import DayCost
from models.cost.documents import AccountCost, ChangedPeriod, CostReport, KnownPart
from models.invoice.documents import InvoiceBridge
from tests.unit.dashboards.conftest import NOW, Open, tiles, words
from tests.unit.documents import filled

DAY = timedelta(days=1)


def part(cost: str | None, unknown: int = 0, unread: int = 0, most: str | None = None) -> KnownPart:
    ends = (None, None) if cost is None else (cost, most or cost)
    return filled(
        KnownPart, cost=cost, unknown_recipients=unknown, unread_days=unread, range=[*ends]
    )


def test_four_days_after_the_last_reading_spend_is_unknown_or_a_part(
    stored: Path, opened: Open
) -> None:
    later = NOW + 4 * DAY
    app = opened(stored, "spend", later)
    assert not app.exception
    assert tiles(app)["Spent in the month"].startswith("≥ ")
    december = opened(stored, "spend", NOW + 10 * DAY)
    assert not december.exception
    assert tiles(december)["Spent in the month"] == "unknown"
    assert "days not read wholly" in words(december)
    assert "the most expensive is unknown" in words(december)


def test_a_day_that_was_not_read_is_a_hole_in_the_curve() -> None:
    first = date(2026, 11, 1)
    costs = [part("1"), part(None, unread=1), part("2", 5, 0, "3"), part("4")]
    frame = spent_by_day([DayCost(first + n * DAY, cost) for n, cost in enumerate(costs)])
    assert frame["cost"].tolist() == ["1.000000", "unknown", "≥ 2.000000", "4.000000"]
    assert frame["total"].tolist() == ["1.000000", "≥ 1.000000", "≥ 3.000000", "≥ 7.000000"]
    assert frame["position"].isna().tolist() == [False, True, False, False]


def test_the_budget_of_some_accounts_is_no_line_on_the_curve_of_all() -> None:
    own: dict[str, Any] = {"name": "servicedesk", "period": "month", "amount": "9000"}
    whole: dict[str, Any] = {"name": "all", "period": "month", "amount": "10000"}
    ahead = {"method": "m", "month_end": "9500", "p80": ["9000", "9700"], "p95": ["9000", "9900"]}
    report = filled(CostReport, projection=ahead, budgets=[own, whole | {"covers_all": True}])
    drawn = drawn_budget(report)
    assert drawn is not None
    assert drawn.name == "all"
    assert drawn_budget(report, shared=["all"]) is None
    assert drawn_budget(filled(CostReport, projection=ahead, budgets=[own])) is None


def test_the_most_expensive_account_is_named_where_none_can_have_cost_more() -> None:
    def account(name: str, low: str | None, high: str | None) -> AccountCost:
        return filled(AccountCost, account=name, month_to_date=low, range=[low, high])

    first, other = account("a@", "5", "5"), account("b@", "1", "4")
    assert dearest([first, other]) == "a@ is the most expensive of 2 accounts"
    for unknown in (account("b@", "1", "6"), account("b@", None, None)):
        assert dearest([first, unknown]) == "Which of 2 accounts is the most expensive is unknown"


def test_the_invoiced_column_adds_up_to_the_invoice() -> None:
    lines = [
        {"cost_center": "HR", "kind": "cost_center", "amount": "2.5"},
        {"cost_center": None, "kind": "unallocated", "amount": "1.0398"},
        {"cost_center": None, "kind": "residual", "amount": "-0.06876"},
    ]
    invoice = {
        "invoiced": "3.47104",
        "residual": "-0.06876",
        "credits": "-0.01926",
        "by_cost_center": lines,
    }
    centers = [{"cost_center": "HR"}, {"cost_center": None}]
    table = center_table(filled(CostReport, by_cost_center=centers, invoice=invoice))
    shown = dict(zip(table["center"], map(Decimal, table["invoiced"]), strict=True))
    assert shown["credit"] == Decimal("-0.01926")
    assert shown["not allocated"] == Decimal("-0.0495")
    assert shown.pop("total") == sum(shown.values()) == Decimal("3.47104")
    others = table[table["center"].isin(["credit", "not allocated"])]
    assert set(others["accounts"]) == set(others["cost"]) == set(others["billable"]) == {"–"}


def test_the_bridge_hangs_its_steps_on_each_other() -> None:
    amounts = {"estimate": "5", "price": "-1", "unexplained": "0.5", "invoice": "4.5"}
    steps = [{"step": name, "amount": amount} for name, amount in amounts.items()]
    frame = bridge_steps(filled(InvoiceBridge, currency="USD", steps=steps))
    assert frame["begin"].tolist() == [0.0, 5.0, 4.0, 0.0]
    assert frame["end"].tolist() == [5.0, 4.0, 4.5, 4.5]
    assert frame["amount"].tolist() == ["5.000000", "-1.000000", "+0.500000", "4.500000"]


@pytest.mark.parametrize(
    ("known", "sentence", "tone"),
    [
        ({"passes": False, "passes_without": False}, "● not passed by it", "good"),
        ({"passes": True}, "▲ passed because of it", "bad"),
        ({"passes": False, "passes_without": True}, "▲ expected to be passed without it", "bad"),
        (
            {"passes": False, "passes_without": True, "passed_on": "2026-11-09"},
            "▲ already passed without it on 2026-11-09",
            "bad",
        ),
        (
            {"passes": False, "range": ["1", "6"]},
            "? may be passed: not everything is known",
            "warn",
        ),
        ({"passes": None}, "? may be passed: not everything is known", "warn"),
    ],
)
def test_what_a_change_does_to_a_budget(known: dict[str, Any], sentence: str, tone: str) -> None:
    assert effect(filled(ChangedPeriod, **known), Decimal(5)) == (sentence, tone)


def test_the_known_part_never_stands_alone() -> None:
    assert at_least("1 USD", part("1")) == "1 USD"
    assert lacking(part("1"), "USD") == ""
    assert at_least("1 USD", part("1", unread=2)) == "≥ 1 USD"
    assert at_least("unknown", part(None, unread=2)) == "unknown"
    assert lacking(part("1", 40, 1, "9"), "USD") == (
        "40 recipients without a status, 1.00 – 9.00 USD, 1 day not read wholly"
    )


def test_a_month_that_is_known_has_no_fan() -> None:
    ahead = filled(CostReport, projection={"month_end": "2", "p80": ["2", "2"], "p95": ["2", "2"]})
    assert month_end_range(ahead.projection) == {}


def test_what_is_expected_of_a_known_part_is_a_range() -> None:
    ends = Decimal(1), Decimal(9)
    assert expected_words(Decimal(1), ends, "USD") == "1.00 – 9.00 USD"
    assert expected_words(Decimal(1), (Decimal(1), Decimal(1)), "USD") == "1.00 USD"
    assert expected_words(None, ends, "USD") == "unknown"


def test_nobody_caused_cost_is_said_of_a_month_that_was_read(stored: Path, opened: Open) -> None:
    unread = opened(stored, "spend", NOW + 10 * DAY, part="Centers and invoice")
    assert "Nobody caused cost" not in words(unread)
    assert "Who caused cost in this month is unknown" in words(unread)
