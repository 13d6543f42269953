"""Whether the hourly 80 and 95 % intervals cover what they say, by level of load.

python benchmarks/intervals.py [--labels FILE]
Generated accounts, and the labelled counts of a checkout beside this one where there is one (their
unlabelled hours). Beside it: mean and deviation of the same hour of the week, as a plain normal
interval. Small counts are covered more often than promised, since bounds are whole numbers.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.inputs.accounts import traffic
from benchmarks.inputs.series import read_series
from benchmarks.measure import table
from models.baseline.grid import HourlyGrid
from models.incidents.walks.walk import analyse
from models.statistics import Floats

LABELS = Path(__file__).parents[2] / "shared" / "data" / "anomaly" / "hourly.parquet"
LOADS = ((0.0, 0.5), (0.5, 2.0), (2.0, 20.0), (20.0, 200.0), (200.0, np.inf))
_WARM = 35 * 24
_WEEK = 168
Bounds = tuple[Floats, Floats, Floats, Floats, Floats]  # expected, lo95, lo80, hi80, hi95


def ours(grid: HourlyGrid) -> Bounds:
    """Baselines and intervals of the product."""
    analysis = analyse(grid, "UTC")
    return analysis.expected, analysis.lo95, analysis.lo80, analysis.hi80, analysis.hi95


def plain(grid: HourlyGrid) -> Bounds:
    """Mean ± normal quantiles of the same hour of the four weeks before."""
    values = grid.recipients
    lags = np.full((4, *values.shape), np.nan)
    for week in range(1, 5):
        lags[week - 1, :, week * _WEEK :] = values[:, : -week * _WEEK]
    mean, deviation = lags.mean(axis=0), lags.std(axis=0, ddof=1)
    low95, low80, high80, high95 = (mean + z * deviation for z in (-1.96, -1.2816, 1.2816, 1.96))
    return mean, np.maximum(low95, 0), np.maximum(low80, 0), high80, high95


def covered(name: str, grid: HourlyGrid, usable: NDArray[np.bool_]) -> Iterator[tuple[str, ...]]:
    """One row per way and level of load."""
    for way, bounds in (("product", ours(grid)), ("plain", plain(grid))):
        expected, low95, low80, high80, high95 = bounds
        for least, most in LOADS:
            hours = usable & (expected >= least) & (expected < most)
            if hours.sum() < 500:
                continue
            sent = grid.recipients[hours]
            inside80 = ((sent >= low80[hours]) & (sent <= high80[hours])).mean()
            inside95 = ((sent >= low95[hours]) & (sent <= high95[hours])).mean()
            width = (high80[hours] - low80[hours]).mean() / max(expected[hours].mean(), 1e-9)
            yield (
                name,
                way,
                f"{least:g} to {most:g}",
                f"{hours.sum():,}",
                f"{inside80:.3f}",
                f"{inside95:.3f}",
                f"{width:.2f}",
            )


def generated() -> tuple[HourlyGrid, NDArray[np.bool_]]:
    """90 accounts over 100 days without any incident."""
    grid = traffic(90, 100)
    usable = np.zeros(grid.recipients.shape, np.bool_)
    usable[:, _WARM:] = True
    return grid, usable


def labelled(path: Path) -> Iterator[tuple[HourlyGrid, NDArray[np.bool_]]]:
    """Count series of more than five weeks; labelled and unobserved hours are left out."""
    rows = read_series(path)
    is_count = (rows.rows["kind"] == "count").to_numpy()
    label = rows.rows["label"].to_numpy() > 0
    for batch in rows.batches():
        good = np.zeros(batch.values.shape, np.bool_)
        good[batch.cells] = (is_count & ~label)[batch.rows]
        good[:, :_WARM] = False
        good &= ~np.isnan(batch.values)
        if good.any():
            yield _grid(batch.values), good


def _grid(values: Floats) -> HourlyGrid:
    quarters = np.stack([np.ceil((values - place) / 4.0).clip(0) for place in range(4)], axis=2)
    nothing = np.where(np.isnan(values), np.nan, 0.0)
    names = tuple(f"a{row:03}" for row in range(len(values)))
    return HourlyGrid(names, traffic(1, 1).start, values, quarters, nothing, nothing, 4)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--labels", type=Path, default=LABELS)
    options = parser.parse_args()
    rows = [("traffic", "way", "expected per hour", "hours", "in 80 %", "in 95 %", "width 80 %")]
    rows += covered("generated", *generated())
    if options.labels.exists():
        for number, (grid, usable) in enumerate(labelled(options.labels), 1):
            rows += covered(f"labelled counts {number}", grid, usable)
    print(table(rows))


if __name__ == "__main__":
    main()
