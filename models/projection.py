"""Month-end projection of billable recipients, per account and for the tenant.

Month end = what was sent so far + the daily profile of what is left. Money is multiplied
elsewhere: the price is linear, so the relative error of the cost is that of the count.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd

from models.counts import sum_known
from models.dailies import DailyTable, read_days
from models.grid import Floats
from models.profiles import METHODS, DailyHistory, Profile, fit_profile
from models.spreads import (
    TAILS,
    account_spreads,
    combined_spread,
    run_trials,
    tenant_draws,
    volume_classes,
)

_MONTHS_AHEAD = 12
_LEVEL_DAYS = 90
_TREND_DAYS = 84
_MOST_TREND = 0.15  # log growth a month that a trend may claim
_DAMPING = 0.85  # of the trend from one month to the next
_MONTHLY_DRIFT = 0.08  # log deviation that each further month adds
_MAILING_DEVIATION = 0.25  # of the size of a monthly mailing
_NORMAL = np.array([-1.96, -1.2816, 1.2816, 1.96])
_NORMAL_80 = 1.2816


@dataclass(frozen=True)
class Estimate:
    """Recipients of one month: so far, at its end, and the ranges of the end."""

    actual: int
    month_end: float
    p80: tuple[float, float]
    p95: tuple[float, float]


@dataclass(frozen=True)
class MonthEstimate:
    """One month of a scenario; month is YYYY-MM."""

    month: str
    mean: float
    p80: tuple[float, float]


@dataclass(frozen=True)
class Projection:
    """Month end of the tenant and of each account, and twelve more months as scenarios."""

    method: str
    total: Estimate
    by_account: dict[str, Estimate]
    history_days: int
    next_months: dict[str, list[MonthEstimate]]


def project_month(
    daily: pd.DataFrame, now: datetime, month: str, incident_extra: pd.DataFrame | None = None
) -> Projection:
    """Projection of the month YYYY-MM as known at `now`.

    Shape:  daily and incident_extra: account, day (UTC date), recipients; a missing day within
            an account's life is 0. Rows after `now` are left out.
    Units:  billable recipients. The ends of an interval are never under what was sent already;
            a month that is over has intervals of width 0.
    Raises: ValueError when `now` has no time zone or the month is not YYYY-MM.
    """
    if now.tzinfo is None:
        raise ValueError("now needs a time zone")
    begin = _first_day(month)
    table = read_days(daily, now.astimezone(UTC).date(), incident_extra)
    profile = fit_profile(table.history)
    actual = table.sent_between(begin, _last_day(begin))
    days, weights = _days_left(begin, now.astimezone(UTC))
    forecast = _expected(table, profile, days) * weights
    is_now = bool(days) and days[0] == table.today
    mailings = profile.mailings(days, table.sent[:, -1] if is_now else np.zeros(len(actual)))
    ends, total_ends = _ends(profile, forecast, mailings)
    left = (forecast + mailings).sum(axis=1)
    rows = zip(table.accounts, actual, left, ends, strict=True)
    return Projection(
        method=_method(profile, left) if days else "actual",
        total=_estimate(float(actual.sum()), float(left.sum()), total_ends),
        by_account={name: _estimate(float(a), float(b), end) for name, a, b, end in rows},
        history_days=table.history.values.shape[1],
        next_months=_scenarios(table.history, begin, total_ends, float(left.sum())),
    )


def _expected(table: DailyTable, profile: Profile, days: list[date]) -> Floats:
    """Daily profile; an account without a complete day is taken to go on as today."""
    is_new = np.isnan(table.history.values).all(axis=1, keepdims=True)
    return np.where(is_new, table.sent[:, -1:], profile.expected(days))


def _days_left(begin: date, now: datetime) -> tuple[list[date], Floats]:
    """Days of the month that are not over, and the share of each that is left."""
    end, today = _last_day(begin), now.date()
    start = max(begin, today)
    days = [start + timedelta(days=n) for n in range((end - start).days + 1)]
    weights = np.ones(len(days))
    if days and days[0] == today:
        midnight = datetime(now.year, now.month, now.day, tzinfo=UTC)
        weights[0] = 1.0 - (now - midnight) / timedelta(days=1)
    return days, weights


def _ends(profile: Profile, forecast: Floats, mailings: Floats) -> tuple[Floats, Floats]:
    """Ends at 2.5, 10, 90 and 97.5 % of what is left: (accounts, 4) and the tenant's (4,)."""
    left, history = forecast.sum(axis=1), profile.usual
    trials = run_trials(history, forecast.shape[1]) if left.any() else []
    known = (~np.isnan(history.values)).sum(axis=1)
    spreads = account_spreads(trials, volume_classes(history, profile), known)
    draws = tenant_draws(trials, forecast)
    if draws is None:
        total = left.sum() * np.exp(combined_spread(left, spreads))
    else:
        total = np.quantile(draws, TAILS)
    squares = (mailings**2).sum(axis=1)
    ends = _with_mailings(left[:, None], left[:, None] * np.exp(spreads), mailings, squares)
    return ends, _with_mailings(left.sum(), total, mailings.sum(axis=0), squares.sum())[0]


def _with_mailings(left: Floats | float, ends: Floats, mailings: Floats, squares: Floats) -> Floats:
    """Ends with the uncertain sizes of monthly mailings, which vary on their own."""
    own = np.outer(np.sqrt(np.atleast_1d(squares)) * _MAILING_DEVIATION, _NORMAL)
    width = np.sign(_NORMAL) * np.sqrt((ends - left) ** 2 + own**2)
    # Only where there are mailings: skewed ends of other accounts stay what they are.
    around = np.where(own == 0.0, ends - left, width)
    return np.asarray(left + around + mailings.sum(axis=-1)[..., None])


def _method(profile: Profile, left: Floats) -> str:
    """Name of the method that carries most of what is left."""
    if not left.any():
        return "no history" if not len(left) else METHODS[int(profile.method[0])]
    weight = np.bincount(profile.method, weights=left, minlength=len(METHODS))
    return METHODS[int(weight.argmax())]


def _estimate(actual: float, left: float, ends: Floats) -> Estimate:
    """Month with nested intervals around its end, none under what was sent already."""
    lo95, lo80, hi80, hi95 = (max(float(end), 0.0) for end in ends)
    lo80, hi80 = min(lo80, left), max(hi80, left)
    p80 = (actual + lo80, actual + hi80)
    p95 = (actual + min(lo95, lo80), actual + max(hi95, hi80))
    return Estimate(round(actual), actual + left, p80, p95)


def _scenarios(
    history: DailyHistory, begin: date, ends: Floats, left: float
) -> dict[str, list[MonthEstimate]]:
    """Twelve months after `begin`, with the level of 90 days and with the trend of twelve weeks."""
    total = history.values if history.values.size else np.zeros((1, 1))
    days = sum_known(total, axis=0)[-_LEVEL_DAYS:]
    per_day = float(days.mean()) if len(days) else 0.0
    trend = _monthly_trend(days)
    width = _log_width(ends, left)
    return {
        "flat": _months_ahead(begin, per_day, 0.0, width),
        "recent_trend": _months_ahead(begin, per_day, trend, width),
    }


def _monthly_trend(days: Floats) -> float:
    """Log growth per 30 days: least squares on the log of weekly sums, bounded."""
    weeks = days[-_TREND_DAYS:]
    weeks = weeks[len(weeks) % 7 :].reshape(-1, 7).sum(axis=1)
    if len(weeks) < 6:
        return 0.0
    at = np.arange(len(weeks)) - (len(weeks) - 1) / 2.0
    slope = float((at * np.log(weeks + 1.0)).sum() / (at**2).sum()) * 30.0 / 7.0
    return float(np.clip(slope, -_MOST_TREND, _MOST_TREND))


def _log_width(ends: Floats, left: float) -> float:
    """Log deviation of a month, from the interval of the month that is projected."""
    if left <= 0.0:
        return 0.15
    upper = float(np.log(max(float(ends[2]), left) / left)) / _NORMAL_80
    return max(upper, 0.05)


def _months_ahead(begin: date, per_day: float, trend: float, width: float) -> list[MonthEstimate]:
    months, level, month = [], 0.0, begin
    for ahead in range(1, _MONTHS_AHEAD + 1):
        month = _last_day(month) + timedelta(days=1)
        level += trend * _DAMPING ** (ahead - 1)
        mean = per_day * _last_day(month).day * float(np.exp(level))
        spread = float(np.sqrt(width**2 + ahead * _MONTHLY_DRIFT**2)) * _NORMAL_80
        p80 = (mean * float(np.exp(-spread)), mean * float(np.exp(spread)))
        months.append(MonthEstimate(f"{month:%Y-%m}", mean, p80))
    return months


def _first_day(month: str) -> date:
    try:
        return datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        raise ValueError(f"month must be YYYY-MM, not {month!r}") from None


def _last_day(month: date) -> date:
    return month.replace(day=monthrange(month.year, month.month)[1])
