"""How far a projection may be off: rolling origin errors, pooled quantiles, bootstrap total.

Reading order: `residual_scale` is how far the sum of some days may be off, per account, from what
its own weeks show. `RollingOrigin` is the projection of an earlier day beside what came.
`pooled_quantiles` are the errors of such origins in residual scales, pooled over accounts; shipped
values come from development data and give way to the tenant's own as account-months gather: first
one width for all accounts, then tails for each class, irregular or by volume. Tails of few months
are widened, as the one to come is another. `account_ends` are the ends of each account's interval,
`bootstrap_total` draws the tenant's sum jointly over its accounts: they rise and fall together, so
that adding the ends of their intervals would claim too much, drawing each on its own too little.

The weights of the scale were fitted on development data (simulated tenants, an office's mail,
invented habits), so that an error has about the same size in scales for steady and for irregular
accounts. What is left of the difference is calibrated by the pooled quantiles.

Source: Hyndman and Athanasopoulos, "Forecasting: Principles and Practice", ch. 5.8 (rolling
origins) and 12.5 (bootstrap).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.forecast.profiles import IRREGULAR, LEVEL_WEEKS, Profile
from models.statistics import Floats

_NOISE = 1.15  # of the variance from week to week, which averages out over more weeks
_MOVES = 0.48  # of what the level moved by, which does not
_COUNTING = 0.2  # per recipient expected
_FLOOR = 0.05  # log deviation of the level after 30 days that no history rules out
_YOUTH = 2.0  # weeks of history that add once more their share of the variance
_PRIOR_WEEKS, _PRIOR_NOISE, _PRIOR_COUNTING = 2.0, 0.03, 5.4

_MOST_COMMON = 0.4  # of an account's deviation can be level; more is its counting
_OWN_VARIANCE = 1.8  # of errors, in squared scales

TAILS = (0.025, 0.1, 0.9, 0.975)
LEAST_ACCOUNT_MONTHS = 30
# At the four tails, for under 2, under 50 and more recipients a day, and for irregular accounts.
DEFAULTS = np.array(
    [
        [-2.2, -1.2, 1.4, 2.2],
        [-2.9, -1.6, 1.7, 2.7],
        [-2.7, -1.5, 1.7, 2.9],
        [-2.6, -1.4, 1.1, 2.0],
    ]
)
_SIDES = np.abs(DEFAULTS[1, [1, 1, 2, 2]])
_OWN_HALF = 30.0  # account-months that count as much as the shipped values

_DRAWS = 2000
_SEED = 20_260  # the same question has the same answer
_COMMON, _COMMON_MONTHS = 0.5, 2.0  # deviation of the common error, and what it is worth
_LEAST_POOL = 5
# Deviations above its mean that one in ten exceeds at most, whatever the distribution (Cantelli):
# the log of a wide error says more. The 95 % end has no such bound: lumpy accounts vary by more
# than their past weeks show.
_FARTHEST_80 = 3.0
_LOG_LIMITS = (-30.0, 30.0)  # of any ratio: beyond them numbers stop being numbers


def account_classes(profile: Profile) -> NDArray[np.int64]:
    """Class per account: under 2, under 50, 50 and more recipients a day, and irregular ones."""
    volume = (profile.per_day >= 2.0).astype(np.int64) + (profile.per_day >= 50.0)
    return np.where(profile.method == IRREGULAR, len(DEFAULTS) - 1, volume)


@dataclass(frozen=True)
class Sums:
    """What is expected of each account over some days: the daily profile, mailings, variance.

    Shape:  by_day and mailed_by_day (accounts, days); variance, that of the mailings, and the
            sums (accounts,).
    """

    daily_by_day: Floats
    mailed_by_day: Floats
    variance: Floats

    @cached_property
    def daily(self) -> Floats:
        """Sums of the daily profile."""
        return np.asarray(self.daily_by_day.sum(axis=1))

    @cached_property
    def mailed(self) -> Floats:
        """Sums of mailings."""
        return np.asarray(self.mailed_by_day.sum(axis=1))

    @property
    def by_day(self) -> Floats:
        """Daily profile and mailings on each day."""
        return self.daily_by_day + self.mailed_by_day

    @property
    def whole(self) -> Floats:
        """Daily profile and mailings."""
        return self.daily + self.mailed


def residual_scale(profile: Profile, sums: Sums, days: float, lead: int = 0) -> Floats:
    """Scale of the log error of each account's sum over some days, from `lead` days from now on."""
    days = max(days, 0.25)
    weeks = np.minimum(profile.known_days // 7, LEVEL_WEEKS)
    prior = _PRIOR_NOISE + _PRIOR_COUNTING / (sums.daily / days * 7.0 + 1.0)
    noise = (weeks * profile.noise + _PRIOR_WEEKS * prior) / (weeks + _PRIOR_WEEKS)
    moves = (weeks * profile.drift + _PRIOR_WEEKS * _PRIOR_NOISE) / (weeks + _PRIOR_WEEKS)
    relative = (
        _NOISE * noise * 7.0 / days
        + _MOVES * moves
        + _COUNTING / (sums.daily + 1.0)
        + (_FLOOR * (lead + days) / 30.0) ** 2
    ) * (1.0 + _YOUTH / (weeks + 1.0))
    share = (relative * sums.daily**2 + sums.variance) / np.maximum(sums.whole, 1e-9) ** 2
    return np.asarray(np.sqrt(share + 0.25 / (sums.whole + 1.0) ** 2))


@dataclass(frozen=True)
class RollingOrigin:
    """One rolling origin: what was forecast, how sure that was, and what came, per account.

    errors: log ratios in residual scales, NaN where there is nothing to learn.
    """

    origin: date
    forecast: Floats
    actual: Floats
    scale: Floats
    classes: NDArray[np.int64]
    errors: Floats

    def common(self) -> tuple[float, float]:
        """Error of the sum in common scales, and its square beyond the accounts' own."""
        total = max(float(self.forecast.sum()), 1e-9)
        error = float(np.log((self.actual.sum() + 1.0) / (total + 1.0)))
        level = max(common_level(self.forecast, self.scale), 1e-9)
        own = np.minimum(_OWN_VARIANCE * self.scale**2, 1.0) * self.forecast**2
        return error / level, (error**2 - float(own.sum()) / total**2) / level**2


def common_level(forecast: Floats, scale: Floats) -> float:
    """Log deviation of the sum if all accounts went wrong together by one scale."""
    part = forecast * np.minimum(scale, _MOST_COMMON)
    return float(part.sum()) / max(float(forecast.sum()), 1e-9)


def months_spanned(origins: Sequence[RollingOrigin]) -> float:
    """Independent months that overlapping origins are worth."""
    days = [past.origin for past in origins]
    return 1.0 + (max(days) - min(days)).days / 30.0 if days else 0.0


def pooled_quantiles(origins: list[RollingOrigin], classes: NDArray[np.int64]) -> Floats:
    """Errors in residual scales at the four tails for each account: (accounts, 4)."""
    tails = DEFAULTS.copy()
    if origins:
        errors = np.concatenate([past.errors for past in origins])
        volumes = np.concatenate([past.classes for past in origins])
        known = ~np.isnan(errors)
        errors, volumes = errors[known], volumes[known]
        spanned = months_spanned(origins)
        months = spanned / len(origins)
        # The month to come differs from the past ones as these do among themselves.
        errors = errors * np.sqrt(1.0 + 1.0 / spanned)
        # All classes together first: few accounts still show how wide their tenant runs.
        sides = np.where(errors < 0.0, -DEFAULTS[volumes, 1], DEFAULTS[volumes, 2])
        known_tails = DEFAULTS[1] / _SIDES
        tails *= _blend(errors / sides, len(errors) * months, known_tails) / known_tails
        for number in range(len(tails)):
            sample = errors[volumes == number]
            tails[number] = _blend(sample, len(sample) * months, tails[number])
    return tails[classes]


def _blend(sample: Floats, months: float, known: Floats) -> Floats:
    """Tails of a sample, the more of them the more account-months it is worth."""
    if months < LEAST_ACCOUNT_MONTHS:
        return known
    return known + months / (months + _OWN_HALF) * (np.quantile(sample, TAILS) - known)


def account_ends(forecast: Floats, scale: Floats, tails: Floats) -> Floats:
    """Ends at the four tails of each account's sum, the sum itself inside them: (accounts, 4)."""
    middle = forecast[:, None]
    ends = (middle + 1.0) * np.exp(np.clip(scale[:, None] * tails, *_LOG_LIMITS)) - 1.0
    ends[:, 2] = np.minimum(ends[:, 2], forecast + _FARTHEST_80 * scale * (forecast + 1.0))
    low, high = np.minimum(ends[:, :2], middle), np.maximum(ends[:, 2:], middle)
    return np.asarray(np.maximum(np.concatenate([low, high], axis=1), 0.0))


def bootstrap_total(
    origins: list[RollingOrigin], forecast: Floats, scale: Floats, classes: NDArray[np.int64]
) -> Floats:
    """Sums over all accounts as they may come out.

    A draw takes one origin for all accounts: errors of its own accounts, by class and without
    their common part, and a common error. That one is as wide as the origins' totals show beyond
    what their accounts' own errors add up to, and as a prior does while the months are few.
    """
    generator = np.random.default_rng(_SEED)
    months = months_spanned(origins) if origins else 0.0
    seen = np.array([past.common() for past in origins]).reshape(-1, 2)
    weight = _COMMON_MONTHS + months
    mean = months * float(seen[:, 0].mean()) / weight if origins else 0.0
    square = months * max(float(seen[:, 1].mean()), 0.0) if origins else 0.0
    width = np.sqrt((_COMMON_MONTHS * _COMMON**2 + square) / weight)
    common = mean + width * generator.standard_t(3.0 + months, _DRAWS)
    level = common_level(forecast, scale)
    draws = []
    for number, part in enumerate(np.array_split(common, max(len(origins), 1))):
        own = _own_errors(generator, origins[number] if origins else None, classes, len(part))
        ratios = np.exp(np.clip(scale * own, *_LOG_LIMITS))
        ratios /= ratios.mean(axis=0)
        draws.append((forecast * ratios).sum(axis=1) * np.exp(np.clip(part * level, *_LOG_LIMITS)))
    return np.concatenate(draws)


def _own_errors(
    generator: np.random.Generator,
    past: RollingOrigin | None,
    classes: NDArray[np.int64],
    draws: int,
) -> Floats:
    """(draws, accounts) errors: drawn from the origin's own, from the shipped where it has few."""
    normal = generator.standard_normal((draws, len(classes)))
    sides = np.abs(DEFAULTS[classes][:, [1, 2]]) / 1.2816
    errors = normal * np.where(normal < 0.0, sides[:, 0], sides[:, 1])
    for number in range(len(DEFAULTS)):
        if past is None:
            break
        own = past.errors[(past.classes == number) & ~np.isnan(past.errors)]
        columns = np.flatnonzero(classes == number)
        if len(own) >= _LEAST_POOL and len(columns):
            errors[:, columns] = generator.choice(own - own.mean(), (draws, len(columns)))
    ends = 1.3 * DEFAULTS[classes]
    return np.asarray(np.clip(errors, ends[:, 0], ends[:, 3]))
