"""Excess over the baseline in windows of 1 to 24 hours, and how large it usually is.

Windows from six hours on leave out their largest hour: a mailing of one hour then says nothing
about them, and a loop that adds a little every hour stands out even in an account that mails
large batches. The scale is half a robust one (median over days) and half a long standard
deviation, since a robust scale alone explodes on bursty accounts, and never under what the
daily peaks vary by. Older days grow with the account, so that growth alone is no surprise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.baseline.memory import Kept
from models.statistics import Floats, known_or_zero, mean_known, median_known, sum_known

WINDOWS = (1, 3, 6, 12, 24)
LONGEST = max(WINDOWS)
THRESHOLD = 4.0
_TRIMMED_FROM = 6
_SCALE_DAYS = 56
_PEAK_DEVIATIONS = 3.0
_GROWTH_PRIOR = 50.0  # recipients a week: accounts that send little do not grow by chance
_MOST_GROWTH = 3.0
_BATCH_DAYS, _LEAST_BATCH, _BATCH_DEVIATIONS = 90, 5.0, 2.5
_SPREAD, _SPREAD_WEIGHT = 0.5, 3.0  # of the logarithm of batches: what is assumed, as of how many


@dataclass(frozen=True)
class Demand:
    """What an excess must reach; every field broadcasts to (accounts, hours)."""

    score: Floats
    record: Floats  # times the largest excess of the account's past
    excess: Floats
    ratio: Floats  # sent to expected


class ExcessHistory:
    """Usual and largest excess of some accounts, per window."""

    kept = Kept(
        days={"_squares": _SCALE_DAYS, "_peaks": 400, "_usual": 407}, accounts=("_remembered",)
    )

    def __init__(self, accounts: int, days: int) -> None:
        shape = (days, len(WINDOWS), accounts)
        self._squares = np.full(shape, np.nan)
        self._peaks = np.full(shape, np.nan)
        self._usual = np.zeros((days, accounts))
        self._remembered = np.zeros(shape[1:])

    def learn(self, day: int, sums: Floats, usual: Floats, known: NDArray[np.bool_]) -> None:
        """Add a day: window sums (windows, accounts, hours), its expected recipients, and
        whether the account had a baseline."""
        # What was missing says nothing about how far an account goes beyond its baseline.
        above = np.maximum(sums, 0.0)
        self._squares[day] = np.where(known, (above**2).mean(axis=2), np.nan)
        self._peaks[day] = sums.max(axis=2)
        self._usual[day] = usual

    def remember(self, account: int, sums: Floats) -> None:
        """Let the largest excess of a surge, (windows,), count as the account's own past."""
        best = np.maximum(self._remembered[:, account], sums)
        self._remembered[:, account] = best

    def levels(self, day: int, sparse: NDArray[np.bool_]) -> tuple[Floats, Floats]:
        """Scale and largest earlier excess on the morning of the day: (windows, accounts) each.

        sparse: accounts that send now and then, whose batches vary.
        """
        if day == 0:
            return np.zeros(self._remembered.shape), self._remembered.copy()
        growth = np.where(sparse, 1.0, self._growth(day))
        peaks = self._peaks[:day] * growth
        record = np.fmax(known_or_zero(peaks).max(axis=0), self._remembered)
        record = np.where(sparse, np.maximum(record, self.batches(day)), record)
        recent = slice(max(day - _SCALE_DAYS, 0), day)
        squares = self._squares[recent] * growth[recent] ** 2
        robust = known_or_zero(np.sqrt(median_known(squares)))
        deviation = np.sqrt(known_or_zero(mean_known(squares, axis=0)))
        # A batch a day is a peak a day: it is the peaks that must not surprise, not the hours.
        peak = known_or_zero(mean_known(peaks[recent], axis=0))
        varying = np.sqrt(known_or_zero(mean_known((peaks[recent] - peak) ** 2, axis=0)))
        usual_peak = (peak + _PEAK_DEVIATIONS * varying) / THRESHOLD
        return np.maximum(0.5 * robust + 0.5 * deviation, usual_peak), record

    def batches(self, day: int) -> Floats:
        """What no batch of an account that sends now and then should pass: (windows, accounts).

        From the sizes of its earlier batches, taken as log-normal: 2.5 deviations over the mean.
        """
        peaks = self._peaks[max(day - _BATCH_DAYS, 0) : day]
        logs = np.log(np.where(peaks >= _LEAST_BATCH, peaks, np.nan))
        number = (~np.isnan(logs)).sum(axis=0)
        mean = known_or_zero(mean_known(logs, axis=0))
        squares = sum_known((logs - mean) ** 2, axis=0) + _SPREAD_WEIGHT * _SPREAD**2
        spread = np.sqrt(squares / np.maximum(number + _SPREAD_WEIGHT - 1.0, 1.0))
        return np.where(number > 0, np.exp(mean + _BATCH_DEVIATIONS * spread), 0.0)

    def _growth(self, day: int) -> Floats:
        """How much larger the account is now than on each earlier day: (days, 1, accounts)."""
        running = np.cumsum(self._usual[:day], axis=0)
        weeks = running.copy()
        weeks[7:] -= running[:-7]
        growth = (weeks[-1] + _GROWTH_PRIOR) / (weeks + _GROWTH_PRIOR)
        # The first week of an account is a part of a week: no growth can be read from it.
        growth[:7] = growth[6] if day > 6 else 1.0
        return np.asarray(np.clip(growth, 1.0, _MOST_GROWTH)[:, None])


def window_sums(values: Floats, first: int, last: int) -> Floats:
    """Sums over the windows ending in columns first to last - 1: (windows, rows, columns).

    Windows of six hours and more are without their largest value.
    """
    begin, width = max(first - LONGEST + 1, 0), last - first
    padded = np.zeros((len(values), width + LONGEST - 1))
    padded[:, LONGEST - 1 - (first - begin) :] = values[:, begin:last]
    running = np.zeros((len(values), width + LONGEST))
    np.cumsum(padded, axis=1, out=running[:, 1:])
    largest, sums = np.maximum(padded, 0.0), []
    reach = 1
    for window in WINDOWS:
        while reach < window:
            step = min(reach, window - reach)
            largest[:, step:] = np.maximum(largest[:, step:], largest[:, :-step])
            reach += step
        total = running[:, LONGEST:] - running[:, LONGEST - window : LONGEST - window + width]
        sums.append(total - largest[:, LONGEST - 1 :] if window >= _TRIMMED_FROM else total)
    return np.stack(sums)


def exceeds(
    excess: Floats, usual: Floats, levels: tuple[Floats, Floats], demand: Demand
) -> tuple[NDArray[np.bool_], Floats]:
    """Where a window passes every demand, and the score: half the best window, half their mean.

    Shape:  excess, usual (windows, accounts, hours); levels (windows, accounts).
    """
    scale, record = (level[:, :, None] for level in levels)
    scores = excess / np.maximum(scale, np.sqrt(usual + 1.0))
    score = 0.5 * scores.max(axis=0) + 0.5 * scores.mean(axis=0)
    large = (excess >= demand.excess) & (excess >= (demand.ratio - 1.0) * usual)
    beyond = (excess > demand.record * record) & (scores >= demand.score)
    return (large & beyond).any(axis=0) & (score >= demand.score), score
