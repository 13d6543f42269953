"""Incidents and budgets become candidates with everything that their text needs."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hve_monitor.config import Alerts, CostMinimum
from hve_monitor.document import encoded
from models.cost.documents import BudgetStatus
from models.incidents.cards import incident_cards
from publish.alerts.candidates import audience_of, budget_candidates, incident_candidates
from tests.unit.documents import filled
from tests.unit.publish.conftest import NOW, Desk, incident
from warehouse.reading import read_published


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
    desk: Desk, cost: str | None, extra: int, concerned: bool
) -> None:
    row = incident(
        audience=["security", "finops"],
        extra_cost=None if cost is None else Decimal(cost),
        extra_recipients=extra,
        expected=100.0,
    )
    desk.show(NOW, row)
    with read_published(desk.store.root, NOW) as published:
        (card,) = incident_cards(published)
    minimum = CostMinimum(amount=Decimal(25), ratio=0.2)
    assert audience_of(card, minimum) == (("security", "finops") if concerned else ("security",))


def test_an_incident_says_everything_that_a_reader_needs(desk: Desk) -> None:
    desk.show(NOW, incident())
    config = desk.config(dashboard_url="https://hve.contoso.com/")
    with read_published(desk.store.root, NOW) as published:
        (found,) = incident_candidates(published, config)
    alert = found.alert
    assert alert.title == "surge: hr@contoso.com"
    assert alert.more == "5,200 recipients, 310 were expected (180 to 520): 16.8 times"
    assert encoded(alert)["since"]["from"] == "2026-11-24T08:30:00Z"
    assert alert.money.startswith("0.20538 USD")
    assert list(alert.why) == incident()["reasons"]
    assert list(alert.next) == incident()["next_steps"]
    assert alert.link == "https://hve.contoso.com/?tenant=contoso&incident=a1b2c3"
    assert (found.standing, found.size) == ("going_on", 5200)


def test_what_is_unknown_is_said_to_be_unknown(desk: Desk) -> None:
    desk.show(NOW, incident(extra_cost=None, interval_low=None, interval_high=None))
    with read_published(desk.store.root, NOW) as published:
        (found,) = incident_candidates(published, desk.config())
    assert (found.alert.money, found.alert.link) == ("not known", "")
    assert found.alert.more == "5,200 recipients, 310 were expected: 16.8 times"


def test_only_the_highest_passed_threshold_of_a_budget_is_told() -> None:
    budget = filled(
        BudgetStatus,
        name="all",
        period="month",
        amount="100",
        used="81.5",
        used_ratio=0.815,
        thresholds_passed=[0.5, 0.8],
        passes_on_expected="2026-11-29",
    )
    (found,) = budget_candidates([budget], "contoso", "USD", Alerts(), NOW)
    assert found.alert.key == "budget:all:2026-11-01:0.8"
    assert found.alert.audience == ("finops",)
    assert found.alert.more == "81.5 of 100 USD used (82 %)"
    assert found.alert.why == ("at this rate the whole amount is used on 2026-11-29",)


def test_a_budget_that_has_passed_nothing_is_no_candidate() -> None:
    assert list(budget_candidates([filled(BudgetStatus)], "contoso", "USD", Alerts(), NOW)) == []
