"""Supporting signals of a surge: new recipients, new sources, hours that are usually empty."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.baseline.memory import Kept
from models.baseline.traffic import Traffic
from models.statistics import Floats, known_or_zero, sum_known

_WINDOW = 3  # hours over which supporting signals are gathered while a surge is looked for
_HISTORY_DAYS = 28
_LEAST_NEW = 20
_LEAST_NEW_SHARE = 0.15
_LEAST_KNOWN = 0.8  # share of recipients in hours whose sources are known, before one is new
_MOST_EARLIER_SOURCES = 2  # in four weeks; an account above it changes its sources anyway


class Surroundings:
    """What was usual around the counts: share of new recipients, arrival of new sources."""

    kept = Kept(days={"_sums": 120}, accounts=("_usual",))

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic
        self._usual = np.zeros((2, len(traffic.accounts)))
        # Per day: recipients, new recipients, new sources, recipients of hours with known sources.
        self._sums = np.zeros((traffic.calendar.days, 4, len(traffic.accounts)))

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

    def usual(self, day: int) -> tuple[Floats, Floats]:
        """Per account over the four weeks before: share of new recipients, count of new sources.

        The count is infinite where too little is known of the sources to call one new.
        """
        sent, new, sources, placed = self._sums[max(day - _HISTORY_DAYS, 0) : day].sum(axis=0)
        known = placed >= _LEAST_KNOWN * sent
        return new / np.maximum(sent, 1.0), np.where(known, sources, np.inf)

    def supporting(self, day: int) -> NDArray[np.int64]:
        """Number of signals that fire at the end of each hour of the day: (accounts, hours).

        An unusual hour counts only beside another signal: mailings are moved for good reasons.
        """
        first, last = self._traffic.calendar.columns(day)
        share, sources = self._usual
        sent, new, fresh = (
            _trailing(values, first, last)
            for values in (
                self._traffic.sent,
                self._traffic.new_recipients,
                self._traffic.new_sources,
            )
        )
        learned = self._traffic.learning[:, first:last] == 0
        by_recipients = _many_new(new, sent, share[:, None]) & learned
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
        share = self.usual(int(self._traffic.calendar.day[first]))[0][account]
        return bool(_many_new(new, sent, share))

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
