"""The walks of all accounts of a tenant: most go on from where the last run has left them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hve_monitor.config import Tenant
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
from warehouse.store import Store
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
class Walker:
    """Walks the accounts of a tenant to now."""

    store: Store
    tenant: Tenant
    inputs: Inputs
    feedback: Feedback
    standing: Standing | None
    is_whole: bool = False  # nobody goes on from where the last run was

    @property
    def threads(self) -> int:
        """How many slices are walked at once."""
        return self.store.threads or os.cpu_count() or 1

    def walked(self, accounts: Sequence[str], finish: Callable[[Walked], Done]) -> list[Done]:
        """What `finish` makes of the walk of every slice of the accounts."""
        threads = self.threads
        kept = [
            self._kept(number, part)
            for number, part in enumerate(slices_of(accounts, self.standing, threads))
            if part
        ]
        with ThreadPoolExecutor(threads) as pool:
            mornings = list(pool.map(self._newest, kept))
            if self.is_whole:
                mornings = [None] * len(kept)
            distrust_after(self._files, self.standing, self._since(mornings))
            frames = self._frames(kept, mornings)
            calendar = self._resting(mornings)
            kept = [replace(part, calendar=calendar) for part in kept]
            walks = pool.map(
                lambda *of_slice: finish(self._walk(*of_slice)), kept, mornings, frames
            )
            return list(walks)

    def _kept(self, number: int, accounts: tuple[str, ...]) -> KeptWalk:
        folder = f"slice-{number:03d}"
        return KeptWalk(self._files, folder, accounts, self.inputs, self._calendar)

    @property
    def _files(self) -> WalkFiles:
        return WalkFiles(self.store.root, self.tenant.name)

    @cached_property
    def _calendar(self) -> LocalCalendar:
        end = _end(self.inputs.until)
        hours = -((self.inputs.start - end) // HOUR)
        return local_calendar(self.inputs.start, hours, self.tenant.timezone, self.tenant.holidays)

    def _resting(self, mornings: Sequence[Morning | None]) -> LocalCalendar:
        """The calendar with the hours since the oldest morning in which the tenant rests."""
        start, since = self.inputs.start, self._since(mornings)
        rest = rest_of(self.store, self.tenant.name, self._calendar, start, since)
        return self._calendar.resting(rest)

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
        frame = hours_of(self.store, self.tenant.name, since, self.inputs.until)
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
        start, until = self.inputs.start, self.inputs.until
        frame = hours_of(self.store, self.tenant.name, start, until, kept.accounts)
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


def _end(until: datetime) -> datetime:
    return until.replace(minute=until.minute - until.minute % 15, second=0, microsecond=0)
