"""Sends that an account makes on this day of the week by a certain hour, and has not made today.

The counting test for silences cannot see one missed batch of an account that sends once a day. Here
the account's own clock is the evidence: four weeks in which it never missed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.baselines import LocalCalendar
from models.grid import Floats, HourlyGrid

_WEEKS = 4
_LEAST_DAYS = 12  # expected days of four weeks
_SLACK_HOURS = 2
_REGULAR_HOURS = 3  # between the usual and the latest first send
_LEAST_SENT = 10.0  # recipients on a usual day
_NEVER = 99


@dataclass(frozen=True)
class Missed:
    """A stretch without an expected send; hours are columns of the grid.

    `due` is the first hour by whose start the send was overdue; `ended` is None while it lasts.
    """

    account: int
    began: int
    due: int
    ended: int | None
    latest_hour: int
    usual_sent: float


def missed_sends(grid: HourlyGrid, calendar: LocalCalendar) -> list[Missed]:
    """Every stretch in which at least one expected send was missed, by account and start.

    An hour that was not read is unknown: no day with one before its deadline is judged.
    """
    if not grid.hours:
        return []
    first, sent = _first_hours(grid, calendar)
    found: dict[tuple[int, int], Missed] = {}
    for day in range(7 * _WEEKS, calendar.days):
        for account, due, latest, amount in _overdue(grid, calendar, first, sent, day):
            began, ended = _stretch(grid, account, due)
            missed = Missed(account, began, due, ended, latest, amount)
            found.setdefault((account, began), missed)
    return [found[key] for key in sorted(found)]


def _first_hours(grid: HourlyGrid, calendar: LocalCalendar) -> tuple[NDArray[np.int64], Floats]:
    """Local hour of the first mail of each day (99: none), and the day's recipients."""
    shape = (len(grid.accounts), calendar.days)
    first, sent = np.full(shape, _NEVER, np.int64), np.zeros(shape)
    values = np.nan_to_num(grid.recipients)
    account, hour = np.nonzero(values)
    np.minimum.at(first, (account, calendar.day[hour]), calendar.hour[hour])
    np.add.at(sent, (account, calendar.day[hour]), values[account, hour])
    return first, sent


def _overdue(
    grid: HourlyGrid,
    calendar: LocalCalendar,
    first: NDArray[np.int64],
    sent: Floats,
    day: int,
) -> list[tuple[int, int, int, float]]:
    """Accounts that missed the day's send: the hour at whose start it was overdue, latest local
    hour of a first send, and recipients of a usual day."""
    same = first[:, [day - 7 * week for week in range(1, _WEEKS + 1)]]
    month, amounts = first[:, day - 7 * _WEEKS : day], sent[:, day - 7 * _WEEKS : day]
    by_weekday = month.reshape(len(month), _WEEKS, 7)
    expected = np.tile((by_weekday < _NEVER).all(axis=1), (1, _WEEKS))
    latest = np.where(expected, month, 0).max(axis=1)
    usual = _masked_median(month, expected)
    regular = (same < _NEVER).all(axis=1) & (expected.sum(axis=1) >= _LEAST_DAYS)
    regular &= (latest - usual <= _REGULAR_HOURS) & (latest + _SLACK_HOURS < 24)
    amount = _masked_median(amounts, expected)
    regular &= amount >= _LEAST_SENT
    begin, end = calendar.columns(day)
    overdue = []
    for account in np.flatnonzero(regular & (first[:, day] >= latest + _SLACK_HOURS)).tolist():
        hours = np.flatnonzero(calendar.hour[begin:end] >= latest[account] + _SLACK_HOURS)
        due = begin + int(hours[0]) if len(hours) else end
        whole = grid.hours - (1 if grid.complete_quarters < 4 else 0)
        is_read = not np.isnan(grid.recipients[account, begin:due]).any()
        if due <= whole and len(hours) and is_read:
            overdue.append((account, due, int(latest[account]), float(amount[account])))
    return overdue


def _masked_median(values: Floats | NDArray[np.int64], kept: NDArray[np.bool_]) -> Floats:
    ordered = np.sort(np.where(kept, values, np.inf), axis=1)
    middle = np.maximum(kept.sum(axis=1) - 1, 0) // 2
    return np.asarray(ordered[np.arange(len(ordered)), middle])


def _stretch(grid: HourlyGrid, account: int, due: int) -> tuple[int, int | None]:
    """First empty hour before `due`, and the first hour with mail from `due` on."""
    sent = np.flatnonzero(np.nan_to_num(grid.recipients[account]) > 0)
    place = int(np.searchsorted(sent, due))
    began = int(sent[place - 1]) + 1 if place else 0
    return began, int(sent[place]) if place < len(sent) else None
