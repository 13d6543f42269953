"""Which days the files of a tenant know: an export shows its rows, not the period that it is of.

A day with a row of the tenant is known. A day without one was quiet, or is in no file. It is quiet
in a pause of up to a week inside of one file, for an export covers consecutive days, and where the
tenant's own rhythm makes the pause usual: weekends without mail, or the weeks between the mailings
of who sends once a month. Longer pauses inside of a file come of exports that were put together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

ONE_DAY = timedelta(days=1)
SATURDAY = 5
LONGEST_IN_FILE = 7  # days
LONGEST_REST = 3  # days; a longer pause says nothing of the weekdays in it
# A pause that chance would leave in fewer than one of twenty such histories is none of the tenant.
UNUSUAL = 0.05


class FileDays(NamedTuple):
    """UTC days with rows of a tenant, and the first and last day with rows of each of its files."""

    days: list[date]
    spans: list[tuple[date, date]]


NO_FILES = FileDays([], [])


def unknown_file_days(files: FileDays, first: date, last: date) -> frozenset[date]:
    """Days from `first` to `last` of which the files know nothing."""
    if not files.days:
        return frozenset(_days(first, last))
    known = sorted(files.days)
    unknown = {*_days(first, min(last, known[0] - ONE_DAY))}
    unknown |= {*_days(max(first, known[-1] + ONE_DAY), last)}
    for pause in _unusual_pauses(known):
        if len(pause) <= LONGEST_IN_FILE and _is_inside(pause, files):
            continue
        unknown |= {*_days(max(first, pause[0]), min(last, pause[-1]))}
    return frozenset(unknown)


def _is_inside(pause: list[date], files: FileDays) -> bool:
    return any(begin < pause[0] and pause[-1] < end for begin, end in files.spans)


def _unusual_pauses(known: list[date]) -> Iterator[list[date]]:
    """Pauses that are longer than the others explain, counted without the days of rest.

    Of n days with rows, a share p of all days outside of the pause, chance makes the longest pause
    reach h days with a probability of at most n (1 - p)^h.
    """
    pauses = [_days(before + ONE_DAY, after - ONE_DAY) for before, after in pairwise(known)]
    rest = _rest_days(known, pauses)
    lengths = [sum(day.weekday() not in rest for day in pause) for pause in pauses]
    count, empty = len(known), sum(lengths)
    for pause, length in zip(pauses, lengths, strict=True):
        share = count / (count + empty - length)
        if length and count * (1.0 - share) ** length < UNUSUAL:
            yield pause


def _rest_days(known: list[date], pauses: list[list[date]]) -> frozenset[int]:
    """Weekdays that never have rows and were passed over at least twice; of a weekend, once."""
    active = {day.weekday() for day in known}
    passed = Counter(
        day.weekday() for pause in pauses if len(pause) <= LONGEST_REST for day in pause
    )
    return frozenset(
        weekday
        for weekday, times in passed.items()
        if weekday not in active and (times > 1 or weekday >= SATURDAY)
    )


def _days(first: date, last: date) -> list[date]:
    return [first + ONE_DAY * n for n in range((last - first).days + 1)]
