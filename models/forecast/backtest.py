"""Projections of a store's past beside what came, and beside the plain run rate.

Periods of 30 days, a week apart, seen from their days 0, 10, 15 and 20 with nothing later known.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd

from hve_monitor.document import Document
from models.forecast.history import Unread, read_days
from models.forecast.rolling import Rolling, whole_days
from models.statistics import Floats, known_or_zero, mean_known

PERIOD_DAYS = 30
SEEN_FROM = (0, 10, 15, 20)
TOTAL = -1  # number of the row that holds the sum of all accounts
_WARM_UP_DAYS = 28
_MOST_PERIODS, _FEWER_PERIODS = 12, 3
_MANY_ACCOUNTS = 2_000
_RATE_DAYS = 30


class BacktestRow(Document):
    """Sums of past periods as seen from one of their days, of accounts or of their total.

    Errors are mean absolute ratios (0.1 is 10 %), inside_80 and inside_95 shares of the sums.
    """

    scope: str
    day: int
    sums: int
    projection_error: float
    run_rate_error: float
    inside_80: float
    inside_95: float


class Backtest(Document):
    """Past projections beside what came; periods are their first days, unavailable a reason."""

    period_days: int
    periods: list[date]
    unavailable: str | None
    rows: list[BacktestRow]


def backtest(
    daily: pd.DataFrame,
    now: datetime,
    incident_extra: pd.DataFrame | None = None,
    unread: Unread | None = None,
) -> Backtest:
    """Errors and cover of past projections, by day of the period, for accounts and their sum.

    A period with days that were not read shows nothing. Shape: as in
    models.forecast.projection.forecast_of.
    """
    table = read_days(daily, now.date(), incident_extra, unread=unread)
    rolling, sent = Rolling(table.history), table.known()
    periods = _periods(table.history.end - timedelta(days=sent.shape[1]), sent.shape)
    sums = [
        period_sums(rolling, sent, begin, PERIOD_DAYS, day)
        for begin in periods
        for day in SEEN_FROM
    ]
    rows = backtest_rows(pd.concat(sums)) if sums else []
    is_known = any(row.scope == "total" for row in rows)
    needed, known = PERIOD_DAYS + _WARM_UP_DAYS, table.history.known_days
    return Backtest(
        period_days=PERIOD_DAYS,
        periods=periods if is_known else [],
        unavailable=None if is_known else f"{needed} whole days are needed; {known} known",
        rows=rows if is_known else [],
    )


def _periods(first: date, shape: tuple[int, int]) -> list[date]:
    """First days of the periods, oldest first; fewer where many accounts take long."""
    accounts, days = shape
    most = _FEWER_PERIODS if accounts > _MANY_ACCOUNTS else _MOST_PERIODS
    places = range(days - PERIOD_DAYS, _WARM_UP_DAYS - 1, -7)[:most]
    return [first + timedelta(days=place) for place in reversed(places)]


def period_sums(rolling: Rolling, sent: Floats, begin: date, length: int, day: int) -> pd.DataFrame:
    """Sums of a past period as seen from one of its days.

    Shape:  sent (accounts, days; NaN: unknown) ends where the history of `rolling` does. One row
            per account with four weeks before, and one for all: account (row number or TOTAL), day,
            actual, projection, run_rate, end0 to end3 (at 2.5, 10, 90 and 97.5 %).
    """
    first = rolling.history.end - timedelta(days=sent.shape[1])
    place, origin = (begin - first).days, begin + timedelta(days=day)
    known = rolling.history.values[:, : place + day]
    outlook = rolling.outlook(origin, whole_days(origin, length - day, len(sent), day))
    so_far = sent[:, place : place + day].sum(axis=1)
    before = known_or_zero(mean_known(known[:, -_RATE_DAYS:]))
    frame = pd.DataFrame(
        {
            "actual": sent[:, place : place + length].sum(axis=1),
            "projection": so_far + outlook.left,
            "run_rate": so_far / day * length if day else before * length,
            **{f"end{tail}": so_far + outlook.ends[:, tail] for tail in range(4)},
        }
    )
    total = frame.sum(skipna=False).to_frame().T
    for tail, end in enumerate(outlook.total_ends):
        total[f"end{tail}"] = so_far.sum() + end
    kept = frame[(~np.isnan(known)).sum(axis=1) >= _WARM_UP_DAYS]
    rows: pd.DataFrame = pd.concat([kept.assign(account=kept.index), total.assign(account=TOTAL)])
    rows["day"] = day
    return rows


def backtest_rows(sums: pd.DataFrame) -> list[BacktestRow]:
    """One row per scope and day of what `period_sums` returned; sums of 0 have no percentage."""
    sums = sums[sums["actual"] > 0]
    scope = np.where(sums["account"] == TOTAL, "total", "account")
    return [
        BacktestRow(
            scope=str(name),
            day=int(str(day)),
            sums=len(rows),
            projection_error=_error(rows, "projection"),
            run_rate_error=_error(rows, "run_rate"),
            inside_80=round(float(rows["actual"].between(rows["end1"], rows["end2"]).mean()), 4),
            inside_95=round(float(rows["actual"].between(rows["end0"], rows["end3"]).mean()), 4),
        )
        for (name, day), rows in sums.groupby([scope, "day"])
    ]


def _error(rows: pd.DataFrame, way: str) -> float:
    return round(float(((rows[way] - rows["actual"]).abs() / rows["actual"]).mean()), 4)
