"""Draws the ordinary messages of one account on one UTC day."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simulator.mail.account import Account
from simulator.mail.directory import SITES, Directory
from simulator.mail.instant import DAY, HOUR, MINUTE, SECOND, micros
from simulator.mail.localtime import hours_of_week, payroll_share
from simulator.mail.profile import SenderProfile
from simulator.mail.rhythm import Rhythms
from simulator.mail.sends import Ints, Random, Sends, chunk, coarsen, join

Levels = NDArray[np.float64]

RECIPIENT_LIMIT = 50  # recipients per message that the service accepts
_FULL_STAFF = 1_200  # the head count that the weekly volumes are written for
_DAILY_MEMORY, _DAILY_SPREAD, _DAILY_LAGS = 0.7, 0.2, 20
_HOURLY_MEMORY, _HOURLY_SPREAD = 0.8, 0.45
_PREFERENCE = 2.2  # old acquaintances get more mail than new ones; 1 would be no preference
_FEW_SOURCES = 2  # an account with more sends from anywhere, as cloud services do
_LIST_CHANGES = 0.06  # share of the people who come or go from one mailing to the next
_MAILING_HOUR = 9  # local hour of pay-roll mail


def _memory_matrix() -> Levels:
    """Turns 24 independent draws into an autoregressive path of the same variance."""
    lags = np.subtract.outer(np.arange(24), np.arange(24))
    weights = np.where(lags >= 0, _HOURLY_MEMORY ** np.maximum(lags, 0), 0.0)
    weights[:, 1:] *= np.sqrt(1 - _HOURLY_MEMORY**2)
    return np.asarray(weights)


_HOURLY_PATH = _memory_matrix()


class Habits:
    """Draws from generators seeded by (seed, account, day), so no day depends on another.

    `base_day` is the UTC day of the tenant's first clock: ages and growth count from there.
    """

    def __init__(self, seed: int, directory: Directory) -> None:
        self._seed = seed
        self._directory = directory
        self._volume = np.sqrt(directory.staff / _FULL_STAFF)
        self._rhythms = Rhythms(seed)
        self._shock = lru_cache(maxsize=100_000)(self._draw_shock)

    def messages(self, account: Account, day: int, random: Random) -> Sends:
        """All ordinary messages of the day, none before the account existed."""
        parts = [self._regular(account, day, random)]
        profile = account.profile
        for hour, share in self._mailings(account, day):
            people = self._mailed(account, day, share, random)
            parts.append(self._mailing(profile, day, hour, people, random))
        sends = join(parts)
        if len(account.source_ips) > _FEW_SOURCES:
            sends.source[:] = random.integers(0, len(account.source_ips), sends.count)
        np.minimum(sends.source, len(account.source_ips) - 1, out=sends.source)
        alive = sends.received >= micros(account.created_at)
        if account.suspended_at:
            alive &= sends.received < micros(account.suspended_at)
        return sends.keep(alive)

    def contacts(self, account: Account, day: int) -> Ints:
        """Staff this account may write to on a day, the oldest acquaintance first.

        The pool fills quickly in the first weeks and then grows slowly, which makes the share of
        first-time recipients fall with the age of the account.
        """
        staff, profile = self._directory.staff, account.profile
        order = np.random.default_rng([self._seed, account.index, 3]).permutation(staff)
        age = self._age(account, day)
        mature = profile.pool * staff * (1 - np.exp(-(age + 2) / 14))
        gained = profile.pool_daily * staff / _FULL_STAFF * age
        return order[: max(3, int(mature + gained))]

    def _age(self, account: Account, day: int) -> float:
        return max(0.0, (day * DAY - micros(account.created_at)) / DAY)

    def _draw_shock(self, account: int, day: int) -> float:
        return float(np.random.default_rng([self._seed, account, day, 2]).standard_normal())

    def _level(self, account: int, day: int) -> float:
        """Log level of a day: the last twenty daily shocks, fading."""
        shocks = [self._shock(account, day - lag) for lag in range(_DAILY_LAGS)]
        fading = _DAILY_MEMORY ** np.arange(_DAILY_LAGS)
        return float(fading @ shocks) * _DAILY_SPREAD * float(np.sqrt(1 - _DAILY_MEMORY**2))

    def _growth(self, account: Account, day: int) -> float:
        profile = account.profile
        if not profile.doubling_days:
            return 1.0
        grown = self._age(account, day) - profile.doubles_from_age
        return float(np.clip(2 ** (grown / profile.doubling_days), 1.0, 4.0))

    def _rates(self, account: Account, day: int, random: Random) -> Levels:
        """Expected messages for each UTC hour of the day."""
        here, ahead = self._level(account.index, day), self._level(account.index, day + 1)
        slow = np.linspace(here, ahead, 25)[:-1]
        quick = _HOURLY_PATH @ random.standard_normal(24) * _HOURLY_SPREAD
        profile = account.profile
        weekly = profile.messages * self._volume * self._growth(account, day)
        weekly *= self._rhythms.share(account, day)
        calm = (_DAILY_SPREAD**2 + _HOURLY_SPREAD**2) / 2
        return np.asarray(weekly * profile.week[hours_of_week(day)] * np.exp(slow + quick - calm))

    def _regular(self, account: Account, day: int, random: Random) -> Sends:
        profile, rates = account.profile, self._rates(account, day, random)
        counts = random.poisson(random.gamma(profile.dispersion, rates / profile.dispersion))
        hours = np.repeat(np.arange(24), counts)
        received = day * DAY + hours * HOUR + random.integers(0, HOUR, len(hours))
        contacts = self.contacts(account, day)
        fan_out = _fan_out(profile, len(hours), len(contacts), random)
        message = np.repeat(np.arange(len(hours)), fan_out)
        first = (len(contacts) * random.random(len(hours)) ** _PREFERENCE).astype(np.int64)
        step = np.arange(len(message)) - np.repeat(np.cumsum(fan_out) - fan_out, fan_out)
        recipient = contacts[(first[message] + step) % len(contacts)]
        return _sends(account.profile, coarsen(received, random), message, recipient, random)

    def _mailings(self, account: Account, day: int) -> list[tuple[int, float]]:
        """(UTC hour, share of staff) of the planned mailings of a day."""
        hours, profile = hours_of_week(day), account.profile
        if profile.monthly:
            share = payroll_share(day)
            return [(int(np.argmax(hours % 24 == _MAILING_HOUR)), share)] if share else []
        if planned := self._rhythms.mailing(account, day):
            return [(int(np.argmax(hours % 24 == planned[0])), planned[1])]
        return [(int(hour), 1.0) for hour in np.flatnonzero(profile.mailing_slots[hours])]

    def _mailed(self, account: Account, day: int, share: float, random: Random) -> Ints:
        """Staff that a mailing goes to: a list of its own has nearly the same people each time."""
        staff = random.permutation(self._directory.headcount(day))
        if not account.profile.rhythm:
            return staff[: max(1, round(share * len(staff)))]
        draws = np.random.default_rng([self._seed, account.index, 15]).random(2 * len(staff))
        changed = random.random(len(staff)) < _LIST_CHANGES
        draws[staff[changed]] = random.random(int(changed.sum()))
        return np.asarray(staff[(draws[staff] < share) | (staff == 0)])

    def _mailing(
        self, profile: SenderProfile, day: int, hour: int, staff: Ints, random: Random
    ) -> Sends:
        start = day * DAY + hour * HOUR + int(random.integers(0, 20 * MINUTE))
        if profile.mailing == "lists":
            message, recipient = _through_lists(staff)
            pause = 3 * MINUTE
        else:
            message, recipient, pause = chunk(staff, RECIPIENT_LIMIT), staff, 15 * SECOND
        count = int(message[-1]) + 1
        received = start + np.arange(count) * pause + random.integers(0, 10 * SECOND, count)
        return _sends(profile, coarsen(received, random), message, recipient, random)


def _fan_out(profile: SenderProfile, count: int, most: int, random: Random) -> Ints:
    """Recipients per message: mostly one, else a geometric tail up to the limit."""
    many = random.random(count) >= profile.single
    return np.where(
        many, np.minimum(1 + random.geometric(0.3, count), min(most, RECIPIENT_LIMIT)), 1
    )


def _through_lists(staff: Ints) -> tuple[Ints, Ints]:
    """One message per site list: the list itself first, then its members."""
    sites = [np.append(-site - 1, staff[staff % len(SITES) == site]) for site in range(len(SITES))]
    message = np.repeat(np.arange(len(SITES)), [len(site) for site in sites])
    return message, np.concatenate(sites)


def _sends(
    profile: SenderProfile, received: Ints, message: Ints, recipient: Ints, random: Random
) -> Sends:
    count = len(received)
    return Sends(
        received=received,
        subject=random.integers(0, len(profile.subjects), count),
        source=(random.random(count) < 0.2).astype(np.int64),
        size=(profile.size * random.lognormal(0, 0.5, count)).astype(np.int64) + 1_500,
        message=message,
        recipient=recipient,
    )
