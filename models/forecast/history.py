"""Daily recipients of accounts as matrices: what was sent, and what the future is learnt from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.forecast.planned import planned_days, shares_of
from models.statistics import Floats, known_or_zero, mean_known

# More than a year, so that yearly mailings are known; a stray row of long ago costs nothing.
HISTORY = timedelta(days=400)
Unread = Mapping[str, Collection[date]]  # days of each account that were not read


@dataclass(frozen=True)
class DailyHistory:
    """Recipients per account and UTC day, ending with the last day that is known.

    Shape:  values (accounts, days); NaN before the account's first day and where unknown.
            announced (accounts, days): recipients of announced sends in the values; sent: the
            values with what incidents added.
    """

    values: Floats
    end: date  # the day after the last column
    announced: Floats | None = None
    sent: Floats | None = None

    @property
    def regular(self) -> Floats:
        """The values without what was announced."""
        if self.announced is None:
            return self.values
        return np.maximum(self.values - self.announced, 0.0)

    def before(self, day: date) -> DailyHistory:
        """The history as it was known when `day` began."""
        kept = self.values.shape[1] - (self.end - day).days
        announced, sent = (
            None if part is None else part[:, :kept] for part in (self.announced, self.sent)
        )
        return DailyHistory(self.values[:, :kept], day, announced, sent)

    @property
    def known_days(self) -> int:
        """Days of which at least one account is known."""
        return int((~np.isnan(self.values)).any(axis=0).sum())

    def level(self, days: int) -> Floats:
        """All accounts together on each of the last days; unknown ones count as usual: (days,)."""
        recent = self.regular[:, -days:]
        usual = known_or_zero(mean_known(recent))[:, None]
        return np.asarray(
            np.where(_is_hole(self.values)[:, -days:], usual, known_or_zero(recent)).sum(axis=0)
        )

    def weekdays(self) -> NDArray[np.int64]:
        """Weekday of every column, Monday = 0."""
        days = self.values.shape[1]
        return (self.end.weekday() - np.arange(days, 0, -1)) % 7


@dataclass(frozen=True)
class DailyTable:
    """What accounts sent per UTC day, and the history that profiles are fitted on.

    Shape:  sent (accounts, days up to and including today); unread: of the same shape, whether an
            account's day was not read, from its first day on. rows: every day that was sent on, as
            numbers of account and recipients by date.
    """

    accounts: list[str]
    sent: Floats
    unread: NDArray[np.bool_]
    history: DailyHistory  # complete days, without what incidents added
    first: date
    today: date
    rows: pd.DataFrame

    def sent_between(self, begin: date, end: date) -> Floats:
        """Recipients per account from `begin` to `end`, both included."""
        days = self.rows["day"]
        rows = self.rows[(days >= np.datetime64(begin)) & (days <= np.datetime64(end))]
        counts = known_or_zero(rows["recipients"].to_numpy(np.float64))
        sums = np.zeros(len(self.accounts))
        np.add.at(sums, rows["place"].to_numpy(), counts)
        return sums

    def known(self) -> Floats:
        """What was sent on the days of the history; NaN where unknown, 0 before the first day."""
        end = (self.history.end - self.first).days
        values = self.history.values
        sent = self.sent[:, end - values.shape[1] : end]
        return np.where(_is_hole(values), np.nan, sent)

    def columns(self, begin: date, count: int) -> tuple[Floats, NDArray[np.bool_]]:
        """What was sent on some consecutive days, and which were not read: (accounts, days).

        Days outside the table have nothing sent and count as read.
        """
        place = np.arange(count) + (begin - self.first).days
        inside = (place >= 0) & (place < self.sent.shape[1])
        sent, unread = np.zeros((2, len(self.accounts), count))
        sent[:, inside] = self.sent[:, place[inside]]
        unread[:, inside] = self.unread[:, place[inside]]
        return sent, unread.astype(bool)


def read_days(
    daily: pd.DataFrame,
    today: date,
    extra: pd.DataFrame | None = None,
    plans: pd.DataFrame | None = None,
    unread: Unread | None = None,
) -> DailyTable:
    """Table of sparse daily rows up to today; `extra` is taken out of its history alone.

    Shape:  daily, extra: account, day (UTC date), recipients (NaN: not known); plans: account,
            start, end, recipients of announced sends. An account that only plans know is there
            as well. A day without a row is 0 but where it was not read. The table begins with the
            first row that is not older than HISTORY.
    """
    rows, accounts = _placed(daily, today, plans)
    is_recent = rows["day"] >= np.datetime64(today - HISTORY, "D")
    recent = rows.loc[is_recent]
    first = recent["day"].min().date() if len(recent) else today
    width = (today - first).days + 1
    sent, lives = _sent(recent, first, (len(accounts), width))
    lives[rows.loc[~is_recent, "place"].unique()] = True
    missing = _unread(unread or {}, accounts, first, width) & lives
    usual = np.maximum(sent - _extra_of(extra, accounts, first, width), 0.0)
    usual = np.where(missing | ~lives, np.nan, usual)[:, :-1]
    sent = known_or_zero(sent)
    announced = None
    if plans is not None:
        days = [first + timedelta(days=n) for n in range(width - 1)]
        announced = planned_days(plans, accounts, days, shares_of(sent))
    history = _known_stretch(usual, sent[:, :-1], first, announced)
    return DailyTable(accounts, sent, missing, history, first, today, rows)


def _placed(
    daily: pd.DataFrame, today: date, plans: pd.DataFrame | None
) -> tuple[pd.DataFrame, list[str]]:
    """The rows until today with the place of their account in the list beside them."""
    rows = _dated(daily)
    rows = rows.loc[rows["day"] <= np.datetime64(today, "D")]
    planned = [] if plans is None else [account.lower() for account in plans["account"].dropna()]
    accounts = sorted({*rows["account"], *planned})
    return rows.assign(place=pd.Index(accounts).get_indexer(pd.Index(rows["account"]))), accounts


def _sent(
    rows: pd.DataFrame, first: date, shape: tuple[int, int]
) -> tuple[Floats, NDArray[np.bool_]]:
    """Recipients by account and day, and whether the account had its first row by then."""
    place, column = rows["place"].to_numpy(), _columns(rows, first)
    sent = np.zeros(shape)
    np.add.at(sent, (place, column), rows["recipients"].to_numpy(np.float64))
    born = np.full(shape[0], shape[1])
    np.minimum.at(born, place, column)
    return sent, np.arange(shape[1]) >= born[:, None]


def _known_stretch(
    usual: Floats, sent: Floats, first: date, announced: Floats | None
) -> DailyHistory:
    """From the first to the last day that is known of any account."""
    known = np.flatnonzero(~np.isnan(usual).all(axis=0))
    begin, end = (int(known[0]), int(known[-1]) + 1) if len(known) else (0, 0)
    return DailyHistory(
        usual[:, begin:end],
        first + timedelta(days=end),
        None if announced is None else announced[:, begin:end],
        np.where(np.isnan(usual), np.nan, sent)[:, begin:end],
    )


def _unread(unread: Unread, accounts: list[str], first: date, width: int) -> NDArray[np.bool_]:
    missing = np.zeros((len(accounts), width), bool)
    for place, account in enumerate(accounts):
        columns = [(day - first).days for day in unread.get(account, ())]
        missing[place, [column for column in columns if 0 <= column < width]] = True
    return missing


def _is_hole(values: Floats) -> NDArray[np.bool_]:
    """Whether a day is unknown after the account's first known one."""
    return np.isnan(values) & np.logical_or.accumulate(~np.isnan(values), axis=1)


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
