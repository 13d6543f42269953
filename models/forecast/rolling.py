"""What comes on the next days, with ends, as it was known on any day of a history."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from models.forecast.history import DailyHistory
from models.forecast.profiles import Profile, fit_profile
from models.forecast.uncertainty import (
    TAILS,
    RollingOrigin,
    Sums,
    account_ends,
    bootstrap_total,
    pooled_quantiles,
    residual_scale,
    volume_classes,
)
from models.statistics import Floats, known_or_zero

_WARM_UP_DAYS = 28
_ORIGINS = 8
_ANNOUNCED_DEVIATION = 0.1  # of the size of an announced send
_CLOSEST_DAYS, _FARTHEST_DAYS = 7, 21  # between origins


@dataclass(frozen=True)
class Ahead:
    """The days that an outlook is about, how much of each is left, and what is known of them.

    Shape:  weights (days,); sent_today (accounts,): sent on the first day already;
            announced (accounts, days): recipients of planned sends.
    """

    days: list[date]
    weights: Floats
    sent_today: Floats
    announced: Floats


@dataclass(frozen=True)
class Outlook:
    """Recipients that are still expected, and their ends at 2.5, 10, 90 and 97.5 %.

    Shape:  left (accounts,), ends (accounts, 4), total_ends (4,); the total is left.sum().
    """

    left: Floats
    ends: Floats
    total_ends: Floats
    method: NDArray[np.int64]


def whole_days(begin: date, count: int, accounts: int) -> Ahead:
    """So many whole days of which nothing is known."""
    days = [begin + timedelta(days=n) for n in range(count)]
    return Ahead(days, np.ones(count), np.zeros(accounts), np.zeros((accounts, count)))


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
        profile, length = self.profile(origin), float(ahead.weights.sum())
        sums = expected_sums(profile, ahead)
        lead = max((ahead.days[0] - origin).days, 0) if ahead.days else 0
        scale, left = residual_scale(profile, sums, length, lead), sums.whole
        origins = self.origins(origin, max(round(length), 1))
        classes = volume_classes(profile)
        ends = account_ends(left, scale, pooled_quantiles(origins, classes))
        total = np.quantile(bootstrap_total(origins, left, scale, classes), TAILS)
        # Accounts that all end at their own tails are the most that the total may claim.
        low, high = ends.sum(axis=0)[:2], ends.sum(axis=0)[2:]
        total = np.concatenate([np.maximum(total[:2], low), np.minimum(total[2:], high)])
        return Outlook(left, ends, total, profile.method)

    def origins(self, origin: date, horizon: int) -> list[RollingOrigin]:
        """Rolling origins, newest first, each followed by up to `horizon` known days."""
        first = self.history.end - timedelta(days=self.history.values.shape[1])
        known = (origin - first).days
        horizon = min(horizon, known - _WARM_UP_DAYS)
        if horizon < 1:
            return []
        room = known - horizon - _WARM_UP_DAYS
        step = int(np.clip(room // _ORIGINS, _CLOSEST_DAYS, _FARTHEST_DAYS))
        places = range(known - horizon, _WARM_UP_DAYS - 1, -step)[:_ORIGINS]
        return [self._origin(first + timedelta(days=place), place, horizon) for place in places]

    def _origin(self, origin: date, place: int, horizon: int) -> RollingOrigin:
        profile, came = self.profile(origin), self.history.regular[:, place : place + horizon]
        ahead = whole_days(origin, horizon, len(came))
        sums = expected_sums(profile, ahead, ~np.isnan(came))
        actual, forecast = known_or_zero(came).sum(axis=1), sums.whole
        scale = residual_scale(profile, sums, horizon)
        errors = np.log((actual + 1.0) / (forecast + 1.0)) / scale
        is_idle = (actual == 0.0) & (forecast < 0.5)
        return RollingOrigin(
            origin,
            forecast,
            np.where(profile.is_new, 0.0, actual),
            scale,
            volume_classes(profile),
            np.where(is_idle | profile.is_new, np.nan, errors),
        )


def expected_sums(profile: Profile, ahead: Ahead, known: NDArray[np.bool_] | None = None) -> Sums:
    """What the profile expects of the days ahead, of the known ones alone.

    An announced send that comes back anyhow counts once. An account without a complete day is
    taken to go on as today.
    """
    daily = profile.expected(ahead.days)
    daily = np.where(profile.is_new[:, None], ahead.sent_today[:, None], daily) * ahead.weights
    mailings, variances = profile.mailings(ahead.days, ahead.sent_today)
    extra = np.maximum(ahead.announced - mailings, 0.0)
    variances = variances + (_ANNOUNCED_DEVIATION * extra) ** 2
    parts = (daily, mailings + extra, variances)
    counted = 1.0 if known is None else known.astype(np.float64)
    return Sums(*((part * counted).sum(axis=1) for part in parts))
