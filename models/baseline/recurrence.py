"""Mailings that come back every month, every quarter or every few weeks.

Reading order: `mailing_starts` makes mailings of the days on which an account sent; `recurrences`
are the rules that three or more of them keep ("the 1st", "the last working day", "the first
Monday", "every 4 weeks"); a `Recurrence` says when the next one is due, within how many days, and
which ones did not come. Days that were not read are unknown: they excuse a mailing.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import ClassVar, Protocol

LEAST_TIMES = 3
PAUSE_DAYS = 3  # days from one day of a mailing to its next: a weekend may lie between
MAILING_DAYS = 5  # days that one mailing takes
_BUSIEST, _BUSY_DAYS = 6, 62  # more mailings are a rhythm of weeks, which weekdays show
_WEEKS = (2, 3, 4)
_NEAR_AN_END = 5  # days and working days that people count from the end of a month
_MOST_OFF = 7  # days that a mailing may lie off its due day, whatever its step
_WEEKEND = 2  # days that a weekend moves a mailing by
_STRAYS = 4  # mailings that came for every one that keeps no rule, or that did not come

Days = frozenset[date]
NO_DAYS: Days = frozenset()


class Rule(Protocol):
    """Days on which mailings are due, numbered by month or by count of weeks."""

    steps: ClassVar[tuple[int, ...]]  # from the number of a mailing to that of the next

    @property
    def off(self) -> int:
        """Days that a mailing may lie off its due day, for each step."""

    def day(self, number: int) -> date:
        """The due day with this number."""

    def number(self, day: date) -> int:
        """The number of the day's own month or weeks; the nearest due day may be one beside."""


class _OfMonths:
    """A day in every month, numbered by month since year 0."""

    steps: ClassVar[tuple[int, ...]] = (1, 2, 3, 6)
    off: ClassVar[int] = 0

    def number(self, day: date) -> int:
        return day.year * 12 + day.month - 1


@dataclass(frozen=True)
class MonthDate(_OfMonths):
    """A date of the month, or the nearest it has; -1 is its last day."""

    off: ClassVar[int] = 3
    place: int

    def day(self, number: int) -> date:
        first, length = _month(number)
        place = self.place if self.place > 0 else length + 1 + self.place
        return first.replace(day=min(place, length))


@dataclass(frozen=True)
class MonthWeekday(_OfMonths):
    """A weekday of the month, Monday = 0: its first to fourth, or -1 for its last."""

    weekday: int
    place: int

    def day(self, number: int) -> date:
        first, length = _month(number)
        if self.place < 0:
            last = first.replace(day=length)
            return last - timedelta(days=(last.weekday() - self.weekday) % 7)
        ahead = (self.weekday - first.weekday()) % 7 + 7 * (self.place - 1)
        return first + timedelta(days=ahead)


@dataclass(frozen=True)
class WorkingDay(_OfMonths):
    """A working day of the month: 1 is its first, -1 its last."""

    place: int
    holidays: Days = NO_DAYS

    def day(self, number: int) -> date:
        days = _working_days(number, self.holidays)
        return days[self.place - 1 if self.place > 0 else self.place]


@dataclass(frozen=True)
class EveryWeeks:
    """Every second, third or fourth week, counted from a day."""

    steps: ClassVar[tuple[int, ...]] = (1,)

    weeks: int
    start: date

    def day(self, number: int) -> date:
        return self.start + timedelta(weeks=self.weeks * number)

    def number(self, day: date) -> int:
        return (day - self.start).days // (7 * self.weeks)

    @property
    def off(self) -> int:
        return self.weeks // 2


@dataclass(frozen=True)
class Recurrence:
    """A mailing that comes back: its rule, and when it came.

    came: first days of at least three mailings, oldest first; numbers: theirs in the rule; step:
    from one number to the next; tolerance: days by which the next one may be early or late.
    """

    rule: Rule
    step: int
    came: tuple[date, ...]
    numbers: tuple[int, ...]
    tolerance: int

    @property
    def next_due(self) -> date:
        """The first due day after the mailing that came last."""
        return self.rule.day(self.numbers[-1] + self.step)

    def due_until(self, last: date) -> list[date]:
        """Due days after the mailing that came last, up to `last`."""
        days, number = list[date](), self.numbers[-1] + self.step
        while (due := self.rule.day(number)) <= last:
            days.append(due)
            number += self.step
        return days

    def missed(self, last: date, unread: Days = NO_DAYS) -> list[date]:
        """Due days on which nothing came, as known after the day `last`.

        The tolerance of each is over, and no day within it was unread.
        """
        over = self.due_until(last - timedelta(days=self.tolerance))
        return [due for due in over if not _is_unread(due, self.tolerance, unread)]


def mailing_starts(sent: Iterable[date]) -> list[date]:
    """First days of mailings that take one to five days, oldest first; longer runs are none."""
    runs: list[list[date]] = []
    for day in sorted(set(sent)):
        if runs and (day - runs[-1][-1]).days <= PAUSE_DAYS:
            runs[-1].append(day)
        else:
            runs.append([day])
    return [run[0] for run in runs if (run[-1] - run[0]).days < MAILING_DAYS]


def recurrences(
    starts: Sequence[date], unread: Days = NO_DAYS, holidays: Days = NO_DAYS
) -> list[Recurrence]:
    """What comes back among mailings, the one that came last first.

    Among many mailings chance finds a rule for some: nothing comes back where more than one keeps
    no rule beside four that do, and a second habit must have come once more than the first.
    starts: first days of mailings, oldest first.
    """
    if len(starts) < LEAST_TIMES or _is_busy(starts):
        return []
    left, regular = list(starts), list[Recurrence]()
    for start in reversed(starts):
        if start not in left:
            continue
        best = _best([day for day in left if day <= start], unread, holidays)
        if best and len(best.came) >= LEAST_TIMES + len(regular):
            regular.append(best)
            left = [day for day in left if day not in best.came]
    first = min((habit.came[0] for habit in regular), default=starts[0])
    strays = sum(day >= first for day in left)
    return regular if strays * _STRAYS <= sum(len(habit.came) for habit in regular) else []


def _is_busy(starts: Sequence[date]) -> bool:
    pairs = zip(starts, starts[_BUSIEST:], strict=False)
    return any((later - earlier).days <= _BUSY_DAYS for earlier, later in pairs)


def _best(starts: Sequence[date], unread: Days, holidays: Days) -> Recurrence | None:
    """What the last of some mailings belongs to: the most mailings, then the most exact."""
    best: Recurrence | None = None
    if len(starts) < LEAST_TIMES:
        return best
    for rule in _rules(starts, holidays):
        near = [(start, *_nearest(rule, start)) for start in reversed(starts)]
        for step in rule.steps:
            habit = _habit(rule, step, near, unread)
            if habit and (best is None or _rank(habit) > _rank(best)):
                best = habit
    return best


def _rank(habit: Recurrence) -> tuple[int, int]:
    return len(habit.came), -habit.tolerance


def _rules(starts: Sequence[date], holidays: Days) -> Iterator[Rule]:
    """Rules that the last mailing keeps; of those as exact as each other the first one counts."""
    last = starts[-1]
    length = monthrange(last.year, last.month)[1]
    from_end = last.day - length - 1
    yield _centred(MonthDate(last.day), starts)
    if -from_end <= _NEAR_AN_END:
        yield _centred(MonthDate(from_end), starts)
    yield from _working_day_rules(last, holidays)
    yield MonthWeekday(last.weekday(), min((last.day - 1) // 7 + 1, 4))
    if -from_end <= 7:
        yield MonthWeekday(last.weekday(), -1)
    yield from (EveryWeeks(weeks, last) for weeks in _WEEKS)


def _centred(rule: MonthDate, starts: Sequence[date]) -> MonthDate:
    """The date in the middle of those that may belong together."""
    offs = [off for _, off in (_nearest(rule, start) for start in starts)]
    near = [off for off in offs if abs(off) <= _MOST_OFF]
    place = rule.place + (min(near) + max(near)) // 2
    is_same_end = 0 < place <= 31 if rule.place > 0 else place < 0
    return MonthDate(place) if is_same_end else rule


def _working_day_rules(last: date, holidays: Days) -> Iterator[Rule]:
    days = _working_days(MonthDate(1).number(last), holidays)
    if last in days:
        place = days.index(last)
        if place < _NEAR_AN_END:
            yield WorkingDay(place + 1, holidays)
        if len(days) - place <= _NEAR_AN_END:
            yield WorkingDay(place - len(days), holidays)


def _habit(
    rule: Rule, step: int, near: Sequence[tuple[date, int, int]], unread: Days
) -> Recurrence | None:
    """The newest mailings that keep the rule; None where they are under three.

    near: mailings, newest first, with the number of the nearest due day and the days after it.
    """
    last, most_off = near[0][1], _most_off(rule, step)
    kept: dict[int, tuple[date, int]] = {}
    for start, number, off in near:
        if abs(off) <= most_off and (last - number) % step == 0:
            kept.setdefault(number, (start, abs(off)))
    if len(kept) < LEAST_TIMES:
        return None
    numbers = sorted(_unbroken(rule, step, list(kept), unread))
    if len(numbers) < LEAST_TIMES:
        return None
    tolerance = max(kept[number][1] for number in numbers) + _WEEKEND
    came = tuple(kept[number][0] for number in numbers)
    return Recurrence(rule, step, came, tuple(numbers), tolerance)


def _unbroken(rule: Rule, step: int, numbers: Sequence[int], unread: Days) -> Sequence[int]:
    """The numbers, newest first, back to where two in a row or one in five did not come."""
    longest, missed = 1, 0
    for place in range(1, len(numbers)):
        between = range(numbers[place] + step, numbers[place - 1], step)
        gap = sum(not _is_unread(rule.day(n), _most_off(rule, step), unread) for n in between)
        missed += gap
        if gap > 1:
            break
        if missed * _STRAYS <= place + 1:
            longest = place + 1
    return numbers[:longest]


def _most_off(rule: Rule, step: int) -> int:
    return min(rule.off * step, _MOST_OFF)


def _nearest(rule: Rule, day: date) -> tuple[int, int]:
    """Number of the due day nearest to a day, and how many days later than it the day is."""
    number = rule.number(day)
    off = (day - rule.day(number)).days
    if abs(off) <= _MOST_OFF:
        return number, off
    beside = number + (1 if off > 0 else -1)
    other = (day - rule.day(beside)).days
    return (beside, other) if abs(other) < abs(off) else (number, off)


def _is_unread(due: date, tolerance: int, unread: Days) -> bool:
    near = range(-tolerance, tolerance + 1)
    return bool(unread) and any(due + timedelta(days=off) in unread for off in near)


@cache
def _month(number: int) -> tuple[date, int]:
    """First day and length of a month since year 0."""
    year, month = number // 12, number % 12 + 1
    return date(year, month, 1), monthrange(year, month)[1]


@cache
def _working_days(number: int, holidays: Days) -> list[date]:
    first, length = _month(number)
    days = (first + timedelta(days=ahead) for ahead in range(length))
    return [day for day in days if day.weekday() < 5 and day not in holidays]
