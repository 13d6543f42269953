"""What people read of payers, reconciliation, corrections and closed months."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from cli.text.money import cost, cost_lines, exported
from models.cost.documents import CostReport, GroupDays, MonthsBeside
from publish.exports.exports import ExportedFiles
from tests.unit.documents import filled


def document(**more: Any) -> CostReport:
    return filled(CostReport, month="2026-11", currency="USD", **more)


def test_nothing_to_say_is_no_line() -> None:
    assert cost_lines(document()) == []


def test_payers_stand_beside_their_part_of_the_invoice() -> None:
    centers = [{"cost_center": "HR", "cost": "0.27"}, {"cost_center": None, "cost": None}]
    booked = [
        {"cost_center": "HR", "kind": "cost_center", "booked": "0.26"},
        {"cost_center": None, "kind": "residual", "booked": "-0.04"},
    ]
    assert cost_lines(document(by_cost_center=centers, invoice={"by_cost_center": booked})) == [
        "HR: 0.27 USD estimated, 0.26 of the invoice",
        "no cost center: unknown estimated",
    ]


def test_thresholds_say_when() -> None:
    thresholds = [
        {"threshold": 0.5, "passed_on": "2026-11-04", "passes_on_expected": None},
        {"threshold": 0.8, "passed_on": None, "passes_on_expected": "2026-11-28"},
        {"threshold": 1.0, "passed_on": None, "passes_on_expected": None},
    ]
    budget = {"name": "all", "used_ratio": 0.55, "amount": "5", "thresholds": thresholds}
    assert cost_lines(document(budgets=[budget])) == [
        "budget all: 55.0 % of 5.00 USD used",
        "  50 % passed on 2026-11-04",
        "  80 % expected on 2026-11-28",
    ]


def test_only_what_is_not_explained_is_listed_by_day() -> None:
    rows = [
        {"day_utc": "2026-11-01", "status": "matched", "residual": "0", "causes": []},
        {
            "day_utc": "2026-11-02",
            "status": "unexplained",
            "residual": "-1",
            "causes": [{"kind": "missing_day", "text": "no usage"}],
        },
    ]
    month = {
        "invoiced": "1",
        "currency": "USD",
        "expected": "2",
        "status": "unexplained",
        "scope": "/subscriptions/s1",
        "findings": [{"text": "days begin +7 hours"}],
    }
    assert cost_lines(document(reconciliation=rows, reconciliation_months=[month])) == [
        "invoiced 1.00 USD of 2.00 expected (unexplained): /subscriptions/s1",
        "  days begin +7 hours",
        "  2026-11-02 unexplained: -1.00 (no usage)",
    ]


def test_corrections_and_restatements_are_told() -> None:
    correction = {"account": "hr@contoso.com", "day_utc": "2026-11-02", "change": -3}
    learnt = {**correction, "change": None, "billable_before": None, "billable_after": 7}
    (line,) = cost_lines(document(corrections=[learnt]))
    assert line.endswith("hr@contoso.com 2026-11-02: 7 recipients after unknown")
    closed = [{"tenant": "contoso", "closed_at": "2026-12-06T08:00:00Z"}]
    change = {"what": "invoice", "account": None, "closed": "1", "now": "2"}
    assert cost_lines(document(corrections=[correction], closed=closed, restatements=[change])) == [
        "1 correction of past days, the newest hr@contoso.com 2026-11-02: -3 recipients",
        "2026-11 closed for contoso at 2026-12-06 08:00 UTC",
        "  restated: invoice 1.00 is now 2.00",
    ]


def test_an_export_names_its_files() -> None:
    table = ExportedFiles(format="csv", files=["a", "b"], rows=1200)
    assert exported(table) == "csv, 1,200 rows:\na\nb"
    whole = ExportedFiles(format="duckdb", files=["a"], rows=None)
    assert exported(whole) == "duckdb:\na"


def group(name: str | None, costs: tuple[str | None, ...], **more: Any) -> dict[str, Any]:
    months = [
        {"month": month, "cost": cost, "unread_days": 0 if cost == "3" else 9}
        for month, cost in zip(("2026-10", "2026-11"), costs, strict=True)
    ]
    return {"name": name, "members": 1, "months": months} | more


def test_months_stand_beside_each_other_the_newest_first() -> None:
    beside = filled(
        MonthsBeside,
        by="cost_center",
        currency="USD",
        months=["2026-10", "2026-11"],
        until="2026-11-24",
        groups=[group("HR", (None, "3"), difference="1.5", ratio=0.5), group(None, ("2", "3"))],
        others=group(None, ("2", "3"), members=4),
        total=group(None, ("2", "3")),
    )
    lines = cost(structs.replace(document(), months=beside)).splitlines()
    begin = lines.index("USD by cost center, 2026-11 until 2026-11-24:")
    assert [" ".join(line.split()) for line in lines[begin + 1 : begin + 6]] == [
        "group 2026-11 2026-10 difference of it",
        "HR 3.00 unknown +1.50 +50.0 %",
        "no cost center 3.00 ≥ 2.00 unknown unknown",
        "4 others 3.00 ≥ 2.00 unknown unknown",
        "total 3.00 ≥ 2.00 unknown unknown",
    ]


def test_days_of_a_group_say_what_is_not_known() -> None:
    days = [
        {"day_utc": "2026-11-01", "billable_recipients": 7, "cost": "0.000294"},
        {"day_utc": "2026-11-02", "billable_recipients": None, "cost": None, "unread_days": 1},
    ]
    total = {"cost": "0.000294", "unread_days": 1}
    known = {"name": "hr@contoso.com", "currency": "USD", "month": "2026-11", "total": total}
    text = cost(structs.replace(document(), days=filled(GroupDays, days=days, **known)))
    assert "hr@contoso.com in 2026-11: ≥ 0.000294 USD" in text
    assert "2026-11-02     unknown" in text
    assert "[" not in text
