"""The tenant's sum, drawn jointly over its accounts.

Accounts rise and fall together: adding the ends of their intervals would claim too much, drawing
each on its own too little.

Source: Hyndman and Athanasopoulos, "Forecasting: Principles and Practice", ch. 12.5 (bootstrap).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.baseline.grid import Floats
from models.forecast.spreads import DEFAULTS
from models.forecast.trials import Trial, common_level, months_spanned

_DRAWS = 2000
_SEED = 20_260  # the same question has the same answer
_COMMON, _COMMON_MONTHS = 0.5, 2.0  # deviation of the common error, and what it is worth
_LEAST_POOL = 5


def tenant_draws(
    trials: list[Trial], forecast: Floats, deviation: Floats, classes: NDArray[np.int64]
) -> Floats:
    """Sums over all accounts as they may come out.

    A draw takes one origin for all accounts: errors of its own accounts, by class and without
    their common part, and a common error. That one is as wide as the origins' totals show beyond
    what their accounts' own errors add up to, and as a prior does while the months are few.
    """
    generator = np.random.default_rng(_SEED)
    months = months_spanned(trials) if trials else 0.0
    seen = np.array([trial.common() for trial in trials]).reshape(-1, 2)
    weight = _COMMON_MONTHS + months
    mean = months * float(seen[:, 0].mean()) / weight if trials else 0.0
    square = months * max(float(seen[:, 1].mean()), 0.0) if trials else 0.0
    width = np.sqrt((_COMMON_MONTHS * _COMMON**2 + square) / weight)
    common = mean + width * generator.standard_t(3.0 + months, _DRAWS)
    level = common_level(forecast, deviation)
    draws = []
    for number, part in enumerate(np.array_split(common, max(len(trials), 1))):
        own = _own_errors(generator, trials[number] if trials else None, classes, len(part))
        ratios = np.exp(deviation * own)
        ratios /= ratios.mean(axis=0)
        draws.append((forecast * ratios).sum(axis=1) * np.exp(part * level))
    return np.concatenate(draws)


def _own_errors(
    generator: np.random.Generator, trial: Trial | None, classes: NDArray[np.int64], draws: int
) -> Floats:
    """(draws, accounts) errors: drawn from the origin's own, from the shipped where it has few."""
    normal = generator.standard_normal((draws, len(classes)))
    sides = np.abs(DEFAULTS[classes][:, [1, 2]]) / 1.2816
    errors = normal * np.where(normal < 0.0, sides[:, 0], sides[:, 1])
    for number in range(len(DEFAULTS)):
        if trial is None:
            break
        own = trial.errors[(trial.classes == number) & ~np.isnan(trial.errors)]
        mine = np.flatnonzero(classes == number)
        if len(own) >= _LEAST_POOL and len(mine):
            errors[:, mine] = generator.choice(own - own.mean(), (draws, len(mine)))
    ends = 1.3 * DEFAULTS[classes]
    return np.asarray(np.clip(errors, ends[:, 0], ends[:, 3]))
