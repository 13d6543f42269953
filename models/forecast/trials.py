"""Rolling origins: what a profile would have said on an earlier day, and what came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from models.baseline.grid import Floats

_MOST_COMMON = 0.4  # of an account's deviation can be level; more is its counting
_OWN_VARIANCE = 1.8  # of errors, in squared deviations


@dataclass(frozen=True)
class Trial:
    """One rolling origin: what was forecast, how sure that was, and what came, per account.

    errors: log ratios in deviations, NaN where there is nothing to learn.
    """

    origin: date
    forecast: Floats
    actual: Floats
    deviation: Floats
    classes: NDArray[np.int64]
    errors: Floats

    def common(self) -> tuple[float, float]:
        """Error of the sum in common deviations, and its square beyond the accounts' own."""
        total = max(float(self.forecast.sum()), 1e-9)
        error = float(np.log((self.actual.sum() + 1.0) / (total + 1.0)))
        level = max(common_level(self.forecast, self.deviation), 1e-9)
        own = np.minimum(_OWN_VARIANCE * self.deviation**2, 1.0) * self.forecast**2
        return error / level, (error**2 - float(own.sum()) / total**2) / level**2


def common_level(forecast: Floats, deviation: Floats) -> float:
    """Log deviation of the sum if all accounts went wrong together by one deviation."""
    part = forecast * np.minimum(deviation, _MOST_COMMON)
    return float(part.sum()) / max(float(forecast.sum()), 1e-9)


def months_spanned(trials: Sequence[Trial]) -> float:
    """Independent months that overlapping origins are worth."""
    origins = [trial.origin for trial in trials]
    return 1.0 + (max(origins) - min(origins)).days / 30.0 if origins else 0.0
