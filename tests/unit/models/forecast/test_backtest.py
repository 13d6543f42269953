"""The backtest tells what earlier projections would have said, and nothing it could not know."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from hve_monitor.document import encoded
from models.forecast.backtest import TOTAL, backtest, period_sums
from models.forecast.history import read_days
from models.forecast.rolling import Rolling

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)


def table(counts: np.ndarray) -> pd.DataFrame:
    first = NOW.date() - timedelta(days=counts.shape[1])
    rows = [
        (f"a{account}", first + timedelta(days=day), int(count))
        for account, row in enumerate(counts)
        for day, count in enumerate(row)
    ]
    return pd.DataFrame(rows, columns=["account", "day", "recipients"])


def traffic(accounts: int, days: int) -> np.ndarray:
    generator = np.random.default_rng(8)
    return generator.poisson(generator.uniform(5, 300, (accounts, 1)) * np.ones(days))


def test_steady_traffic_is_met() -> None:
    past = encoded(backtest(table(traffic(10, 120)), NOW))
    assert past["unavailable"] is None
    assert len(past["periods"]) == 9
    assert {(row["scope"], row["day"]) for row in past["rows"]} == {
        (scope, day) for scope in ("account", "total") for day in (0, 10, 15, 20)
    }
    for row in past["rows"]:
        assert row["projection_error"] < 0.1
        assert row["inside_95"] >= 0.8
    assert past["rows"][0]["sums"] == 9 * 10


def test_a_short_history_is_said_to_be_short() -> None:
    past = encoded(backtest(table(traffic(2, 57)), NOW))
    assert past["rows"] == []
    assert past["unavailable"] == "58 whole days are needed; 57 known"
    assert encoded(backtest(table(traffic(2, 58)), NOW))["unavailable"] is None


def test_an_empty_store_has_no_backtest() -> None:
    empty = pd.DataFrame(columns=["account", "day", "recipients"])
    assert encoded(backtest(empty, NOW))["rows"] == []


def test_what_came_after_a_day_does_not_move_what_was_said_on_it() -> None:
    counts = traffic(4, 100)
    begin, changed = NOW.date() - timedelta(days=40), counts.copy()
    changed[:, 70:] *= 5
    seen = []
    for sent in (counts, changed):
        days = read_days(table(sent), NOW.date())
        seen.append(period_sums(Rolling(days.history), days.sent[:, :-1], begin, 30, 10))
    projected = [frame[["projection", "end0", "end3"]] for frame in seen]
    assert projected[0].to_numpy() == pytest.approx(projected[1].to_numpy())
    assert not np.allclose(seen[0]["actual"], seen[1]["actual"])


def test_the_total_is_the_sum_of_accounts() -> None:
    days = read_days(table(traffic(5, 100)), NOW.date())
    past = period_sums(Rolling(days.history), days.sent[:, :-1], date(2026, 3, 25), 30, 15)
    total, accounts = past[past["account"] == TOTAL], past[past["account"] != TOTAL]
    for name in ("actual", "projection", "run_rate"):
        assert total[name].iloc[0] == pytest.approx(accounts[name].sum())


def test_incidents_count_in_what_came_and_not_in_what_is_learnt() -> None:
    counts = np.full((1, 100), 100)
    counts[0, 50] += 9_000
    day = NOW.date() - timedelta(days=50)
    extra = pd.DataFrame({"account": ["a0"], "day": [day], "recipients": [9_000]})
    learnt, plain = (
        encoded(backtest(table(counts), NOW, extra)),
        encoded(backtest(table(counts), NOW)),
    )
    errors = [past["rows"][-1]["projection_error"] for past in (learnt, plain)]
    assert errors[0] < errors[1]
