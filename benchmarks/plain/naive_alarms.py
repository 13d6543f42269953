"""Two plain alarms to compare with: z-score of the hour, and deviation from the hour of the week.

Both see hourly recipients alone and judge an hour by the account's own past.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from models.baseline.grid import HourlyGrid

Floats = NDArray[np.float64]
THRESHOLDS = (3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0, 96.0)
_DAYS = 56
_MERGE_HOURS = 24


def z_scores(grid: HourlyGrid) -> Floats:
    """Distance from the mean of the 56 days before, in their standard deviations."""
    values = np.nan_to_num(grid.recipients)
    sums, squares = (_before(numbers, 24 * _DAYS) for numbers in (values, values**2))
    count = np.clip(np.arange(values.shape[1]), 1, 24 * _DAYS)
    mean = sums / count
    spread = np.sqrt(np.maximum(squares / count - mean**2, 0.0))
    return np.asarray((values - mean) / np.maximum(spread, 1.0))


def week_scores(grid: HourlyGrid) -> Floats:
    """Distance from the median of the same hour of eight weeks, in median absolute deviations."""
    values = np.nan_to_num(grid.recipients)
    weeks = np.stack(
        [np.pad(values, ((0, 0), (168 * n, 0)))[:, : values.shape[1]] for n in range(1, 9)]
    )
    middle = np.median(weeks, axis=0)
    spread = 1.4826 * np.median(np.abs(weeks - middle), axis=0)
    return np.asarray((values - middle) / np.maximum(spread, 1.0))


def alarms(grid: HourlyGrid, scores: Floats, threshold: float) -> list[tuple[str, datetime]]:
    """Account and hour's end of each alarm; one that follows within a day belongs to the first."""
    raised = []
    for row, account in enumerate(grid.accounts):
        last = -(10**9)
        for hour in np.flatnonzero(scores[row] > threshold).tolist():
            if hour - last > _MERGE_HOURS:
                raised.append((account, grid.start + timedelta(hours=hour + 1)))
            last = hour
    return raised


def _before(values: Floats, hours: int) -> Floats:
    running = np.pad(np.cumsum(values, axis=1), ((0, 0), (1, 0)))
    end = np.arange(values.shape[1])
    return np.asarray(running[:, end] - running[:, np.maximum(end - hours, 0)])
