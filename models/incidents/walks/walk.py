"""Baselines and incidents of every account of a grid.

The days are walked through once, in the tenant's local time, for a few hundred accounts at a
time: forecast the day, look for surges and silences in it, cut their hours out of the history,
then learn the day. An hour's output therefore never depends on a later day, and a walk may go on
from any midnight: its incidents are those of a walk from the first day, to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.baseline.baseline import LocalCalendar, local_calendar
from models.baseline.daily import DailyAmounts
from models.baseline.grid import HourlyGrid
from models.baseline.memory import HISTORY_DAYS
from models.baseline.traffic import Traffic
from models.incident import Incident, by_start
from models.incidents.verdicts import Feedback
from models.incidents.volume.ceiling import CeilingWatch
from models.incidents.volume.drift import DriftWatch
from models.incidents.volume.growth import GrowthWatch
from models.incidents.volume.silence import SilenceWatch
from models.incidents.volume.supporting import Surroundings
from models.incidents.volume.surge import SurgeWatch
from models.incidents.walks.midnight import Arrays, Values, history_of, memory_of, recall, remember
from models.statistics import Floats

ACCOUNTS_AT_ONCE = 512  # keeps the working arrays in the processor's cache
_BEGIN_DAYS = 60  # whose hours a day is begun from
_WATCH_DAYS = 4  # whose hours are read while a day is watched


@dataclass(frozen=True)
class Analysis:
    """Baseline of every account-hour and the incidents, ordered by start.

    Shape:  (accounts, hours) as in the grid.
    Units:  recipients per hour; NaN where there is no baseline yet. learning_day is n of 14
            while an account is learning, else 0. daily is by local day.
    """

    expected: Floats
    lo80: Floats
    hi80: Floats
    lo95: Floats
    hi95: Floats
    learning_day: NDArray[np.int16]
    daily: DailyAmounts
    incidents: tuple[Incident, ...]


def analyse(
    grid: HourlyGrid,
    timezone: str,
    holidays: Iterable[date] = (),
    feedback: Feedback | None = None,
    rest: frozenset[int] = frozenset(),
) -> Analysis:
    """Baselines, intervals and incidents of a grid, by the local hours of an IANA time zone.

    feedback: verdicts on earlier incidents, taken up on the day after they were given.
    rest: columns of hours in which the whole organisation rests, not these accounts alone.
    Raises: zoneinfo.ZoneInfoNotFoundError for an unknown time zone.
    """
    calendar = local_calendar(grid.start, grid.hours, timezone, holidays).resting(rest)
    series = np.full((5, *grid.recipients.shape), np.nan)
    learning = np.zeros(grid.recipients.shape, np.int16)
    daily = DailyAmounts(len(grid.accounts), calendar)
    incidents: list[Incident] = []
    accounts = len(grid.accounts) if grid.hours else 0
    for first in range(0, accounts, ACCOUNTS_AT_ONCE):
        rows = slice(first, min(first + ACCOUNTS_AT_ONCE, accounts))
        walk = Walk(grid, rows, calendar, feedback or Feedback())
        walk.judge()
        series[0, rows] = walk.traffic.expected
        series[1:, rows] = walk.traffic.bounds
        learning[rows] = walk.traffic.learning
        daily.amounts[:, rows] = walk.traffic.daily.amounts
        incidents.extend(walk.incidents())
    incidents.sort(key=by_start)
    expected, lo95, lo80, hi80, hi95 = series
    return Analysis(expected, lo80, hi80, lo95, hi95, learning, daily, tuple(incidents))


class Walk:
    """Some accounts on their way through the local days of a grid."""

    def __init__(
        self, grid: HourlyGrid, rows: slice, calendar: LocalCalendar, feedback: Feedback
    ) -> None:
        self.calendar, self._feedback = calendar, feedback
        self.traffic = traffic = Traffic(grid, rows, calendar)
        self._surroundings = Surroundings(traffic)
        self._surges, self._silences = (
            SurgeWatch(traffic, self._surroundings),
            SilenceWatch(traffic),
        )
        self._ceilings = CeilingWatch(traffic)
        slow = DriftWatch(traffic), GrowthWatch(traffic)
        self._watches = self._surges, self._silences, *slow, self._ceilings
        self.parts = {
            "traffic": traffic,
            "baseline": traffic.baseline,
            "daily": traffic.daily,
            "scores": traffic.scores,
            "spread": traffic.scores.spread,
            "change": traffic.scores.change_spread,
            "thresholds": traffic.thresholds,
            "surroundings": self._surroundings,
            "excess": self._surges.history,
            **{type(watch).__name__: watch for watch in self._watches},
        }
        self.first_judged = 0  # day from which on this walk judges
        self._is_begun = False
        self._raised: list[tuple[int, bytes]] = []  # incidents that are over: account and text
        self._raised_before = 0
        self._open: list[Incident] = []

    def judge(self, at_midnight: Callable[[int], None] | None = None) -> None:
        """Goes through all days that are left.

        at_midnight: called with every day that has begun, before its hours are judged.
        """
        for day in range(self.first_judged, self.calendar.days):
            if not self._is_begun:
                self._begin(day)
                if at_midnight is not None:
                    at_midnight(day)
            forecast = self.traffic.forecast(day)
            for watch in self._watches:
                watch.watch(day, forecast)
            self._settle()
            if day + 1 < self.calendar.days:
                for part in (self.traffic, self._surroundings, *self._watches):
                    part.learn(day)
                self._is_begun = False
        for watch in self._watches:
            watch.finish()
        self._open = list(self._new())

    def incidents(self, accounts: NDArray[np.bool_] | None = None) -> list[Incident]:
        """All incidents of the walk by start, or those of marked accounts.

        Shape:  accounts (accounts,).
        """
        texts = [text for row, text in self._raised if accounts is None or accounts[row]]
        raised = [msgspec.msgpack.decode(text, type=Incident) for text in texts]
        return sorted([*raised, *self._open], key=by_start)

    def touched(self) -> NDArray[np.bool_]:
        """Accounts of which something goes on, or was raised since this walk began: (accounts,)."""
        rows = {account: row for row, account in enumerate(self.traffic.accounts)}
        touched = np.zeros(len(rows), np.bool_)
        touched[[row for row, _ in self._raised[self._raised_before :]]] = True
        touched[[rows[incident.account] for incident in self._open]] = True
        return touched

    def memory(self, day: int) -> dict[str, Values]:
        """What the walk remembers on the morning of a day that was begun, by name."""
        first, last = self._columns_before(day)
        texts = [text for _, text in self._raised]
        return {
            **memory_of(self.parts, day, self.calendar),
            "cut": np.packbits(self.traffic.baseline.is_cut[:, first:last], axis=1),
            "raised.account": np.array([row for row, _ in self._raised], np.int32),
            "raised.length": np.array([len(text) for text in texts], np.int32),
            "raised.text": np.frombuffer(b"".join(texts), np.uint8),
        }

    def hours(self, day: int) -> dict[str, Values]:
        """The hours of a finished day, which later days read back, by name."""
        return history_of(self.parts, day, self.calendar)

    def go_on(self, day: int, memory: Arrays, hours: Callable[[int], Arrays]) -> None:
        """Begins with the morning of a day.

        memory: what a walk of the same accounts and days remembered then. hours: its hours of a
        finished day, of HISTORY_DAYS.
        """
        first, last = self._columns_before(day)
        cut = np.unpackbits(memory["cut"], axis=1, count=last - first)
        self.traffic.baseline.is_cut[:, first:last] = cut
        self._raised = list(_texts(memory))
        self._raised_before = len(self._raised)
        self.first_judged, self._is_begun = day, True
        self.traffic.baseline.go_on(day)
        self.traffic.recall = _Recalled(self, day, hours)
        self.traffic.recall(self.calendar.columns(max(day - _WATCH_DAYS, 0))[0])
        remember(self.parts, memory, day, self.calendar)

    def let_go(self) -> None:
        """Frees what judging needed; counts, baselines and incidents stay."""
        self.parts = {}
        del self._watches, self._surges, self._silences, self._surroundings, self._ceilings
        self.traffic.let_go()

    def _begin(self, day: int) -> None:
        self.traffic.recall(self.calendar.columns(max(day - _BEGIN_DAYS, 0))[0])
        self._feedback.apply(day, self.traffic, self._ceilings, self._silences)
        for part in (self.traffic, self._surroundings, *self._watches):
            part.begin(day)
        self._is_begun = True

    def _settle(self) -> None:
        """Keeps the incidents that are over as texts: most are never looked at again."""
        rows = {account: row for row, account in enumerate(self.traffic.accounts)}
        for incident in self._new():
            self._raised.append((rows[incident.account], msgspec.msgpack.encode(incident)))

    def _new(self) -> Iterator[Incident]:
        """Incidents that the watchers have raised since they were asked last."""
        for watch in self._watches:
            for incident in watch.incidents:
                yield self._with_silence(incident) if watch is self._surges else incident
            watch.incidents.clear()

    def _with_silence(self, incident: Incident) -> Incident:
        hour = int((incident.started_at - self.traffic.grid.start).total_seconds() // 3600)
        account = self.traffic.accounts.index(incident.account)
        silence = self._silences.signal(account, int(self.calendar.day[hour]))
        return replace(incident, signals=(*incident.signals, silence))

    def _columns_before(self, day: int) -> tuple[int, int]:
        columns = self.calendar.columns
        return columns(max(day - HISTORY_DAYS, 0))[0], columns(day)[0]


class _Recalled:
    """Reads older hours of a walk back, once, when they are asked for."""

    def __init__(self, walk: Walk, day: int, hours: Callable[[int], Arrays]) -> None:
        self._walk, self._first, self._hours = walk, day, hours

    def __call__(self, first: int) -> None:
        calendar, walk = self._walk.calendar, self._walk
        if first >= calendar.columns(self._first)[0]:
            return
        oldest = int(calendar.day[max(first, 0)])
        for day in range(oldest, self._first):
            recall(walk.parts, self._hours(day), day, calendar)
        last = calendar.columns(self._first)[0]
        walk.traffic.baseline.recall(calendar.columns(oldest)[0], last)
        self._first = oldest


def _texts(memory: Arrays) -> Iterator[tuple[int, bytes]]:
    text, end = memory["raised.text"].tobytes(), 0
    lengths = memory["raised.length"].tolist()
    for account, length in zip(memory["raised.account"].tolist(), lengths, strict=True):
        yield account, text[end : end + length]
        end += length
