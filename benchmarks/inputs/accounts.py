"""Generated traffic of many accounts, and what baselines, scores and incidents of it cost."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import numpy as np

from benchmarks.measure import table
from models.baseline.baseline import local_calendar
from models.baseline.grid import HourlyGrid
from models.baseline.scores import score_hours
from models.baseline.thresholds import own_alerts
from models.incidents.walks.walk import analyse
from models.statistics import Floats

START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
ZONE = "Europe/Berlin"
_AT_ONCE = 256


def traffic(accounts: int, days: int, seed: int = 1) -> HourlyGrid:
    """Negative binomial counts: a third round the clock, a third in office hours, a third rare."""
    generator = np.random.default_rng(seed)
    hour = np.arange(days * 24)
    is_open = (hour % 24 >= 7) & (hour % 24 < 17) & (hour // 24 % 7 < 5)
    shape = np.stack([np.ones(len(hour)), np.where(is_open, 2.0, 0.05), np.full(len(hour), 0.02)])
    rates = generator.lognormal(3.0, 1.5, accounts)
    sent = np.empty((accounts, len(hour)))
    for row in range(accounts):
        mean = rates[row] * shape[row % 3]
        sent[row] = generator.poisson(generator.gamma(2.0, mean / 2.0))
    quarters = np.stack([np.ceil((sent - place) / 4.0).clip(0) for place in range(4)], axis=2)
    names = tuple(f"a{row:05}@contoso.com" for row in range(accounts))
    nothing = np.zeros_like(sent)
    return HourlyGrid(names, START, sent, quarters, nothing, nothing, 4)


def scores_alone(grid: HourlyGrid) -> int:
    """Scores and own thresholds of every account; returns the hours over them."""
    calendar = local_calendar(grid.start, grid.hours, ZONE)
    alerts = 0
    for first in range(0, len(grid.accounts), _AT_ONCE):
        scores: Floats = score_hours(grid.recipients[first : first + _AT_ONCE], calendar)
        alerts += int(own_alerts(scores).sum())
    return alerts


def everything(grid: HourlyGrid) -> int:
    """Baselines, intervals, scores and incidents; returns the incidents."""
    return len(analyse(grid, ZONE).incidents)


def report(accounts: int, days: int) -> str:
    """The table: seconds and milliseconds per 1,000 series-hours."""
    grid = traffic(accounts, days)
    rows = [("part", "seconds", "CPU seconds", "ms / 1,000 h", "found")]
    for name, job in (("scores and alerts", scores_alone), ("from scratch", everything)):
        wall, cpu = time.perf_counter(), time.process_time()
        count = job(grid)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        per_hour = cpu / grid.recipients.size * 1e6
        rows.append((name, f"{wall:.1f}", f"{cpu:.1f}", f"{per_hour:.2f}", f"{count:,}"))
    return f"{accounts:,} accounts, {days} days, hourly\n{table(rows)}"
