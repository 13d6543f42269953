"""Surges: more recipients than the account's baseline and its own past explain.

A surge must stand out of the account's usual excess, double the expected number, and pass the
largest excess the account ever had, so that a mailing that comes back, however rarely, is
raised once at most. An hour whose score passes the account's own threshold, new recipients, new
sources and unusual hours lower what is demanded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.baseline.baseline import DayForecast
from models.baseline.intervals import HI80, HI95
from models.baseline.memory import Kept
from models.baseline.size import Size
from models.baseline.traffic import LONGEST_CUT_HOURS, Traffic
from models.incident import Incident, Severity
from models.incidents.volume.excess import (
    LONGEST,
    THRESHOLD,
    Demand,
    ExcessHistory,
    exceeds,
    window_sums,
)
from models.incidents.volume.stretch import Judgement, Stretch, stretch_incident
from models.incidents.volume.supporting import Surroundings
from models.statistics import Floats, blank, known_or_zero, row_sums

_MERGE_HOURS = 3
_LEAST_AGE = 4  # days of history before anything can be called gross
_RECORD = 1.2  # times the largest earlier excess
_LEAST_HOUR = 5.0  # recipients over the baseline in the hour that raises a surge
_LEAST_SHARE = 0.02  # of the surge, likewise
_BELONGS = 0.2  # of the hour that raised the surge: what hours before it must exceed to belong
_LONG_HOURS = 6
_LASTING_HOURS, _LASTING_EXTRA, _LASTING_RATIO = 24, 1_000.0, 2.0  # serious whatever came before
_HUGE = 10_000.0  # recipients
_FAR = 1.75  # times the largest earlier excess: a surge without other signs is worth a look
_GROWS = 0.05  # of the surge's largest hourly excess: what later hours must exceed to belong

# What is enough where the score of the hour passes the account's own threshold.
_SCORED = Demand(*(np.array(x) for x in (0.8 * THRESHOLD, _RECORD, 200.0, 2.0)))
# What is enough once that many of new recipients, new source and off hours have fired.
_EASED = {
    1: Demand(*(np.array(x) for x in (0.6 * THRESHOLD, 0.5, 100.0, 2.0))),
    2: Demand(*(np.array(x) for x in (0.15 * THRESHOLD, 0.1, 30.0, 1.3))),
}


@dataclass
class _OpenSurge(Stretch):
    peak: float
    score: float  # times the usual size of an excess
    record: float  # largest excess of one hour before
    records: list[float]  # of every window


class SurgeWatch:
    """Raises, grows and closes the surges of some accounts, one local day after the other."""

    kept = Kept(hours=("_excess", "_usual"), accounts=("_scales", "_records"), open_as=_OpenSurge)

    def __init__(self, traffic: Traffic, surroundings: Surroundings) -> None:
        self._traffic = traffic
        self._surroundings = surroundings
        accounts, hours = traffic.sent.shape
        self._excess = blank((accounts, hours))
        self._usual = blank((accounts, hours))
        self.history = ExcessHistory(accounts, traffic.calendar.days)
        self._scales, self._records = self.history.levels(0, traffic.baseline.is_sparse)
        self._open: dict[int, _OpenSurge] = {}
        self.incidents: list[Incident] = []

    def begin(self, day: int) -> None:
        """Take the usual and the largest excess of the days before."""
        self._scales, self._records = self.history.levels(day, self._traffic.baseline.is_sparse)

    def watch(self, day: int, forecast: DayForecast) -> None:
        """Look at one local day that has its forecast."""
        first, last = self._traffic.calendar.columns(day)
        sent = self._traffic.sent[:, first:last]
        # Before there is a baseline everything counts as excess: it is the account's past later.
        expected = np.where(np.isnan(sent), 0.0, known_or_zero(forecast.own_hour))
        self._excess[:, first:last] = known_or_zero(sent) - expected
        self._usual[:, first:last] = expected
        flags = self._flags(slice(0, len(sent)), day)
        candidates = {int(account) for account in np.flatnonzero(flags.any(axis=1))}
        for account in sorted(candidates | set(self._open)):
            self._walk(account, day, flags[account])

    def learn(self, day: int) -> None:
        """Add the day's excesses, without those of surges, to the account's past."""
        first, last = self._traffic.calendar.columns(day)
        if first < last:
            known = (~np.isnan(self._traffic.expected[:, first:last])).any(axis=1)
            sums = window_sums(self._excess, first, last)
            usual = row_sums(self._usual[:, first:last])
            self.history.learn(day, sums, usual, np.asarray(known))

    def finish(self) -> None:
        """Report the surges that go on at the end of the grid."""
        for account, surge in sorted(self._open.items()):
            self.incidents.append(self._incident(account, surge, is_over=False))

    def _flags(self, rows: slice, day: int) -> NDArray[np.bool_]:
        """Hours of the day that raise a surge: (rows, hours)."""
        traffic = self._traffic
        first, last = traffic.calendar.columns(day)
        excess = window_sums(self._excess[rows], first, last)
        usual = window_sums(self._usual[rows], first, last)
        levels = self._scales[:, rows], self._records[:, rows]
        flagged, _ = exceeds(excess, usual, levels, self._demand(rows, first, last))
        # Scores, new recipients and sources are known per hour: they count when the hour is over.
        over = np.arange(first, last) < traffic.complete_hours
        alerts = traffic.alerts[rows, first:last] & over
        flagged |= exceeds(excess, usual, levels, _SCORED)[0] & alerts
        signals = self._surroundings.supporting(day)[rows] * over
        for least, demand in _EASED.items():
            flagged |= exceeds(excess, usual, levels, demand)[0] & (signals >= least)
        own = self._excess[rows, first:last]
        above = traffic.sent[rows, first:last] > traffic.bounds[HI80, rows, first:last]
        above &= _contributes(own, excess)
        learning = traffic.learning[rows, first:last]
        old_enough = (learning == 0) | (learning >= _LEAST_AGE)
        has_baseline = ~np.isnan(traffic.expected[rows, first:last])
        return np.asarray(flagged & above & old_enough & has_baseline)

    def _demand(self, rows: slice, first: int, last: int) -> Demand:
        learning = self._traffic.learning[rows, first:last] > 0
        off_hours = self._traffic.off_hours[rows, first:last]
        return Demand(
            score=THRESHOLD * np.where(learning, 2.0, 1.0) * np.where(off_hours, 0.7, 1.0),
            record=np.full(learning.shape, _RECORD),
            excess=np.where(learning, 200.0, 50.0),
            ratio=np.where(learning, 5.0, 2.0),
        )

    def _walk(self, account: int, day: int, flags: NDArray[np.bool_]) -> None:
        """Follow one account through the day; a day may close one surge and open the next."""
        first, last = self._traffic.calendar.columns(day)
        hour = first
        while hour < last:
            if account in self._open:
                hour = self._grow(account, hour, last)
                if account not in self._open and hour < last:
                    flags = self._flags(slice(account, account + 1), day)[0]
                continue
            ahead = np.flatnonzero(flags[hour - first :])
            if not len(ahead):
                return
            hour += int(ahead[0])
            self._raise(account, hour)
            hour += 1

    def _raise(self, account: int, hour: int) -> None:
        quarter, score = self._detection(account, hour)
        begin = hour
        for earlier in range(hour - 1, max(hour - LONGEST, -1), -1):
            if begin - earlier > _MERGE_HOURS:
                break
            if self._is_above(account, earlier, _BELONGS * self._excess[account, hour]):
                begin = earlier
        records = self._records[:, account].tolist()
        surge = _OpenSurge(begin, hour, quarter, 0.0, score, records[0], records)
        self._open[account] = surge
        for member in range(begin, hour + 1):
            if member == hour or self._is_above(account, member, 0.0):
                self._take(account, surge, member)

    def _grow(self, account: int, hour: int, last: int) -> int:
        """Extend the open surge; the hour after the one that closed it, or `last`."""
        surge = self._open[account]
        for current in range(hour, last):
            if self._is_above(account, current, _GROWS * surge.peak):
                self._take(account, surge, current)
            elif current - surge.last >= _MERGE_HOURS and self._is_calm(account, current):
                del self._open[account]
                self.incidents.append(self._incident(account, surge, is_over=True))
                return current + 1
        return last

    def _take(self, account: int, surge: _OpenSurge, hour: int) -> None:
        surge.last = max(surge.last, hour)
        surge.peak = max(surge.peak, float(self._excess[account, hour]))
        self._traffic.cut(account, surge.first, hour, hour + 1)
        if hour - surge.first < LONGEST_CUT_HOURS:
            self._excess[account, hour] = 0.0

    def _is_above(self, account: int, hour: int, least: float) -> bool:
        excess = self._excess[account, hour]
        above = self._traffic.sent[account, hour] > self._traffic.bounds[HI95, account, hour]
        return bool(above and excess >= least and excess > 0)

    def _is_calm(self, account: int, hour: int) -> bool:
        """Whether the hour is over and was read: an unread hour ends nothing."""
        is_read = not np.isnan(self._traffic.sent[account, hour])
        return hour < self._traffic.complete_hours and is_read

    def _detection(self, account: int, hour: int) -> tuple[int, float]:
        """Quarter-hour whose end first shows the surge, and the score at the end of the hour."""
        rows, begin = slice(account, account + 1), max(hour - LONGEST + 1, 0)
        sent = np.nancumsum(self._traffic.quarters[account, hour])
        by_quarter = np.repeat(self._excess[rows, begin : hour + 1], 4, axis=0)
        by_quarter[:, -1] += sent - self._traffic.sent[account, hour]
        excess = window_sums(by_quarter, hour - begin, hour - begin + 1)
        usual = window_sums(self._usual[rows], hour, hour + 1)
        levels = self._scales[:, rows], self._records[:, rows]
        flags, scores = exceeds(excess, usual, levels, self._demand(rows, hour, hour + 1))
        above = _contributes(by_quarter[:, -1:], excess)[:, 0]
        above &= sent > self._traffic.bounds[HI80, account, hour]
        seen = np.flatnonzero(flags[:, 0] & above)
        quarter = int(seen[0]) if len(seen) else 3
        return 4 * hour + quarter + 1, float(scores[-1, 0])

    def _incident(self, account: int, surge: _OpenSurge, is_over: bool) -> Incident:
        traffic, first, end = self._traffic, surge.first, surge.last + 1
        traffic.recall(first)
        size = traffic.size(account, first, end)
        support = self._surroundings.fired(account, first, end)
        sums = self._largest_sums(account, first, end)
        if len(support) < 2:
            # What nothing else speaks against counts as the account's own past.
            self.history.remember(account, sums)
        margin = float((sums / np.maximum(surge.records, 1.0)).max())
        learning = bool(traffic.learning[account, first] > 0)
        severity = "low" if learning else _severity(surge, size, len(support), margin)
        score = max(surge.score, 0.0)
        judgement = Judgement(
            "surge", severity, score / (score + THRESHOLD), _reason(surge.score), learning
        )
        incident = stretch_incident(
            traffic, account, surge.quarters, size, judgement, is_over=is_over
        )
        return replace(incident, record=surge.record, support=support)

    def _largest_sums(self, account: int, first: int, end: int) -> Floats:
        """The largest excess of every window within the surge: (windows,)."""
        excess = known_or_zero(self._traffic.sent[account, first:end])
        excess = excess - known_or_zero(self._traffic.expected[account, first:end])
        return np.asarray(window_sums(excess[None], 0, end - first)[:, 0].max(axis=1))


def _severity(surge: _OpenSurge, size: Size, support: int, margin: float) -> Severity:
    """Severity from size, score and the number of supporting signals.

    margin: times the largest earlier excess of as many hours.
    """
    extra = max(size.observed - size.expected, 0.0)
    ratio = size.observed / max(size.expected, 1.0)
    # Size alone may be a first mailing; a loop shows itself by its length.
    is_long = surge.last + 1 - surge.first >= _LONG_HOURS
    is_backed, is_clear = support > 0 or is_long, is_long or surge.score >= 1.5 * THRESHOLD
    is_huge = extra >= max(_HUGE, 10.0 * surge.record) and ratio >= 5.0
    if (support >= 2 and extra >= 300.0 and ratio >= 3.0) or (is_huge and is_backed):
        return "high"
    is_lasting = surge.last + 1 - surge.first >= _LASTING_HOURS and ratio >= _LASTING_RATIO
    if is_lasting and extra >= _LASTING_EXTRA:
        return "medium"
    if extra >= 200.0 and (support > 0 or (margin >= _FAR and is_clear)):
        return "medium"
    return "low"


def _reason(score: float) -> str:
    """How far above the usual, beside how far the account's mail is from it on other days."""
    if score < 1.0:
        return "above what this account usually sends, beside other unusual signs"
    return f"{score:.1f} times as far above the usual as this account commonly varies"


def _contributes(own: Floats, excess: Floats) -> NDArray[np.bool_]:
    """Hours that are part of what happened, not a stray message after it."""
    return np.asarray(own >= np.maximum(_LEAST_HOUR, _LEAST_SHARE * excess.max(axis=0)))
