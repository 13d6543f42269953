"""Walks that are kept between runs: a run goes on from the newest midnight that still holds.

A slice of the accounts has a folder of its own: `<day>.hours` holds the hours of a finished local
day, `<day>.morning` what the walk remembers on a morning, with checksums of the days before. A
morning names what it was made from; where that has changed, an earlier one is taken, or none. What
a run wrote counts from the next run on only when its marts were stored as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.baseline.baseline import LocalCalendar
from models.baseline.grid import HourlyGrid
from models.baseline.hours import HOUR
from models.baseline.memory import HISTORY_DAYS
from models.incidents.verdicts import Feedback
from models.incidents.walks.inputs import Inputs
from models.incidents.walks.midnight import Arrays
from models.incidents.walks.walk import ACCOUNTS_AT_ONCE, Walk
from warehouse.walks import WalkFiles

UNBORN = 2**40  # hours: an account without a row so far
_LEAST_SLICE = 100  # fewer accounts are not worth a thread
_NEWEST, _WEEKS = 4, 3  # mornings that are kept: the newest, and one of each week before
_STANDING = "standing"
# What a file of another hand may hold.
_OF_NO_USE = (LookupError, ValueError, TypeError, msgspec.MsgspecError)


class LostHours(LookupError):
    """Hours of a finished day that a kept walk needs are not there, or not as they were."""


@dataclass(frozen=True)
class Standing:
    """What the last run that stored its marts has left.

    begun: where the walk begins. until: what that run had judged. slices: accounts by folder.
    described: what else its incidents were made from.
    """

    begun: datetime
    until: datetime
    slices: list[list[str]]
    described: str

    @property
    def as_arrays(self) -> Arrays:
        """The standing as a file holds it."""
        return {"standing": np.frombuffer(msgspec.json.encode(self), np.uint8)}


def standing_of(files: WalkFiles) -> Standing | None:
    """What the last run has left; None where nothing can be used."""
    kept = files.read(_STANDING)
    try:
        return msgspec.json.decode(kept["standing"].tobytes(), type=Standing) if kept else None
    except _OF_NO_USE:
        return None


def record_standing(files: WalkFiles, standing: Standing) -> None:
    """Lets the next run go on from what was kept; for a run that has stored its marts."""
    files.write(_STANDING, standing.as_arrays)


def distrust_after(files: WalkFiles, standing: Standing | None, midnight: datetime) -> None:
    """Lets nobody go on from mornings after a midnight until this run has stored its marts.

    A run that dies leaves mornings of what it has read, and marts of what was there before.
    """
    if standing is not None and midnight < standing.until:
        record_standing(files, replace(standing, until=midnight))


def slices_of(
    accounts: Sequence[str], standing: Standing | None, threads: int
) -> list[tuple[str, ...]]:
    """The accounts in parts that are judged together; those of a kept walk stay together."""
    known = set(accounts)
    slices = (
        [[name for name in part if name in known] for part in standing.slices] if standing else []
    )
    new = sorted(known - {name for part in slices for name in part})
    if slices and new:
        room = max(ACCOUNTS_AT_ONCE - len(slices[-1]), 0)
        slices[-1] += new[:room]
        new = new[room:]
    size = max(min(ACCOUNTS_AT_ONCE, -(-len(new) // threads)), _LEAST_SLICE)
    slices += [new[place : place + size] for place in range(0, len(new), size)]
    return [tuple(part) for part in slices]


@dataclass
class Morning:
    """What a kept walk remembers on a morning, and when that was."""

    day: int
    midnight: datetime
    memory: Arrays

    @property
    def born(self) -> NDArray[np.int64]:
        """Hour of the grid of each account's first row: (accounts,)."""
        return self.memory["born"]


@dataclass
class KeptWalk:
    """The kept walk of a slice of the accounts.

    calendar: of all hours from the beginning of the walk to now.
    """

    files: WalkFiles
    folder: str
    accounts: tuple[str, ...]
    inputs: Inputs
    calendar: LocalCalendar
    _checksums: dict[int, int] = field(default_factory=dict)

    def mornings(self, until: datetime) -> Iterator[Morning]:
        """Mornings that a run may go on from, the newest first; none is after `until`."""
        for name in reversed(self.files.names(self.folder)):
            text, _, kind = name.rpartition("/")[2].partition(".")
            if kind != "morning" or not text.isdecimal() or int(text) >= self.calendar.days:
                continue
            midnight = self._midnight(int(text))
            if midnight > until:
                continue
            memory = self.files.read(name)
            if memory is not None and self._holds(memory, midnight):
                yield Morning(int(text), midnight, memory)

    def _holds(self, memory: Arrays, midnight: datetime) -> bool:
        if not {"made_from", "hashes"} <= memory.keys():
            return False
        made_from = self.inputs.digest(self.accounts, midnight)
        same = memory["made_from"].tobytes() == made_from
        return same and self.inputs.are_the_same(memory["hashes"], midnight)

    def go_on(
        self, grid: HourlyGrid, feedback: Feedback, morning: Morning, born: NDArray[np.int64]
    ) -> Walk | None:
        """The walk from a morning to now; None where what was kept turns out to be damaged.

        born: as that of the morning, also of accounts that were born since.
        """
        walk = Walk(grid, slice(0, len(self.accounts)), self.calendar, feedback)
        day, sums = morning.day, morning.memory.get("checksums")
        try:
            if sums is None:
                return None
            self._checksums = dict(zip(range(day - len(sums), day), sums.tolist(), strict=True))
            walk.go_on(day, morning.memory, self._hours)
            walk.judge(self._keeper(walk, born))
        except _OF_NO_USE:
            return None
        return walk

    def begin(self, grid: HourlyGrid, feedback: Feedback, born: NDArray[np.int64]) -> Walk:
        """The walk from the first day to now."""
        self.files.remove(self.files.names(self.folder))
        self._checksums = {}
        walk = Walk(grid, slice(0, len(self.accounts)), self.calendar, feedback)
        walk.judge(self._keeper(walk, born))
        return walk

    def tidy(self) -> None:
        """Removes what no kept morning needs any more, and what a killed run was writing."""
        kept = [day for day in range(self.calendar.days) if self._is_kept(day)]
        oldest = min(kept, default=0) - HISTORY_DAYS
        for name in self.files.names(self.folder):
            day, _, kind = name.rpartition("/")[2].partition(".")
            is_needed = day.isdecimal() and (
                int(day) >= oldest if kind == "hours" else int(day) in kept
            )
            if not is_needed:
                self.files.remove([name])

    def _keeper(self, walk: Walk, born: NDArray[np.int64]) -> Callable[[int], None]:
        first = min((day for day in range(self.calendar.days) if self._is_kept(day)), default=0)

        def keep(day: int) -> None:
            if day > max(first - HISTORY_DAYS, 0):
                name = f"{self.folder}/{day - 1:05d}.hours"
                self._checksums[day - 1] = self.files.write(name, walk.hours(day - 1))
            if self._is_kept(day):
                unborn = np.where(born < self.calendar.columns(day)[0], born, UNBORN)
                memory = walk.memory(day) | self._made_from(day) | {"born": unborn}
                self.files.write(f"{self.folder}/{day:05d}.morning", memory)

        return keep

    def _made_from(self, day: int) -> dict[str, NDArray[Any]]:
        midnight = self._midnight(day)
        digest = self.inputs.digest(self.accounts, midnight)
        sums = [self._checksums[at] for at in range(max(day - HISTORY_DAYS, 0), day)]
        return {
            "made_from": np.frombuffer(digest, np.uint8),
            "hashes": self.inputs.hours_before(midnight),
            "checksums": np.array(sums, np.int64),
        }

    def _is_kept(self, day: int) -> bool:
        age = self.calendar.days - 1 - day
        return day > 0 and (age < _NEWEST or (day % 7 == 0 and age < 7 * _WEEKS))

    def _hours(self, day: int) -> Arrays:
        """Raises: LostHours where they are not those that the morning was made with."""
        checksum = self._checksums.get(day)
        name = f"{self.folder}/{day:05d}.hours"
        hours = None if checksum is None else self.files.read(name, checksum)
        if hours is None:
            raise LostHours(day)
        return hours

    def _midnight(self, day: int) -> datetime:
        return self.inputs.start + self.calendar.columns(day)[0] * HOUR
