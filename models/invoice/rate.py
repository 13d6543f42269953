"""The rate at which invoiced days follow estimated ones, without knowing Azure's rules.

Every day leaves an interval of the ratio invoiced / list cost, as wide as the rounding of its
amount. What most days agree on holds: a median would follow outliers and hide a cent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal

import numpy as np

from models.invoice.hour_counts import HourCounts
from models.reference.prices import PriceOf
from models.statistics import Floats

# Counting rules to try, the documented one first; a later one must fit more days.
COUNTED = (
    ("delivered",),
    ("delivered", "quarantined"),
    ("delivered", "filtered_as_spam"),
    ("delivered", "quarantined", "filtered_as_spam"),
)
# Hours (UTC) at which a billing day may begin, nearest to midnight first.
STARTS = (0, *(sign * hour for hour in range(1, 13) for sign in (1, -1)))
TOLERANCES = (0.0, 0.001, 0.01, 0.05)
FEWEST_DAYS, FEWEST_LOOSE_DAYS = 3, 6
AGREEING = 0.6
PLAUSIBLE = (0.3, 1.5)  # effective price / list price of a meter that nobody pinned
MOST_DIGITS = 10


@dataclass(frozen=True)
class Rate:
    """How a meter follows usage; `ratio` is effective price / list price."""

    ratio: Decimal
    starts: int
    counted: tuple[str, ...]
    tolerance: float
    agreeing_days: int
    days: int


@dataclass(frozen=True)
class Pinned:
    """What the configuration fixes; None is looked for in the amounts."""

    starts: int | None = None
    counted: tuple[str, ...] | None = None
    ratio: Decimal | None = None


def find_rate(
    hours: HourCounts,
    invoiced: Mapping[date, Decimal],
    price_of: PriceOf,
    digits: int,
    pinned: Pinned | None = None,
    plausible: tuple[float, float] | None = PLAUSIBLE,
) -> Rate | None:
    """The rate that most invoiced days agree on, None when too few agree on any.

    invoiced: usage per complete billing day, credits left out.
    """
    pinned = pinned or Pinned()
    amounts = {day: float(amount) for day, amount in invoiced.items()}
    sums = [
        (counted, starts, hours.by_billing_day(hourly, starts))
        for counted in (COUNTED if pinned.counted is None else (pinned.counted,))
        for hourly in [hours.hourly_cost(counted, price_of)]
        for starts in (STARTS if pinned.starts is None else (pinned.starts,))
    ]
    half = 0.5 * 10.0**-digits + 1e-10
    for tolerance in TOLERANCES:
        rates = [
            Rate(ratio, starts, counted, tolerance, agreeing, days)
            for counted, starts, estimated in sums
            for ratio, agreeing, days in _agreed(amounts, estimated, half, tolerance, pinned.ratio)
            if plausible is None or plausible[0] <= float(ratio) <= plausible[1]
        ]
        if rates:
            # Of equals the first holds: documented counting, then the nearest to midnight.
            return max(rates, key=lambda rate: rate.agreeing_days)
    return None


def simplest(low: float, high: float) -> Decimal:
    """The decimal with the fewest digits in the interval; 1 where the list price fits."""
    if low <= 1.0 <= high:
        return Decimal(1)
    for digits in range(1, 13):
        step = Decimal(1).scaleb(-digits)
        candidate = Decimal(repr(low)).quantize(step, ROUND_CEILING)
        if float(candidate) <= high:
            return candidate
    return Decimal(repr((low + high) / 2)).quantize(Decimal(1).scaleb(-12))


def decimals_of(amounts: Sequence[Decimal]) -> int:
    """Most decimals that any amount shows, at most MOST_DIGITS: how finely Azure rounds rows."""
    return max((_decimals(amount) for amount in amounts), default=MOST_DIGITS)


def _decimals(amount: Decimal) -> int:
    exponent = amount.normalize().as_tuple().exponent
    return min(MOST_DIGITS, max(0, -exponent)) if isinstance(exponent, int) else MOST_DIGITS


def _agreed(
    invoiced: Mapping[date, float],
    estimated: Mapping[date, float],
    half: float,
    tolerance: float,
    ratio: Decimal | None,
) -> Iterator[tuple[Decimal, int, int]]:
    """(ratio, days that agree, days) where enough days agree; the pinned ratio where there is one.

    half: half a unit of the last decimal; tolerance: further share of an amount.
    """
    days = [day for day in invoiced if estimated.get(day, 0.0) > 0.0]
    costs = np.array([estimated[day] for day in days])
    amounts = np.array([invoiced[day] for day in days])
    fewest = FEWEST_DAYS if tolerance == 0.0 else FEWEST_LOOSE_DAYS
    needed = max(fewest, AGREEING * len(days))
    if len(days) < needed:
        return
    slack = half + tolerance * amounts
    low, high, agreeing = _stretch((amounts - slack) / costs, (amounts + slack) / costs)
    if ratio is not None:
        agreeing = int((np.abs(amounts - float(ratio) * costs) <= slack).sum())
    if agreeing >= needed:
        yield ratio or simplest(low, high), agreeing, len(days)


def _stretch(lows: Floats, highs: Floats) -> tuple[float, float, int]:
    """(low, high, number): the stretch that most intervals hold."""
    ends = np.concatenate([lows, highs])
    steps = np.concatenate([np.ones(len(lows)), -np.ones(len(highs))])
    order = np.lexsort((-steps, ends))  # of equal ends the opening one comes first
    depth = np.cumsum(steps[order])
    place = int(depth.argmax())
    return float(ends[order[place]]), float(ends[order[place + 1]]), int(depth[place])
