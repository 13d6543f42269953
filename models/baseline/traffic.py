"""The traffic of a few accounts while the days are walked through: counts, baseline, ranges."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from models.baseline.baseline import Baseline, DayForecast, LocalCalendar
from models.baseline.daily import DailyAmounts
from models.baseline.grid import HourlyGrid
from models.baseline.intervals import HI95, LO95
from models.baseline.memory import HISTORY_DAYS, Kept
from models.baseline.scores import Scores
from models.baseline.size import Size, size_of
from models.baseline.thresholds import OwnThresholds
from models.statistics import Floats, blank

LONGEST_CUT_HOURS = 7 * 24  # what has lasted a week is the new normal and feeds baselines again
LONGEST_SIZE_HOURS = (HISTORY_DAYS - 2) * 24


class Traffic:
    """Grid rows of some accounts, their baseline, and the forecasts so far.

    Shape:  (accounts, hours) throughout; hours after the current day are NaN in `bounds`, which
            holds lo95, lo80, hi80 and hi95 (models.baseline.intervals).
    """

    kept = Kept(
        history=(
            "sent",
            "by_quarter",
            "new_recipients",
            "new_sources",
            "bounds",
            "off_hours",
            "learning",
        )
    )

    def __init__(self, grid: HourlyGrid, rows: slice, calendar: LocalCalendar) -> None:
        self.grid = grid
        self.accounts = grid.accounts[rows]
        self.sent = grid.recipients[rows]
        self.quarters = grid.quarters[rows]
        self.new_recipients = grid.new_recipients[rows]
        self.new_sources = grid.new_sources[rows]
        self.baseline = Baseline(self.sent, calendar)
        self.calendar = calendar
        self.daily = DailyAmounts(len(self.sent), calendar)
        self.scores, self.thresholds = Scores(self.sent, calendar), OwnThresholds(len(self.sent))
        self.by_quarter = np.moveaxis(self.quarters, 2, 0)
        self.bounds = blank((4, *self.sent.shape))
        self.alerts, self.off_hours = (blank(self.sent.shape, np.bool_) for _ in range(2))
        self.learning = blank(self.sent.shape, np.int16)
        self.recall: Callable[[int], None] = nothing_older

    @property
    def expected(self) -> Floats:
        """Baseline so far; NaN where there is none."""
        return self.baseline.expected

    @property
    def complete_hours(self) -> int:
        """Hours of the grid that are over."""
        return self.grid.complete_hours

    def forecast(self, day: int) -> DayForecast:
        """Forecast of one local day, kept in `bounds`, `off_hours` and `learning` as well."""
        first, last = self.calendar.columns(day)
        forecast = self.baseline.forecast(day)
        self.alerts[:, first:last] = self.thresholds.alerts(first, self.scores.watch(day))
        self.bounds[:, :, first:last] = np.stack(forecast.bounds)
        self.off_hours[:, first:last] = forecast.off_hours
        self.learning[:, first:last] = forecast.learning_day[:, None]
        return forecast

    def begin(self, day: int) -> None:
        """Take what a local day is judged by from the days before it."""
        self.baseline.begin(day)
        self.scores.begin(day)

    def learn(self, day: int) -> None:
        """Add a finished local day to the past; call after its incidents were cut."""
        self.baseline.learn(day)
        self.scores.learn(day)
        self.daily.learn(day, self.sent, self.baseline.is_cut)

    def let_go(self) -> None:
        """Frees what judging needed; counts and baselines stay."""
        del self.scores, self.thresholds, self.alerts, self.off_hours
        self.baseline.let_go()

    def cut(self, account: int, start: int, first: int, last: int) -> None:
        """Cut hours of an incident that began in hour `start` out of the history."""
        self.baseline.cut(account, first, min(last, start + LONGEST_CUT_HOURS))

    def size(self, account: int, first: int, last: int) -> Size:
        """What was sent and expected in the hours first to last - 1, the last 90 days of them."""
        first = max(first, last - LONGEST_SIZE_HOURS)
        self.recall(first)
        hours = account, slice(first, last)
        return size_of(
            self.sent[hours],
            self.expected[hours],
            self.bounds[LO95][hours],
            self.bounds[HI95][hours],
            self.daily.before(account, first),
        )

    def is_known(self, first: int, last: int) -> NDArray[np.bool_]:
        """Hours that were read and have a baseline."""
        return ~np.isnan(self.sent[:, first:last] - self.expected[:, first:last])


def nothing_older(_: int) -> None:
    """All hours of the grid are in memory; a walk that goes on reads older ones back here."""
