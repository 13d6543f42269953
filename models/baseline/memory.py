"""What survives a midnight of the walk: the values that its parts declare, and nothing else.

Every part of the walk (baseline, scores, watchers) goes through a local day in the same order:
`begin(day)` takes from earlier days what the day is judged by, `watch` judges its hours, `learn`
adds the finished day. What it remembers is named in its `kept`, so that the walk can be stored at
a midnight and go on from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

HISTORY_DAYS = 92  # whose hours are kept: nothing asks for older ones


@dataclass(frozen=True)
class Kept:
    """Names of the attributes that a part of the walk remembers.

    days: arrays (local days, ..., accounts), with how many days back they are read.
    hours: arrays (..., accounts, hours) that are read 72 hours back.
    history: arrays (..., accounts, hours) that `begin` reads, and whoever asks for older hours.
    accounts: arrays with one axis for the accounts: what was learnt so far, and what `begin` took
            for the day.
    open_as: dataclass of the values of `_open`, by account: what goes on.
    """

    days: Mapping[str, int] = field(default_factory=dict)
    hours: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    open_as: type | None = None
