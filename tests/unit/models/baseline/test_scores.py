"""Scores and own thresholds: causal, on one scale for any unit, quiet for noisy accounts."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.baseline.baseline import LocalCalendar, local_calendar
from models.baseline.scores import score_hours
from models.baseline.thresholds import COMMON, OPEN_HOURS, own_alerts
from tests.unit.models.traffic_samples import START, draw, office

DAY = 24


def calendar(hours: int, timezone: str = "UTC", start: datetime = START) -> LocalCalendar:
    return local_calendar(start, hours, timezone)


def scored(values: np.ndarray) -> np.ndarray:
    return score_hours(values, calendar(values.shape[1]))


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    days=st.integers(1, 60),
    cut=st.floats(0.02, 1.0),
    holes=st.sampled_from([0.0, 0.3, 0.95]),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/Havana", "Asia/Kathmandu"]),
)
def test_an_hour_never_changes_when_the_future_is_cut_off(
    seed: int, days: int, cut: float, holes: float, zone: str
) -> None:
    generator = np.random.default_rng(seed)
    values = draw(generator, np.full((3, days * DAY), 20.0), size=0.5)
    values[1] = generator.normal(1e6, 3.0, days * DAY)
    values[2] /= 7.0
    values[generator.random(values.shape) < holes] = np.nan
    hours = max(1, int(cut * days * DAY))
    start = datetime(2026, 3, 20, 5, tzinfo=UTC)
    whole = score_hours(values, calendar(days * DAY, zone, start))
    early = score_hours(values[:, :hours], calendar(hours, zone, start))
    np.testing.assert_array_equal(whole[:, :hours], early)
    np.testing.assert_array_equal(own_alerts(whole)[:, :hours], own_alerts(early))


def test_the_doubled_hour_of_october_sees_no_later_hour() -> None:
    start = datetime(2026, 10, 1, tzinfo=UTC)
    values = draw(np.random.default_rng(2), np.full((1, 30 * DAY), 50.0))
    doubled = int((datetime(2026, 10, 25, 0, tzinfo=UTC) - start).total_seconds() // 3600)
    changed = values.copy()
    changed[0, doubled + 1] = 9000.0
    before, after = (
        score_hours(x, calendar(30 * DAY, "Europe/Berlin", start)) for x in (values, changed)
    )
    np.testing.assert_array_equal(before[0, : doubled + 1], after[0, : doubled + 1])
    assert after[0, doubled + 1] > 10 * COMMON


def test_the_unit_does_not_matter() -> None:
    values = np.random.default_rng(3).normal(50.0, 4.0, (1, 40 * DAY))
    np.testing.assert_allclose(scored(values * 1e6), scored(values), rtol=1e-3)


def test_a_burst_stands_out_and_fades_below_the_threshold_within_a_day() -> None:
    values = draw(np.random.default_rng(4), np.tile(office(40, 100.0), (1, 1)))
    at = 35 * DAY + 3
    values[0, at] += 1e6
    score = scored(values)[0]
    assert score[at] > 10 * COMMON
    assert score[at] == np.nanmax(score)
    # What follows is suspect for a while, and no alert of its own a day later.
    assert 1.0 < score[at + 3] < score[at]
    assert score[at + DAY + 2 :].max() < COMMON
    alerts = np.flatnonzero(own_alerts(score[None])[0])
    assert at in alerts
    assert alerts.max() < at + OPEN_HOURS


def test_a_little_more_every_hour_is_found_as_well() -> None:
    values = draw(np.random.default_rng(5), np.full((1, 40 * DAY), 100.0), size=30.0)
    values[0, 900:924] *= 1.6
    score = scored(values)[0]
    assert score[900:924].max() > np.nanmax(score[:900])


def test_one_recipient_more_is_nothing_for_an_account_that_hardly_sends() -> None:
    values = np.zeros((1, 60 * DAY))
    values[0, :: 5 * DAY] = 1.0
    assert np.nanmax(scored(values)) < COMMON


def test_an_unread_hour_has_no_score_and_no_history_has_no_alert() -> None:
    values = np.full((1, 10 * DAY), 5.0)
    values[0, 100] = np.nan
    assert np.isnan(scored(values)[0, 100])
    assert not own_alerts(scored(np.full((1, 5 * DAY), np.nan))).any()
    assert np.nanmax(scored(np.full((1, DAY), 1e9))[0, :DAY]) < COMMON
    assert scored(np.empty((2, 0))).shape == (2, 0)


def alerts_of(*peaks: tuple[int, float], hours: int = 3000) -> list[int]:
    score = np.ones((1, hours))
    for hour, value in peaks:
        score[0, hour] = value
    return np.flatnonzero(own_alerts(score)[0]).tolist()


def test_every_alert_asks_more_of_the_next_and_the_bar_falls_again() -> None:
    assert alerts_of((100, 3.1), (200, 3.1)) == [100]
    assert alerts_of((100, 3.1), (200, 4.0)) == [100, 200]
    assert alerts_of((100, 3.1), (2000, 3.1)) == [100, 2000]


def test_the_bar_stands_still_while_an_alert_is_open_and_is_bounded() -> None:
    assert alerts_of((100, 3.1), (100 + OPEN_HOURS - 1, 3.1)) == [100, 100 + OPEN_HOURS - 1]
    many = [(30 * number, 1000.0) for number in range(1, 90)]
    assert len(alerts_of(*many)) == len(many)
    assert alerts_of(*many, (2800, COMMON * 4.6))[-1] == 2800


@pytest.mark.parametrize("quiet_hours", [200, 2900])
def test_a_quiet_account_gets_no_alert_to_fill_a_quota(quiet_hours: int) -> None:
    assert alerts_of((quiet_hours, COMMON - 0.01)) == []
