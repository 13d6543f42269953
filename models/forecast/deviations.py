"""How far the sum of some days may be off, per account, from what its own weeks show.

The weights were fitted on development data (simulated tenants, an office's mail, made-up habits),
so that an error has about the same size in deviations for steady and for irregular accounts. What
is left of the difference is calibrated in models/forecast/spreads.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.baseline.grid import Floats
from models.forecast.profiles import LEVEL_WEEKS, Profile

_NOISE = 1.15  # of the variance from week to week, which averages out over more weeks
_MOVES = 0.48  # of what the level moved by, which does not
_COUNTING = 0.2  # per recipient expected
_FLOOR = 0.05  # log deviation of the level after 30 days that no history rules out
_YOUTH = 2.0  # weeks of history that add once more their share of the variance
_PRIOR_WEEKS, _PRIOR_NOISE, _PRIOR_COUNTING = 2.0, 0.03, 5.4


def volume_classes(profile: Profile) -> NDArray[np.int64]:
    """Class per account: under 2, under 50, 50 and more recipients a day."""
    return (profile.per_day >= 2.0).astype(np.int64) + (profile.per_day >= 50.0)


@dataclass(frozen=True)
class Sums:
    """What is expected of each account over some days: the daily profile, mailings, variance.

    Shape:  all (accounts,); variance is that of the mailings.
    """

    daily: Floats
    mailed: Floats
    variance: Floats

    @property
    def whole(self) -> Floats:
        """Daily profile and mailings."""
        return self.daily + self.mailed


def deviations(profile: Profile, sums: Sums, days: float, lead: int = 0) -> Floats:
    """Log deviation of each account's sum over some days that begin `lead` days from now."""
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
