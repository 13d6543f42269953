"""Supporting signals of a surge: new recipients, new sources, hours that are usually empty."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.baseline.memory import Kept
from models.baseline.traffic import Traffic
from models.statistics import Floats, known_or_zero, sum_known

_WINDOW = 3  # hours over which supporting signals are gathered while a surge is looked for
_HISTORY_DAYS = 28
_SPARSE_DAYS = 90  # of accounts that send on every second day at most
_FAR_NEW = 2.0  # times the most new recipients of a day of such an account
_LEAST_NEW = 20
_LEAST_NEW_SHARE = 0.15
_LEAST_KNOWN = 0.8  # share of recipients in hours whose sources are known, before one is new
_MOST_EARLIER_SOURCES = 2  # in four weeks; an account above it changes its sources anyway


class Surroundings:
    """What was usual around the counts: share of new recipients, arrival of new sources."""

    kept = Kept(days={"_sums": _HISTORY_DAYS, "_whole": _SPARSE_DAYS}, accounts=("_usual",))

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic
        self._usual = np.zeros((3, len(traffic.accounts)))
        # Per day: recipients, new recipients, new sources, recipients of hours with known sources.
        self._sums = np.zeros((traffic.calendar.days, 4, len(traffic.accounts)))
        # The first two of them, also of hours that were cut out.
        self._whole = np.zeros((traffic.calendar.days, 2, len(traffic.accounts)))

    def begin(self, day: int) -> None:
        """Take what is usual from the four weeks before."""
        self._usual = np.stack(self.usual(day))

    def learn(self, day: int) -> None:
        """Add a finished local day; hours cut out of the baseline are left out here as well."""
        first, last = self._traffic.calendar.columns(day)
        kept = ~np.isnan(self._traffic.baseline.values[:, first:last])
        sent, new, sources = (
            np.where(kept, values[:, first:last], 0.0)
            for values in (
                self._traffic.sent,
                self._traffic.new_recipients,
                self._traffic.new_sources,
            )
        )
        placed = np.where(np.isnan(sources), 0.0, sent)
        self._sums[day] = [sum_known(values) for values in (sent, new, sources, placed)]
        whole = self._traffic.sent[:, first:last], self._traffic.new_recipients[:, first:last]
        self._whole[day] = [sum_known(values) for values in whole]

    def usual(self, day: int) -> tuple[Floats, Floats, Floats]:
        """Per account: usual share of new recipients, new sources of four weeks, many new ones.

        The share is that of four weeks; of an account that sends on every second day at most that
        of three months, and twice the most new ones of a day are many whatever the share. Sources
        are infinite where too little is known of them to call one new.
        """
        sent, new, sources, placed = self._sums[max(day - _HISTORY_DAYS, 0) : day].sum(axis=0)
        known = placed >= _LEAST_KNOWN * sent
        mailed, strangers = self._whole[max(day - _SPARSE_DAYS, 0) : day].transpose(1, 0, 2)
        sparse = self._traffic.baseline.is_sparse
        share = np.where(sparse, strangers.sum(axis=0), new)
        share = share / np.maximum(np.where(sparse, mailed.sum(axis=0), sent), 1.0)
        many = np.where(sparse, _FAR_NEW * strangers.max(axis=0, initial=0.0), np.inf)
        return share, np.where(known, sources, np.inf), np.maximum(many, _LEAST_NEW)

    def supporting(self, day: int) -> NDArray[np.int64]:
        """Number of signals that fire at the end of each hour of the day: (accounts, hours).

        An unusual hour counts only beside another signal: mailings are moved for good reasons.
        """
        first, last = self._traffic.calendar.columns(day)
        share, sources, many = self._usual
        sent, new, fresh = (
            _trailing(values, first, last)
            for values in (
                self._traffic.sent,
                self._traffic.new_recipients,
                self._traffic.new_sources,
            )
        )
        learned = self._traffic.learning[:, first:last] == 0
        by_recipients = _many_new(new, sent, share[:, None]) | (new >= many[:, None])
        by_recipients &= learned
        by_source = (fresh >= 1) & (sources <= _MOST_EARLIER_SOURCES)[:, None] & learned
        others = by_recipients.astype(np.int64) + by_source
        return np.asarray(others + (self._traffic.off_hours[:, first:last] & (others > 0)))

    def fired(self, account: int, first: int, last: int) -> tuple[str, ...]:
        """Names of the signals that fire over the hours first to last - 1."""
        by_name = {
            "new_recipients": self._has_new_recipients(account, first, last),
            "new_source": self._has_new_source(account, first, last),
            "off_hours": self._is_off_hours(account, first, last),
        }
        return tuple(name for name, fires in by_name.items() if fires)

    def _has_new_recipients(self, account: int, first: int, last: int) -> bool:
        if self._traffic.learning[account, first] > 0:
            return False  # nearly everyone is new
        sent = float(np.nansum(self._traffic.sent[account, first:last]))
        new = float(np.nansum(self._traffic.new_recipients[account, first:last]))
        share, _, many = self.usual(int(self._traffic.calendar.day[first]))
        return bool(_many_new(new, sent, share[account]) | (new >= many[account]))

    def _has_new_source(self, account: int, first: int, last: int) -> bool:
        if self._traffic.learning[account, first] > 0:
            return False  # every source is new
        fresh = float(np.nansum(self._traffic.new_sources[account, first:last]))
        earlier = self.usual(int(self._traffic.calendar.day[first]))[1][account]
        return fresh >= 1 and bool(earlier <= _MOST_EARLIER_SOURCES)

    def _is_off_hours(self, account: int, first: int, last: int) -> bool:
        sent = known_or_zero(self._traffic.sent[account, first:last])
        off_hours = sent[self._traffic.off_hours[account, first:last]]
        return bool(off_hours.sum() / max(sent.sum(), 1) >= 0.5)


def _many_new(
    new: Floats | float, sent: Floats | float, share: Floats | float
) -> NDArray[np.bool_]:
    least = np.maximum(_LEAST_NEW_SHARE, 3.0 * np.asarray(share))
    return np.asarray((np.asarray(new) >= _LEAST_NEW) & (new >= least * np.asarray(sent)))


def _trailing(values: Floats, first: int, last: int) -> Floats:
    """Sums of the hour and the two before it, for the hours first to last - 1."""
    begin = max(first - _WINDOW + 1, 0)
    padded = np.zeros((len(values), last - first + _WINDOW - 1))
    padded[:, _WINDOW - 1 - (first - begin) :] = known_or_zero(values[:, begin:last])
    return sum_known(np.lib.stride_tricks.sliding_window_view(padded, _WINDOW, axis=1))
