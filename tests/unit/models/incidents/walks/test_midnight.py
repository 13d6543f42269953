"""A walk that goes on from a midnight: the same, to the last bit, as one from the first day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from models.baseline.baseline import local_calendar
from models.baseline.grid import HourlyGrid
from models.incidents.verdicts import Feedback
from models.incidents.walks.midnight import Values
from models.incidents.walks.walk import Walk
from tests.unit.models.traffic_samples import Floats, draw, grid_of, office
from warehouse.records.verdicts import Judged, Verdict

DAY = 24
START = datetime(2026, 9, 7, tzinfo=UTC)  # a Monday; Berlin puts its clocks back on day 48
HOLIDAYS = (date(2026, 10, 12), date(2026, 11, 2))


@dataclass
class Kept:
    """Everything that a walk from the first day remembers at each midnight."""

    memory: dict[int, Mapping[str, Values]]
    hours: dict[int, Mapping[str, Values]]


def lively(days: int, start: datetime = START, seed: int = 5) -> HourlyGrid:
    """Accounts of several habits with bursts, pauses, loops, strangers and hours not read."""
    random = np.random.default_rng(seed)
    mean = np.stack(
        [
            np.full(days * DAY, 60.0),
            np.full(days * DAY, 5.0),
            *[office(days, level) for level in (40.0, 300.0, 3.0)],
            np.tile(np.eye(DAY)[7] * 200.0, days),
            np.zeros(days * DAY),
        ]
    )
    sent = draw(random, mean)
    for _ in range(3 * days // 10):
        account, hour = random.integers(6), random.integers(14 * DAY, days * DAY)
        length, factor = random.integers(1, 60), random.choice([0.0, 0.0, 2.0, 12.0])
        burst = factor * (mean[account].max() + 20.0)
        sent[account, hour : hour + length] = np.round(burst)
    new = np.where(random.random(sent.shape) < 0.01, sent, 0.0)
    sources = np.where(random.random(sent.shape) < 0.002, 1.0, 0.0)
    sent[3, : 20 * DAY + 5] = np.nan  # begins later
    unread = random.random(sent.shape) < 0.002
    sent[unread] = np.nan
    sent[1, 33 * DAY : 34 * DAY] = np.nan
    new, sources = (np.pad(part, ((0, 1), (0, 0))) for part in (new, sources))
    return grid_of(np.vstack([sent, batches(days)]), start, new=new, sources=sources)


def batches(days: int) -> Floats:
    """An account without a rhythm: every fifth day at another hour, and once far more."""
    sent = np.zeros(days * DAY)
    for number, day in enumerate(range(2, days, 5)):
        sent[day * DAY + (7 * number) % DAY] = 100.0 + 10.0 * (number % 4)
    sent[55 * DAY + 5 : 55 * DAY + 8] = 900.0
    return sent


def verdict(status: str, account: int, day: int, days: int) -> Verdict:
    started = START + timedelta(days=day, hours=3)
    judged = Judged(
        f"{status}{day}", "contoso", f"a{account}", "surge", started, started + timedelta(hours=30),
        500,
    )  # fmt: skip
    at = START + timedelta(days=day + days)
    return Verdict(judged, status, "", "ann", at, at + timedelta(days=30))


def walk_of(grid: HourlyGrid, timezone: str, feedback: Feedback) -> Walk:
    calendar = local_calendar(grid.start, grid.hours, timezone, HOLIDAYS)
    return Walk(grid, slice(0, len(grid.accounts)), calendar, feedback)


def walked(walk: Walk) -> Kept:
    kept = Kept({}, {})

    def at_midnight(day: int) -> None:
        # Copies: the walk goes on in the same arrays.
        kept.memory[day] = {name: np.array(part) for name, part in walk.memory(day).items()}
        if day:
            kept.hours[day - 1] = {
                name: np.array(part) for name, part in walk.hours(day - 1).items()
            }

    walk.judge(at_midnight)
    return kept


def without_past(grid: HourlyGrid, column: int) -> HourlyGrid:
    """The grid as a run reads it that goes on: earlier hours are not known to it."""
    names = ("recipients", "quarters", "new_recipients", "new_sources")
    parts = {name: getattr(grid, name).copy() for name in names}
    for part in parts.values():
        part[:, :column] = 1e9
    return replace(grid, **parts)


@pytest.mark.parametrize(
    ("timezone", "start"),
    [
        ("UTC", START),
        ("Europe/Berlin", START),
        ("Europe/Berlin", datetime(2026, 2, 16, 5, tzinfo=UTC)),
        ("Pacific/Auckland", START),
    ],
)
def test_a_walk_goes_on_from_any_midnight_as_if_it_had_never_stopped(
    timezone: str, start: datetime
) -> None:
    grid = lively(64, start)
    said = [verdict("confirmed", 0, 40, 12), verdict("false_positive", 2, 50, 2)]
    feedback = Feedback(said if start is START else ())
    whole = walk_of(grid, timezone, feedback)
    kept = walked(whole)
    for day in (1, 29, 48, 49, 53, 63):
        column = whole.calendar.columns(day)[0]
        late = walk_of(without_past(grid, column), timezone, feedback)
        late.go_on(day, kept.memory[day], kept.hours.__getitem__)
        again = walked(late)
        assert late.incidents() == whole.incidents() != []
        for name in ("expected", "bounds", "learning", "off_hours", "sent"):
            mine, theirs = getattr(late.traffic, name), getattr(whole.traffic, name)
            np.testing.assert_array_equal(mine[..., column:], theirs[..., column:], name)
        for name, part in again.memory.get(63, {}).items():
            np.testing.assert_array_equal(part, kept.memory[63][name], name)


def test_hours_that_have_not_come_yet_are_not_recalled() -> None:
    grid = lively(16)
    kept = walked(walk_of(grid, "UTC", Feedback()))
    late = walk_of(without_past(grid, 15 * DAY), "UTC", Feedback())
    late.go_on(15, kept.memory[15], kept.hours.__getitem__)
    late.traffic.recall(grid.hours + 400)
    assert late.traffic.sent[0, 4 * DAY] == 1e9
    late.traffic.recall(4 * DAY)
    since = slice(4 * DAY, None)
    np.testing.assert_array_equal(late.traffic.sent[:, since], grid.recipients[:, since])
