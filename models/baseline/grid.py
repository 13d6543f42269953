"""The dense hourly grid that baselines and incidents are computed on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.statistics import Floats

QUARTERS = ("recipients_q1", "recipients_q2", "recipients_q3", "recipients_q4")
_PLAIN = ("recipients", "new_recipients", "new_sources")
_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True)
class HourlyGrid:
    """Recipients per account and UTC hour, and what is known about them.

    Shape:  A accounts, H hours; `quarters` has a third axis of 4.
    Units:  counts. 0 = read and nothing sent; NaN = not read, before the account's first row,
            or a quarter-hour that is not over yet.
    """

    accounts: tuple[str, ...]
    start: datetime
    recipients: Floats
    quarters: Floats
    new_recipients: Floats
    new_sources: Floats
    complete_quarters: int  # of the last hour that are over: 1 to 4

    @property
    def hours(self) -> int:
        """Number of hours, the last one perhaps incomplete."""
        return int(self.recipients.shape[1])

    @property
    def complete_hours(self) -> int:
        """Number of hours that are over."""
        return self.hours - (1 if self.complete_quarters < 4 else 0)

    @property
    def quarters_over(self) -> int:
        """Number of quarter-hours that are over."""
        rest = self.complete_quarters if self.complete_quarters < 4 else 0
        return 4 * self.complete_hours + rest

    @property
    def end(self) -> datetime:
        """The end of the last quarter-hour that is over."""
        return self.time_of_quarter(self.quarters_over)

    def time_of_quarter(self, quarter: int) -> datetime:
        """UTC instant at which the quarter-hour with this number (0 = first of the grid) begins."""
        return self.start + timedelta(minutes=15 * quarter)


def grid_from_hours(
    hours: pd.DataFrame,
    until: datetime,
    accounts: Sequence[str] | None = None,
    begin: datetime | None = None,
    born: NDArray[np.int64] | None = None,
) -> HourlyGrid:
    """Dense grid of sparse hourly rows, ending with the last complete quarter-hour at `until`.

    Shape:  one input row per (account, hour_utc): account, hour_utc (UTC), recipients,
            recipients_q1 to recipients_q4, new_recipients, new_sources.
            A missing row after the account's first one means that nothing was sent; a row
            whose recipients are NaN marks an hour that was not read.
    begin: first hour of the grid, by default that of the first row.
    born: hour of each account's first row, from `begin` on (negative before it), where the rows do
            not reach back to it: (accounts,).
    Raises: ValueError when `until` has no time zone or an (account, hour) occurs twice.
    """
    end = _floor_quarter(until)
    frame = hours.loc[pd.to_datetime(hours["hour_utc"], utc=True) < pd.Timestamp(end)]
    names = tuple(accounts) if accounts is not None else tuple(sorted(frame["account"].unique()))
    frame = frame.loc[frame["account"].isin(names)]
    stamps = pd.to_datetime(frame["hour_utc"], utc=True).dt.tz_localize(None).to_numpy("M8[h]")
    final = np.datetime64((end - timedelta(minutes=15)).replace(tzinfo=None), "h")
    first = stamps.min() if len(stamps) else final + _HOUR
    if begin is not None:
        first = np.datetime64(begin.replace(tzinfo=None), "h")
    rows = pd.Index(names).get_indexer(pd.Index(frame["account"]))
    columns = ((stamps - first) // _HOUR).astype(np.int64)
    shape = (len(names), int((final + _HOUR - first) // _HOUR))
    _refuse_duplicates(rows, columns, shape)
    start = datetime.fromisoformat(str(first.astype("M8[s]"))).replace(tzinfo=UTC)
    since = np.full(shape[0], shape[1])
    np.minimum.at(since, rows, columns)
    if born is not None:
        since = np.minimum(since, born)
    return _fill(frame, names, start, (rows, columns), since, shape, _quarters_done(end))


def _floor_quarter(until: datetime) -> datetime:
    if until.tzinfo is None:
        raise ValueError("until needs a time zone")
    moment = until.astimezone(UTC)
    return moment.replace(minute=moment.minute - moment.minute % 15, second=0, microsecond=0)


def _quarters_done(end: datetime) -> int:
    return end.minute // 15 or 4


def _refuse_duplicates(
    rows: NDArray[np.intp], columns: NDArray[np.int64], shape: tuple[int, int]
) -> None:
    cells = rows * max(shape[1], 1) + columns
    if np.bincount(cells, minlength=1).max() > 1:
        raise ValueError("hours must have one row per account and hour_utc")


def _fill(
    frame: pd.DataFrame,
    names: tuple[str, ...],
    start: datetime,
    cells: tuple[NDArray[np.intp], NDArray[np.int64]],
    since: NDArray[np.int64],
    shape: tuple[int, int],
    complete: int,
) -> HourlyGrid:
    plain = {name: _dense(frame[name], cells, since, shape) for name in _PLAIN}
    quarters = np.stack([_dense(frame[name], cells, since, shape) for name in QUARTERS], axis=2)
    _assign_rest(quarters, plain["recipients"], complete)
    if shape[1] and complete < 4:
        # What the account sent after `until` is in the row of the hour, not in its quarters.
        known = quarters[:, -1, :complete].sum(axis=1)
        for name in ("recipients", "new_recipients"):
            plain[name][:, -1] = np.minimum(plain[name][:, -1], known)
        quarters[:, -1, complete:] = np.nan
    return HourlyGrid(names, start, quarters=quarters, complete_quarters=complete, **plain)


def _dense(
    column: pd.Series,
    cells: tuple[NDArray[np.intp], NDArray[np.int64]],
    since: NDArray[np.int64],
    shape: tuple[int, int],
) -> Floats:
    dense = np.zeros(shape)
    rows, columns = cells
    dense[rows, columns] = column.to_numpy(np.float64, na_value=np.nan)
    dense[np.arange(shape[1]) < since[:, None]] = np.nan
    return dense


def _assign_rest(quarters: Floats, recipients: Floats, complete: int) -> None:
    """Put recipients that no quarter claims into the last quarter: known at the hour's end."""
    unread = np.isnan(recipients)
    quarters[unread] = np.nan
    np.copyto(quarters, 0.0, where=np.isnan(quarters) & ~unread[:, :, None])
    whole = recipients.shape[1] - (1 if complete < 4 else 0)
    rest = recipients[:, :whole] - quarters[:, :whole].sum(axis=2)
    quarters[:, :whole, 3] += np.maximum(rest, 0.0)
