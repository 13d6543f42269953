"""When an account that is not clockwork sends: on some days only, or one mailing in a month.

Every account has a rhythm of its own, drawn from (seed, account) or from (seed, account, week or
month), so that no day depends on what was asked for before.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simulator.mail.account import Account
from simulator.mail.instant import DAY, HOUR, micros
from simulator.mail.localtime import local
from simulator.mail.profile import BOUTS, MONTHLY, QUARTERLY, TWICE_WEEKLY

_DAYS = 7 * 600  # for which the bouts of an account are drawn; then they repeat
_SHORTEST, _LONGEST = 3, 10  # days without mail between two bouts
_SECOND_DAY = 0.4  # share of bouts that last for two days
_AS_USUAL = 0.75  # share of a twice-weekly account's days that are its usual weekdays
_LATE = (0.7, 0.2, 0.1)  # share of mailings that come on their day, one or two days later
_LAST_DUE_DAY = 23
_EARLIEST_HOUR, _LATEST_HOUR = 7, 15
_MONTHS = {MONTHLY: 1, QUARTERLY: 3}

Shares = NDArray[np.float64]


class Rhythms:
    """Rhythms of a tenant's accounts, from its seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._bouts = lru_cache(maxsize=1_000)(self._draw_bouts)
        self._weekdays = lru_cache(maxsize=100_000)(self._draw_weekdays)

    def share(self, account: Account, day: int) -> float:
        """How much of its usual day the account sends; 1.0 on every day of a steady one."""
        profile = account.profile
        if profile.rhythm == BOUTS:
            born = micros(account.created_at) // DAY
            shares = self._bouts(account.index, born, profile.bout_spread)
            return float(shares[(day - born) % _DAYS])
        if profile.rhythm == TWICE_WEEKLY:
            return float(_weekday(day) in self._weekdays(account.index, (day + 3) // 7))
        return 1.0

    def mailing(self, account: Account, day: int) -> tuple[int, float] | None:
        """(local hour, share of staff) of a monthly or quarterly mailing on a day."""
        months = _MONTHS.get(account.profile.rhythm)
        if months is None:
            return None
        today = local(day * DAY + 12 * HOUR).date()
        random = np.random.default_rng([self._seed, account.index, 11])
        phase, due_day = int(random.integers(0, months)), int(random.integers(1, _LAST_DUE_DAY + 1))
        hour, share = int(random.integers(_EARLIEST_HOUR, _LATEST_HOUR)), random.uniform(0.1, 1.0)
        if today.month % months != phase or today != self._due(account.index, today, due_day):
            return None
        return hour, float(share)

    def sends(self, account: Account, day: int) -> bool:
        """Whether mail is planned for a day."""
        if account.profile.rhythm in _MONTHS:
            return self.mailing(account, day) is not None
        return self.share(account, day) > 0.0

    def _due(self, account: int, today: date, due_day: int) -> date:
        """The working day of this month's mailing."""
        month = 12 * today.year + today.month
        random = np.random.default_rng([self._seed, account, month, 12])
        day = today.replace(day=due_day) + timedelta(days=int(random.choice(3, p=_LATE)))
        return day + timedelta(days=7 - day.weekday()) if day.weekday() >= 5 else day

    def _draw_bouts(self, account: int, born: int, spread: float) -> Shares:
        """Share of each day from the account's first on: a day or two, then none for days."""
        random = np.random.default_rng([self._seed, account, 10])
        shares, day = np.zeros(_DAYS), born + int(random.integers(0, _LONGEST))
        while day < born + _DAYS:
            day = _next_working_day(day)
            length = 1 + int(random.random() < _SECOND_DAY)
            size = np.exp(random.normal(0.0, spread) - spread**2 / 2)
            shares[day - born : day - born + length] = size
            day += length + int(random.integers(_SHORTEST, _LONGEST + 1))
        return shares

    def _draw_weekdays(self, account: int, week: int) -> tuple[int, ...]:
        """The two working days of a week on which the account sends."""
        usual = np.random.default_rng([self._seed, account, 13]).permutation(5)[:2]
        random = np.random.default_rng([self._seed, account, week, 14])
        other = np.setdiff1d(random.permutation(5), usual, assume_unique=True)
        moved = random.random(2) >= _AS_USUAL
        return tuple(np.where(moved, other[:2], usual).tolist())


def _next_working_day(day: int) -> int:
    """The day itself, or the Monday after a weekend."""
    weekday = _weekday(day)
    return day + 7 - weekday if weekday >= 5 else day


def _weekday(day: int) -> int:
    """Monday = 0, of a day since 1970, which began on a Thursday."""
    return (day + 3) % 7
