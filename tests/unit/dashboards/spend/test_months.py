"""Months on the page: what is not known has no bar, and the table has a total."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from dashboards.spend.accounts import account_table
from dashboards.spend.months import month_rows, month_table
from models.cost.documents import CostReport, MonthsBeside
from tests.unit.documents import filled

MONTHS = ("2026-09", "2026-10", "2026-11")


def group(name: str | None, *costs: str | None, **more: Any) -> dict[str, Any]:
    months = [
        {"month": month, "cost": cost, "unread_days": 0 if cost else 30, "range": [cost, cost]}
        for month, cost in zip(MONTHS, costs, strict=True)
    ]
    return {"name": name, "members": 1, "months": months} | more


def beside(**more: Any) -> MonthsBeside:
    usual: dict[str, Any] = {
        "by": "account",
        "currency": "USD",
        "months": [*MONTHS],
        "groups": [
            group("hr@contoso.com", None, "2", "3", difference="1", ratio=0.5),
            group("it@contoso.com", None, "1", "0.5", difference="-0.5", ratio=-0.5),
        ],
        "total": group(None, None, "3", "3.5", difference="0.5", ratio=0.25),
    }
    return filled(MonthsBeside, **usual | more)


def test_a_month_of_which_nothing_is_known_has_no_bar_and_is_no_0() -> None:
    rows = month_rows(beside())
    assert set(rows["month"]) == {"2026-10", "2026-11"}
    assert rows["position"].sum() == 3 + 3.5
    table = month_table(beside())
    assert table["2026-09"].tolist() == ["unknown"] * 3


def test_the_table_begins_with_its_total_and_the_newest_months() -> None:
    table = month_table(beside())
    assert table.columns.tolist() == [
        "group", "2026-11", "2026-10", "difference", "ratio", "2026-09"
    ]  # fmt: skip
    assert table["group"].tolist() == ["total", "hr@contoso.com", "it@contoso.com"]
    newest = [Decimal(text) for text in table["2026-11"]]
    assert newest[0] == sum(newest[1:]) == Decimal("3.5")
    assert table["difference"].tolist() == ["+0.500000", "+1.000000", "-0.500000"]
    assert table["ratio"].tolist() == [25.0, 50.0, -50.0]


def test_others_are_one_bar_and_accounts_without_a_center_have_a_name() -> None:
    more = group(None, None, "1", "1", members=7)
    centers = beside(by="cost_center", groups=[group(None, None, "2", "3")], others=more)
    assert month_rows(centers)["group"].unique().tolist() == ["no cost center", "7 others"]


def test_accounts_of_several_tenants_have_a_column_of_tenants() -> None:
    pair = [group("hr@a.com", "1", "1", "1", tenant=name) for name in ("contoso", "fabrikam")]
    assert month_table(beside(groups=pair))["tenant"].tolist() == ["", "contoso", "fabrikam"]
    assert "tenant" not in month_table(beside(groups=pair[:1]))


def test_the_accounts_of_a_month_add_up_to_its_total() -> None:
    lines = [
        {"account": "hr@contoso.com", "billable_recipients": 30, "month_to_date": "3"},
        {"account": "it@contoso.com", "billable_recipients": 10, "month_to_date": "1"},
    ]
    whole = {"billable_recipients": 40, "cost": "4"}
    table = account_table(filled(CostReport, by_account=lines, month_to_date=whole))
    assert table["account"].iloc[0] == "total"
    assert table["billable"].tolist() == [40, 30, 10]
    costs = [Decimal(text) for text in table["month_to_date"]]
    assert costs[0] == sum(costs[1:])
    assert table["share"].iloc[1:].tolist() == [75.0, 25.0]
