"""Outlooks: nothing later leaks in, own errors widen ends, the total is drawn jointly."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from models.forecast.history import DailyHistory
from models.forecast.rolling import Outlook, Rolling, whole_days
from models.forecast.uncertainty import (
    DEFAULTS,
    TAILS,
    RollingOrigin,
    bootstrap_total,
    months_spanned,
    pooled_quantiles,
)

END = date(2026, 5, 4)


def counts(accounts: int, days: int, seed: int = 1, spread: float = 0.1) -> np.ndarray:
    generator = np.random.default_rng(seed)
    mean = generator.uniform(20, 400, (accounts, 1)) * generator.lognormal(0, spread, (1, days))
    return generator.poisson(mean).astype(float)


def outlook(values: np.ndarray, end: date = END, origin: date | None = None) -> Outlook:
    at = origin or end
    return Rolling(DailyHistory(values, end)).outlook(at, whole_days(at, 30, len(values)))


def trial(errors: np.ndarray, back: int, forecast: float = 1000.0) -> RollingOrigin:
    count = len(errors)
    return RollingOrigin(
        END - timedelta(days=back),
        np.full(count, forecast),
        forecast * np.exp(0.1 * errors),
        np.full(count, 0.1),
        np.full(count, 1),
        errors,
    )


def test_later_days_change_nothing() -> None:
    values = counts(12, 140)
    earlier = END - timedelta(days=30)
    seen = outlook(values, origin=earlier)
    cut = outlook(values[:, :110], end=earlier)
    for name in ("left", "ends", "total_ends"):
        assert getattr(seen, name) == pytest.approx(getattr(cut, name), rel=1e-12)


def test_ends_are_nested_around_the_sum() -> None:
    ahead = outlook(counts(20, 120))
    assert (np.diff(ahead.ends, axis=1) >= 0.0).all()
    assert (ahead.ends[:, 1] <= ahead.left).all()
    assert (ahead.left <= ahead.ends[:, 2]).all()
    assert ahead.total_ends[0] < ahead.left.sum() < ahead.total_ends[3]


def test_the_total_of_accounts_that_move_together_is_less_certain() -> None:
    apart, together = counts(40, 120, spread=0.0), counts(40, 120, spread=0.0)
    together *= np.repeat(np.exp(np.random.default_rng(2).normal(0, 0.35, 18)), 7)[None, :120]
    widths = [
        np.ptp(outlook(values).total_ends[1:3]) / values.sum() for values in (apart, together)
    ]
    assert widths[1] > 2.0 * widths[0]


def test_the_total_is_narrower_than_its_accounts_together() -> None:
    noisy = np.random.default_rng(9).negative_binomial(0.7, 0.01, (40, 120)).astype(float)
    ahead = outlook(noisy)
    assert np.ptp(ahead.total_ends[1:3]) < 0.7 * (ahead.ends[:, 2] - ahead.ends[:, 1]).sum()


def test_the_total_never_claims_more_than_its_accounts_at_their_tails() -> None:
    ahead = outlook(np.full((3, 120), 500.0))
    assert ahead.total_ends[0] >= ahead.ends[:, 0].sum() - 1e-6
    assert ahead.total_ends[3] <= ahead.ends[:, 3].sum() + 1e-6


def test_few_account_months_leave_the_shipped_tails() -> None:
    few = [trial(np.full(5, 9.0), back) for back in (30, 37)]
    assert (pooled_quantiles(few, np.arange(len(DEFAULTS))) == DEFAULTS).all()


def test_many_account_months_give_way_to_their_own_tails() -> None:
    errors = 3.0 * np.random.default_rng(4).standard_normal(2000)
    own = pooled_quantiles([trial(errors, back) for back in (30, 60)], np.array([1]))[0]
    # Two months were seen; the one to come is a third.
    assert own == pytest.approx(np.sqrt(1 + 1 / 2) * np.quantile(errors, TAILS), rel=0.1)


def test_overlapping_origins_are_worth_the_time_they_span() -> None:
    assert months_spanned([]) == 0.0
    origins = [trial(np.zeros(1), back) for back in (30, 37, 44, 60)]
    assert months_spanned(origins) == pytest.approx(2.0)


def test_months_that_all_missed_one_way_move_the_total() -> None:
    generator = np.random.default_rng(6)
    missed = [trial(generator.normal(1.5, 0.5, 30), back) for back in (30, 60, 90, 120)]
    level = np.full(30, 1000.0)
    classes = np.full(30, 1)
    draws = bootstrap_total(missed, level, np.full(30, 0.1), classes)
    assert np.median(draws) > 1.05 * level.sum()


def test_without_a_history_there_are_wide_ends() -> None:
    values = np.full((2, 10), np.nan)
    values[:, -4:] = 25.0
    ahead = outlook(values)
    assert ahead.left == pytest.approx([750.0, 750.0])
    assert (ahead.ends[:, 2] > 1.5 * ahead.left).all()


def test_errors_of_a_silent_account_are_nothing_to_learn_from() -> None:
    values = counts(3, 120)
    values[0] = 0.0
    origins = Rolling(DailyHistory(values, END)).origins(END, 30)
    assert all(np.isnan(past.errors[0]) and not np.isnan(past.errors[1]) for past in origins)
