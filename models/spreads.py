"""How wrong daily profiles were: spreads of the remaining sum of a month.

Rolling origins look only at what was known at the time. Accounts are pooled by volume class;
the tenant's sum is resampled by whole weeks, the same weeks for all accounts, because accounts
rise and fall together and adding the ends of their intervals would claim otherwise.

Source: Hyndman and Athanasopoulos, "Forecasting: Principles and Practice", ch. 5.8 (rolling
origins) and 12.5 (block bootstrap).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from models.counts import mean_known
from models.grid import Floats
from models.profiles import LIMITED, DailyHistory, Profile, fit_profile

TAILS = (0.025, 0.1, 0.9, 0.975)
LEAST_ACCOUNT_MONTHS = 30
_WARM_UP_DAYS = 28
_MOST_ORIGINS = 8
_DRAWS = 2000
_SEED = 20_260  # the same question has the same answer
_DRIFT = 0.03  # of the remaining sum: common drift that no origin has shown yet
_SHARED = 0.3  # correlation of accounts while nothing is measured
# Log ratios of sums; steady counts over 30 days, doubled for bursts.
_DEFAULTS = np.array(
    [[-0.65, -0.37, 0.37, 0.65], [-0.27, -0.15, 0.15, 0.27], [-0.18, -0.1, 0.1, 0.18]]
)


@dataclass(frozen=True)
class Trial:
    """One rolling origin: what was forecast for the days after it, and what came."""

    forecast: Floats  # (accounts, days)
    actual: Floats
    classes: NDArray[np.int64]


def volume_classes(history: DailyHistory, profile: Profile) -> NDArray[np.int64]:
    """Class per account: under 2, under 50, 50 and more recipients a day; + 3 when bursty."""
    per_day = np.nan_to_num(mean_known(history.values[:, -28:]))
    size = (per_day >= 2.0).astype(np.int64) + (per_day >= 50.0)
    return np.where(profile.method == LIMITED, size + 3, size)


def run_trials(history: DailyHistory, horizon: int) -> list[Trial]:
    """Rolling origins a week apart, newest first, each followed by `horizon` known days."""
    days = history.values.shape[1]
    horizon = min(horizon, max(days - _WARM_UP_DAYS, 0))
    trials: list[Trial] = []
    if horizon < 1:
        return trials
    for known in range(days - horizon, _WARM_UP_DAYS - 1, -7)[:_MOST_ORIGINS]:
        origin = history.end - timedelta(days=days - known)
        past = history.before(origin)
        profile = fit_profile(past)
        ahead = [origin + timedelta(days=n) for n in range(horizon)]
        actual = history.values[:, known : known + horizon]
        trials.append(Trial(profile.expected(ahead), actual, volume_classes(past, profile)))
    return trials


def account_spreads(
    trials: list[Trial], classes: NDArray[np.int64], history_days: NDArray[np.int64]
) -> Floats:
    """Log ratios at 2.5, 10, 90 and 97.5 % of each account's remaining sum: (accounts, 4)."""
    bursty = (classes >= 3)[:, None]
    spreads = _DEFAULTS[classes % 3] * np.where(bursty, 2.0, 1.0)
    spreads *= np.where(history_days < _WARM_UP_DAYS, 2.0, 1.0)[:, None]
    if not trials:
        return spreads
    ratios = np.concatenate([_log_ratios(trial) for trial in trials])
    found = np.concatenate([trial.classes for trial in trials])
    for number in np.unique(classes):
        sample = ratios[(found == number) & ~np.isnan(ratios)]
        months = len(sample) / len(trials) * _spanned_days(trials) / 30.0
        if months >= LEAST_ACCOUNT_MONTHS:
            # Overlapping origins see less of the world than their number says.
            spreads[classes == number] = np.quantile(sample, TAILS) * (1.0 + 0.5 / len(trials))
    return spreads


def tenant_draws(trials: list[Trial], forecast: Floats) -> Floats | None:
    """Simulated sums of the remaining days over all accounts; None without three origins.

    A draw takes one origin, which carries the error of the level, and whole weeks of its days
    with replacement, which carry the error of the days; every account gets the same weeks.
    """
    if len(trials) < 3 or forecast.size == 0:
        return None
    generator = np.random.default_rng(_SEED)
    remaining = forecast.sum()
    totals = [_tenant_days(trial) for trial in trials]
    draws = np.empty(_DRAWS)
    for draw, place in enumerate(generator.integers(0, len(trials), _DRAWS)):
        planned, missed = totals[place]
        days = _resample_weeks(generator, len(planned), forecast.shape[1])
        draws[draw] = remaining * (1.0 + missed[days].sum() / max(planned[days].sum(), 1.0))
    # Few overlapping origins show too little of how far the common level can drift.
    drift = remaining * _DRIFT * generator.standard_normal(_DRAWS)
    centre = np.median(draws)
    wider = centre + (draws - centre) * (1.15 + 2.5 / len(trials)) + drift
    return np.asarray(np.maximum(wider, 0.0))


def _tenant_days(trial: Trial) -> tuple[Floats, Floats]:
    """Forecast of all accounts per day, and what came beyond it."""
    planned = np.where(np.isnan(trial.actual), 0.0, trial.forecast).sum(axis=0)
    return planned, np.nan_to_num(trial.actual).sum(axis=0) - planned


def combined_spread(remaining: Floats, spreads: Floats) -> Floats:
    """Log ratios of the sum of accounts while nothing is measured: (4,), partly correlated."""
    ends = remaining[:, None] * np.abs(np.expm1(spreads))
    width = np.sqrt((1 - _SHARED) * (ends**2).sum(axis=0) + _SHARED * ends.sum(axis=0) ** 2)
    signs = np.array([-1.0, -1.0, 1.0, 1.0])
    share = width / max(float(remaining.sum()), 1e-9)
    return np.asarray(np.log(np.maximum(1.0 + signs * share, 1e-6)))


def _log_ratios(trial: Trial) -> Floats:
    """log((actual + 1) / (forecast + 1)); the 1 keeps accounts that sent nothing finite."""
    actual = np.nan_to_num(trial.actual).sum(axis=1)
    forecast = np.where(np.isnan(trial.actual), 0.0, trial.forecast).sum(axis=1)
    is_idle = (actual == 0) & (forecast < 0.5)
    return np.where(is_idle, np.nan, np.log((actual + 1.0) / (forecast + 1.0)))


def _spanned_days(trials: list[Trial]) -> int:
    """Days that the overlapping horizons of the origins cover together."""
    return int(trials[0].actual.shape[1]) + 7 * (len(trials) - 1)


def _resample_weeks(generator: np.random.Generator, known: int, wanted: int) -> NDArray[np.int64]:
    """Day numbers of whole weeks drawn with replacement, `wanted` of them."""
    starts = generator.integers(0, max(known - 6, 1), -(-wanted // 7))
    days: NDArray[np.int64] = (starts[:, None] + np.arange(min(7, known))[None, :]).ravel()
    return days[:wanted]
