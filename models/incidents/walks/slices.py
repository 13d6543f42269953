"""The walks of all accounts of a tenant: most go on from where the last run has left them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.baseline.baseline import LocalCalendar, local_calendar
from models.baseline.grid import HourlyGrid, grid_from_hours
from models.baseline.hours import HOUR, hours_of, widened, without_gaps
from models.baseline.rest import rest_of
from models.incidents.announced import SentAndExpected
from models.incidents.verdicts import Feedback
from models.incidents.walks.inputs import Inputs
from models.incidents.walks.kept_walks import (
    UNBORN,
    KeptWalk,
    Morning,
    Standing,
    distrust_after,
    slices_of,
)
from models.incidents.walks.walk import Analysis, Walk
from warehouse.store import StoredFiles
from warehouse.walks import WalkFiles

Done = TypeVar("Done")


@dataclass(frozen=True)
class Walked:
    """The walk of some accounts up to now. Nothing has changed before `since`."""

    accounts: tuple[str, ...]
    walk: Walk
    since: datetime
    is_new: bool  # judged from scratch

    def slimmed(self) -> Walked:
        """The same without what only a walk that goes on needs."""
        if self.is_new:
            self.walk.let_go()
        return self

    @property
    def grid(self) -> HourlyGrid:
        """The counts; hours from before `since` are blank until they are recalled."""
        return self.walk.traffic.grid

    @property
    def analysis(self) -> Analysis:
        """Its baselines, without incidents."""
        traffic = self.walk.traffic
        lo95, lo80, hi80, hi95 = traffic.bounds
        return Analysis(
            traffic.expected, lo80, hi80, lo95, hi95, traffic.learning, traffic.daily, ()
        )

    @property
    def traffic(self) -> SentAndExpected:
        """What was sent and expected."""
        traffic, analysis = self.walk.traffic, self.analysis
        return SentAndExpected(traffic.grid, analysis.expected, analysis.hi95, traffic.recall)


@dataclass(frozen=True)
class Slice:
    """Accounts that are walked together; the number names the folder of their kept walk."""

    number: int
    accounts: tuple[str, ...]

    @property
    def folder(self) -> str:
        """Name of the folder of their kept walk."""
        return f"slice-{self.number:03d}"


@dataclass(frozen=True)
class Walker:
    """Walks the accounts of a tenant to now.

    files: where walks are kept. calendar: of all hours, by whose `rest` nobody goes yet.
    rest: its columns in which the tenant rests; None where the walk has to find out.
    """

    store: StoredFiles
    files: WalkFiles
    tenant: str
    calendar: LocalCalendar
    inputs: Inputs
    feedback: Feedback
    standing: Standing | None
    is_whole: bool = False  # nobody goes on from where the last run was
    rest: frozenset[int] | None = None

    def slices(self, accounts: Sequence[str], at_once: int) -> list[Slice]:
        """The accounts in parts that are walked together."""
        parts = slices_of(accounts, self.standing, at_once)
        return [Slice(number, part) for number, part in enumerate(parts) if part]

    def walked(
        self, accounts: Sequence[str], finish: Callable[[Walked], Done], threads: int
    ) -> list[Done]:
        """What `finish` makes of the walk of every slice of the accounts, in so many threads."""
        kept = [self._kept(part) for part in self.slices(accounts, threads)]
        with ThreadPoolExecutor(threads) as pool:
            mornings = list(pool.map(self._newest, kept))
            if self.is_whole:
                mornings = [None] * len(kept)
            distrust_after(self.files, self.standing, self._since(mornings))
            frames = self._frames(kept, mornings)
            calendar = self._resting(mornings)
            kept = [replace(part, calendar=calendar) for part in kept]
            walks = pool.map(
                lambda *of_slice: finish(self._walk(*of_slice)), kept, mornings, frames
            )
            return list(walks)

    def begun(self, part: Slice) -> Walked:
        """The walk of one slice from its first day."""
        return self._begun(replace(self._kept(part), calendar=self._resting([None])))

    def all_rest(self) -> frozenset[int]:
        """Columns of the calendar in which the tenant rests, from the first one on."""
        return self._resting([None]).rest

    def _kept(self, part: Slice) -> KeptWalk:
        return KeptWalk(self.files, part.folder, part.accounts, self.inputs, self.calendar)

    def _resting(self, mornings: Sequence[Morning | None]) -> LocalCalendar:
        """The calendar with the hours since the oldest morning in which the tenant rests."""
        start, rest = self.inputs.start, self.rest
        if rest is None:
            rest = rest_of(self.store, self.tenant, self.calendar, start, self._since(mornings))
        return self.calendar.resting(rest)

    def _since(self, mornings: Sequence[Morning | None]) -> datetime:
        """From when on the oldest of the slices walks."""
        start = self.inputs.start
        return min((morning.midnight if morning else start for morning in mornings), default=start)

    def _newest(self, kept: KeptWalk) -> Morning | None:
        if self.standing is None or self.standing.begun != self.inputs.start:
            return None
        return next(kept.mornings(self.standing.until), None)

    def _frames(
        self, kept: Sequence[KeptWalk], mornings: Sequence[Morning | None]
    ) -> list[pd.DataFrame | None]:
        """The hours since the oldest morning, read once, by slice; None where all are needed."""
        since = min((morning.midnight for morning in mornings if morning), default=None)
        if since is None:
            return [None] * len(kept)
        frame = hours_of(self.store, self.tenant, since, self.inputs.until)
        names = pd.Index([account for part in kept for account in part.accounts])
        slices = np.repeat(np.arange(len(kept)), [len(part.accounts) for part in kept])
        place = names.get_indexer(pd.Index(frame["account"]))
        of_row = np.where(place < 0, -1, slices[place])
        return [
            frame.loc[of_row == number] if morning else None
            for number, morning in enumerate(mornings)
        ]

    def _walk(self, kept: KeptWalk, morning: Morning | None, frame: pd.DataFrame | None) -> Walked:
        if morning is not None and frame is not None:
            hour = (morning.midnight - self.inputs.start) // HOUR
            grid = self._grid(kept, frame, morning.midnight, morning.born - hour)
            born = np.minimum(morning.born, _born(frame, kept.accounts, self.inputs.start))
            walk = kept.go_on(grid, self.feedback, morning, born)
            if walk is not None:
                kept.tidy()
                return Walked(kept.accounts, walk, morning.midnight, is_new=False)
            kept = replace(kept, calendar=self._resting([None]))
        return self._begun(kept)

    def _begun(self, kept: KeptWalk) -> Walked:
        start, until = self.inputs.start, self.inputs.until
        frame = hours_of(self.store, self.tenant, start, until, kept.accounts)
        grid = self._grid(kept, frame, start, None)
        walk = kept.begin(grid, self.feedback, _born(frame, kept.accounts, start))
        kept.tidy()
        return Walked(kept.accounts, walk, start, is_new=True)

    def _grid(
        self,
        kept: KeptWalk,
        frame: pd.DataFrame,
        begin: datetime,
        born: NDArray[np.int64] | None,
    ) -> HourlyGrid:
        frame = frame.loc[pd.to_datetime(frame["hour_utc"], utc=True) >= pd.Timestamp(begin)]
        part = grid_from_hours(frame, self.inputs.until, kept.accounts, begin, born)
        return widened(without_gaps(part, self.inputs.gaps), self.inputs.start)


def _born(frame: pd.DataFrame, accounts: Iterable[str], start: datetime) -> NDArray[np.int64]:
    """Hour of each account's first row, from `start` on."""
    first = frame.groupby("account", observed=True)["hour_utc"].min().reindex(list(accounts))
    since = (pd.to_datetime(first, utc=True) - pd.Timestamp(start)) / HOUR
    return np.asarray(since.fillna(UNBORN), np.int64)


def calendar_of(inputs: Inputs, timezone: str, holidays: Iterable[date]) -> LocalCalendar:
    """The local calendar of all hours of a walk."""
    until = inputs.until
    end = until.replace(minute=until.minute - until.minute % 15, second=0, microsecond=0)
    return local_calendar(inputs.start, -((inputs.start - end) // HOUR), timezone, holidays)
