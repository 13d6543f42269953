"""Daily recipients of accounts as matrices: what was sent, and what the future is learnt from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.forecast.planned import planned_days, shares_of
from models.statistics import Floats, known_or_zero, sum_known


@dataclass(frozen=True)
class DailyHistory:
    """Recipients per account and UTC day, ending with the last complete day.

    Shape:  values (accounts, days); NaN before the account's first day and where unknown.
            announced (accounts, days): recipients of announced sends in the values.
    """

    values: Floats
    end: date  # the day after the last column
    announced: Floats | None = None

    @property
    def regular(self) -> Floats:
        """The values without what was announced."""
        if self.announced is None:
            return self.values
        return np.maximum(self.values - self.announced, 0.0)

    def before(self, day: date) -> DailyHistory:
        """The history as it was known when `day` began."""
        kept = self.values.shape[1] - (self.end - day).days
        announced = None if self.announced is None else self.announced[:, :kept]
        return DailyHistory(self.values[:, :kept], day, announced)

    def weekdays(self) -> NDArray[np.int64]:
        """Weekday of every column, Monday = 0."""
        days = self.values.shape[1]
        return (self.end.weekday() - np.arange(days, 0, -1)) % 7


@dataclass(frozen=True)
class DailyTable:
    """What accounts sent per UTC day, and the history that profiles are fitted on."""

    accounts: list[str]
    sent: Floats  # (accounts, days up to and including today)
    history: DailyHistory  # complete days, without what incidents added
    first: date
    today: date

    def sent_between(self, begin: date, end: date) -> Floats:
        """Recipients per account from `begin` to `end`, both included."""
        low, high = (begin - self.first).days, (end - self.first).days + 1
        return sum_known(self.sent[:, max(low, 0) : max(high, 0)])


def read_days(
    daily: pd.DataFrame,
    today: date,
    extra: pd.DataFrame | None = None,
    plans: pd.DataFrame | None = None,
) -> DailyTable:
    """Table of sparse daily rows up to today; `extra` is taken out of its history alone.

    Shape:  daily, extra: account, day (UTC date), recipients (NaN: not known); plans: account,
            start, end, recipients of announced sends. An account that only plans know is there
            as well.
    """
    rows = _dated(daily)
    rows = rows.loc[rows["day"] <= np.datetime64(today, "D")]
    planned = [] if plans is None else [account.lower() for account in plans["account"].dropna()]
    accounts = sorted({*rows["account"], *planned})
    first = rows["day"].min().date() if len(rows) else today
    width = (today - first).days + 1
    place = pd.Index(accounts).get_indexer(pd.Index(rows["account"]))
    column = _columns(rows, first)
    sent = np.zeros((len(accounts), width))
    np.add.at(sent, (place, column), rows["recipients"].to_numpy(np.float64))
    born = np.full(len(accounts), width)
    np.minimum.at(born, place, column)
    usual = sent - _extra_of(extra, accounts, first, width)
    usual = np.where(np.arange(width) < born[:, None], np.nan, np.maximum(usual, 0.0))
    days = [first + timedelta(days=n) for n in range(width - 1)]
    shares = shares_of(known_or_zero(sent))
    announced = None if plans is None else planned_days(plans, accounts, days, shares)
    history = DailyHistory(usual[:, :-1], today, announced)
    return DailyTable(accounts, known_or_zero(sent), history, first, today)


def _dated(frame: pd.DataFrame) -> pd.DataFrame:
    days = pd.to_datetime(frame["day"]).astype("datetime64[s]")
    return frame.assign(day=days.dt.floor("D"))


def _columns(rows: pd.DataFrame, first: date) -> NDArray[np.int64]:
    days = rows["day"].to_numpy("M8[D]") - np.datetime64(first, "D")
    return days.astype(np.int64)


def _extra_of(extra: pd.DataFrame | None, accounts: list[str], first: date, width: int) -> Floats:
    taken = np.zeros((len(accounts), width))
    if extra is None or extra.empty:
        return taken
    rows = _dated(extra)
    place = pd.Index(accounts).get_indexer(pd.Index(rows["account"]))
    column = _columns(rows, first)
    kept = (place >= 0) & (column >= 0) & (column < width)
    np.add.at(taken, (place[kept], column[kept]), rows["recipients"].to_numpy(np.float64)[kept])
    return taken
