"""Counts with holes and over-dispersed counts: the small statistics the models share."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_LARGEST_MEAN = 50.0
_MEANS = np.geomspace(0.01, 4.0, 48)
_SIZES = np.geomspace(0.02, 50.0, 32)


def blank(shape: tuple[int, ...], kind: type = np.float64) -> NDArray[Any]:
    """Zeros, (..., accounts, hours): the accounts of an hour lie side by side.

    Hours that nobody touches take no memory: a walk that goes on touches the last days alone.
    """
    return np.zeros(shape[::-1], kind).T


def known_or_zero(values: ArrayLike) -> Floats:
    """The values with 0 where they are NaN: unknown adds nothing."""
    numbers = np.asarray(values, np.float64)
    return np.where(np.isnan(numbers), 0.0, numbers)


def row_sums(values: Floats) -> Floats:
    """Sums along the last axis, the same however the values lie in memory: (..., )."""
    total: Floats = np.ascontiguousarray(values).sum(axis=-1)
    return total


def sum_known(values: Floats, axis: int = -1) -> Floats:
    """Sum of the values that are not NaN; 0 where none is."""
    known = known_or_zero(values)
    total: Floats = row_sums(known) if axis == -1 else known.sum(axis=axis)
    return total


def mean_known(values: Floats, axis: int = -1, at_least: int = 1) -> Floats:
    """Mean of the values that are not NaN; NaN where fewer than `at_least` are known."""
    known = (~np.isnan(values)).sum(axis=axis)
    mean = sum_known(values, axis) / np.maximum(known, 1)
    return np.where(known >= max(at_least, 1), mean, np.nan)


def median_known(values: Floats) -> Floats:
    """Median along the first axis of the values that are not NaN; NaN where none is."""
    ordered = np.sort(values, axis=0)
    known = (~np.isnan(values)).sum(axis=0)[None]
    low: Floats = np.take_along_axis(ordered, np.maximum((known - 1) // 2, 0), axis=0)
    high = np.take_along_axis(ordered, np.minimum(known // 2, len(values) - 1), axis=0)
    median: Floats = np.where(known > 0, (low + high) / 2.0, np.nan)[0]
    return median


def trimmed_mean_known(values: Floats, at_least: int) -> Floats:
    """Mean along the first axis of the known values without the outer quarters of them.

    NaN where fewer than `at_least` are known. Of four to seven values one falls away at each end.
    """
    ordered = np.sort(values, axis=0)
    known = (~np.isnan(values)).sum(axis=0)
    rank = np.arange(len(values)).reshape(-1, *(1,) * known.ndim)
    cut = known // 4
    inside = (rank >= cut) & (rank < known - cut)
    mean = np.where(inside, ordered, 0.0).sum(axis=0) / np.maximum(known - 2 * cut, 1)
    return np.where(known >= max(at_least, 1), mean, np.nan)


def negative_binomial_quantile(probability: float, mean: ArrayLike, size: ArrayLike) -> Floats:
    """Smallest count whose cumulated negative binomial probability reaches `probability`.

    Shape:  `mean` and `size` broadcast; variance = mean + mean² / size.
    Raises: ValueError for a probability outside (0, 1) or a mean over 50, where summing the
            probabilities one by one would no longer be exact.
    """
    m, k = np.broadcast_arrays(np.asarray(mean, np.float64), np.asarray(size, np.float64))
    if not 0.0 < probability < 1.0 or (m.size and m.max() > _LARGEST_MEAN):
        raise ValueError("negative binomial quantile needs 0 < probability < 1 and a mean <= 50")
    term = (k / (k + m)) ** k
    reached, count, step = term.copy(), np.zeros(m.shape), 0
    while (open_ := (reached < probability) & (term > 1e-14)).any():
        term = term * (k + step) / (step + 1.0) * m / (k + m)
        reached += term
        count += open_
        step += 1
    return count


@cache
def _table(probability: float) -> Floats:
    return negative_binomial_quantile(probability, _MEANS[:, None], _SIZES[None, :])


def small_count_quantile(probability: float, mean: Floats, size: Floats) -> Floats:
    """`negative_binomial_quantile` for means up to about 4, read from a table.

    The nearest of 48 means and 32 sizes: at most one count away, and fast for millions of hours.
    """
    row = np.searchsorted(np.sqrt(_MEANS[1:] * _MEANS[:-1]), mean)
    column = np.searchsorted(np.sqrt(_SIZES[1:] * _SIZES[:-1]), size)
    quantiles: Floats = _table(probability)[row, column]
    return quantiles
