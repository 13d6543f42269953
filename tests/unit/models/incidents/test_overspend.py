"""Spend over plan: told once days before a budget is used up, and never for small money."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from hve_monitor.config import CostMinimum
from hve_monitor.document import encoded
from models.build import build
from models.cost.budgets import BudgetLine
from models.incidents.cards import incident_cards
from models.incidents.overspend import Spending
from tests.unit.models.conftest import TENANT, Workbench, at, trace
from warehouse.reading import Published

PRICE = Decimal("0.000042")
NOTHING_SMALL = CostMinimum(amount=Decimal("0.0001"), ratio=0.2)


def budget(recipients: int, name: str = "all", accounts: tuple[str, ...] = ()) -> BudgetLine:
    """A monthly budget for so many recipients."""
    return BudgetLine(name, PRICE * recipients, "month", (1.0,), frozenset(accounts) or None, None)


def sent(first: int, last: int, each_day: int, sender: str = "hr@contoso.com") -> list[Any]:
    return [
        trace(
            f"{sender}{day}-{n}", f"p{n}@contoso.com", f"2026-11-{day:02}T09:00:00", sender=sender
        )
        for day in range(first, last + 1)
        for n in range(each_day)
    ]


def found(bench: Workbench, now: datetime, *lines: BudgetLine, minimum: CostMinimum) -> Any:
    build(bench.store, [TENANT], now, lambda *_: None, spending=Spending(lines, minimum))
    with bench.reader() as reader:
        cards = incident_cards(Published(reader, now))
        return encoded([card for card in cards if card.kind == "spend"])


def test_a_pace_far_over_a_budget_is_told_on_the_third_day(bench: Workbench) -> None:
    bench.land(*sent(1, 6, 10), *sent(1, 6, 3, "it@contoso.com"))
    [card] = found(bench, at("2026-11-07T08:00:00"), budget(200), minimum=NOTHING_SMALL)
    assert (card["account"], card["audience"], card["severity"]) == (
        "hr@contoso.com",
        ["finops"],
        "medium",
    )
    assert card["detected_at"] == "2026-11-04T00:00:00Z"
    assert (card["observed"], card["ended_at"]) == (13 * 5, None)
    assert card["expected"] == pytest.approx(200 * 5 / 30, abs=0.1)
    assert "budget 'all': at the pace of 5 days" in card["reasons"][0]


def test_it_keeps_its_name_and_ends_with_the_pace(bench: Workbench) -> None:
    bench.land(*sent(1, 4, 10))
    [first] = found(bench, at("2026-11-05T08:00:00"), budget(200), minimum=NOTHING_SMALL)
    bench.land(*sent(20, 20, 1), now=at("2026-11-21T00:00:00"))
    [later] = found(bench, at("2026-11-21T08:00:00"), budget(200), minimum=NOTHING_SMALL)
    assert later["id"] == first["id"]
    assert later["ended_at"] == "2026-11-06T00:00:00Z"


def test_small_money_is_no_incident(bench: Workbench) -> None:
    bench.land(*sent(1, 6, 10))
    assert found(bench, at("2026-11-07T08:00:00"), budget(200), minimum=CostMinimum()) == []


def test_a_budget_of_other_accounts_is_not_passed(bench: Workbench) -> None:
    bench.land(*sent(1, 6, 10), *sent(1, 6, 1, "it@contoso.com"))
    other = budget(200, "IT", ("it@contoso.com",))
    assert found(bench, at("2026-11-07T08:00:00"), other, minimum=NOTHING_SMALL) == []


def test_two_budgets_of_one_story_are_one_incident(bench: Workbench) -> None:
    bench.land(*sent(1, 6, 10))
    lines = budget(200), budget(150, "HR", ("hr@contoso.com",))
    [card] = found(bench, at("2026-11-07T08:00:00"), *lines, minimum=NOTHING_SMALL)
    assert len(card["reasons"]) == 2
