"""Projection: identities, nested intervals, rhythms, and what was known at the time."""

from __future__ import annotations

from dataclasses import astuple
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.forecast.projection import Estimate, Projection, project_month

FIRST = date(2026, 1, 1)
NOW = datetime(2026, 4, 13, 12, tzinfo=UTC)


def table(counts: np.ndarray, first: date = FIRST) -> pd.DataFrame:
    """Sparse daily rows of a matrix (accounts, days)."""
    rows = [
        (f"a{account}", first + timedelta(days=day), int(count))
        for (account, day), count in np.ndenumerate(counts)
        if count
    ]
    return pd.DataFrame(rows, columns=["account", "day", "recipients"])


def working_days(accounts: int, days: int, seed: int = 1) -> np.ndarray:
    generator = np.random.default_rng(seed)
    weekday = (np.arange(days) + FIRST.weekday()) % 7
    mean = np.where(weekday < 5, 400.0, 20.0) * generator.gamma(2.0, 0.5, (accounts, 1))
    return generator.poisson(mean * generator.gamma(10.0, 0.1, (accounts, days)))


def estimates(projection: Projection) -> list[Estimate]:
    return [projection.total, *projection.by_account.values()]


def test_a_past_month_is_what_was_sent() -> None:
    counts = working_days(3, 103)
    projection = project_month(table(counts), NOW, "2026-02")
    sent = int(counts[:, 31:59].sum())
    assert projection.method == "actual"
    assert projection.total == Estimate(sent, sent, (sent, sent), (sent, sent))


def test_the_parts_add_up_to_the_total() -> None:
    projection = project_month(table(working_days(8, 103)), NOW, "2026-04")
    parts = projection.by_account.values()
    assert projection.total.actual == sum(part.actual for part in parts)
    assert projection.total.month_end == pytest.approx(sum(part.month_end for part in parts))
    assert projection.history_days == 102
    # Accounts do not all go wrong in the same direction.
    assert projection.total.p80[1] < sum(part.p80[1] for part in parts)


def test_a_steady_month_is_met_within_its_interval() -> None:
    counts = working_days(12, 120)
    known = table(counts[:, :102])
    now = datetime(2026, 4, 13, tzinfo=UTC)
    projection = project_month(known, now, "2026-04")
    truth = counts[:, 90:120].sum()
    assert projection.method == "weekdays of the last weeks"
    assert projection.total.month_end == pytest.approx(truth, rel=0.08)
    assert projection.total.p95[0] <= truth <= projection.total.p95[1]


def test_the_rest_of_today_is_a_share_of_a_day() -> None:
    counts = np.full((1, 103), 240)
    counts[0, 102] = 0
    for hour, left in ((0, 240.0), (12, 120.0), (18, 60.0)):
        now = datetime(2026, 4, 13, hour, tzinfo=UTC)
        total = project_month(table(counts), now, "2026-04").total
        assert total.actual == 12 * 240
        assert total.month_end == pytest.approx(12 * 240 + left + 17 * 240)


def test_rows_after_now_change_nothing() -> None:
    counts = working_days(4, 120)
    until_now = table(counts[:, :103])
    assert project_month(table(counts), NOW, "2026-04") == project_month(until_now, NOW, "2026-04")


def test_the_same_question_has_the_same_answer() -> None:
    daily = table(working_days(5, 103))
    shuffled = daily.sample(frac=1.0, random_state=3)
    assert project_month(daily, NOW, "2026-04") == project_month(shuffled, NOW, "2026-04")


def test_incidents_stay_in_the_actual_and_leave_the_profile() -> None:
    counts = np.full((1, 102), 100)
    calm = project_month(table(counts), NOW, "2026-04").total
    counts[0, [80, 95]] += 50_000
    extra = pd.DataFrame(
        {
            "account": "a0",
            "day": [FIRST + timedelta(days=80), FIRST + timedelta(days=95)],
            "recipients": 50_000,
        }
    )
    known = project_month(table(counts), NOW, "2026-04", extra).total
    unknown = project_month(table(counts), NOW, "2026-04").total
    assert known.actual == calm.actual + 50_000
    assert known.month_end == pytest.approx(calm.month_end + 50_000)
    assert unknown.month_end > known.month_end


@pytest.mark.parametrize("day", [3, 15, 28])
def test_a_monthly_mailing_is_expected_when_it_came_in_the_months_before(day: int) -> None:
    counts = np.full((1, 120), 10)
    for month_start in (0, 31, 59, 90):
        counts[0, month_start + day - 1] += 6000
    before = project_month(table(counts[:, :91]), datetime(2026, 4, 2, tzinfo=UTC), "2026-04")
    after = project_month(table(counts[:, :119]), datetime(2026, 4, 30, tzinfo=UTC), "2026-04")
    truth = counts[0, 90:120].sum()
    assert before.total.month_end == pytest.approx(truth, rel=0.05)
    assert before.total.p80[0] < truth < before.total.p80[1]
    assert after.total.month_end == pytest.approx(truth, rel=0.01)


def monthly(days: int, sent_early: int = 0) -> pd.DataFrame:
    """900 recipients on the 17th of January to March, and perhaps some on the last of the days."""
    counts = np.zeros((1, days))
    counts[0, [16, 31 + 16, 59 + 16]] = 900
    counts[0, days - 1] += sent_early
    return table(counts)


def test_an_announced_send_near_a_mailing_that_is_due_counts_once() -> None:
    plans = pd.DataFrame(
        {
            "account": ["a0"],
            "start": [datetime(2026, 4, 16, 8, tzinfo=UTC)],
            "end": [datetime(2026, 4, 16, 9, tzinfo=UTC)],
            "recipients": [1_200],
        }
    )
    assert project_month(monthly(102), NOW, "2026-04").total.month_end == pytest.approx(900)
    planned = project_month(monthly(102), NOW, "2026-04", plans=plans).total
    assert planned.month_end == pytest.approx(1_200)


def test_a_mailing_that_came_early_today_is_not_expected_again() -> None:
    now = datetime(2026, 4, 16, 18, tzinfo=UTC)
    assert project_month(monthly(106, 850), now, "2026-04").total.month_end == pytest.approx(900)


def test_a_mailing_that_came_this_month_is_expected_in_the_next() -> None:
    counts = monthly(106, 900)
    now = datetime(2026, 4, 20, tzinfo=UTC)
    assert project_month(counts, now, "2026-04").total.month_end == pytest.approx(900)
    assert project_month(counts, now, "2026-05").total.month_end == pytest.approx(900)


def test_a_mailing_on_the_last_working_day_is_expected_there() -> None:
    counts = np.full((1, 120), 10)
    for last in (date(2026, 1, 30), date(2026, 2, 27), date(2026, 3, 31), date(2026, 4, 30)):
        counts[0, (last - FIRST).days] += 6000
    now = datetime(2026, 4, 20, tzinfo=UTC)
    projection = project_month(table(counts[:, :109]), now, "2026-04")
    assert projection.total.month_end == pytest.approx(counts[0, 90:120].sum(), rel=0.05)


def test_sparse_accounts_use_their_mean() -> None:
    counts = np.random.default_rng(4).poisson(1.0, (40, 102))
    projection = project_month(table(counts), NOW, "2026-04")
    assert projection.method == "weekdays of the last weeks"
    assert projection.total.month_end == pytest.approx(40 * 30, rel=0.12)


def test_young_accounts_have_wider_intervals() -> None:
    counts = working_days(2, 103)
    counts[1, :95] = 0
    projection = project_month(table(counts), NOW, "2026-04")
    old, young = projection.by_account["a0"], projection.by_account["a1"]

    def width(estimate: Estimate) -> float:
        left = estimate.month_end - estimate.actual
        return (estimate.p80[1] - estimate.p80[0]) / left

    assert width(young) > 1.5 * width(old)


def test_an_account_on_its_first_day_goes_on_as_today() -> None:
    counts = np.zeros((1, 103))
    counts[0, 102] = 50
    total = project_month(table(counts), NOW, "2026-04").total
    assert total.actual == 50
    assert total.month_end == pytest.approx(50 + 25 + 17 * 50)


def test_a_future_month_has_no_actual() -> None:
    projection = project_month(table(working_days(3, 103)), NOW, "2026-06")
    assert projection.total.actual == 0
    assert projection.total.month_end > 0


def test_an_empty_frame_is_nothing_at_all() -> None:
    empty = pd.DataFrame(columns=["account", "day", "recipients"])
    projection = project_month(empty, NOW, "2026-04", empty)
    assert projection.total == Estimate(0, 0.0, (0.0, 0.0), (0.0, 0.0))
    assert projection.by_account == {}
    assert projection.history_days == 0
    assert [month.mean for month in projection.next_months["flat"]] == [0.0] * 12


def test_twelve_months_follow_and_become_less_certain() -> None:
    counts = np.full((1, 102), 100) * np.linspace(1.0, 2.0, 102)
    projection = project_month(table(counts.round()), NOW, "2026-11")
    assert set(projection.next_months) == {"flat", "recent_trend", "planned_changes"}
    for months in projection.next_months.values():
        assert [month.month for month in months[:2]] == ["2026-12", "2027-01"]
        assert len(months) == 12
        widths = [np.log(month.p80[1] / month.p80[0]) for month in months]
        assert widths == sorted(widths)
        assert all(month.p80[0] < month.mean < month.p80[1] for month in months)
    flat, trend = projection.next_months["flat"], projection.next_months["recent_trend"]
    assert trend[-1].mean > flat[-1].mean


def test_intervals_of_many_accounts_cover_what_they_say() -> None:
    inside80, inside95 = [], []
    for seed in range(3):
        counts = working_days(40, 120, seed=seed + 20)
        now = datetime(2026, 4, 11, tzinfo=UTC)
        projection = project_month(table(counts[:, :100]), now, "2026-04")
        for account, estimate in projection.by_account.items():
            truth = counts[int(account[1:]), 90:120].sum()
            inside80.append(estimate.p80[0] <= truth <= estimate.p80[1])
            inside95.append(estimate.p95[0] <= truth <= estimate.p95[1])
    assert 0.65 < np.mean(inside80) < 0.95
    assert np.mean(inside95) > 0.85


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    accounts=st.integers(1, 4),
    days=st.integers(1, 110),
    scale=st.sampled_from([0.0, 0.1, 5.0, 1e3, 1e9]),
    hour=st.integers(0, 23),
    month=st.sampled_from(["2025-12", "2026-03", "2026-04", "2026-07"]),
)
def test_intervals_are_nested_and_never_under_what_was_sent(
    seed: int, accounts: int, days: int, scale: float, hour: int, month: str
) -> None:
    generator = np.random.default_rng(seed)
    counts = generator.poisson(generator.gamma(0.3, scale / 0.3 + 1e-12, (accounts, days)))
    now = NOW.replace(hour=hour)
    first = NOW.date() - timedelta(days=days - 1)
    for estimate in estimates(project_month(table(counts, first), now, month)):
        actual, end, p80, p95 = astuple(estimate)
        assert actual <= p95[0] <= p80[0] <= end <= p80[1] <= p95[1] < np.inf


@pytest.mark.parametrize("month", ["2026-13", "April", ""])
def test_a_month_that_is_none_is_refused(month: str) -> None:
    with pytest.raises(ValueError, match="month must be YYYY-MM"):
        project_month(table(working_days(1, 10)), NOW, month)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        project_month(table(working_days(1, 10)), NOW.replace(tzinfo=None), "2026-04")
