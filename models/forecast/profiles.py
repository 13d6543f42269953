"""Daily profiles: how many recipients an account will mail on each weekday.

Level: power mean of sixteen weeks, moved towards the last ones and on by their growth as far as
these exceed the noise between weeks. Shape: the weekdays' shares of thirteen weeks. The exponent
lies under 1 because counts are skewed: one busy week must not raise the next month as it counts.
Pace: a period that runs under the level goes on so in part. Accounts that skip weeks, or send on
less than half of their own weekdays, keep the plain mean; without two weeks there are only the days
so far. Mailings that come back are kept apart (models/forecast/mailings.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from models.baseline.demand import WINDOW_DAYS, sending_interval
from models.forecast.history import DailyHistory
from models.forecast.mailings import Mailing, Recurring, split_recurring
from models.statistics import Floats, known_or_zero, mean_known, sum_known

# What an answer rests on, as people read it.
METHODS = (
    "weekdays of the last weeks",
    "mean of the last months",
    "mean of the days so far",
    "mailings that come back or are announced",
    "learning: no whole day is known",
)
REGULAR, IRREGULAR, YOUNG, MAILINGS, LEARNING = range(len(METHODS))

SHAPE_WEEKS = 13
LEVEL_WEEKS = 16
TREND_WEEKS = 12
_HALF_LIFE = 4.0  # weeks
_EXPONENT = 0.5
_LONG_HALF_LIFE, _SHORT_HALF_LIFE = 8.0, 1.0
# Variances of the recent level that a shift must exceed to be believed by half. Rises count half
# again: most are bursts, while an account that falls silent mostly stays so.
_SHIFT_NOISE, _RISE_BELIEVED = 6.0, 0.5
_PACE = 2.5  # times the noise of the weeks: how much of a slow period goes on
_PACE_DAYS, _PACE_BEFORE = 31, 10
_RECENT_WEEKS = 2
_SKIPPED = 0.3  # weighted share of weeks without a recipient
_SELDOM = 2.0  # days of its own from one with mail to the next, from which on it has no level
_SLOW_HALF_LIFE = 13.0
_TREND_NOISE = 8.0  # squared t ratio that noise alone may reach: weeks depend on each other
_MOST_GROWTH = 0.25 / 30.0  # log growth a day
_GROWS_FOR = 60.0  # days ahead after which no growth is claimed
_FEWEST_DAYS = 14
_LEAST_SHARE = 0.5  # of a week that its known days must carry


@dataclass(frozen=True)
class Profile:
    """What is expected of each account: (accounts, 7) by weekday, and mailings by date.

    growth is in log units a day; noise and drift are the relative variances of a week: what it
    differs by from the week before, and what the level moves by beyond that.
    """

    by_weekday: Floats
    growth: Floats
    method: NDArray[np.int64]  # number in METHODS
    noise: Floats
    drift: Floats
    recurring: Recurring
    known_days: NDArray[np.int64]  # without those of recurring mailings
    per_day: Floats  # recipients, mean of the last 28 days
    recent: Floats  # recipients of the last 31 days without recurring mailings, NaN: unknown
    end: date  # the first day that is not known yet

    @property
    def is_new(self) -> NDArray[np.bool_]:
        """Whether an account has no complete day yet: (accounts,)."""
        return np.asarray(self.known_days == 0)

    def expected(self, days: list[date]) -> Floats:
        """Recipients expected per account and day, without recurring mailings."""
        ahead = np.array([(day - self.end).days for day in days], np.float64)
        grown = np.exp(self.growth[:, None] * np.clip(ahead, 0.0, _GROWS_FOR))
        return self.by_weekday[:, [day.weekday() for day in days]] * grown

    def pace(self, days: int) -> Floats:
        """What is left of the usual when the last days ran under it, at most 1: (accounts,).

        The noisier the weeks of an account and the longer it ran so, the more of it goes on. Days
        without mail say less of one that sends seldom. Before a period begins, the last ten days
        are looked at, of regular accounts alone.
        """
        recent = self.recent[:, -min(days or _PACE_BEFORE, _PACE_DAYS) :]
        ago = np.arange(recent.shape[1], 0, -1)
        usual = self.by_weekday[:, (self.end.weekday() - ago) % 7]
        usual = np.where(np.isnan(recent), 0.0, usual).sum(axis=1)
        weeks = usual / np.maximum(self.by_weekday.sum(axis=1), 1e-9)
        seen = weeks / (weeks + 1.0)
        ran = np.minimum((sum_known(recent) + 0.5) / (usual + 0.5), 1.0)
        goes_on = np.minimum(_PACE * self.noise / (self.noise + 1.0) * seen, 1.0)
        seldom = goes_on * seen**2 * (days > 0)
        return np.asarray(ran ** np.choose(self.method, (goes_on, seldom, 0.0)))

    def mailings(self, days: list[date], counted: Floats) -> tuple[Floats, Floats]:
        """Recipients of recurring mailings due on the days, and their variances.

        Shape:  all (accounts, days). counted: what an account has sent on the days already, and
                what is announced for them: within the tolerance of a mailing it is that mailing.
        """
        sizes, variances = np.zeros((2, len(self.by_weekday), len(days)))
        column = {day: place for place, day in enumerate(days)}
        left = counted.copy()
        for account, mailings in self.recurring.items():
            for mailing in mailings:
                if mailing.day in column:
                    place = column[mailing.day]
                    size = mailing.size - _taken(left[account], place, mailing)
                    sizes[account, place] += size
                    variances[account, place] += (size * mailing.deviation) ** 2
        return sizes, variances


def _taken(counted: Floats, place: int, mailing: Mailing) -> float:
    """Takes what belongs to a mailing out of the days around it, and returns how much it was."""
    first = max(place - mailing.tolerance, 0)
    near = counted[first : place + mailing.tolerance + 1]
    taken = min(float(near.sum()), mailing.size)
    near *= 1.0 - taken / max(float(near.sum()), 1e-9)
    return taken


def fit_profile(history: DailyHistory) -> Profile:
    """Profile of every account from the days of its history."""
    # Announced sends that come every month are seen before they are taken out.
    recurring, usual = split_recurring(history.values, history.end, history.sent)
    usual = np.where(np.isnan(usual), np.nan, history.regular)
    flat = known_or_zero(mean_known(usual[:, -28:]))
    shape = _shape(usual, history.weekdays())
    weekdays = history.weekdays()
    weekly = _weekly(usual, shape[:, weekdays])
    weights = _weights(weekly, _HALF_LIFE)
    known = (~np.isnan(usual)).sum(axis=1)
    is_young = known < _FEWEST_DAYS
    # Silence at the end is a fall of the level, not a habit of skipping weeks.
    skipped = _weighted(weekly[:, :-_RECENT_WEEKS] == 0.0, weights[:, :-_RECENT_WEEKS])
    interval = sending_interval(usual[:, -WINDOW_DAYS:].T)
    is_irregular = (skipped > _SKIPPED) | (interval >= _SELDOM)
    method = np.where(is_irregular, IRREGULAR, REGULAR)
    method = np.where(is_young, YOUNG, method)
    growth = np.where(method == REGULAR, _growth(weekly), 0.0)
    mean = _weighted(weekly, weights)
    noise, drift = _variances(weekly, weights, mean)
    before, _ = _variances(weekly[:, :-_RECENT_WEEKS], weights[:, :-_RECENT_WEEKS], mean)
    slow = _weighted(weekly, _weights(weekly, _SLOW_HALF_LIFE))
    level = np.where(is_irregular, slow, _level(weekly, growth, before))
    by_weekday = np.where(is_young[:, None], flat[:, None], level[:, None] * shape)
    recent = usual[:, -_PACE_DAYS:].astype(np.float64)
    return Profile(
        by_weekday, growth, method, noise, drift, recurring, known, flat, recent, history.end
    )


def _level(weekly: Floats, growth: Floats, noise: Floats) -> Floats:
    """Recipients a week as of the end: the long level, moved as far as the last weeks prove.

    What the noise of so few weeks explains moves nothing; noise is that of the weeks before.
    """
    usual = _faded_mean(weekly, growth, _LONG_HALF_LIFE)
    recent = _faded_mean(weekly, growth, _SHORT_HALF_LIFE)
    moved = np.log((recent + 0.5) / (usual + 0.5))
    variance = noise * (1.0 - 0.5 ** (1.0 / _SHORT_HALF_LIFE))
    proven = moved * moved**2 / np.maximum(moved**2 + _SHIFT_NOISE * variance, 1e-12)
    return np.asarray(usual * np.exp(np.where(proven > 0.0, _RISE_BELIEVED * proven, proven)))


def _faded_mean(weekly: Floats, growth: Floats, half_life: float) -> Floats:
    """Power mean of weeks, newer ones weighing more, carried to the end by the growth."""
    weights = _weights(weekly, half_life)
    mean = _weighted(known_or_zero(weekly) ** _EXPONENT, weights) ** (1.0 / _EXPONENT)
    age = 7.0 * (_weighted(np.broadcast_to(_ages(weekly.shape[1]), weekly.shape), weights) + 0.5)
    return np.asarray(mean * np.exp(growth * age))


def _shape(usual: Floats, weekdays: NDArray[np.int64]) -> Floats:
    """Share of a week that falls on each weekday: (accounts, 7)."""
    recent, weekdays = usual[:, -7 * SHAPE_WEEKS :], weekdays[-7 * SHAPE_WEEKS :]
    days = [mean_known(recent[:, weekdays == weekday]) for weekday in range(7)]
    mean = known_or_zero(np.stack(days, axis=1))
    total = mean.sum(axis=1, keepdims=True)
    return np.where(total > 0.0, mean / np.maximum(total, 1e-12), 1.0 / 7.0)


def _weekly(usual: Floats, shares: Floats) -> Floats:
    """Sums of the last whole weeks: (accounts, weeks).

    A week of which some days are unknown is as large as the weekdays' shares of the known ones
    make it, and NaN where these carry less than half of a week.
    """
    weeks = min(usual.shape[1] // 7, LEVEL_WEEKS)
    days, parts = (
        values[:, usual.shape[1] - 7 * weeks :].reshape(len(usual), weeks, 7)
        for values in (usual, shares)
    )
    known = np.where(np.isnan(days), 0.0, parts).sum(axis=2)
    return np.where(known >= _LEAST_SHARE, sum_known(days, axis=2) / np.maximum(known, 0.1), np.nan)


def _ages(weeks: int) -> Floats:
    return np.arange(weeks, dtype=np.float64)[::-1]


def _weights(weekly: Floats, half_life: float) -> Floats:
    """Weight of each week, 0 where it is unknown: (accounts, weeks)."""
    fading = 0.5 ** (_ages(weekly.shape[1]) / half_life)
    return np.asarray(np.where(np.isnan(weekly), 0.0, fading))


def _weighted(values: Floats | NDArray[np.bool_], weights: Floats) -> Floats:
    total = (known_or_zero(np.asarray(values, np.float64)) * weights).sum(axis=1)
    return np.asarray(total / np.maximum(weights.sum(axis=1), 1e-12))


def _growth(weekly: Floats) -> Floats:
    """Log growth a day by least squares on the log of weeks, shrunk by what noise can do."""
    logs = np.log1p(weekly[:, -TREND_WEEKS:])
    count = logs.shape[1]
    if count < TREND_WEEKS // 2:
        return np.zeros(len(weekly))
    at = np.arange(count) - (count - 1) / 2.0
    off = logs - logs.mean(axis=1, keepdims=True)
    slope = off @ at / (at @ at)
    rest = off - slope[:, None] * at
    error = (rest**2).sum(axis=1) / (count - 2) / (at @ at)
    shrunk = slope * np.maximum(0.0, 1.0 - _TREND_NOISE * error / np.maximum(slope**2, 1e-12))
    return np.asarray(known_or_zero(np.clip(shrunk / 7.0, -_MOST_GROWTH, _MOST_GROWTH)))


def _variances(weekly: Floats, weights: Floats, mean: Floats) -> tuple[Floats, Floats]:
    """Relative variance from week to week, and what the weeks vary by beyond it."""
    scale = np.maximum(mean, 1e-12) ** 2
    steps = np.diff(weekly, axis=1)
    noise = _weighted(steps**2 / 2.0, np.where(np.isnan(steps), 0.0, weights[:, 1:])) / scale
    whole = _weighted((weekly - mean[:, None]) ** 2, weights) / scale
    return noise, np.maximum(whole - noise, 0.0)
