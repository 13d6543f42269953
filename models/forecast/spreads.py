"""Errors of daily profiles in deviations, pooled over accounts.

Shipped values come from development data and give way to the tenant's own as account-months
gather: first one width for all accounts, then tails for each volume class.

Source: Hyndman and Athanasopoulos, "Forecasting: Principles and Practice", ch. 5.8 (rolling
origins).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.baseline.grid import Floats
from models.forecast.trials import Trial, months_spanned

TAILS = (0.025, 0.1, 0.9, 0.975)
LEAST_ACCOUNT_MONTHS = 30
# At the four tails, for under 2, under 50 and more recipients a day.
DEFAULTS = np.array(
    [[-2.2, -1.2, 1.4, 2.2], [-2.9, -1.6, 1.7, 2.7], [-2.7, -1.5, 1.7, 2.9]],
)
_SIDES = np.abs(DEFAULTS[1, [1, 1, 2, 2]])
_OWN_HALF = 30.0  # account-months that count as much as the shipped values


def account_tails(trials: list[Trial], classes: NDArray[np.int64]) -> Floats:
    """Errors in deviations at the four tails for each account: (accounts, 4)."""
    tails = DEFAULTS.copy()
    if trials:
        errors = np.concatenate([trial.errors for trial in trials])
        found = np.concatenate([trial.classes for trial in trials])
        known = ~np.isnan(errors)
        errors, found = errors[known], found[known]
        months = months_spanned(trials) / len(trials)
        # All classes together first: few accounts still tell how wide their tenant runs.
        sides = np.where(errors < 0.0, -DEFAULTS[found, 1], DEFAULTS[found, 2])
        known_tails = DEFAULTS[1] / _SIDES
        tails *= _blend(errors / sides, len(errors) * months, known_tails) / known_tails
        for number in range(len(tails)):
            sample = errors[found == number]
            tails[number] = _blend(sample, len(sample) * months, tails[number])
    return tails[classes]


def _blend(sample: Floats, months: float, known: Floats) -> Floats:
    """Tails of a sample, the more of them the more account-months it is worth."""
    if months < LEAST_ACCOUNT_MONTHS:
        return known
    return known + months / (months + _OWN_HALF) * (np.quantile(sample, TAILS) - known)


def account_ends(forecast: Floats, deviation: Floats, tails: Floats) -> Floats:
    """Ends at the four tails of each account's sum, the sum itself inside them: (accounts, 4)."""
    middle = forecast[:, None]
    ends = (middle + 1.0) * np.exp(deviation[:, None] * tails) - 1.0
    low, high = np.minimum(ends[:, :2], middle), np.maximum(ends[:, 2:], middle)
    return np.asarray(np.maximum(np.concatenate([low, high], axis=1), 0.0))
