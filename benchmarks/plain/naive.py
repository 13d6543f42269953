"""Plain detectors to compare with: each takes one hourly series and scores every hour.

Only the past and the hour itself are used. Larger is more unusual.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from models.statistics import Floats

_LEAST = 24
_WEEK = 168
_ROBUST = 1.4826


def global_z(values: Floats) -> Floats:
    """Distance from the mean of all hours before, in their standard deviations."""
    series = pd.Series(values)
    past = series.expanding(_LEAST)
    return _score(series - past.mean().shift(), past.std().shift())


def hour_of_week(values: Floats) -> Floats:
    """Distance from the median of the same hour of earlier weeks, in MADs of such distances."""
    series = pd.Series(values)
    lags = pd.concat([series.shift(_WEEK * week) for week in range(1, 5)], axis=1)
    usual = lags.median(axis=1)
    distance = series - usual.where(
        lags.notna().sum(axis=1) >= 1, series.expanding().median().shift()
    )
    return _score(distance, _ROBUST * distance.abs().expanding(_LEAST).median().shift())


def mixed_windows(values: Floats) -> Floats:
    """Mean of three point scores (season, week, all) and of sums over 3 to 24 hours.

    Scales are half robust and half long standard deviations.
    """
    series = pd.Series(values)
    points = (
        np.abs(_mixed(series - _season(series), None, is_residual=True)),
        np.abs(_mixed(series, _WEEK)),
        np.abs(_mixed(series, None)),
    )
    sums = [
        np.abs(_mixed(series.rolling(hours, min_periods=1).mean(), None))
        for hours in (3, 6, 12, 24)
    ]
    return np.asarray(0.5 * np.mean(points, axis=0) + 0.5 * np.mean(sums, axis=0))


def _season(series: pd.Series) -> pd.Series:
    lags = [series.shift(24 * day + beside) for day in range(1, 15) for beside in (-1, 0, 1)]
    frame = pd.concat(lags, axis=1)
    return frame.mean(axis=1).where(frame.notna().sum(axis=1) >= 4)


def _mixed(series: pd.Series, window: int | None, *, is_residual: bool = False) -> Floats:
    past = series.rolling(window, _LEAST) if window else series.expanding(_LEAST)
    quartiles = past.quantile(0.75) - past.quantile(0.25)
    scale = 0.5 * quartiles / 1.349 + 0.5 * series.expanding(_LEAST).std()
    middle = 0.0 if is_residual else past.median().shift()
    return _score(series - middle, scale.shift(), absolute=False)


def _score(distance: pd.Series, scale: pd.Series, *, absolute: bool = True) -> Floats:
    score = (distance / (scale + 1e-9)).to_numpy(np.float64)
    return np.nan_to_num(np.abs(score) if absolute else score)


DETECTORS = {
    "global z": global_z,
    "hour of week, MAD": hour_of_week,
    "K: points and windows": mixed_windows,
}
