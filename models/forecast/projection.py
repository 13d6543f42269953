"""Month-end and quarter-end projection of billable recipients, per account and for the tenant.

Month end = what was sent so far + the daily profile of what is left + mailings that come back +
announced sends. Money is multiplied elsewhere: the price is linear, so the relative error of the
cost is that of the count.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd

from models.forecast.history import DailyTable, read_days
from models.forecast.planned import planned_days, planned_months, shares_of
from models.forecast.profiles import METHODS
from models.forecast.rolling import Ahead, Outlook, Rolling
from models.forecast.scenarios import MonthEstimate, log_width, scenarios
from models.periods import end_of_month, period_of
from models.statistics import Floats

__all__ = ("Estimate", "MonthEstimate", "Projection", "project_month")


@dataclass(frozen=True)
class Estimate:
    """Recipients of a month or quarter: so far, at its end, and the ranges of the end."""

    actual: int
    month_end: float
    p80: tuple[float, float]
    p95: tuple[float, float]


@dataclass(frozen=True)
class Projection:
    """Month end of the tenant and of each account, its quarter, and twelve more months."""

    method: str
    total: Estimate
    by_account: dict[str, Estimate]
    quarter: Estimate
    history_days: int
    next_months: dict[str, list[MonthEstimate]]


def project_month(
    daily: pd.DataFrame,
    now: datetime,
    month: str,
    incident_extra: pd.DataFrame | None = None,
    plans: pd.DataFrame | None = None,
) -> Projection:
    """Projection of the month YYYY-MM as known at `now`.

    Shape:  daily and incident_extra: account, day (UTC date), recipients; a missing day within
            an account's life is 0. Rows after `now` are left out. plans: account, start, end,
            recipients of announced sends.
    Units:  billable recipients. The ends of an interval are never under what was sent already;
            a month that is over has intervals of width 0.
    Raises: ValueError when `now` has no time zone or the month is not YYYY-MM.
    """
    if now.tzinfo is None:
        raise ValueError("now needs a time zone")
    begin, now = _first_day(month), now.astimezone(UTC)
    table = read_days(daily, now.date(), incident_extra, plans)
    rolling = Rolling(table.history)
    actual, outlook = _until(rolling, table, now, begin, end_of_month(begin), plans)
    rows = zip(table.accounts, actual, outlook.left, outlook.ends, strict=True)
    total = _estimate(float(actual.sum()), float(outlook.left.sum()), outlook.total_ends)
    width = log_width(outlook.total_ends, float(outlook.left.sum()))
    ahead = planned_months(plans, begin, 14)
    return Projection(
        method=_method(outlook) if end_of_month(begin) >= now.date() else "actual",
        total=total,
        by_account={name: _estimate(float(a), float(b), end) for name, a, b, end in rows},
        quarter=_quarter(rolling, table, now, begin, plans),
        history_days=table.history.values.shape[1],
        next_months=scenarios(table.history, begin, width, ahead),
    )


def _quarter(
    rolling: Rolling, table: DailyTable, now: datetime, begin: date, plans: pd.DataFrame | None
) -> Estimate:
    """The quarter that holds the month."""
    first, last = period_of(begin, "quarter")
    actual, outlook = _until(rolling, table, now, first, last, plans)
    return _estimate(float(actual.sum()), float(outlook.left.sum()), outlook.total_ends)


def _until(
    rolling: Rolling,
    table: DailyTable,
    now: datetime,
    first: date,
    last: date,
    plans: pd.DataFrame | None,
) -> tuple[Floats, Outlook]:
    """What was sent in a period per account, and the outlook on what is left of it."""
    days, weights = _days_left(first, last, now)
    is_now = bool(days) and days[0] == table.today
    sent = table.sent[:, -1] if is_now else np.zeros(len(table.accounts))
    announced = planned_days(plans, table.accounts, days, shares_of(table.sent)) * weights
    outlook = rolling.outlook(table.today, Ahead(days, weights, sent, announced))
    return table.sent_between(first, last), outlook


def _days_left(first: date, last: date, now: datetime) -> tuple[list[date], Floats]:
    """Days of the period that are not over, and the share of each that is left."""
    today = now.date()
    start = max(first, today)
    days = [start + timedelta(days=n) for n in range((last - start).days + 1)]
    weights = np.ones(len(days))
    if days and days[0] == today:
        midnight = datetime(now.year, now.month, now.day, tzinfo=UTC)
        weights[0] = 1.0 - (now - midnight) / timedelta(days=1)
    return days, weights


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
