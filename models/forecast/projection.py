"""Projection of billable recipients to the end of a month, quarter or year.

The end of a period = what was sent so far + the daily profile of what is left + mailings that come
back + announced sends. What is left are the days to come and those that were not read. Money is
multiplied elsewhere: the price is linear, so the relative error of the cost is that of the count.

Every answer about the future comes from one Forecast: cost, budgets, what-if and plans.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.forecast.history import DailyTable, Unread, read_days
from models.forecast.planned import planned_days, planned_months, shares_of
from models.forecast.profiles import METHODS
from models.forecast.rolling import Ahead, Outlook, Rolling
from models.forecast.scenarios import MonthEstimate, log_width, scenarios
from models.periods import end_of_month, period_of
from models.statistics import Floats

__all__ = (
    "Estimate",
    "Forecast",
    "MonthEstimate",
    "PeriodForecast",
    "Projection",
    "forecast_of",
    "project_month",
)

ACTUAL = "actual"


@dataclass(frozen=True)
class Estimate:
    """Recipients of a period: so far, at its end, and the ranges of the end."""

    actual: int
    month_end: float
    p80: tuple[float, float]
    p95: tuple[float, float]


@dataclass(frozen=True)
class PeriodForecast:
    """What is counted and expected of a period, for every account and for some together.

    Shape:  actual (accounts,); days: those of `outlook.by_day`.
    """

    accounts: list[str]
    actual: Floats
    days: list[date]
    outlook: Outlook

    @property
    def is_over(self) -> bool:
        """Whether nothing of the period is left to come or to be read."""
        return not self.days

    def by_account(self) -> dict[str, Estimate]:
        """The estimate of each account."""
        rows = zip(self.accounts, self.actual, self.outlook.left, self.outlook.ends, strict=True)
        return {name: _estimate(float(a), float(b), ends) for name, a, b, ends in rows}

    def methods(self) -> dict[str, str]:
        """What the rest of each account's period is expected from, in words."""
        numbers = self.outlook.method.tolist()
        return {
            name: ACTUAL if self.is_over else METHODS[number]
            for name, number in zip(self.accounts, numbers, strict=True)
        }

    def together(self, accounts: Collection[str] | None = None) -> Estimate:
        """The estimate of some accounts together, of all where none are named."""
        rows = self._rows(accounts)
        outlook = self.outlook
        ends = outlook.total_ends if accounts is None else outlook.ends_of(rows)
        return _estimate(float(self.actual[rows].sum()), float(outlook.left[rows].sum()), ends)

    def expected_days(self, accounts: Collection[str] | None = None) -> list[tuple[date, float]]:
        """Recipients that some accounts together are still expected to send on each day."""
        sums = self.outlook.by_day[self._rows(accounts)].sum(axis=0)
        return list(zip(self.days, sums.tolist(), strict=True))

    def _rows(self, accounts: Collection[str] | None) -> NDArray[np.int64]:
        chosen = None if accounts is None else set(accounts)
        return np.array(
            [row for row, name in enumerate(self.accounts) if chosen is None or name in chosen],
            dtype=np.int64,
        )


@dataclass(frozen=True)
class Projection:
    """Month end of the tenant and of each account, its quarter, and twelve more months."""

    method: str
    total: Estimate
    by_account: dict[str, Estimate]
    quarter: Estimate
    history_days: int
    next_months: dict[str, list[MonthEstimate]]


@dataclass
class Forecast:
    """The accounts of a tenant, or of all, as known at `now`; each period is looked at once."""

    table: DailyTable
    rolling: Rolling
    now: datetime
    plans: pd.DataFrame | None
    _periods: dict[tuple[date, date], PeriodForecast] = field(default_factory=dict)

    def period(self, first: date, last: date) -> PeriodForecast:
        """The days `first` to `last`."""
        if (first, last) not in self._periods:
            self._periods[first, last] = self._looked_at(first, last)
        return self._periods[first, last]

    def _looked_at(self, first: date, last: date) -> PeriodForecast:
        ahead = self._ahead(first, last)
        outlook = self.rolling.outlook(self.rolling.history.end, ahead)
        table = self.table
        return PeriodForecast(table.accounts, table.sent_between(first, last), ahead.days, outlook)

    def _ahead(self, first: date, last: date) -> Ahead:
        """The days of the period from the first that is not known wholly."""
        table = self.table
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        sent, unread = table.columns(first, len(days))
        weights = np.where(unread, 1.0, self._share_left(days))
        if not weights.any():
            return Ahead([], *np.zeros((3, len(table.accounts), 0)))
        begin = int(weights.any(axis=0).argmax())
        days, weights, sent = days[begin:], weights[:, begin:], sent[:, begin:]
        announced = planned_days(self.plans, table.accounts, days, shares_of(table.sent)) * weights
        sent = np.where(weights > 0.0, sent, 0.0)
        begun = max((table.history.end - first).days, 0)
        return Ahead(days, weights, sent, announced, begun)

    def _share_left(self, days: list[date]) -> Floats:
        """How much of each day is still to come."""
        now, today = self.now, self.table.today
        midnight = datetime(now.year, now.month, now.day, tzinfo=UTC)
        rest = 1.0 - (now - midnight) / timedelta(days=1)
        return np.array([float(day > today) or rest * (day == today) for day in days])

    def month(self, begin: date) -> Projection:
        """The month that begins with `begin`, its quarter, and twelve more months."""
        month = self.period(begin, end_of_month(begin))
        total = month.together()
        width = log_width(month.outlook.total_ends, float(month.outlook.left.sum()))
        ahead = planned_months(self.plans, begin, 14)
        return Projection(
            method=ACTUAL if month.is_over else _method(month.outlook),
            total=total,
            by_account=month.by_account(),
            quarter=self.period(*period_of(begin, "quarter")).together(),
            history_days=self.table.history.known_days,
            next_months=scenarios(self.table.history, begin, width, ahead),
        )


def forecast_of(
    daily: pd.DataFrame,
    now: datetime,
    incident_extra: pd.DataFrame | None = None,
    plans: pd.DataFrame | None = None,
    unread: Unread | None = None,
) -> Forecast:
    """What can be known of the future at `now`.

    Shape:  daily and incident_extra: account, day (UTC date), recipients; a missing day within
            an account's life is 0, or unknown where `unread` names it. Rows after `now` are left
            out. plans: account, start, end, recipients of announced sends.
    Raises: ValueError when `now` has no time zone.
    """
    if now.tzinfo is None:
        raise ValueError("now needs a time zone")
    now = now.astimezone(UTC)
    table = read_days(daily, now.date(), incident_extra, plans, unread)
    return Forecast(table, Rolling(table.history), now, plans)


def project_month(
    daily: pd.DataFrame,
    now: datetime,
    month: str,
    incident_extra: pd.DataFrame | None = None,
    plans: pd.DataFrame | None = None,
) -> Projection:
    """Projection of the month YYYY-MM as known at `now`, from what `forecast_of` takes.

    Units:  billable recipients. The ends of an interval are never under what was sent already;
            a month that is over has intervals of width 0.
    Raises: ValueError when `now` has no time zone or the month is not YYYY-MM.
    """
    return forecast_of(daily, now, incident_extra, plans).month(_first_day(month))


def _method(outlook: Outlook) -> str:
    """Name of the method that carries most of what is left."""
    if not outlook.left.any():
        return METHODS[int(outlook.method[0])] if len(outlook.left) else "no history"
    weight = np.bincount(outlook.method, weights=outlook.left, minlength=len(METHODS))
    return METHODS[int(weight.argmax())]


def _estimate(actual: float, left: float, ends: Floats) -> Estimate:
    """Period with nested intervals around its end, none under what was sent already."""
    lo95, lo80, hi80, hi95 = (max(float(end), 0.0) for end in ends)
    lo80, hi80 = min(lo80, left), max(hi80, left)
    p80 = (actual + lo80, actual + hi80)
    p95 = (actual + min(lo95, lo80), actual + max(hi95, hi80))
    return Estimate(round(actual), actual + left, p80, p95)


def _first_day(month: str) -> date:
    try:
        return datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        raise ValueError(f"month must be YYYY-MM, not {month!r}") from None
