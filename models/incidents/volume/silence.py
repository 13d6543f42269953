"""Silences: an account that usually sends has sent nothing for too long.

Four looks at the pause that goes on, each against the account's own past:
  mail     Each silent hour adds -log of its negative binomial probability of zero, so nights,
           weekends and nightly batches explain themselves. Only of accounts that send on nearly
           all of their days: what others are expected to send in an hour says little.
  time     It lasts longer than the pauses of ninety days let expect, whatever the account.
  clock    The account has always sent by this hour of this weekday (missed_sends).
  mailing  A monthly or quarterly mailing is due and does not come (missed_mailings).
In an hour that was not read mail may have gone out: what is not raised by then begins anew. Days
on which the organisation rests do not count for accounts that rest. A silence that has lasted for
weeks ends: nobody waits for this account any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.baseline.baseline import DayForecast
from models.baseline.demand import WINDOW_DAYS, has_weekend, is_regular
from models.baseline.memory import Kept
from models.baseline.traffic import Traffic
from models.incident import RANK, Incident, Severity, Signal
from models.incidents.volume import silence_words as words
from models.incidents.volume.missed_mailings import KEPT_MAILINGS, Mailings, next_mailing
from models.incidents.volume.missed_sends import NEVER, PAST_DAYS, deadlines
from models.incidents.volume.pauses import WINDOW_DAYS as PAUSE_DAYS
from models.incidents.volume.pauses import Pauses
from models.incidents.volume.stretch import Judgement, Quarters, stretch_incident
from models.statistics import Floats, known_or_zero, row_sums, sum_known

DAY = 96  # quarter-hours
_LEVEL = 9.0  # -log probability: 1 in 8,000 if hours were independent, which they are not
_STRANGE = 6.0  # the same of a pause that is long, or of mail that is late
_WEEK_LEVEL = 3.0 * _LEVEL
_LEAST_EXPECTED, _MANY = 10.0, 1000.0  # recipients
_OWN_PAUSES = 1.5  # times the strangest pause of its own past
_LEAST = 12  # quarter-hours of any silence
_RESTLESS = 8 * 4  # quarter-hours: who never pauses longer knows no night
_HALF_A_DAY = DAY // 2  # whose hours say nothing may rest for a night all the same
_LONG_WEEKEND = 3 * DAY  # everybody else may rest so long
_FOR_WEEKS = 28 * DAY  # and twice the bar of its pauses: then a silence ends
Flags = NDArray[np.bool_]
Quarter = NDArray[np.int64]


@dataclass
class _OpenSilence:
    first_quarter: int
    detected_quarter: int
    cut_to: int
    views: list[str]  # that have raised it, in this order, and what each says of the past
    past: list[str]
    levels: list[Severity]  # that it reached, and in which quarter-hours
    reached: list[int]
    score: float
    unread: int = 0  # quarter-hours of it that were not read
    verdict: str = ""  # of a person: outage, usual


@dataclass
class _Today:
    """Of the local day that is watched, by account."""

    day: int
    by_mail: Flags  # may be missed by its mail
    is_read: Flags  # every hour so far was read
    has_sent: Flags


class SilenceWatch:
    """Raises and closes the silences of some accounts, one local day after the other."""

    kept = Kept(
        days={
            **dict.fromkeys(("_days", "_first"), PAST_DAYS),
            "_amount": WINDOW_DAYS,
            **dict.fromkeys(("_judged", "_long", "_long_raised"), PAUSE_DAYS),
            **dict.fromkeys(("_strange", "_strange_raised"), PAUSE_DAYS),
        },
        accounts=(
            *("_since", "_rested", "_surprise", "_missed", "_given_up"),
            *("_starts", "_begun", "_last", "_due", "_due_until", "_every", "_came"),
            *(
                "_longest",
                "_had_outage",
                "_rests",
                "_has_mail",
                "_mail_bar",
                "_strangest",
                "_time_bar",
                "_per_day",
            ),
            *("_deadline", "_usual"),
        ),
        open_as=_OpenSilence,
    )

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic
        accounts, days = len(traffic.accounts), traffic.calendar.days
        # Of the pause that goes on: the quarter-hour after the last one with a row, those of it
        # on which the organisation rested, and what its hours let expect.
        self._since = np.full(accounts, -1, np.int64)
        self._rested = np.zeros(accounts, np.int64)
        self._surprise, self._missed = np.zeros((2, accounts))
        self._given_up = np.zeros(accounts, np.bool_)
        # By local day: what was expected, the first hour with mail, recipients, whether a
        # silence could be raised.
        self._days = np.zeros((days, accounts))
        self._first = np.full((days, accounts), NEVER, np.int64)
        self._amount = np.full((days, accounts), np.nan)
        self._judged = np.zeros((days, accounts), np.bool_)
        # The longest pause that ended on each day, in quarter-hours and in surprise.
        self._long, self._long_raised = np.zeros((2, days, accounts))
        self._strange, self._strange_raised = np.zeros((2, days, accounts))
        # Days on which mailings began, and the next one that is due.
        self._starts = np.full((KEPT_MAILINGS, accounts), -1, np.int64)
        self._begun, self._last = np.full((2, accounts), -1, np.int64)
        self._due, self._due_until, self._every, self._came = np.full((4, accounts), -1, np.int64)
        self._open: dict[int, _OpenSilence] = {}
        self.incidents: list[Incident] = []
        self.begin(0)

    @property
    def _pauses(self) -> Pauses:
        return Pauses(self._long, self._long_raised)

    @property
    def _gaps(self) -> Pauses:
        return Pauses(self._strange, self._strange_raised)

    def begin(self, day: int) -> None:
        """Take from earlier days what the day is judged by."""
        pauses = self._pauses
        self._longest, self._had_outage = pauses.longest(day), pauses.had_outage(day)
        amounts = self._amount[max(day - WINDOW_DAYS, 0) : day]
        self._rests = (self._longest > _RESTLESS) | has_weekend(amounts)
        strangest = self._gaps.longest(day)
        self._mail_bar = np.maximum(_LEVEL, _OWN_PAUSES * strangest)
        self._strangest = np.maximum(_STRANGE, strangest)
        enough = self._days[max(day - 7, 0) : day].sum(axis=0) >= _WEEK_LEVEL
        self._has_mail = enough & is_regular(amounts)
        least = np.where(self._has_mail, _LEAST, _HALF_A_DAY)
        # Who skips one of its sends has not stopped yet.
        skipped = np.maximum(self._longest + pauses.mean(day), _LONG_WEEKEND)
        least = np.where(self._rests, skipped, least)
        bar = np.maximum(np.ceil(pauses.bar(day)), np.ceil(least))
        self._time_bar = np.where(pauses.are_known(day), bar, np.inf)
        due = deadlines(self._first[max(day - PAST_DAYS, 0) : day], self._amounts(day))
        # Who sends at night too is missed by its pauses: a day is no measure of it.
        self._deadline = np.where(self._longest > _RESTLESS, due.hour, NEVER)
        self._usual = due.amount
        self._per_day = _mean_day(amounts)

    def _amounts(self, day: int) -> Floats:
        return known_or_zero(self._amount[max(day - PAST_DAYS, 0) : day])

    def watch(self, day: int, forecast: DayForecast) -> None:
        """Look at one local day that has its forecast."""
        first, last = self._traffic.calendar.columns(day)
        known = self._traffic.is_known(first, last)
        # Without two weeks of the same weekday a weekend would look like an outage.
        expected = np.where(known & forecast.is_seasonal, forecast.expected, 0.0)
        size = forecast.size[:, None]
        surprise = size * np.log1p(expected / size)
        self._days[day] = row_sums(surprise)
        by_mail = self._has_mail & (forecast.learning_day == 0)
        self._judged[day] = by_mail | np.isfinite(self._time_bar) | (self._due_until >= 0)
        none = np.zeros(len(by_mail), np.bool_)
        self._today = _Today(day, by_mail, ~none, none)
        for hour in range(first, last):
            self._step(hour, surprise[:, hour - first], expected[:, hour - first])
        self._cut(last)

    def _is_rest(self, hour: int) -> Flags:
        """Accounts that rest in this hour with everybody else."""
        calendar = self._traffic.calendar
        return self._rests & (hour in calendar.rest or self._today.day in calendar.holidays)

    def learn(self, day: int) -> None:
        """Add a finished local day: its mail, and the mailing that is due next."""
        calendar = self._traffic.calendar
        first, last = calendar.columns(day)
        if first == last:
            return
        sent = self._traffic.sent[:, first:last]
        self._amount[day] = np.where(np.isnan(sent).all(axis=1), np.nan, sum_known(sent))
        hours = np.where(sent > 0, calendar.hour[first:last], NEVER)
        self._first[day] = hours.min(axis=1)
        mailings = Mailings(self._starts, self._begun, self._last)
        for account in np.flatnonzero(mailings.learn(day, self._amount[day] > 0)).tolist():
            self._await_mailing(day, account)

    def _await_mailing(self, day: int, account: int) -> None:
        calendar = self._traffic.calendar
        starts = self._starts[:, account]
        amounts = self._amount[max(day - PAUSE_DAYS, 0) : day, account]
        unread = (day - len(amounts) + np.flatnonzero(np.isnan(amounts))).tolist()
        mailing = next_mailing(
            [calendar.date(start) for start in starts[starts >= 0].tolist()],
            calendar.date(day),
            frozenset(map(calendar.date, unread)),
            frozenset(map(calendar.date, calendar.holidays)),
        )
        self._due[account] = self._due_until[account] = -1
        if mailing is not None:
            self._due[account] = day + (mailing.due - calendar.date(day)).days
            self._due_until[account] = day + (mailing.until - calendar.date(day)).days
            self._every[account], self._came[account] = mailing.every, mailing.came

    def signal(self, account: int, day: int) -> Signal:
        """The silence signal of an incident of another kind."""
        if not self._judged[day, account]:
            return Signal("silence", None, "unavailable", words.NO_REGULARITY)
        return Signal("silence", 0.0, "quiet", "the account is sending")

    def judge(self, account: int, first: int, last: int, *, is_outage: bool) -> None:
        """Take up what a person said of a silence of the hours first to last - 1.

        An outage is never part of the past; what was all right is at once.
        """
        day = self._traffic.calendar.day
        days = slice(int(day[first]), int(day[min(last, len(day) - 1)]) + 1)
        for pauses in (self._pauses, self._gaps):
            if is_outage:
                pauses.confirm(account, days)
            else:
                pauses.accept(account, days)
        silence = self._open.get(account)
        if silence is not None and silence.first_quarter < 4 * last:
            silence.verdict = "outage" if is_outage else "usual"

    def finish(self) -> None:
        """Report the silences that go on at the end of the grid."""
        end = self._traffic.grid.quarters_over
        for account, silence in sorted(self._open.items()):
            self.incidents.append(self._incident(account, silence, end, is_over=False))

    def _step(self, hour: int, surprise: Floats, expected: Floats) -> None:
        """Look at one hour: what is due, what ends, and what goes on."""
        lead, trail, sent = self._edges(hour)
        rests = self._is_rest(hour)
        surprise, expected = np.where(rests, 0.0, surprise), np.where(rests, 0.0, expected)
        unread = np.isnan(self._traffic.sent[:, hour])
        self._today.is_read &= ~unread
        strange = self._surprise + lead / 4.0 * surprise
        length = np.where(self._since < 0, 0, 4 * hour + lead - self._since - self._rested)
        awaited = (self._since >= 0) & (lead > 0) & ~unread & ~rests & ~self._given_up
        looks = {
            "mail": self._is_missed(strange, self._missed + lead / 4.0 * expected, length),
            "time": self._is_long(length, strange),
            "clock": self._is_late(hour, lead) & (strange >= _STRANGE),
            "mailing": self._is_overdue(),
        }
        reached = self._quarters(hour, surprise, expected)
        for view, due in looks.items():
            for account in np.flatnonzero(due & awaited).tolist():
                self._raise(view, account, int(reached[view][account]), float(strange[account]))
        self._end_pauses(hour, lead, sent, length, strange)
        self._surprise = np.where(sent, trail / 4.0 * surprise, self._surprise + surprise)
        self._missed = np.where(sent, trail / 4.0 * expected, self._missed + expected)
        self._rested = np.where(sent, 0, self._rested + 4 * rests)
        self._since = np.where(sent, 4 * hour + 4 - trail, self._since)
        self._today.has_sent |= sent
        self._begin_anew(hour, unread)
        self._give_up(hour)

    def _edges(self, hour: int) -> tuple[Quarter, Quarter, Flags]:
        """Empty quarter-hours at the start and the end of the hour, and whether it has any row."""
        rows = self._traffic.quarters[:, hour] > 0
        complete = (
            4 if hour < self._traffic.complete_hours else self._traffic.grid.complete_quarters
        )
        sent = np.asarray(rows.any(axis=1))
        lead = np.where(sent, rows.argmax(axis=1), complete)
        trail = np.where(sent, rows[:, ::-1].argmax(axis=1) - (4 - complete), complete)
        return lead, trail, sent

    def _is_missed(self, strange: Floats, missed: Floats, length: Quarter) -> Flags:
        enough = (missed >= _LEAST_EXPECTED) & (length >= _LEAST)
        return self._today.by_mail & enough & (strange >= self._mail_bar)

    def _is_long(self, length: Quarter, strange: Floats) -> Flags:
        """Of those whose hours say something: strange for its hours as well as long."""
        is_strange = ~self._today.by_mail | (strange >= self._strangest)
        return np.asarray((length >= self._time_bar) & is_strange)

    def _is_late(self, hour: int, lead: Quarter) -> Flags:
        is_past = self._traffic.calendar.hour[hour] + 1 >= self._deadline
        is_empty = (lead == 4) & self._today.is_read & ~self._today.has_sent
        return np.asarray(is_past & is_empty)

    def _is_overdue(self) -> Flags:
        """A due mailing did not come until its last day, nor anything near it."""
        earliest = 2 * self._due - self._due_until
        waited = (self._due_until >= 0) & (self._today.day > self._due_until)
        return np.asarray(waited & (self._last < earliest) & ~self._today.has_sent)

    def _quarters(self, hour: int, surprise: Floats, expected: Floats) -> dict[str, Floats]:
        """The first quarter-hour, as of its end, in which each look would have raised a silence."""
        by_mail = np.full(len(surprise), 4 * hour + 4)
        for quarter in (3, 2, 1):
            share = quarter / 4.0
            strange, missed = self._surprise + share * surprise, self._missed + share * expected
            length = 4 * hour + quarter - self._since - self._rested
            by_mail[self._is_missed(strange, missed, length)] = 4 * hour + quarter
        by_time = np.maximum(self._since + self._rested + self._time_bar, 4 * hour + 1)
        by_clock, by_mailing = np.full((2, len(surprise)), [[4 * hour + 4], [4 * hour + 1]])
        return {"mail": by_mail, "time": by_time, "clock": by_clock, "mailing": by_mailing}

    def _raise(self, view: str, account: int, quarter: int, strange: float) -> None:
        """Open a silence, or let one that goes on grow."""
        silence = self._open.get(account)
        since = int(self._since[account])
        if silence is None:
            silence = _OpenSilence(since, quarter, -(-since // 4), [], [], [], [], 0.8)
            self._open[account] = silence
        if view not in silence.views:
            silence.views.append(view)
            silence.past.append(self._past(view, account))
        level: Severity = "medium"
        length = quarter - since - int(self._rested[account])
        if view == "time" and self._per_day[account] * length / DAY < _LEAST_EXPECTED:
            level = "low"  # a pause of that length costs hardly any mail
        if view == "mail":
            bar, hours = float(self._mail_bar[account]), (quarter - since - silence.unread) / 4.0
            level = _severity(strange / bar, hours, float(self._missed[account]))
            silence.score = max(silence.score, strange / (strange + bar))
        if not silence.levels or RANK[level] > RANK[silence.levels[-1]]:
            silence.levels.append(level)
            silence.reached.append(quarter)

    def _past(self, view: str, account: int) -> str:
        """What a look says of the account's past; "" where the end of the silence tells it."""
        if view == "time":
            had_outage = bool(self._had_outage[account])
            return words.longest_pause(self._longest[account] / 4.0, had_outage=had_outage)
        if view == "clock":
            return words.by_clock(int(self._deadline[account]), float(self._usual[account]))
        if view == "mailing":
            due = self._traffic.calendar.date(int(self._due[account]))
            return words.by_mailing(due, int(self._every[account]), int(self._came[account]))
        return ""

    def _end_pauses(
        self, hour: int, lead: Quarter, sent: Flags, length: Quarter, strange: Floats
    ) -> None:
        """Learn the pauses that end in this hour, and close the silences among them."""
        day = self._today.day
        usual = sent & (self._since >= 0) & ~self._given_up
        for account in [account for account in self._open if sent[account]]:
            usual[account] = False
            silence = self._close(account, 4 * hour + int(lead[account]), is_over=True)
            self._learn_raised(account, length, strange, silence.verdict)
        for account in np.flatnonzero(sent & self._given_up).tolist():
            self._learn_raised(account, length, strange, "")
        self._given_up &= ~sent
        self._pauses.end(day, usual, length.astype(np.float64))
        # Young baselines do not know weekends and nights yet: their gaps say nothing.
        self._gaps.end(day, usual & (self._traffic.learning[:, hour] == 0), strange)

    def _learn_raised(self, account: int, length: Quarter, strange: Floats, verdict: str) -> None:
        day = self._today.day
        for pauses, lasted in ((self._pauses, length[account]), (self._gaps, strange[account])):
            pauses.end_raised(day, account, float(lasted), confirmed=verdict == "outage")
            if verdict == "usual":
                pauses.accept(account, slice(day, day + 1))

    def _begin_anew(self, hour: int, unread: Flags) -> None:
        """After an hour that was not read; a silence that was raised goes on without it."""
        if not unread.any():
            return
        for account, silence in self._open.items():
            silence.unread += 4 if unread[account] else 0
        lost = unread & (self._since >= 0) & ~self._given_up
        lost[[*self._open]] = False
        self._surprise[lost] = self._missed[lost] = self._rested[lost] = 0
        self._since[lost] = 4 * hour + 4

    def _give_up(self, hour: int) -> None:
        """End what has lasted for weeks, and as long again as it took to be raised."""
        now = 4 * hour + 4
        for account, silence in list(self._open.items()):
            taken = silence.detected_quarter - silence.first_quarter
            if now - silence.detected_quarter >= max(_FOR_WEEKS, taken):
                silence.past.append(words.LASTING)
                silence.views.append("lasting")
                self._given_up[account] = True
                self._close(account, now, is_over=True)

    def _close(self, account: int, end: int, *, is_over: bool) -> _OpenSilence:
        silence = self._open.pop(account)
        self._cut_one(account, silence, end // 4)
        self.incidents.append(self._incident(account, silence, end, is_over=is_over))
        return silence

    def _cut(self, last: int) -> None:
        for account, silence in self._open.items():
            self._cut_one(account, silence, min(last, self._traffic.complete_hours))

    def _cut_one(self, account: int, silence: _OpenSilence, last: int) -> None:
        start = -(-silence.first_quarter // 4)
        if last > silence.cut_to:
            self._traffic.cut(account, start, silence.cut_to, last)
            silence.cut_to = last

    def _incident(
        self, account: int, silence: _OpenSilence, end: int, *, is_over: bool
    ) -> Incident:
        traffic = self._traffic
        first, last = -(-silence.first_quarter // 4), max(end // 4, silence.first_quarter // 4 + 1)
        size = replace(traffic.size(account, first, last), observed=0)
        reasons = tuple(_reasons(silence, end, size.expected))
        quarters = Quarters(silence.first_quarter, end, silence.detected_quarter)
        judgement = Judgement("silence", silence.levels[-1], silence.score, reasons[0])
        incident = stretch_incident(traffic, account, quarters, size, judgement, is_over=is_over)
        times = map(traffic.grid.time_of_quarter, silence.reached)
        return replace(
            incident,
            reasons=reasons,
            signals=(*incident.signals, *words.quiet_signals()),
            opened_at=incident.detected_at,
            history=tuple(zip(silence.levels, times, strict=True)),
        )


def _mean_day(amounts: Floats) -> Floats:
    """Recipients a day, from the first day with mail to the last: the pause that goes on is no
    part of it.

    Shape:  (days, accounts) to (accounts,); NaN where a day was not read.
    """
    has_mail = amounts > 0.0
    began, goes_on = (np.logical_or.accumulate(days, axis=0) for days in (has_mail, has_mail[::-1]))
    days = (began & goes_on[::-1] & ~np.isnan(amounts)).sum(axis=0)
    return np.asarray(sum_known(amounts, axis=0) / np.maximum(days, 1))


def _reasons(silence: _OpenSilence, end: int, expected: float) -> Iterator[str]:
    hours = (end - silence.first_quarter - silence.unread) / 4.0
    for view, past in zip(silence.views, silence.past, strict=True):
        if view == "mail":
            yield words.by_mail(hours, expected, has_holes=silence.unread > 0)
        else:
            yield words.by_time(hours, past) if view == "time" else past


def _severity(ratio: float, hours: float, expected: float) -> Severity:
    is_large = expected >= _MANY and ratio >= 3.0 and hours >= 6.0
    return "high" if is_large else "medium"
