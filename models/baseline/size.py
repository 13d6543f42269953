"""How much was sent over some hours, and how much was expected.

Accounts with a rhythm are measured by the hours of their baseline. Those that send now and then
(intermittent and lumpy demand) have none: what they sent on whole days tells how much to expect,
and how far windows of as many days differ.

Source: Willemain, Smart and Schwarz, "A new approach to forecasting intermittent demand for
service parts inventories", 2004.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from models.baseline.demand import is_regular
from models.statistics import Floats, known_or_zero

_LEAST_DAYS = 20  # that are known: fewer say nothing of 95 %
_MONTH = 28
_OUTSIDE = 0.025  # of the windows, below the interval and above it
_LEAST_WINDOWS = 12  # of the past, side by side
_DRAWS, _SEED = 1000, 0  # the same ones for the same past


@dataclass(frozen=True)
class Size:
    """Recipients over a stretch of whole hours; interval is the 95 % range of the expectation."""

    observed: int
    expected: float
    interval: tuple[float, float]

    @property
    def extra(self) -> int:
        """Recipients beyond the expected ones."""
        return round(max(self.observed - self.expected, 0.0))


def size_of(sent: Floats, expected: Floats, lo95: Floats, hi95: Floats, past: Floats) -> Size:
    """The size of some hours of one account; an hour that is not known adds nothing.

    Shape:  (hours,) each; past (local days,), what it sent on the days before, NaN: not known.
    """
    if is_sporadic(past):
        return _size_by_days(sent, past[~np.isnan(past)])
    return _size_by_hours(sent, expected, lo95, hi95)


def is_sporadic(past: Floats) -> bool:
    """Whether an account sends on every second day at most, and on no weekdays of its own."""
    month = past[-_MONTH:]
    is_known = (~np.isnan(past)).sum() >= _LEAST_DAYS
    is_sparse = 2 * (month > 0).sum() <= (~np.isnan(month)).sum()
    return bool(is_known and is_sparse and not is_regular(past[:, None])[0])


def _size_by_hours(sent: Floats, expected: Floats, lo95: Floats, hi95: Floats) -> Size:
    """The hours' errors count as independent: adding the ends would claim a far wider range."""
    expected = known_or_zero(np.where(np.isnan(sent), np.nan, expected))
    below, above = (
        np.where(np.isnan(sent), 0.0, distance)
        for distance in (expected - known_or_zero(lo95), known_or_zero(hi95) - expected)
    )
    total = float(expected.sum())
    low = max(total - float(np.sqrt((below**2).sum())), 0.0)
    high = total + float(np.sqrt((above**2).sum()))
    return Size(_observed(sent), total, (float(np.floor(low)), float(np.ceil(high))))


def _size_by_days(sent: Floats, amounts: Floats) -> Size:
    """Expected: the mean a day. The interval is that of whole days, at least of one."""
    hours = int((~np.isnan(sent)).sum())
    expected = float(amounts.mean()) * hours / 24.0
    low, high = range_of_days(amounts, -(-hours // 24)) if hours else (0.0, 0.0)
    interval = float(np.floor(min(low, expected))), float(np.ceil(max(high, expected)))
    return Size(_observed(sent), expected, interval)


def range_of_days(amounts: Floats, days: int) -> tuple[float, float]:
    """The 95 % range of what so many days send, from windows of the known days of the past.

    Windows as long where the past holds twelve of them side by side, else sums of shorter ones.
    """
    number, expected = len(amounts), days * float(amounts.mean())
    parts = -(-days // max(number // _LEAST_WINDOWS, 1))
    width = -(-days // parts)
    # The past goes round in a circle: each of its days counts as often.
    circle = np.concatenate([amounts, amounts[: width - 1]])
    sums = np.asarray(sliding_window_view(circle, width).sum(axis=1))
    if parts > 1:
        drawn = np.random.default_rng(_SEED).choice(sums, (_DRAWS, parts))
        sums = drawn.sum(axis=1) * days / (parts * width)
    rank = max(int(_OUTSIDE * (len(sums) + 1)), 1)
    low, high = np.sort(sums)[[rank - 1, -rank]].tolist()
    # The mean is one of few days, and windows that share days with it stay close to it.
    wider = np.sqrt((1.0 + (days - 1) / number) / (1.0 - (width - 1) / number))
    low, high = expected + wider * (low - expected), expected + wider * (high - expected)
    return max(round(low, 6), 0.0), round(high, 6)


def _observed(sent: Floats) -> int:
    return round(float(np.nansum(sent)))
