"""Generated hourly traffic with known properties, for the tests of this folder."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from models.baseline.grid import HourlyGrid

START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
Floats = NDArray[np.float64]


def office(days: int, rate: float) -> Floats:
    """Expected recipients per hour: office hours on workdays, next to nothing otherwise."""
    hour = np.arange(days * 24)
    is_open = (hour % 24 >= 7) & (hour % 24 < 17) & (hour // 24 % 7 < 5)
    return np.where(is_open, rate, rate * 0.02)


def draw(generator: np.random.Generator, mean: Floats, size: float = 3.0) -> Floats:
    """Negative binomial counts around the mean."""
    counts: Floats = generator.poisson(generator.gamma(size, mean / size)).astype(np.float64)
    return counts


def grid_of(
    sent: Floats,
    start: datetime = START,
    *,
    new: Floats | None = None,
    sources: Floats | None = None,
    complete_quarters: int = 4,
) -> HourlyGrid:
    """Grid whose hours are spread evenly over their quarters (remainders come first)."""
    whole = np.nan_to_num(sent)
    quarters = np.stack([np.ceil((whole - place) / 4.0).clip(0) for place in range(4)], axis=2)
    quarters[np.isnan(sent)] = np.nan
    return HourlyGrid(
        accounts=tuple(f"a{row}@contoso.com" for row in range(len(sent))),
        start=start,
        recipients=sent.copy(),
        quarters=quarters,
        new_recipients=np.where(np.isnan(sent), np.nan, 0.0) if new is None else new,
        new_sources=np.zeros_like(sent) if sources is None else sources,
        complete_quarters=complete_quarters,
    )


def cut_off(grid: HourlyGrid, hours: int, complete_quarters: int = 4) -> HourlyGrid:
    """The grid as it was known after so many hours, the last one perhaps incomplete."""
    quarters = grid.quarters[:, :hours].copy()
    recipients, new = grid.recipients[:, :hours].copy(), grid.new_recipients[:, :hours].copy()
    if complete_quarters < 4:
        quarters[:, -1, complete_quarters:] = np.nan
        recipients[:, -1] = quarters[:, -1, :complete_quarters].sum(axis=1)
        new[:, -1] = np.minimum(new[:, -1], recipients[:, -1])
    return HourlyGrid(
        grid.accounts,
        grid.start,
        recipients,
        quarters,
        new,
        grid.new_sources[:, :hours].copy(),
        complete_quarters,
    )
