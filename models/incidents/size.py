"""How much an account sent over a stretch of time, and how much was expected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from models.baseline.grid import HourlyGrid
from models.baseline.size import Size, size_of
from models.baseline.traffic import LONGEST_SIZE_HOURS, nothing_older
from models.incidents.walks.walk import Analysis

HOUR = timedelta(hours=1)


class Sizes:
    """Looks up sizes in a grid and its analysis."""

    def __init__(
        self,
        grid: HourlyGrid,
        analysis: Analysis,
        recall: Callable[[int], None] = nothing_older,
    ) -> None:
        self._grid, self._recall = grid, recall
        self._analysis = analysis
        self._rows = {account: row for row, account in enumerate(grid.accounts)}

    def between(self, account: str, start: datetime, end: datetime) -> Size:
        """The size from the hour of `start` to the hour that `end` lies in or closes.

        expected is rounded to one decimal.
        """
        row = self._rows.get(account)
        if row is None:
            return Size(0, 0.0, (0.0, 0.0))
        first = max(int((start - self._grid.start) // HOUR), 0)
        last = max(-int((self._grid.start - end) // HOUR), first + 1)
        first = max(first, last - LONGEST_SIZE_HOURS)
        self._recall(first)
        hours = row, slice(first, last)
        analysis = self._analysis
        size = size_of(
            self._grid.recipients[hours],
            analysis.expected[hours],
            analysis.lo95[hours],
            analysis.hi95[hours],
            analysis.daily.before(row, first),
        )
        return replace(size, expected=round(size.expected, 1))

    def learning_day(self, account: str, moment: datetime) -> int:
        """n of 14 while the account is being learnt, else 0."""
        row = self._rows.get(account)
        hour = int((moment - self._grid.start) // HOUR)
        if row is None or not 0 <= hour < self._grid.hours:
            return 0
        self._recall(hour)
        return int(self._analysis.learning_day[row, hour])
