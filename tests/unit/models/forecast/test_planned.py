"""Announced sends in the projection: once, on their days, on their accounts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from models.forecast.planned import planned_days, planned_months, shares_of
from models.forecast.projection import Projection, project_month

NOW = datetime(2026, 4, 13, tzinfo=UTC)
FIRST = date(2026, 1, 1)


def plan(account: str | None, start: str, end: str, recipients: float | None) -> pd.DataFrame:
    row = {"account": account, "start": start, "end": end, "recipients": recipients}
    return pd.DataFrame([row])


def project(plans: pd.DataFrame | None, month: str = "2026-04") -> Projection:
    days = [FIRST + timedelta(days=n) for n in range(102)]
    rows = [(name, day, size) for name, size in (("a", 100), ("b", 300)) for day in days]
    daily = pd.DataFrame(rows, columns=["account", "day", "recipients"])
    return project_month(daily, NOW, month, None, plans)


def test_an_announced_send_is_expected() -> None:
    calm, announced = project(None), project(plan("A", "2026-04-20", "2026-04-21", 40_000))
    assert announced.total.month_end == pytest.approx(calm.total.month_end + 40_000)
    assert announced.by_account["a"].month_end == pytest.approx(
        calm.by_account["a"].month_end + 40_000
    )
    assert announced.by_account["b"] == calm.by_account["b"]


def test_a_plan_of_all_accounts_is_split_and_adds_up() -> None:
    calm, announced = project(None), project(plan(None, "2026-04-20", "2026-04-21", 40_000))
    assert announced.total.month_end == pytest.approx(calm.total.month_end + 40_000)
    extra = announced.by_account["b"].month_end - calm.by_account["b"].month_end
    assert extra == pytest.approx(30_000)


def test_what_is_over_and_what_comes_later_is_not_expected_this_month() -> None:
    calm = project(None)
    for start, end in (("2026-03-01", "2026-03-02"), ("2026-05-04", "2026-05-05")):
        announced = project(plan("a", start, end, 5_000))
        assert announced.total.actual == calm.total.actual
        assert announced.total.month_end == pytest.approx(calm.total.month_end, rel=0.15)


def test_a_send_that_was_announced_leaves_the_level() -> None:
    days = [FIRST + timedelta(days=n) for n in range(102)]
    sizes = [100 + 40_000 * (day == date(2026, 3, 10)) for day in days]
    daily = pd.DataFrame({"account": "a", "day": days, "recipients": sizes})
    announced = plan("a", "2026-03-10", "2026-03-11", 40_000)
    after = project_month(daily, NOW, "2026-05", None, announced).total.month_end
    assert after == pytest.approx(3_100, rel=0.02)
    assert project_month(daily, NOW, "2026-05").total.month_end > 3_300


def test_an_account_that_only_a_plan_knows_is_expected() -> None:
    announced = project(plan("new", "2026-04-20", "2026-04-20", 500))
    assert announced.by_account["new"].month_end == pytest.approx(500, rel=0.01)


def test_an_unknown_size_adds_nothing() -> None:
    announced = project(plan("a", "2026-04-20", "2026-04-21", None))
    assert announced.total.month_end == pytest.approx(project(None).total.month_end)


def test_planned_changes_are_the_flat_scenario_and_the_plans() -> None:
    months = project(plan("a", "2026-06-01", "2026-06-02", 9_000)).next_months
    extra = {
        planned.month: planned.mean - flat.mean
        for flat, planned in zip(months["flat"], months["planned_changes"], strict=True)
    }
    assert {month: size for month, size in extra.items() if size} == {
        "2026-06": pytest.approx(9_000)
    }


def test_a_plan_is_spread_over_its_time() -> None:
    days = [date(2026, 4, 20) + timedelta(days=n) for n in range(3)]
    announced = plan("a", "2026-04-20T12:00:00Z", "2026-04-22T00:00:00Z", 300)
    assert planned_days(announced, ["a"], days, np.ones(1))[0] == pytest.approx([100, 200, 0])
    assert planned_months(announced, date(2026, 4, 1), 2)["2026-04"] == pytest.approx(300)


def test_shares_are_equal_where_nothing_was_sent() -> None:
    assert shares_of(np.zeros((4, 3))) == pytest.approx([0.25] * 4)
    assert shares_of(np.array([[1.0], [3.0]])) == pytest.approx([0.25, 0.75])
