"""Twelve months as scenarios: one number would claim to know what mail programmes will do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from models.forecast.history import DailyHistory
from models.periods import end_of_month
from models.statistics import Floats

_MONTHS_AHEAD = 12
_LEVEL_DAYS = 90
_TREND_DAYS = 84
_MOST_TREND = 0.15  # log growth a month that a trend may claim
_DAMPING = 0.85  # of the trend from one month to the next
_MONTHLY_DRIFT = 0.08  # log deviation that each further month adds
_LEAST_WIDTH, _UNKNOWN_WIDTH = 0.05, 0.15
_NORMAL_80 = 1.2816


@dataclass(frozen=True)
class MonthEstimate:
    """One month of a scenario; month is YYYY-MM."""

    month: str
    mean: float
    p80: tuple[float, float]


def scenarios(
    history: DailyHistory, begin: date, width: float, announced: dict[str, float]
) -> dict[str, list[MonthEstimate]]:
    """Twelve months after `begin`: the level of 90 days, its trend, and with what is announced.

    Units:  recipients; width is the log deviation of the month that is projected; announced is
            by month, YYYY-MM.
    """
    days = history.level(_LEVEL_DAYS)
    per_day = float(days.mean()) if len(days) else 0.0
    trend = _monthly_trend(days)
    return {
        "flat": _months_ahead(begin, per_day, 0.0, width, {}),
        "recent_trend": _months_ahead(begin, per_day, trend, width, {}),
        "planned_changes": _months_ahead(begin, per_day, 0.0, width, announced),
    }


def log_width(ends: Floats, left: float) -> float:
    """Log deviation of a month, from the ends of what is left of it."""
    if left <= 0.0:
        return _UNKNOWN_WIDTH
    upper = float(np.log(max(float(ends[2]), left) / left)) / _NORMAL_80
    return max(upper, _LEAST_WIDTH)


def _monthly_trend(days: Floats) -> float:
    """Log growth per 30 days: least squares on the log of weekly sums, bounded."""
    weeks = days[-_TREND_DAYS:]
    weeks = weeks[len(weeks) % 7 :].reshape(-1, 7).sum(axis=1)
    if len(weeks) < 6:
        return 0.0
    at = np.arange(len(weeks)) - (len(weeks) - 1) / 2.0
    slope = float((at * np.log(weeks + 1.0)).sum() / (at**2).sum()) * 30.0 / 7.0
    return float(np.clip(slope, -_MOST_TREND, _MOST_TREND))


def _months_ahead(
    begin: date, per_day: float, trend: float, width: float, announced: dict[str, float]
) -> list[MonthEstimate]:
    months, level, month = [], 0.0, begin
    for ahead in range(1, _MONTHS_AHEAD + 1):
        month = end_of_month(month) + timedelta(days=1)
        level += trend * _DAMPING ** (ahead - 1)
        usual = per_day * end_of_month(month).day * float(np.exp(level))
        extra = announced.get(f"{month:%Y-%m}", 0.0)
        spread = float(np.sqrt(width**2 + ahead * _MONTHLY_DRIFT**2)) * _NORMAL_80
        p80 = (usual * float(np.exp(-spread)) + extra, usual * float(np.exp(spread)) + extra)
        months.append(MonthEstimate(f"{month:%Y-%m}", usual + extra, p80))
    return months
