"""What accounts sent on each local day: the past of those that send now and then."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.baseline.baseline import LocalCalendar
from models.baseline.demand import WINDOW_DAYS
from models.baseline.memory import HISTORY_DAYS, Kept
from models.statistics import Floats, row_sums


class DailyAmounts:
    """Recipients by local day and account; NaN where an hour was not read or was cut out.

    Shape:  amounts (local days, accounts).
    """

    # Incidents of the last weeks, the longest of 90 days, are measured by the days before them.
    kept = Kept(days={"amounts": WINDOW_DAYS + HISTORY_DAYS + 24})

    def __init__(self, accounts: int, calendar: LocalCalendar) -> None:
        self.amounts = np.full((calendar.days, accounts), np.nan)
        self._calendar = calendar

    def learn(self, day: int, sent: Floats, is_cut: NDArray[np.bool_]) -> None:
        """Add the hours of a finished day: (accounts, hours of the grid).

        What is cut or put back later changes no day: sizes of incidents stay what they were.
        """
        first, last = self._calendar.columns(day)
        if first < last:
            cut = is_cut[:, first:last].any(axis=1)
            self.amounts[day] = np.where(cut, np.nan, row_sums(sent[:, first:last]))

    def before(self, account: int, hour: int) -> Floats:
        """The last WINDOW_DAYS days before the day of an hour, in order: (days,)."""
        day = int(self._calendar.day[hour]) if hour < len(self._calendar.day) else 0
        return self.amounts[max(day - WINDOW_DAYS, 0) : day, account]
