"""What accounts did per quarter-hour, in the sparse form that tabular signals are read from.

Only quarter-hours with mail are rows, so the cost goes with the traffic and not with the number
of accounts times the length of the history.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.statistics import known_or_zero
from warehouse.windows import Window

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ONE_DAY, QUARTER = timedelta(days=1), timedelta(minutes=15)
QUARTERS_PER_DAY = 96
_MINUTES_PER_DAY = 1_440
COUNTS = (
    "messages",
    "recipients",
    "most_repeated",
    "wide_recipients",
    "widest",
    "new_recipients",
    "new_subjects",
    "failed",
    "filtered",
    "external",
    "known_status_recipients",
    "known_source_recipients",
    "young_source_recipients",
)
ACCOUNT_STRIDE = np.int64(1) << 32  # separates accounts inside one sort key


@dataclass(frozen=True)
class Counts:
    """Columns of counts, each put into the order of the rows when it is first read: of the months
    before, most never are.
    """

    columns: Mapping[str, Floats]
    order: Ints
    _ordered: dict[str, Floats] = field(default_factory=dict, init=False, repr=False)

    def __getitem__(self, name: str) -> Floats:
        if name not in self._ordered:
            self._ordered[name] = self.columns[name][self.order]
        return self._ordered[name]

    def of(self, rows: Ints) -> Counts:
        """The counts of some rows."""
        return Counts(self.columns, self.order[rows])


@dataclass(frozen=True)
class QuarterHours:
    """Rows ordered by account and time.

    Shape:  one entry per account and quarter-hour with mail. `account` indexes `accounts`;
            `quarter` counts quarter-hours since `start`, a midnight UTC. `born_on` is the day of
            each account's first mail ever, from `start` on (negative before it). Rows before
            `first_judged_day` are history only. `unread`: windows by account, oldest first, of
            which nothing is known.
    Units:  counts as in the mart hve_activity; NaN is unknown.
    """

    accounts: tuple[str, ...]
    start: datetime
    account: Ints
    quarter: Ints
    counts: Counts
    born_on: Ints
    first_judged_day: int = 0
    unread: Mapping[str, Sequence[Window]] = field(default_factory=dict)
    _windows: dict[int, Ints] = field(default_factory=dict, init=False, repr=False, compare=False)
    _sums: dict[tuple[str, int], Floats] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _tallies: dict[tuple[str, str], tuple[list[int], list[float]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _daily: dict[str, Floats] = field(default_factory=dict, init=False, repr=False, compare=False)
    _runs: dict[str, Floats] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def day(self) -> Ints:
        """UTC day of each row, 0 = the day of `start`."""
        return self.quarter // QUARTERS_PER_DAY

    @cached_property
    def days(self) -> int:
        """UTC days from `start` to the last row."""
        return int(self.day.max()) + 1 if len(self.quarter) else 0

    def time_of(self, quarter: int) -> datetime:
        """UTC instant at which a quarter-hour begins."""
        return self.start + timedelta(minutes=15 * quarter)

    def trailing(self, name: str, quarters: int) -> Floats:
        """Sum of a count over the row's quarter-hour and those before it, per row."""
        if (name, quarters) not in self._sums:
            running = self._running_of(name)
            self._sums[name, quarters] = running[1:] - running[self._firsts(quarters)]
        return self._sums[name, quarters]

    def trailing_sum(self, values: Floats, quarters: int) -> Floats:
        """The sums of any values per row. Unknown counts as 0: it adds nothing."""
        running = _running(values)
        return np.asarray(running[1:] - running[self._firsts(quarters)])

    def _running_of(self, name: str) -> Floats:
        """Sums of a count before each row, and of all."""
        if name not in self._runs:
            self._runs[name] = _running(self.counts[name])
        return self._runs[name]

    def _firsts(self, quarters: int) -> Ints:
        """The first row whose quarter-hour lies in a window that ends with each row."""
        if quarters not in self._windows:
            first_keys = np.maximum(self._key - quarters + 1, self.account * ACCOUNT_STRIDE)
            self._windows[quarters] = np.searchsorted(self._key, first_keys)
        return self._windows[quarters]

    @cached_property
    def _key(self) -> Ints:
        return np.asarray(self.account * ACCOUNT_STRIDE + self.quarter)

    def by_day(self, values: Floats, join: np.ufunc) -> Floats:
        """Values of each account and UTC day joined: (accounts, days); 0 on days without rows."""
        joined = np.zeros((len(self.accounts), self.days))
        if len(values):
            first, place = self._account_days
            joined.ravel()[place] = join.reduceat(known_or_zero(values), first)
        return joined

    @cached_property
    def hourly_recipients(self) -> tuple[Ints, Floats]:
        """Hours of all accounts that have rows, ascending (account × ACCOUNT_STRIDE + hours since
        `start`), and their recipients.
        """
        hours = self.account * ACCOUNT_STRIDE + self.quarter // 4
        first = np.flatnonzero(np.diff(hours, prepend=-1))
        recipients = known_or_zero(self.counts["recipients"])
        return hours[first], np.add.reduceat(recipients, first) if len(first) else recipients

    @cached_property
    def _account_days(self) -> tuple[Ints, Ints]:
        """First row of each account and day that has any, and its place among all of them."""
        place = self.account * self.days + self.day
        first = np.flatnonzero(np.diff(place, prepend=-1))
        return first, place[first]

    def daily(self, name: str) -> Floats:
        """Sum of a count of each account and UTC day: (accounts, days)."""
        if name not in self._daily:
            self._daily[name] = self.by_day(self.counts[name], np.add)
        return self._daily[name]

    def began(self, rows: Ints, values: Floats, quarters: int, share: float) -> Ints:
        """For some rows, the last quarter-hour from which their window holds `share` of its values,
        which are whole numbers, or more.
        """
        running = _running(values)
        last = running[rows + 1]
        least = np.ceil(share * (last - running[self._firsts(quarters)[rows]]))
        return self.quarter[np.searchsorted(running, last - least, side="right") - 1]

    def rows_since(self, day: int) -> tuple[Ints, QuarterHours]:
        """Rows from a UTC day on, and the activity of these rows alone."""
        rows = np.flatnonzero(self.day >= day)
        if len(rows) == len(self.day):
            return rows, self  # which sums up nothing twice
        account, quarter, counts = self.account[rows], self.quarter[rows], self.counts.of(rows)
        return rows, replace(self, account=account, quarter=quarter, counts=counts)

    def row_at(self, account: str, moment: datetime) -> int | None:
        """The account's last row that was over at the moment; None without any."""
        rows = self.rows_between(account, self.start, moment)
        return rows.stop - 1 if rows.stop > rows.start else None

    def rows_between(self, account: str, start: datetime, end: datetime) -> slice:
        """Rows of an account whose quarter-hours lie between two instants."""
        first, last = self._rows_of.get(account, (0, 0))
        quarters = [(moment - self.start) // QUARTER for moment in (start, end)]
        begin, stop = np.searchsorted(self.quarter[first:last], quarters)
        return slice(int(first + begin), int(first + stop))

    @cached_property
    def _rows_of(self) -> dict[str, tuple[int, int]]:
        """First row of each account, and the one after its last."""
        ends = np.searchsorted(self.account, np.arange(len(self.accounts) + 1)).tolist()
        return dict(zip(self.accounts, pairwise(ends), strict=True))

    def total(self, name: str, rows: slice) -> float:
        """Sum of a count over some rows; unknown adds nothing."""
        return float(known_or_zero(self.counts[name][rows]).sum())

    def amount(self, account: str, name: str, start: datetime, end: datetime) -> float:
        """Sum of a count of an account between two instants, as `total` of these rows; a look at
        one of thousands of events costs no look at the rows between.
        """
        if (account, name) not in self._tallies:
            rows = slice(*self._rows_of.get(account, (0, 0)))
            sums = _running(self.counts[name][rows]).tolist()
            self._tallies[account, name] = self.quarter[rows].tolist(), sums
        quarters, sums = self._tallies[account, name]
        first, last = (
            bisect_left(quarters, (moment - self.start) // QUARTER) for moment in (start, end)
        )
        return max(sums[last] - sums[first], 0.0)

    def days_known_before(self, days: int) -> Floats:
        """How many of the `days` before each day were not unread as a whole: (accounts, days)."""
        lost = np.zeros((len(self.accounts), days + self.days + 1))
        begin = self.start - days * ONE_DAY
        for number, account in enumerate(self.accounts):
            for window in self.unread.get(account, ()):
                first, last = -(-(window.start - begin) // ONE_DAY), (window.end - begin) // ONE_DAY
                lost[number, max(first, 0) + 1 : max(last, 0) + 1] = 1.0
        running = np.cumsum(lost, axis=1)
        return np.asarray(days - running[:, days : days + self.days] + running[:, : self.days])

    def at_rows(self, by_day: NDArray[Any]) -> NDArray[Any]:
        """For every row, what holds for its account and day: by_day is (accounts, days)."""
        return np.asarray(by_day[self.account, self.day])

    def last_unread(self, row: int) -> int | None:
        """The quarter-hour at which the last unread window before a row ended; None without any."""
        moment = self.time_of(int(self.quarter[row]))
        ends = [
            window.end
            for window in self.unread.get(self.accounts[int(self.account[row])], ())
            if window.end <= moment
        ]
        return -(-(max(ends) - self.start) // QUARTER) if ends else None

    def since_start(self) -> Ints:
        """Quarter-hours between the day of the account's first mail ever and each row."""
        return np.asarray(self.quarter - QUARTERS_PER_DAY * self.born_on[self.account])


def activity_of(
    rows: pd.DataFrame,
    until: datetime,
    born: Mapping[str, date] | None = None,
    judged_from: date | None = None,
    unread: Mapping[str, Sequence[Window]] | None = None,
) -> QuarterHours:
    """Rows of the mart hve_activity that are over at `until`, as columns.

    Shape:  one row per (account, hour_utc, quarter).
    born: first day with mail, where the rows do not reach back to it.
    """
    stamps = pd.to_datetime(rows["hour_utc"], utc=True).dt.tz_localize(None).to_numpy("M8[m]")
    minutes = stamps.astype(np.int64) + 15 * rows["quarter"].to_numpy(np.int64)
    end = int(until.astimezone(UTC).timestamp()) // 60
    kept = minutes + 15 <= end
    if not kept.all():
        rows, minutes = rows.loc[kept], minutes[kept]
    account, names = pd.factorize(rows["account"], sort=True)
    account = account.astype(np.int64)
    first_day = (int(minutes.min()) if len(minutes) else end) // _MINUTES_PER_DAY
    quarter = (minutes - first_day * _MINUTES_PER_DAY) // 15
    order = np.lexsort((_short(quarter), _short(account)))
    account, quarter = account[order], quarter[order]
    counts = {name: rows[name].to_numpy(np.float64, na_value=np.nan) for name in COUNTS}
    # Days whose facts were purged before statuses were counted: all of them carry one, or none.
    has_status = np.where(np.isnan(counts["failed"]), 0.0, counts["recipients"])
    known = counts["known_status_recipients"]
    counts["known_status_recipients"] = np.where(np.isnan(known), has_status, known)
    start = datetime.fromtimestamp(first_day * 86_400, UTC)
    born_on = quarter[np.searchsorted(account, np.arange(len(names)))] // QUARTERS_PER_DAY
    for place, name in enumerate(names):
        if born and name in born:
            born_on[place] = min(born_on[place], (born[name] - start.date()).days)
    judged = 0 if judged_from is None else max((judged_from - start.date()).days, 0)
    return QuarterHours(
        tuple(map(str, names)),
        start,
        account,
        quarter,
        Counts(counts, order),
        born_on,
        judged,
        unread or {},
    )


def _short(numbers: Ints) -> NDArray[Any]:
    """The same order in 16 bits, which are sorted in a tenth of the time, where they are enough."""
    fits = not len(numbers) or (numbers.min() >= 0 and numbers.max() < 2**16)
    return numbers.astype(np.uint16) if fits else numbers


def _running(values: Floats) -> Floats:
    """Sums of all values before each row, and of all; unknown adds nothing."""
    return np.concatenate([[0.0], np.cumsum(known_or_zero(values))])
