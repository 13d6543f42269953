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
    alerts = np.zeros(score.shape, np.bool_)
    reached = known_or_zero(score) >= COMMON
    for account in np.flatnonzero(reached.any(axis=1)).tolist():
        hours = np.flatnonzero(reached[account])
        alerts[account, _accepted(hours.tolist(), score[account, hours].tolist())] = True
    return alerts


def _accepted(hours: list[int], scores: list[float]) -> list[int]:
    """Those of the hours, which reach the common threshold, that reach the own one."""
    accepted: list[int] = []
    bar = raised = 0.0  # logarithms: while the alert is open, and from its end on
    closes = 0
    for hour, score in zip(hours, scores, strict=True):
        is_open = hour < closes
        if not is_open:
            bar = raised * 0.5 ** ((hour - closes) / _HALF_LIFE_HOURS)
        if score < COMMON * math.exp(bar):
            continue
        if not is_open:
            raised, closes = min(bar + _STEP, _MOST), hour + OPEN_HOURS
        accepted.append(hour)
    return accepted
