"""Intervals around an hourly expectation, from what past residuals of a similar load were.

Conformal on square-root residuals by third of load; negative binomial for small counts and
where the history is too short.

Source: Vovk, Gammerman and Shafer, "Algorithmic Learning in a Random World" (conformal
intervals); Anscombe 1948 (square root of counts).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.statistics import Floats, small_count_quantile

SMALL = 2.0  # expected recipients per hour under which counts are treated as small
_TAILS = (0.025, 0.1, 0.9, 0.975)
_NORMAL = (-1.96, -1.2816, 1.2816, 1.96)
_LEAST_RESIDUALS = 40
LO95, LO80, HI80, HI95 = range(4)  # places of the bounds in an array of them
_CLASS_STEP = 1e7  # separates the load classes inside one sort


class Bounds(NamedTuple):
    """Ends of the 95 and 80 % intervals of hours: whole counts, (accounts, hours) each."""

    lo95: Floats
    lo80: Floats
    hi80: Floats
    hi95: Floats


def interval_bounds(
    mean: Floats, shifts: list[Floats], sizes: tuple[Floats, Floats]
) -> list[Floats]:
    """Bounds at 2.5, 10, 90 and 97.5 %, not rounded yet: (accounts, hours) each.

    `sizes` are the negative binomial sizes of quiet hours and of all: (accounts, 1) each.
    """
    small, large = sizes
    spread = np.sqrt(mean + mean**2 / large)
    bounds = []
    for tail, shift, width in zip(_TAILS, shifts, _NORMAL, strict=True):
        root = np.maximum(np.sqrt(mean) + shift, 0.0)
        wide = np.where(np.isnan(root), mean + spread * width, root**2)
        few = small_count_quantile(tail, mean, np.broadcast_to(small, mean.shape))
        bounds.append(np.where(mean < SMALL, few, wide))
    return bounds


def conformal_shifts(residual: Floats, load: Floats, expected: Floats) -> list[Floats]:
    """Quantiles 2.5, 10, 90 and 97.5 % of the square-root residuals of a similar load.

    Shape:  residual, load (accounts, past hours); expected and each result (accounts, hours).
    Units:  square roots of recipients; NaN where a third of load has under 40 residuals.
    """
    usable = ~np.isnan(residual) & (load >= 1.0)  # an unknown load is not
    edges = _thirds(load, usable)
    classes = _class_of(load, edges)
    clipped = np.clip(residual, -0.4 * _CLASS_STEP, 0.4 * _CLASS_STEP)
    keys = np.where(usable, classes * _CLASS_STEP + clipped, np.inf)
    keys.sort(axis=1)
    counts = np.stack(
        [np.count_nonzero(usable & (classes == third), axis=1) for third in range(3)], axis=1
    )
    offsets = np.cumsum(counts, axis=1) - counts
    expected_classes = _class_of(expected, edges)
    number, offset = (np.take_along_axis(x, expected_classes, axis=1) for x in (counts, offsets))
    shifts = []
    for tail in _TAILS:
        rank = np.ceil((number + 1) * tail) - 1 if tail > 0.5 else np.floor((number + 1) * tail) - 1
        place = offset + np.clip(rank, 0, np.maximum(number - 1, 0)).astype(np.int64)
        if keys.shape[1] == 0:
            shifts.append(np.full(expected.shape, np.nan))
            continue
        nearest = np.take_along_axis(keys, np.minimum(place, keys.shape[1] - 1), axis=1)
        enough = number >= _LEAST_RESIDUALS
        shifts.append(np.where(enough, nearest - expected_classes * _CLASS_STEP, np.nan))
    return shifts


def _thirds(load: Floats, usable: NDArray[np.bool_]) -> Floats:
    """Edges between the thirds of load over the last two weeks: (accounts, 2)."""
    recent = np.where(usable, load, np.inf)[:, -336:]
    if recent.shape[1] == 0:
        return np.full((len(load), 2), np.inf)
    recent = np.sort(recent, axis=1)
    count = np.isfinite(recent).sum(axis=1)[:, None]
    return np.take_along_axis(recent, count * np.array([[1, 2]]) // 3, axis=1)


def _class_of(load: Floats, edges: Floats) -> NDArray[np.int8]:
    return (load > edges[:, :1]).astype(np.int8) + (load > edges[:, 1:])


def nested_bounds(bounds: list[Floats], expected: Floats, learning: NDArray[np.bool_]) -> Bounds:
    """Whole counts rounded outward, twice as wide while learning, one inside the other."""
    lo95, lo80, hi80, hi95 = (np.where(learning, 2.0 * bound - expected, bound) for bound in bounds)
    lo80 = np.floor(np.maximum(np.minimum(lo80, expected), 0.0))
    hi80 = np.ceil(np.maximum(hi80, expected))
    lo95 = np.minimum(np.floor(np.maximum(lo95, 0.0)), lo80)
    hi95 = np.maximum(np.ceil(hi95), hi80)
    return Bounds(lo95, lo80, hi80, hi95)
