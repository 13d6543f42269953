"""Profiles: level, shape and growth, and what bursts and noise may not do to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from models.forecast.history import DailyHistory
from models.forecast.profiles import IRREGULAR, REGULAR, YOUNG, Profile, fit_profile

END = date(2026, 5, 4)  # a Monday


def fitted(values: np.ndarray) -> Profile:
    return fit_profile(DailyHistory(np.atleast_2d(values).astype(float), END))


def month_of(profile: Profile, days: int = 30) -> float:
    ahead = [END + timedelta(days=n) for n in range(days)]
    return float(profile.expected(ahead).sum())


def test_weekdays_keep_their_shares() -> None:
    profile = fitted(np.tile([100, 100, 100, 100, 100, 0, 0], 16))
    assert profile.expected([END, END + timedelta(days=5)])[0] == pytest.approx([100.0, 0.0])
    assert profile.method[0] == REGULAR


def test_a_burst_moves_the_next_month_less_than_its_size() -> None:
    calm = np.full(112, 50.0)
    burst = calm.copy()
    burst[60] = 5_000
    extra = month_of(fitted(burst)) - month_of(fitted(calm))
    assert 0.0 < extra < 0.3 * 4_950


def test_a_sender_that_fell_silent_is_believed_sooner_than_one_that_rose() -> None:
    generator = np.random.default_rng(5)
    usual = generator.poisson(40, 112).astype(float)
    silent, risen = usual.copy(), usual.copy()
    silent[-14:], risen[-14:] = 0.0, usual[-14:] * 4.0
    months = [month_of(fitted(counts)) for counts in (silent, usual, risen)]
    assert months[0] < 0.35 * months[1]
    assert 1.2 * months[1] < months[2] < 3.5 * months[1]


def test_steady_growth_goes_on_and_noise_is_none() -> None:
    days = np.arange(112)
    growing = fitted(100.0 * np.exp(days * np.log(1.2) / 30))
    assert growing.growth[0] * 30 == pytest.approx(np.log(1.2), rel=0.25)
    noisy = np.random.default_rng(3).poisson(5, (200, 112))
    assert np.mean(np.abs(fitted(noisy).growth) * 30 > 0.02) < 0.1


def test_accounts_that_skip_weeks_keep_their_mean() -> None:
    values = np.zeros(112)
    values[[3, 30, 66, 95]] = 40  # no rule of months or weeks
    profile = fitted(values)
    assert profile.method[0] == IRREGULAR
    assert month_of(profile) == pytest.approx(160 / 112 * 30, rel=0.5)


def test_without_two_weeks_there_are_only_the_days_so_far() -> None:
    values = np.full(112, np.nan)
    values[-5:] = 20.0
    profile = fitted(values)
    assert profile.method[0] == YOUNG
    assert month_of(profile) == pytest.approx(600.0)


def test_unknown_days_are_not_zero() -> None:
    values = np.full(112, 10.0)
    values[[50, 51, 80]] = np.nan
    assert month_of(fitted(values)) == pytest.approx(300.0, rel=0.02)


def test_a_week_of_which_days_are_unknown_is_as_large_as_its_weekdays_make_it() -> None:
    weeks = np.tile([200.0, 100, 100, 100, 100, 0, 0], 16)
    weeks[[70, 75, 84, 91, 98, 105]] = np.nan  # Mondays and a Saturday
    assert month_of(fitted(weeks), 28) == pytest.approx(4 * 600, rel=0.01)


def test_a_period_that_runs_under_the_usual_goes_on_so_the_more_the_noisier_it_is() -> None:
    steady = fitted(np.full(112, 10.0))
    half = np.full((1, 31), 5.0)
    noisy = replace(steady, recent=half, noise=np.ones(1))
    # 70.5 of 140.5, to the power of 2.5 × 1 / 2 × two weeks / 3.
    assert noisy.pace(14) == pytest.approx([(70.5 / 140.5) ** (2.5 / 3)])
    assert replace(steady, recent=half).pace(14) == pytest.approx([1.0])
    assert replace(noisy, recent=3.0 * half).pace(14) == pytest.approx([1.0])


def test_days_that_were_not_read_are_no_slow_pace() -> None:
    gaps = np.full((1, 31), 10.0)
    gaps[0, -9:] = np.nan
    profile = replace(fitted(np.full(112, 10.0)), recent=gaps, noise=np.ones(1))
    assert profile.pace(14) == pytest.approx([1.0])


def test_who_sends_on_less_than_half_of_its_days_keeps_its_plain_mean() -> None:
    values = np.zeros(112)
    values[::5] = np.where(np.arange(23) % 4 == 0, 900.0, 60.0)  # 6 large and 17 small ones
    profile = fitted(values)
    assert profile.method[0] == IRREGULAR
    assert month_of(profile) == pytest.approx((6 * 900 + 17 * 60) / 112 * 30, rel=0.1)
    silent = replace(profile, recent=np.zeros((1, 31)), noise=np.ones(1))
    assert silent.pace(0) == [1.0]
    regular = replace(silent, method=np.array([REGULAR]))
    assert silent.pace(14) == pytest.approx(regular.pace(14) ** (2 / 3) ** 2)  # of two weeks
