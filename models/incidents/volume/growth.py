"""Gradual growth: a week well above the weeks before it, without one hour that stands out.

The last seven days are compared with the same weekdays of two to eight weeks before, so that a
ramp of days does not lift what it is compared with. One mailing counts as three usual days at
most, and most days must be above their usual, on four weekdays at least. How much is enough
follows from how much the days of the account vary: from half as much again to nearly twice. The
level that a growth reaches is accepted for eight weeks: only growth beyond it is raised again.

Source: Shewhart, "Economic control of quality of manufactured product", 1931 (a chart of weekly
means, limits at 3.5 deviations of the account's own days).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hve_monitor.plural import plural
from models.baseline.baseline import DayForecast
from models.baseline.memory import Kept
from models.baseline.traffic import Traffic
from models.incident import Incident
from models.incidents.volume.stretch import Judgement, Stretch, stretch_incident
from models.statistics import Floats, known_or_zero, trimmed_mean_known

WEEK = 7
_WEEKS_BACK = range(2, 9)
_LEAST_WEEKS = 4  # a young account grows anyway
_BATCH, _BATCH_PRIOR = 3.0, 10.0  # a day counts as three usual days and ten recipients at most
_SHORT_BATCH = 1.85  # the same of fewer days than a week: a single mailing is no growth of them
_PRIOR = 50.0  # recipients a week: accounts that send little do not grow by chance
_LEAST_GROWTH = np.log(1.5)
_SURE_GROWTH = {3: np.log(3.0), WEEK: np.log(1.85)}  # of so many days: enough for every account
# Who grows all the time is no news. A fortnight ago lies three weeks after the middle of what days
# are compared with, today five; a whole week may be as much above the former.
_AHEAD = {3: 5.0 / 3.0, WEEK: 1.0}
_STILL_GROWN = np.log(1.25)
_LEAST_EXTRA = 100.0  # recipients of the week
_BROAD = 1.2  # times the usual: days that take part in the growth
_LEAST_DAYS = 4  # of the week with mail, in an account that sends on most days
_DEVIATIONS = 3.5
_WORKDAYS = 5
_WEEKLY_VARIATION = 0.08  # of the logarithm, that every account has
_REMEMBERED_DAYS = 56  # also those by which the account's variation is measured
_NORMAL = 1.4826  # median distance of a standard normal, inverted
_UNKNOWN_VARIATION = 0.45  # of a day, until two weeks of days are known
_LEAST_VARIATION_DAYS = 10
_LEAST_KNOWN = 0.5  # share of a day's usual recipients in hours that were read
_OPEN_DAYS, _ACCEPTED_DAYS = 7, 56


@dataclass
class _OpenGrowth(Stretch):
    days: int  # that grew
    sent: float  # recipients of these days, a batch bounded
    usual: float


class GrowthWatch:
    """Raises the growth of some accounts, one local day after the other.

    Per local day and account: what was sent without what other watchers cut out, a batch bounded
    (`_sent`), and what earlier weeks led to expect (`_usual`). NaN is unknown.
    """

    kept = Kept(
        days={"_sent": _REMEMBERED_DAYS, "_usual": _REMEMBERED_DAYS},
        accounts=("_today", "_accepted", "_accepted_until"),
        open_as=_OpenGrowth,
    )

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic
        shape = traffic.calendar.days, len(traffic.accounts)
        self._sent, self._usual = np.full(shape, np.nan), np.full(shape, np.nan)
        self._today = np.full(shape[1], np.nan)  # usual recipients of the day that was begun
        # The week that a raised growth reached, and the day until which it is accepted.
        self._accepted = np.zeros(shape[1])
        self._accepted_until = np.full(shape[1], -1)
        self._profile = np.zeros((shape[1], 24))  # expected recipients of today's local hours
        self._open: dict[int, _OpenGrowth] = {}
        self.incidents: list[Incident] = []

    def begin(self, day: int) -> None:
        """Take what the day is compared with from the same weekdays of earlier weeks."""
        days = [day - WEEK * back for back in _WEEKS_BACK if day >= WEEK * back]
        self._today = np.full(len(self._today), np.nan)
        if days and day not in self._traffic.calendar.holidays:
            self._today = trimmed_mean_known(self._sent[days], _LEAST_WEEKS)

    def watch(self, day: int, forecast: DayForecast) -> None:
        """Look at one local day that has its forecast."""
        first, last = self._traffic.calendar.columns(day)
        if first == last or day in self._traffic.calendar.holidays:
            return
        self._usual[day] = self._today
        self._profile = forecast.by_local_hour
        if day >= WEEK * (_LEAST_WEEKS + 1):
            sent, share = self._so_far(self._traffic.sent[:, first:last], day)
            self._judge(day, [self._span(day, days, sent, share) for days in _SURE_GROWTH])

    def learn(self, day: int) -> None:
        """Add a finished day; what incidents cut out of the baseline is unknown here as well."""
        first, last = self._traffic.calendar.columns(day)
        if first == last or day in self._traffic.calendar.holidays:
            return
        sent, share = self._so_far(self._traffic.baseline.values[:, first:last], day)
        whole = _whole_day(sent[:, -1], share[:, -1])
        self._sent[day] = np.where(np.isnan(whole), np.nan, np.fmin(whole, _most(self._usual[day])))

    def finish(self) -> None:
        """Report the growth that is still watched at the end of the grid."""
        for account, growth in sorted(self._open.items()):
            self.incidents.append(self._incident(account, growth, is_over=False))

    def _so_far(self, sent: Floats, day: int) -> tuple[Floats, Floats]:
        """What was sent in a day so far, and which share of a usual day the hours read are."""
        first, last = self._traffic.calendar.columns(day)
        weight = known_or_zero(self._profile)
        weight = np.where(weight.sum(axis=1, keepdims=True) > 0, weight, 1.0)
        read = np.where(np.isnan(sent), 0.0, weight[:, self._traffic.calendar.hour[first:last]])
        share = np.cumsum(read, axis=1) / weight.sum(axis=1, keepdims=True)
        return np.cumsum(known_or_zero(sent), axis=1), np.minimum(share, 1.0)

    def _span(self, day: int, days: int, so_far: Floats, share: Floats) -> _Span:
        before, fortnight = slice(day - days, day), day - 2 * WEEK
        late = self._sent[fortnight - days : fortnight + 1]
        past = _Past(self._sent[before], self._usual[before], self._today, late)
        return _span(past, so_far, share)

    def _judge(self, day: int, spans: Sequence[_Span]) -> None:
        first, last = self._traffic.calendar.columns(day)
        week = spans[-1]
        accepted = np.where(day <= self._accepted_until, self._accepted, 0.0)
        level = np.maximum(accepted[:, None] * week.share / np.maximum(week.usual, 1.0), 1.0)
        is_open = self._traffic.learning[:, first] > 0
        is_open[list(self._open)] = True
        hours = np.arange(first, last) < self._traffic.complete_hours
        trend = np.maximum((week.late + _PRIOR) / (week.usual + _PRIOR), 1.0)
        for span in spans:
            usual = np.maximum(level, trend ** _AHEAD[span.days]) * span.usual
            prior = _PRIOR * span.days / WEEK
            growth = np.log((span.sent + prior) / (usual + prior))
            large = (growth >= _LEAST_GROWTH) & (span.sent - usual >= _LEAST_EXTRA)
            large &= span.is_broad & ~is_open[:, None] & hours
            for account in np.flatnonzero(large.any(axis=1)).tolist():
                demand = self._demand(day, account, span.days)
                seen = np.flatnonzero(large[account] & (growth[account] >= demand))
                if len(seen):
                    self._raise(account, day, int(seen[0]), span)
        for account in list(self._open):
            self._follow(account, day, week)

    def _demand(self, day: int, account: int, days: int) -> float:
        """The logarithm of the growth that is more than the account's days vary by.

        By the days before the last week: a growth must not raise what it is compared with.
        """
        past = slice(max(day - _REMEMBERED_DAYS, 0), max(day - WEEK, 0))
        usual, sent = self._usual[past, account], self._sent[past, account]
        growth = np.log((sent + _BATCH_PRIOR) / (usual + _BATCH_PRIOR))[usual >= _BATCH_PRIOR]
        growth = growth[~np.isnan(growth)]
        variation = _UNKNOWN_VARIATION
        if len(growth) >= _LEAST_VARIATION_DAYS:
            variation = _NORMAL * float(np.median(np.abs(growth - np.median(growth))))
        recent = max(int((self._usual[day - days + 1 : day + 1, account] >= _BATCH_PRIOR).sum()), 1)
        # Also the weeks that they are compared with vary: taken as one week of workdays.
        own = np.sqrt(variation**2 * (1.0 / recent + 1.0 / _WORKDAYS) + _WEEKLY_VARIATION**2)
        return float(np.clip(_DEVIATIONS * own, _LEAST_GROWTH, _SURE_GROWTH[days]))

    def _raise(self, account: int, day: int, place: int, span: _Span) -> None:
        calendar, begin = self._traffic.calendar, day
        for earlier in range(day - 1, day - WEEK, -1):
            usual, sent = self._usual[earlier, account], self._sent[earlier, account]
            if usual >= _BATCH_PRIOR and sent < _BROAD * usual:
                break
            if usual >= _BATCH_PRIOR:
                begin = earlier
        hour = calendar.columns(day)[0] + place
        sent, usual = float(span.sent[account, place]), float(span.usual[account, place])
        growth = _OpenGrowth(calendar.columns(begin)[0], hour, 4 * hour + 4, span.days, sent, usual)
        earlier_one = self._open.get(account)
        if earlier_one is None or hour < earlier_one.last:
            self._open[account] = growth

    def _follow(self, account: int, day: int, week: _Span) -> None:
        """What goes on for a week is the new normal; the level it reaches is accepted."""
        growth = self._open[account]
        sent, usual = float(week.sent[account, -1]), float(week.usual[account, -1])
        share = max(float(week.share[account, -1]), 1.0 / WEEK)
        self._accepted[account] = sent / share
        self._accepted_until[account] = day + _ACCEPTED_DAYS
        raised = int(self._traffic.calendar.day[growth.last])
        if np.log((sent + _PRIOR) / (usual + _PRIOR)) < _STILL_GROWN or day - raised >= _OPEN_DAYS:
            del self._open[account]
            self.incidents.append(self._incident(account, growth, is_over=True))

    def _incident(self, account: int, growth: _OpenGrowth, *, is_over: bool) -> Incident:
        traffic = self._traffic
        size = traffic.size(account, growth.first, growth.last + 1)
        reason = (
            f"{plural(growth.sent, 'recipient')} in the last {growth.days} days;"
            f" the same days of earlier weeks had {growth.usual:,.0f}"
        )
        ratio = (growth.sent + _PRIOR) / (growth.usual + _PRIOR)
        judgement = Judgement("drift", "medium", ratio / (ratio + 1.5), reason, signal="growth")
        return stretch_incident(traffic, account, growth.quarters, size, judgement, is_over=is_over)


class _Past(NamedTuple):
    """What days are judged by: (days, accounts) before today, (accounts,) of today."""

    sent: Floats
    usual: Floats
    today: Floats  # usual recipients
    late: Floats  # sent on the same days a fortnight ago, today's last


class _Span(NamedTuple):
    """Some days that end with each hour of a day: (accounts, hours) each.

    share: of a week, the days that are known, the last one as far as it is over.
    """

    days: int
    sent: Floats
    usual: Floats
    late: Floats  # sent a fortnight ago
    share: Floats
    is_broad: NDArray[np.bool_]  # most days are above their usual, not one or two of a week


def _span(past: _Past, so_far: Floats, share: Floats) -> _Span:
    """The days before, and today as far as it is over; days that are not known are left out."""
    days, is_today = len(past.sent), ~np.isnan(past.today)
    times = _BATCH if days == WEEK else _SHORT_BATCH
    is_known = ~np.isnan(past.sent) & ~np.isnan(past.usual)
    usual = np.where(is_known, past.usual, 0.0)
    sent = np.where(is_known, np.minimum(past.sent, _most(usual, times)), 0.0)
    today = np.where(is_today, past.today, 0.0)
    late = np.where(np.isnan(past.late), np.vstack([usual, today]), past.late)
    late *= np.vstack([is_known, is_today])
    part = np.minimum(so_far, _most(today, times)[:, None]) * is_today[:, None]
    weighty = usual[1:] >= _BATCH_PRIOR
    above = (weighty & (sent[1:] >= _BROAD * usual[1:])).sum(axis=0)
    enough = weighty.sum(axis=0) >= min(_LEAST_DAYS, days - 1)
    return _Span(
        days,
        _sliding(sent, np.zeros(len(today)), share) + part,
        _sliding(usual, today, share),
        _sliding(late[:-1], late[-1], share),
        _sliding(is_known.astype(np.float64), is_today.astype(np.float64), share) / WEEK,
        np.broadcast_to((enough & (2 * above > weighty.sum(axis=0)))[:, None], part.shape),
    )


def _sliding(before: Floats, today: Floats, share: Floats) -> Floats:
    """Sums of as many days as `before` has: of its first day what today does not cover yet."""
    first, today = before[0][:, None], today[:, None]
    return np.asarray(before[1:].sum(axis=0)[:, None] + first * (1.0 - share) + today * share)


def _whole_day(sent: Floats, share: Floats) -> Floats:
    """Recipients of a day by what was read of it; NaN where that was less than half."""
    return np.where(share >= _LEAST_KNOWN, sent / np.maximum(share, _LEAST_KNOWN), np.nan)


def _most(usual: Floats, times: float = _BATCH) -> Floats:
    return times * usual + _BATCH_PRIOR
