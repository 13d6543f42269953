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

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.baseline.baseline import DayForecast
from models.baseline.memory import Kept
from models.baseline.traffic import Traffic
from models.incident import Incident, count
from models.incidents.volume.stretch import Judgement, Stretch, stretch_incident
from models.statistics import Floats, known_or_zero, trimmed_mean_known

WEEK = 7
_WEEKS_BACK = range(2, 9)
_LEAST_WEEKS = 4  # a young account grows anyway
_BATCH, _BATCH_PRIOR = 3.0, 10.0  # a day counts as three usual days and ten recipients at most
_PRIOR = 50.0  # recipients a week: accounts that send little do not grow by chance
_LEAST_GROWTH, _CLEAR_GROWTH = np.log(1.5), np.log(1.95)
_STILL_GROWN = np.log(1.25)
_LEAST_EXTRA = 100.0  # recipients of the week
_BROAD = 1.2  # times the usual: days that take part in the growth
_LEAST_DAYS = 4  # of the week with mail, in an account that sends on most days
_DEVIATIONS = 3.5
_WEEKLY_VARIATION = 0.1  # of the logarithm, that every account has
_REMEMBERED_DAYS = 56  # also those by which the account's variation is measured
_NORMAL = 1.4826  # median distance of a standard normal, inverted
_UNKNOWN_VARIATION = 0.45  # of a day, until two weeks of days are known
_LEAST_REMEMBERED_DAYS = 10
_LEAST_KNOWN = 0.5  # share of a day's usual recipients in hours that were read
_OPEN_DAYS, _ACCEPTED_DAYS = 7, 56


@dataclass
class _OpenGrowth(Stretch):
    sent: float  # recipients of the week, a batch bounded
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
        usual = self._usual[day] = self._today
        self._profile = forecast.by_local_hour
        if day >= WEEK * (_LEAST_WEEKS + 1):
            before = slice(day - WEEK, day)
            sent, share = self._so_far(self._traffic.sent[:, first:last], day)
            self._judge(day, _week(self._sent[before], self._usual[before], usual, sent, share))

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

    def _judge(self, day: int, week: _Week) -> None:
        first, last = self._traffic.calendar.columns(day)
        accepted = np.where(day <= self._accepted_until, self._accepted, 0.0)
        usual = np.maximum(week.usual, accepted[:, None] * week.share)
        usual = np.maximum(usual, self._of_late(day)[:, None])
        growth = np.log((week.sent + _PRIOR) / (usual + _PRIOR))
        learned = self._traffic.learning[:, first] == 0
        large = (growth >= _LEAST_GROWTH) & (week.sent - usual >= _LEAST_EXTRA) & week.is_broad
        large &= learned[:, None] & (np.arange(first, last) < self._traffic.complete_hours)
        for account in np.flatnonzero(large.any(axis=1)).tolist():
            demand = self._demand(day, account)
            hours = np.flatnonzero(large[account] & (growth[account] >= demand))
            if len(hours) and account not in self._open:
                self._raise(account, day, first + int(hours[0]), week, int(hours[0]))
        for account in list(self._open):
            self._follow(account, day, week)

    def _of_late(self, day: int) -> Floats:
        """What was sent in the week of a fortnight ago: who grows all the time is no news."""
        earlier, usual = self._sent[day - 20 : day - 13], self._usual[day - 6 : day + 1]
        awaited = known_or_zero(np.where(np.isnan(earlier), usual, earlier))
        return np.asarray(awaited.sum(axis=0))

    def _demand(self, day: int, account: int) -> float:
        """The logarithm of the growth that is more than the account's days vary by."""
        past = slice(max(day - _REMEMBERED_DAYS, 0), day)
        usual, sent = self._usual[past, account], self._sent[past, account]
        days = np.log((sent + _BATCH_PRIOR) / (usual + _BATCH_PRIOR))[usual >= _BATCH_PRIOR]
        days = days[~np.isnan(days)]
        variation = _UNKNOWN_VARIATION
        if len(days) >= _LEAST_REMEMBERED_DAYS:
            variation = _NORMAL * float(np.median(np.abs(days - np.median(days))))
        recent = max(int((self._usual[day - WEEK + 1 : day + 1, account] >= _BATCH_PRIOR).sum()), 1)
        own = _DEVIATIONS * np.sqrt(variation**2 / recent + _WEEKLY_VARIATION**2)
        return float(np.clip(own, _LEAST_GROWTH, _CLEAR_GROWTH))

    def _raise(self, account: int, day: int, hour: int, week: _Week, place: int) -> None:
        calendar, begin = self._traffic.calendar, day
        for earlier in range(day - 1, max(day - WEEK, -1), -1):
            usual, sent = self._usual[earlier, account], self._sent[earlier, account]
            if usual >= _BATCH_PRIOR and sent < _BROAD * usual:
                break
            if usual >= _BATCH_PRIOR:
                begin = earlier
        first = calendar.columns(begin)[0]
        sent, usual = week.sent[account, place], week.usual[account, place]
        self._open[account] = _OpenGrowth(first, hour, 4 * hour + 4, float(sent), float(usual))

    def _follow(self, account: int, day: int, week: _Week) -> None:
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
            f"{count(growth.sent, 'recipient')} in the last 7 days;"
            f" the same days of earlier weeks had {growth.usual:,.0f}"
        )
        ratio = (growth.sent + _PRIOR) / (growth.usual + _PRIOR)
        judgement = Judgement("drift", "medium", ratio / (ratio + 1.5), reason, signal="growth")
        return stretch_incident(traffic, account, growth.quarters, size, judgement, is_over=is_over)


class _Week(NamedTuple):
    """The seven days that end with each hour of a day: (accounts, hours) each.

    share: of the week's days, those that are known, the last one as far as it is over.
    """

    sent: Floats
    usual: Floats
    share: Floats
    is_broad: NDArray[np.bool_]  # most days are above their usual, not one or two of them


def _week(sent: Floats, usual: Floats, today: Floats, so_far: Floats, share: Floats) -> _Week:
    """The seven days before, (days, accounts), and today as far as it is over, (accounts, hours).

    Of the first day that part is left which today does not cover yet.
    """
    is_known = ~np.isnan(sent) & ~np.isnan(usual)
    sent, usual, known = (np.where(is_known, x, 0.0) for x in (sent, usual, 1.0))
    left = 1.0 - share
    is_today = ~np.isnan(today)[:, None]
    part = np.where(is_today, np.minimum(so_far, _most(today)[:, None]), 0.0)
    awaited = np.where(is_today, today[:, None] * share, 0.0)
    weighty = usual[1:] >= _BATCH_PRIOR
    above = weighty & (sent[1:] >= _BROAD * usual[1:])
    is_broad = (2 * above.sum(axis=0) > weighty.sum(axis=0)) & (weighty.sum(axis=0) >= _LEAST_DAYS)
    return _Week(
        sent[1:].sum(axis=0)[:, None] + sent[0][:, None] * left + part,
        usual[1:].sum(axis=0)[:, None] + usual[0][:, None] * left + awaited,
        (known[1:].sum(axis=0)[:, None] + known[0][:, None] * left + is_today * share) / WEEK,
        np.broadcast_to(is_broad[:, None], part.shape),
    )


def _whole_day(sent: Floats, share: Floats) -> Floats:
    """Recipients of a day by what was read of it; NaN where that was less than half."""
    return np.where(share >= _LEAST_KNOWN, sent / np.maximum(share, _LEAST_KNOWN), np.nan)


def _most(usual: Floats) -> Floats:
    return _BATCH * usual + _BATCH_PRIOR
