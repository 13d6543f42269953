"""Sends that an account makes on this day of the week by a certain hour, and not today.

The counting test for silences cannot see one missed batch of an account that sends once a day. Here
the account's own clock is the evidence: four weeks in which it never missed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from models.baseline.baseline import LocalCalendar
from models.baseline.grid import HourlyGrid
from models.statistics import Floats, known_or_zero

_WEEKS = 4
_LEAST_DAYS = 12  # expected days of four weeks
_SLACK_HOURS = 2
_REGULAR_HOURS = 3  # between the usual and the latest first send
_LEAST_SENT = 10.0  # recipients on a usual day
_NEVER = 99
_BLOCK_HOURS = 5
_LEAST_BLOCK = 4.0  # recipients that the block never fell under
_DAILY = (
    "nothing sent by {due}:00 local time; for four weeks this account always had by then,"
    " about {sent:,.0f} recipients a day"
)
_LEAST_PAUSE, _LONGEST_PAUSE = 4, 6  # hours: an account that rests longer is no hourly one
_SURPRISE = 6.0  # -log of the probability that so many hours in a row are empty
_LEAST_SENDING_DAYS = 20  # of four weeks: an outage of a week may be among them
_PAUSE = (
    "nothing sent for {hours} h; in the last 28 days this account {never} paused longer than"
    " {longest} h"
)
_BLOCK = (
    "nothing sent for {hours} h; in the same hours of the last 28 days never less than"
    " {least:,.0f} recipients"
)


@dataclass(frozen=True)
class MissedSend:
    """A stretch without an expected send; hours are columns of the grid.

    `due` is the first hour by whose start the send was overdue; `ended` is None while it lasts.
    """

    account: int
    began: int
    due: int
    ended: int | None
    reason: str


class _Overdue(NamedTuple):
    account: int
    due: int  # the hour at whose start the send was overdue
    reason: str


def missed_sends(grid: HourlyGrid, calendar: LocalCalendar) -> list[MissedSend]:
    """Every stretch in which at least one expected send was missed, by account and start.

    An hour that was not read is unknown: no day with one before its deadline is judged.
    """
    if not grid.hours:
        return []
    first, sent = _first_hours(grid, calendar)
    overdue = [
        late
        for day in range(7 * _WEEKS, calendar.days)
        for late in _overdue(grid, calendar, first, sent, day)
    ]
    missed: dict[tuple[int, int], MissedSend] = {}
    for account, due, reason in sorted(
        [*overdue, *_empty_blocks(grid), *_long_pauses(grid, calendar, sent)]
    ):
        began, ended = _stretch(grid, account, due)
        missed.setdefault((account, began), MissedSend(account, began, due, ended, reason))
    return [missed[key] for key in sorted(missed)]


def _first_hours(grid: HourlyGrid, calendar: LocalCalendar) -> tuple[NDArray[np.int64], Floats]:
    """Local hour of the first mail of each day (99: none), and the day's recipients."""
    shape = (len(grid.accounts), calendar.days)
    first, sent = np.full(shape, _NEVER, np.int64), np.zeros(shape)
    values = known_or_zero(grid.recipients)
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
) -> list[_Overdue]:
    """Accounts that missed the day's send."""
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
        is_read = not np.isnan(grid.recipients[account, begin:due]).any()
        if due <= grid.complete_hours and len(hours) and is_read:
            reason = _DAILY.format(due=int(latest[account]) + _SLACK_HOURS, sent=amount[account])
            overdue.append(_Overdue(account, due, reason))
    return overdue


def _empty_blocks(grid: HourlyGrid) -> list[_Overdue]:
    """Accounts that sent nothing for hours in which they sent on each of four weeks' days."""
    hours = grid.complete_hours
    days, block = 7 * _WEEKS, _BLOCK_HOURS
    sums = _with_holes(grid.recipients[:, :hours], block)
    count = sums.shape[1] - 24 * days
    if count <= 0:
        return []
    # The hours beside it must hold mail too: a clock change moves every job by one hour.
    usual = np.pad(sums, ((0, 0), (1, 1)), mode="edge")
    usual = np.minimum(np.minimum(usual[:, :-2], usual[:, 2:]), sums)
    least = np.full((len(sums), count), np.inf)
    for back in range(1, days + 1):
        first = 24 * (days - back)
        least = np.minimum(least, usual[:, first : first + count])
    empty = (sums[:, 24 * days :] == 0) & (least >= _LEAST_BLOCK)
    return [
        _Overdue(
            account,
            column + 24 * days + block,
            _BLOCK.format(hours=block, least=least[account, column]),
        )
        for account, column in np.argwhere(empty).tolist()
    ]


def _long_pauses(grid: HourlyGrid, calendar: LocalCalendar, sent: Floats) -> list[_Overdue]:
    """Accounts that send nearly every hour and pause longer than ever in four weeks.

    How often the same hours of the day were empty says how likely the pause is.
    """
    if calendar.days <= 7 * _WEEKS:
        return []
    pauses = _pauses(grid)
    longest, most = _longest_before(_pauses(grid, unread_too=True), pauses, calendar)
    empty = pauses > 0
    running = np.cumsum(np.where(empty, -np.log(_empty_share(empty, grid, calendar)), 0.0), axis=1)
    surprise = running - np.maximum.accumulate(np.where(empty, 0.0, running), axis=1)
    due = (pauses > longest) & (pauses >= _LEAST_PAUSE) & (longest <= _LONGEST_PAUSE)
    due &= (surprise >= _SURPRISE) & _is_old(grid) & _is_hourly(pauses, sent, calendar)
    due[:, 1:] &= ~due[:, :-1]
    return [
        _Overdue(
            account,
            hour + 1,
            _PAUSE.format(
                hours=pauses[account, hour],
                never="never" if most[account, hour] <= longest[account, hour] else "only once",
                longest=max(longest[account, hour], 1),
            ),
        )
        for account, hour in np.argwhere(due).tolist()
    ]


def _longest_before(
    whole: NDArray[np.int64], pauses: NDArray[np.int64], calendar: LocalCalendar
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For every hour, the longest pause but one of four weeks, and the longest.

    They ended in the 28 local days before the hour's own, or before the day on which the pause
    that goes on in this hour began: while it goes on, no other ends. `whole`: pauses with the
    hours in them that were not read.
    """
    days = 7 * _WEEKS
    ended = np.zeros((len(whole), calendar.days), np.int64)
    account, hour = np.nonzero((whole[:, 1:] == 0) & (whole[:, :-1] > 0))
    np.maximum.at(ended, (account, calendar.day[hour + 1]), whole[account, hour])
    by_day = np.full((2, *ended.shape), _NEVER)
    windows = sliding_window_view(ended[:, :-1], days, axis=1)
    # The longest but one: an earlier outage must not hide the next.
    ordered = np.partition(windows, (days - 2, days - 1), axis=2)
    by_day[:, :, days:] = np.moveaxis(ordered[:, :, -2:], 2, 0)
    began = _day_of_begin(pauses, calendar)
    rows = np.arange(len(whole))[:, None]
    longest, most = np.maximum(by_day[:, :, calendar.day], by_day[:, rows, began])
    return longest, most


def _is_hourly(
    pauses: NDArray[np.int64], sent: Floats, calendar: LocalCalendar
) -> NDArray[np.bool_]:
    """Hours of pauses before which the account sent on nearly every day of four weeks."""
    active = np.pad(np.cumsum(sent > 0, axis=1), ((0, 0), (1, 0)))
    before = np.maximum(np.arange(calendar.days) - 7 * _WEEKS, 0)
    is_busy = np.asarray(active[:, :-1] - active[:, before] >= _LEAST_SENDING_DAYS)
    rows = np.arange(len(sent))[:, None]
    return np.asarray(is_busy[rows, _day_of_begin(pauses, calendar)])


def _day_of_begin(pauses: NDArray[np.int64], calendar: LocalCalendar) -> NDArray[np.int64]:
    """For every hour, the local day on which the pause that holds it began; else its own."""
    column = np.arange(pauses.shape[1])
    return np.asarray(calendar.day[column - np.maximum(pauses - 1, 0)])


def _empty_share(
    empty: NDArray[np.bool_], grid: HourlyGrid, calendar: LocalCalendar
) -> NDArray[np.float64]:
    """For every hour, how often it and its neighbours were empty in the 28 local days before."""
    cells, days = calendar.day * 24 + calendar.hour, 7 * _WEEKS
    sums = []
    for flags in (empty, ~np.isnan(grid.recipients)):
        by_hour = np.zeros((len(flags), calendar.days * 24))
        by_hour[:, cells] = flags
        near = by_hour.copy()
        near[:, 1:] += by_hour[:, :-1]
        near[:, :-1] += by_hour[:, 1:]
        running = np.cumsum(near.reshape(len(flags), calendar.days, 24), axis=1)
        before = np.zeros_like(running)
        before[:, 1:] = running[:, :-1]
        before[:, days + 1 :] -= running[:, : -days - 1]
        sums.append(before.reshape(len(flags), -1)[:, cells])
    return np.asarray((sums[0] + 0.5) / (sums[1] + 1.0))


def _pauses(grid: HourlyGrid, *, unread_too: bool = False) -> NDArray[np.int64]:
    """Whole empty hours up to and with each hour; an hour that was not read begins anew.

    unread_too: an hour that was not read may have been empty, and lengthens the pause.
    """
    hours, recipients = grid.complete_hours, grid.recipients
    empty = np.zeros(recipients.shape, np.bool_)
    empty[:, :hours] = recipients[:, :hours] == 0
    if unread_too:
        unread = np.isnan(recipients[:, :hours])
        empty[:, :hours] |= unread & np.maximum.accumulate(~unread, axis=1)
    column = np.arange(1, grid.hours + 1)
    last = np.maximum.accumulate(np.where(empty, 0, column), axis=1)
    return np.asarray(np.where(empty, column - last, 0), np.int64)


def _is_old(grid: HourlyGrid) -> NDArray[np.bool_]:
    """Hours before which the account was read for nearly four whole weeks."""
    known = np.pad(np.cumsum(~np.isnan(grid.recipients), axis=1), ((0, 0), (1, 0)))[:, :-1]
    return np.asarray(known - np.pad(known, ((0, 0), (168 * _WEEKS, 0)))[:, : grid.hours] >= 600)


def _with_holes(values: Floats, block: int) -> Floats:
    """Sums of `block` hours, by their first; NaN where one of them was not read."""
    known = known_or_zero(values)
    running = np.pad(np.cumsum(known, axis=1), ((0, 0), (1, 0)))
    holes = np.pad(np.cumsum(np.isnan(values), axis=1), ((0, 0), (1, 0)))
    sums = running[:, block:] - running[:, :-block]
    return np.where(holes[:, block:] > holes[:, :-block], np.nan, sums)


def _masked_median(values: Floats | NDArray[np.int64], kept: NDArray[np.bool_]) -> Floats:
    ordered = np.sort(np.where(kept, values, np.inf), axis=1)
    middle = np.maximum(kept.sum(axis=1) - 1, 0) // 2
    return np.asarray(ordered[np.arange(len(ordered)), middle])


def _stretch(grid: HourlyGrid, account: int, due: int) -> tuple[int, int | None]:
    """First hour before `due` that is known to be empty, and the first with mail from `due` on."""
    recipients = grid.recipients[account]
    full = np.flatnonzero(~(recipients[:due] == 0))
    began = int(full[-1]) + 1 if len(full) else 0
    sent = np.flatnonzero(known_or_zero(recipients[due:]) > 0)
    return began, due + int(sent[0]) if len(sent) else None
