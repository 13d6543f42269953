"""Incidents and budgets become candidates with everything that their text needs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hve_monitor.config import Alerts, CostMinimum
from publish.alerts.candidates import audience_of, budget_candidates, incident_candidates
from tests.unit.publish.conftest import NOW, Desk, incident
from warehouse.reading import read_published

REPORT: dict[str, Any] = {
    "name": "all",
    "period": "month",
    "amount": "100",
    "used": "81.5",
    "used_ratio": 0.815,
    "thresholds_passed": [0.5, 0.8],
    "passed_on": None,
    "passes_on_expected": "2026-11-29",
}


@pytest.mark.parametrize(
    ("cost", "extra", "concerned"),
    [
        ("25", 800_000, True),
        ("24.99", 800_000, False),
        ("30", 19, False),
        ("30", 20, True),
        (None, 800_000, False),
    ],
)
def test_money_watchers_hear_of_an_incident_only_above_both_minimums(
    cost: str | None, extra: int, concerned: bool
) -> None:
    card = {
        "audience": ["security", "finops"],
        "extra_cost": cost,
        "extra_recipients": extra,
        "expected": 100.0,
    }
    minimum = CostMinimum(amount=Decimal(25), ratio=0.2)
    assert audience_of(card, minimum) == (("security", "finops") if concerned else ("security",))


def test_an_incident_says_everything_that_a_reader_needs(desk: Desk) -> None:
    desk.show(NOW, incident())
    config = desk.config(dashboard_url="https://hve.contoso.com/")
    with read_published(desk.store.root, NOW) as published:
        (found,) = incident_candidates(published, config)
    parts = found.parts
    assert parts["title"] == "surge: hr@contoso.com"
    assert parts["more"] == "5,200 recipients, 310 were expected (180 to 520): 16.8 times"
    assert parts["since"]["from"] == "2026-11-24T08:30:00Z"
    assert parts["money"].startswith("0.20538 USD")
    assert parts["why"] == incident()["reasons"]
    assert parts["next"] == incident()["next_steps"]
    assert parts["link"] == "https://hve.contoso.com/?tenant=contoso&incident=a1b2c3"
    assert (found.standing, found.size) == ("going_on", 5200)


def test_what_is_unknown_is_said_to_be_unknown(desk: Desk) -> None:
    desk.show(NOW, incident(extra_cost=None, interval_low=None, interval_high=None))
    with read_published(desk.store.root, NOW) as published:
        (found,) = incident_candidates(published, desk.config())
    assert (found.parts["money"], found.parts["link"]) == ("not known", "")
    assert found.parts["more"] == "5,200 recipients, 310 were expected: 16.8 times"


def test_only_the_highest_passed_threshold_of_a_budget_is_told() -> None:
    (found,) = budget_candidates([REPORT], "contoso", "USD", Alerts(), NOW)
    assert found.key == "budget:all:2026-11-01:0.8"
    assert found.audience == ("finops",)
    assert found.parts["more"] == "81.5 of 100 USD used (82%)"
    assert found.parts["why"] == ["at this rate the whole amount is used on 2026-11-29"]


def test_a_budget_that_has_passed_nothing_is_no_candidate() -> None:
    report = REPORT | {"thresholds_passed": []}
    assert list(budget_candidates([report], "contoso", "USD", Alerts(), NOW)) == []
