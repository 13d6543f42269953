"""What score an account must reach for an alert: its own threshold, from its own alerts.

Every alert raises the account's bar for a while, so that a noisy account gets quieter; the bar
never falls under the common one, so that a quiet account stays quiet: a ceiling, not a quota.
While an alert is open, for a day, the bar stands still, and it is bounded.

Source: Gibbs and Candès, "Adaptive conformal inference under distribution shift", 2021, in kind.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from models.baseline.memory import Kept
from models.statistics import Floats, known_or_zero

COMMON = 3.0  # score: under one false alert per account-month on public series
OPEN_HOURS = 24
_STEP = 0.2  # of the logarithm, for every alert
_HALF_LIFE_HOURS = 7.0 * 24.0
_MOST = 1.5  # the bar is at most e^1.5 = 4.5 times the common one


def own_alerts(score: Floats) -> NDArray[np.bool_]:
    """Hours that reach the account's own threshold; two alerts begin at least a day apart.

    Shape:  score and result (accounts, hours); an alert may mark several hours of its day.
    """
    return OwnThresholds(len(score)).alerts(0, score)


class OwnThresholds:
    """The thresholds of some accounts, as their alerts have moved them so far."""

    kept = Kept(accounts=("_bar", "_raised", "_closes"))

    def __init__(self, accounts: int) -> None:
        # Logarithms over the common one: while the alert is open, and from its end on.
        self._bar, self._raised = np.zeros((2, accounts))
        self._closes = np.zeros(accounts, np.int64)

    def alerts(self, first: int, score: Floats) -> NDArray[np.bool_]:
        """Hours of a day from the column `first` on that reach it; moves it."""
        alerts = np.zeros(score.shape, np.bool_)
        reached = known_or_zero(score) >= COMMON
        for account in np.flatnonzero(reached.any(axis=1)).tolist():
            for hour in np.flatnonzero(reached[account]).tolist():
                at_hour = float(score[account, hour])
                alerts[account, hour] = self._accepts(account, first + hour, at_hour)
        return alerts

    def _accepts(self, account: int, hour: int, score: float) -> bool:
        closes = int(self._closes[account])
        is_open = hour < closes
        if not is_open:
            rest = 0.5 ** ((hour - closes) / _HALF_LIFE_HOURS)
            self._bar[account] = float(self._raised[account]) * rest
        bar = float(self._bar[account])
        if score < COMMON * math.exp(bar):
            return False
        if not is_open:
            self._raised[account], self._closes[account] = (
                min(bar + _STEP, _MOST),
                hour + OPEN_HOURS,
            )
        return True
