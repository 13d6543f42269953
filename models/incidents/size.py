"""How much an account sent over a stretch of time, and how much was expected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from models.baseline.grid import HourlyGrid
from models.incidents.walk import Analysis
from models.statistics import known_or_zero

HOUR = timedelta(hours=1)


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


class Sizes:
    """Looks up sizes in a grid and its analysis."""

    def __init__(self, grid: HourlyGrid, analysis: Analysis) -> None:
        self._grid = grid
        self._analysis = analysis
        self._rows = {account: row for row, account in enumerate(grid.accounts)}

    def between(self, account: str, start: datetime, end: datetime) -> Size:
        """The size from the hour of `start` to the hour that `end` lies in or closes.

        The hours' errors count as independent: adding the ends would claim a far wider range.
        """
        row = self._rows.get(account)
        if row is None:
            return Size(0, 0.0, (0.0, 0.0))
        first = max(int((start - self._grid.start) // HOUR), 0)
        hours = slice(first, max(-int((self._grid.start - end) // HOUR), first + 1))
        made = self._analysis
        expected = known_or_zero(made.expected[row, hours])
        below = expected - known_or_zero(made.lo95[row, hours])
        above = known_or_zero(made.hi95[row, hours]) - expected
        total = float(expected.sum())
        low = max(total - float(np.sqrt((below**2).sum())), 0.0)
        high = total + float(np.sqrt((above**2).sum()))
        observed = round(float(np.nansum(self._grid.recipients[row, hours])))
        return Size(observed, round(total, 1), (float(np.floor(low)), float(np.ceil(high))))

    def learning_day(self, account: str, moment: datetime) -> int:
        """n of 14 while the account is being learnt, else 0."""
        row = self._rows.get(account)
        hour = int((moment - self._grid.start) // HOUR)
        if row is None or not 0 <= hour < self._grid.hours:
            return 0
        return int(self._analysis.learning_day[row, hour])
