"""Plain ways to forecast the sum of the next days, to stand beside the product's own."""

from __future__ import annotations

import numpy as np

from models.statistics import Floats, mean_known

_LEAST_SUM = 1e-9


def seasonal_naive(past: Floats, days: int) -> Floats:
    """The last week again and again."""
    week = np.nan_to_num(past[:, -7:])
    return np.asarray(np.tile(week, (1, -(-days // 7)))[:, :days].sum(axis=1))


def run_rate(past: Floats, days: int) -> Floats:
    """The mean of the last 30 days, straight on."""
    return np.asarray(np.nan_to_num(mean_known(past[:, -30:])) * days)


def mean_of_months(past: Floats, days: int) -> Floats:
    """The mean of the last 90 days, straight on."""
    return np.asarray(np.nan_to_num(mean_known(past[:, -90:])) * days)


def croston(past: Floats, days: int) -> Floats:
    """Size over interval, both smoothed by 0.1, less 5 %: Syntetos and Boylan (2005)."""
    smoothing = 0.1
    sizes, intervals = np.full((2, len(past)), np.nan)
    since = np.ones(len(past))
    for column in past.T:
        sent = column > 0.0
        is_first = sent & np.isnan(sizes)
        for smooth, new in ((sizes, column), (intervals, since)):
            moved = smooth + smoothing * (new - smooth)
            smooth[:] = np.where(is_first, new, np.where(sent, moved, smooth))
        since = np.where(sent, 1.0, since + ~np.isnan(column))
    return np.asarray(np.nan_to_num((1.0 - smoothing / 2.0) * sizes / intervals) * days)


def weekday_profile(past: Floats, days: int) -> Floats:
    """Weekday means of eight weeks × level of four weeks: the reference of the measurements."""
    recent = past[:, -56:]
    weekdays = (np.arange(recent.shape[1]) - recent.shape[1]) % 7
    means = np.stack([mean_known(recent[:, weekdays == weekday]) for weekday in range(7)], axis=1)
    means = np.nan_to_num(means)
    last = recent[:, -28:]
    usual = np.where(np.isnan(last), 0.0, means[:, weekdays][:, -28:])
    level = np.nan_to_num(last).sum(axis=1) / np.maximum(usual.sum(axis=1), _LEAST_SUM)
    return np.asarray((means[:, np.arange(days) % 7] * level[:, None]).sum(axis=1))


FOR_IRREGULAR = {"run rate": run_rate, "mean of 90 days": mean_of_months, "Croston SBA": croston}
PLAIN = {
    "seasonal naive": seasonal_naive,
    "linear run rate": run_rate,
    "weekday profile": weekday_profile,
}
