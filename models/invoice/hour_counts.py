"""Recipients per UTC hour and status, summed to billing days that may begin at any hour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from models.reference.prices import PriceOf
from models.statistics import Floats

Counts = NDArray[np.int64]
UNKNOWN = "unknown"  # recipients without a status
STATUSES = ("delivered", "quarantined", "filtered_as_spam", "failed", UNKNOWN)


@dataclass(frozen=True)
class HourCounts:
    """Recipients per hour since midnight (UTC) of `first`, by status; whole days."""

    first: date
    counts: Mapping[str, Counts]

    @property
    def days(self) -> int:
        """Number of UTC days."""
        return len(next(iter(self.counts.values()))) // 24

    def of(self, statuses: Sequence[str]) -> Counts:
        """Recipients per hour of any of the statuses."""
        total = np.zeros(self.days * 24, dtype=np.int64)
        for status in statuses:
            total = total + self.counts[status]
        return total

    def hourly_cost(self, statuses: Sequence[str], price_of: PriceOf) -> Floats:
        """List cost per hour as floats, for searching; days without a price cost nothing."""
        prices = [price_of(self.first + timedelta(days=n)) or Decimal(0) for n in range(self.days)]
        listed = np.repeat(np.array(prices, dtype=np.float64), 24)
        return self.of(statuses).astype(np.float64) * listed

    def by_billing_day(self, hourly: Floats, starts: int) -> dict[date, float]:
        """Sums of hourly values per billing day that begins at the UTC hour `starts`."""
        place = (np.arange(len(hourly)) - starts) // 24
        low = int(place.min())
        sums = np.bincount(place - low, weights=hourly)
        return {self.first + timedelta(days=low + n): float(value) for n, value in enumerate(sums)}

    def exact_costs(
        self, statuses: Sequence[str], starts: int, price_of: PriceOf
    ) -> dict[date, Decimal]:
        """Exact list cost per billing day; an hour takes the price of its UTC day."""
        hourly, costs = self.of(statuses), dict[date, Decimal]()
        for number in range(self.days):
            utc_day = self.first + timedelta(days=number)
            price = price_of(utc_day) or Decimal(0)
            for shift, part in _parts(hourly[number * 24 : number * 24 + 24], starts):
                day = utc_day + timedelta(days=shift)
                costs[day] = costs.get(day, Decimal(0)) + price * int(part.sum())
        return costs

    def recipients(self, statuses: Sequence[str], starts: int) -> dict[date, int]:
        """Recipients per billing day."""
        sums = self.by_billing_day(self.of(statuses).astype(np.float64), starts)
        return {day: round(value) for day, value in sums.items()}


def hour_counts(
    rows: Iterable[tuple[datetime, Mapping[str, int]]], first: date, last: date
) -> HourCounts:
    """Dense counts of the UTC days `first` to `last`; rows outside are left out."""
    size = ((last - first).days + 1) * 24
    counts = {status: np.zeros(size, dtype=np.int64) for status in STATUSES}
    for hour, values in rows:
        place = (hour.date() - first).days * 24 + hour.hour
        if 0 <= place < size:
            for status in STATUSES:
                counts[status][place] += values[status]
    return HourCounts(first, counts)


def _parts(day: Counts, starts: int) -> list[tuple[int, Counts]]:
    """A UTC day cut where billing days begin: (days to move it by, its hours)."""
    if starts == 0:
        return [(0, day)]
    if starts > 0:
        return [(-1, day[:starts]), (0, day[starts:])]
    return [(0, day[: 24 + starts]), (1, day[24 + starts :])]
