"""What comes on the next days, with ends, as it was known on any day of a history."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.forecast.history import DailyHistory
from models.forecast.profiles import LEARNING, MAILINGS, Profile, fit_profile
from models.forecast.uncertainty import (
    TAILS,
    RollingOrigin,
    Sums,
    account_classes,
    account_ends,
    bootstrap_total,
    pooled_quantiles,
    residual_scale,
)
from models.statistics import Floats, sum_known

_WARM_UP_DAYS = 28
_ORIGINS = 8
_ANNOUNCED_DEVIATION = 0.1  # of the size of an announced send
_CLOSEST_DAYS, _FARTHEST_DAYS = 7, 21  # between origins


@dataclass(frozen=True)
class Ahead:
    """Consecutive days that an outlook is about, and what is known of them.

    Shape:  (accounts, days). weights: how much of a day is not known yet, 0 to 1; sent: what is
            counted of a day that is not over, or was not read wholly; announced: recipients of
            planned sends. begun: days of the period before the first one that is not known.
    """

    days: list[date]
    weights: Floats
    sent: Floats
    announced: Floats
    begun: int = 0

    @property
    def length(self) -> float:
        """Days that are left, of the account with the most."""
        return float(self.weights.sum(axis=1).max(initial=0.0))


@dataclass(frozen=True)
class Outlook:
    """Recipients that are still expected, and their ends at 2.5, 10, 90 and 97.5 %.

    Shape:  left, scale, classes (accounts,), by_day (accounts, days), ends (accounts, 4),
            total_ends (4,); the total is left.sum().
    """

    left: Floats
    by_day: Floats
    ends: Floats
    method: NDArray[np.int64]
    scale: Floats
    classes: NDArray[np.int64]
    origins: list[RollingOrigin]

    @cached_property
    def total_ends(self) -> Floats:
        """Ends of all accounts together."""
        return self.ends_of(np.arange(len(self.left)))

    def ends_of(self, rows: NDArray[np.int64]) -> Floats:
        """Ends of some accounts together; those of a single one are its own."""
        if len(rows) == 1:
            return np.asarray(self.ends[rows[0]])
        parts = self.left[rows], self.scale[rows], self.classes[rows]
        total = np.quantile(bootstrap_total(self.origins, *parts), TAILS)
        # Accounts that all end at their own tails are the most that the total may claim.
        sums = self.ends[rows].sum(axis=0)
        return np.concatenate([np.maximum(total[:2], sums[:2]), np.minimum(total[2:], sums[2:])])


def whole_days(begin: date, count: int, accounts: int, begun: int = 0) -> Ahead:
    """So many whole days of which nothing is known, after those of a period that has begun."""
    days = [begin + timedelta(days=n) for n in range(count)]
    nothing = np.zeros((accounts, count))
    return Ahead(days, nothing + 1.0, nothing, nothing, begun)


@dataclass
class Rolling:
    """Profiles of a history as of any day in it, each fitted once."""

    history: DailyHistory
    _fitted: dict[date, Profile] = field(default_factory=dict)

    def profile(self, day: date) -> Profile:
        """The profile as it was known when `day` began."""
        if day not in self._fitted:
            self._fitted[day] = fit_profile(self.history.before(day))
        return self._fitted[day]

    def outlook(self, origin: date, ahead: Ahead) -> Outlook:
        """What comes on the days ahead, as known when `origin` began."""
        profile = self.profile(origin)
        sums, scale = self._expected(origin, ahead)
        left, origins = sums.whole, self.origins(origin, max(round(ahead.length), 1), ahead.begun)
        classes = account_classes(profile)
        ends = account_ends(left, scale, pooled_quantiles(origins, classes))
        method = method_of(profile, sums)
        return Outlook(left, sums.by_day, ends, method, scale, classes, origins)

    def _expected(
        self, origin: date, ahead: Ahead, known: NDArray[np.bool_] | None = None
    ) -> tuple[Sums, Floats]:
        """What is expected of the days ahead, of the known ones alone, and its scale."""
        profile = self.profile(origin)
        sums = expected_sums(profile, ahead, known)
        lead = max((ahead.days[0] - origin).days, 0) if ahead.days else 0
        return sums, residual_scale(profile, sums, ahead.length, lead)

    def origins(self, origin: date, horizon: int, begun: int = 0) -> list[RollingOrigin]:
        """Rolling origins, newest first, each followed by up to `horizon` known days.

        begun: days of the period that were over on the day that is looked from.
        """
        first = self.history.end - timedelta(days=self.history.values.shape[1])
        known = (origin - first).days
        horizon = min(horizon, known - _WARM_UP_DAYS)
        if horizon < 1:
            return []
        room = known - horizon - _WARM_UP_DAYS
        step = int(np.clip(room // _ORIGINS, _CLOSEST_DAYS, _FARTHEST_DAYS))
        places = range(known - horizon, _WARM_UP_DAYS - 1, -step)[:_ORIGINS]
        days = [(first + timedelta(days=place), place) for place in places]
        return [self._origin(day, place, horizon, begun) for day, place in days]

    def _origin(self, origin: date, place: int, horizon: int, begun: int) -> RollingOrigin:
        profile, came = self.profile(origin), self.history.regular[:, place : place + horizon]
        ahead = whole_days(origin, horizon, len(came), begun)
        sums, scale = self._expected(origin, ahead, ~np.isnan(came))
        actual, forecast = sum_known(came), sums.whole
        errors = np.log((actual + 1.0) / (forecast + 1.0)) / scale
        is_idle = (actual == 0.0) & (forecast < 0.5)
        # What comes on its day with its amount shows nothing about the others of its class.
        is_idle |= sums.mailed > sums.daily
        return RollingOrigin(
            origin,
            forecast,
            np.where(profile.is_new, 0.0, actual),
            scale,
            account_classes(profile),
            np.where(is_idle | profile.is_new, np.nan, errors),
        )


def method_of(profile: Profile, sums: Sums) -> NDArray[np.int64]:
    """What most of each account's sum rests on, as a number in METHODS: (accounts,)."""
    comes_back = np.isin(np.arange(len(sums.daily)), list(profile.recurring))
    is_mailing = (sums.mailed > sums.daily) | (comes_back & (sums.mailed == sums.daily))
    method = np.where(is_mailing, MAILINGS, profile.method)
    return np.where(profile.is_new & (sums.mailed == 0.0), LEARNING, method)


def expected_sums(profile: Profile, ahead: Ahead, known: NDArray[np.bool_] | None = None) -> Sums:
    """What the profile expects of the days ahead, of the known ones alone.

    An announced send that comes back anyhow counts once, as announced. An account without a
    complete day is taken to go on as on its first one.
    """
    daily = profile.expected(ahead.days)
    new = ahead.sent.max(axis=1, initial=0.0)[:, None]
    daily = np.where(profile.is_new[:, None], new, daily * profile.pace(ahead.begun)[:, None])
    daily = daily * ahead.weights
    # The rest of a day that is not over is a share of it; what was not read wholly lacks the rest.
    daily = np.where(ahead.weights == 1.0, np.maximum(daily - ahead.sent, 0.0), daily)
    is_open = ahead.weights > 0.0
    due = profile.mailings(ahead.days, ahead.sent + ahead.announced)
    mailings, variances = (part * is_open for part in due)
    variances = variances + (_ANNOUNCED_DEVIATION * ahead.announced) ** 2
    counted = 1.0 if known is None else known.astype(np.float64)
    mailed = mailings + ahead.announced
    daily, mailed, variances = (part * counted for part in (daily, mailed, variances))
    return Sums(daily, mailed, variances.sum(axis=1))
