"""How much was sent over some hours, and how much was expected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.statistics import Floats, known_or_zero


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


def size_of(sent: Floats, expected: Floats, lo95: Floats, hi95: Floats) -> Size:
    """The size of some hours of one account; an hour that is not known adds nothing.

    The hours' errors count as independent: adding the ends would claim a far wider range.
    Shape:  (hours,) each.
    """
    expected = known_or_zero(np.where(np.isnan(sent), np.nan, expected))
    below, above = (
        np.where(np.isnan(sent), 0.0, distance)
        for distance in (expected - known_or_zero(lo95), known_or_zero(hi95) - expected)
    )
    total = float(expected.sum())
    low = max(total - float(np.sqrt((below**2).sum())), 0.0)
    high = total + float(np.sqrt((above**2).sum()))
    observed = round(float(np.nansum(sent)))
    return Size(observed, total, (float(np.floor(low)), float(np.ceil(high))))
