"""Baselines: local hours of the week, cold start, level, intervals, small counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.baseline.baseline import local_calendar
from models.incidents.walks.walk import analyse
from models.statistics import negative_binomial_quantile, small_count_quantile
from tests.unit.models.traffic_samples import START, draw, grid_of, office


def test_a_local_day_has_23_hours_in_march_and_25_in_october() -> None:
    spring = local_calendar(datetime(2026, 3, 27, 23, tzinfo=UTC), 24 * 4, "Europe/Berlin")
    autumn = local_calendar(datetime(2026, 10, 23, 22, tzinfo=UTC), 24 * 4, "Europe/Berlin")
    assert np.diff([spring.columns(day)[0] for day in range(4)]).tolist() == [24, 23, 24]
    assert np.diff([autumn.columns(day)[0] for day in range(4)]).tolist() == [24, 25, 24]
    assert 2 not in spring.hour[slice(*spring.columns(1))]
    assert (autumn.hour[slice(*autumn.columns(1))] == 2).sum() == 2


@pytest.mark.parametrize(
    ("start", "utc_hour_before", "utc_hour_after"),
    [
        (datetime(2026, 2, 22, 23, tzinfo=UTC), 8, 7),
        (datetime(2026, 9, 20, 22, tzinfo=UTC), 7, 8),
    ],
)
def test_the_expectation_follows_the_local_clock_over_a_change(
    start: datetime, utc_hour_before: int, utc_hour_after: int
) -> None:
    calendar = local_calendar(start, 24 * 7 * 7, "Europe/Berlin")
    sent = np.where(calendar.hour == 9, 1000.0, 0.0)[None]
    result = analyse(grid_of(sent, start), "Europe/Berlin")
    last = slice(*calendar.columns(calendar.days - 2))
    expected = result.expected[0, last]
    assert calendar.hour[last][expected.argmax()] in (8, 9, 10)
    assert expected[calendar.hour[last] == 9][0] == pytest.approx(1000.0 / 3.0, rel=0.05)
    utc_hours = (np.flatnonzero(sent[0]) + start.hour) % 24
    assert (utc_hours[0], utc_hours[-1]) == (utc_hour_before, utc_hour_after)
    assert not [incident for incident in result.incidents if not incident.learning]


def test_a_holiday_looks_like_a_sunday_and_teaches_nothing() -> None:
    sent = draw(np.random.default_rng(9), np.tile(office(70, 200.0), (4, 1)), size=50.0)
    free = 45  # a Thursday
    sent[:, free * 24 : (free + 1) * 24] = sent[:, 41 * 24 : 42 * 24]
    told = analyse(grid_of(sent), "UTC", [(START + timedelta(days=free)).date()])
    untold = analyse(grid_of(sent), "UTC")
    day, noon = slice(free * 24, (free + 1) * 24), free * 24 + 12
    assert told.expected[:, day].max() < 20
    assert untold.expected[:, noon].min() > 150
    assert (sent[:, day] >= told.lo95[:, day]).mean() > 0.9
    assert (sent[:, day] >= untold.lo95[:, day]).mean() < 0.8
    later = noon + 7 * 24
    assert told.expected[:, later].mean() > 1.2 * untold.expected[:, later].mean()


def test_the_memory_of_a_mailing_does_not_press_the_next_week_down() -> None:
    sent = draw(np.random.default_rng(10), np.tile(office(80, 60.0), (3, 1)), size=20.0)
    sent[:, (53 * 24 + 9, 60 * 24 + 9)] += 3000.0  # two Saturdays, and then no more
    result = analyse(grid_of(sent), "UTC")
    monday = slice(70 * 24 + 9, 70 * 24 + 16)
    assert result.expected[:, monday].min() > 40


def test_past_incidents_are_cut_from_the_history_they_would_poison() -> None:
    sent = draw(np.random.default_rng(11), np.full((3, 60 * 24), 50.0), size=20.0)
    sent[:, 45 * 24 + 2 : 45 * 24 + 6] += 4000.0
    result = analyse(grid_of(sent), "UTC")
    assert {i.kind for i in result.incidents} == {"surge", "ceiling"}
    assert result.expected[:, 52 * 24 : 53 * 24].max() < 80
    assert result.hi95[:, 52 * 24 : 53 * 24].max() < 150


@pytest.mark.parametrize("rate", [0.3, 6.0, 120.0])
def test_intervals_cover_what_they_say_at_every_level_of_load(rate: float) -> None:
    mean = np.tile(office(100, rate) + rate * 0.1, (12, 1))
    sent = draw(np.random.default_rng(12), mean, size=3.0)
    result = analyse(grid_of(sent), "UTC")
    late = np.zeros(sent.shape, np.bool_)
    late[:, 35 * 24 :] = True
    edges = np.quantile(result.expected[late], (1 / 3, 2 / 3))
    thirds = np.searchsorted(edges, result.expected)
    for third in range(3):
        mine = late & (thirds == third)
        inside80 = (sent >= result.lo80) & (sent <= result.hi80)
        inside95 = (sent >= result.lo95) & (sent <= result.hi95)
        # Whole counts are rounded outward: few recipients are covered more often than promised.
        assert 0.76 <= inside80[mine].mean() <= (0.90 if rate > 100 else 1.0)
        assert 0.93 <= inside95[mine].mean() <= 1.0


def test_a_young_account_learns_for_fourteen_days_with_wide_intervals() -> None:
    sent = draw(np.random.default_rng(1), np.full((2, 40 * 24), 200.0), size=20.0)
    sent[1, : 10 * 24] = np.nan
    result = analyse(grid_of(sent), "UTC")
    assert np.isnan(result.expected[0, :24]).all()
    assert np.isfinite(result.expected[0, 24:]).all()
    assert result.learning_day[0, ::24].tolist() == [*range(1, 15), *[0] * 26]
    assert result.learning_day[1, 9 * 24 : 12 * 24 : 24].tolist() == [0, 1, 2]
    width = result.hi95 - result.lo95
    assert np.nanmedian(width[0, 7 * 24 : 14 * 24]) > 1.5 * np.nanmedian(width[0, 20 * 24 :])


def test_unread_hours_leave_the_baseline_where_it_is() -> None:
    sent = draw(np.random.default_rng(2), np.full((1, 50 * 24), 100.0), size=20.0)
    sent[0, 30 * 24 : 36 * 24] = np.nan
    result = analyse(grid_of(sent), "UTC")
    assert result.expected[0, 30 * 24 :].min() > 70
    assert result.expected[0, 30 * 24 :].max() < 140
    assert result.incidents == ()


def test_the_level_follows_a_growing_account() -> None:
    mean = office(100, 100.0) * np.linspace(1.0, 4.0, 2400)
    sent = draw(np.random.default_rng(3), np.tile(mean, (5, 1)), size=20.0)
    result = analyse(grid_of(sent), "UTC")
    busy = mean[-14 * 24 :] > 100
    ratio = result.expected[:, -14 * 24 :][:, busy].sum() / sent[:, -14 * 24 :][:, busy].sum()
    assert 0.75 < ratio < 1.1  # the neighbouring hours pull the edges of the office day down


@pytest.mark.parametrize(("rate", "low", "high"), [(200.0, 0.76, 0.92), (0.5, 0.8, 1.0)])
def test_intervals_cover_what_they_say(rate: float, low: float, high: float) -> None:
    sent = draw(np.random.default_rng(4), np.full((20, 80 * 24), rate), size=4.0)
    result = analyse(grid_of(sent), "UTC")
    late = slice(35 * 24, None)
    inside80 = (sent >= result.lo80) & (sent <= result.hi80)
    inside95 = (sent >= result.lo95) & (sent <= result.hi95)
    assert low < inside80[:, late].mean() < high
    assert 0.93 < inside95[:, late].mean() <= 1.0


@pytest.mark.parametrize(
    ("probability", "mean", "size", "count"),
    [(0.5, 1.0, 1.0, 0), (0.9, 1.0, 1.0, 3), (0.975, 1.0, 1.0, 5), (0.975, 2.0, 1e6, 5)],
)
def test_negative_binomial_quantiles_agree_with_known_values(
    probability: float, mean: float, size: float, count: int
) -> None:
    # Size 1 is the geometric distribution; a huge size is the Poisson distribution.
    assert negative_binomial_quantile(probability, mean, size) == count


def test_the_table_of_small_counts_is_one_count_away_at_most() -> None:
    generator = np.random.default_rng(5)
    mean, size = generator.uniform(0.01, 2.0, 300), generator.uniform(0.05, 20.0, 300)
    exact = negative_binomial_quantile(0.975, mean, size)
    assert np.abs(small_count_quantile(0.975, mean, size) - exact).max() <= 1


@pytest.mark.parametrize(("probability", "mean"), [(0.0, 1.0), (1.0, 1.0), (0.5, 51.0)])
def test_quantiles_refuse_what_they_cannot_sum(probability: float, mean: float) -> None:
    with pytest.raises(ValueError, match="needs 0 < probability"):
        negative_binomial_quantile(probability, mean, 1.0)


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    scale=st.sampled_from([0.0, 0.05, 1.0, 30.0, 1e4, 1e12]),
    holes=st.sampled_from([0.0, 0.3, 1.0]),
    days=st.integers(1, 45),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/Havana"]),
    quarters=st.integers(1, 4),
)
def test_bounds_are_nested_whatever_was_sent(
    seed: int, scale: float, holes: float, days: int, zone: str, quarters: int
) -> None:
    generator = np.random.default_rng(seed)
    sent = draw(generator, np.full((2, days * 24), scale), size=0.2)
    sent[generator.random(sent.shape) < holes] = np.nan
    start = datetime(2026, 3, 1, 5, tzinfo=UTC)
    result = analyse(grid_of(sent, start, complete_quarters=quarters), zone)
    known = ~np.isnan(result.expected)
    names = ("lo95", "lo80", "expected", "hi80", "hi95")
    ordered = [getattr(result, name)[known] for name in names]
    assert all((low <= high).all() for low, high in pairwise(ordered))
    assert (ordered[0] >= 0).all()
    assert not known[np.isnan(result.hi80)].any()
    for incident in result.incidents:
        assert incident.started_at < incident.detected_at
        assert incident.ended_at is None or incident.started_at < incident.ended_at
        assert incident.interval[0] <= incident.expected + 0.1 <= incident.interval[1] + 0.2
