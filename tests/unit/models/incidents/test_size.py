"""Sizes of incidents of an account without a rhythm, from the whole days before them."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

import numpy as np

from models.baseline.size import Size
from models.incidents.size import Sizes
from models.incidents.walks.walk import Analysis, analyse
from tests.unit.models.traffic_samples import START, Floats, grid_of

DAY, DAYS, SURGE = 24, 70, 60
BATCHES = (2, 9, 13, 22, 26, 35, 39, 48, 52)  # 100 recipients each, at another hour every time


@cache
def sent() -> Floats:
    amounts = np.zeros((1, DAYS * DAY))
    for number, day in enumerate(BATCHES):
        amounts[0, day * DAY + 3 * number % DAY] = 100.0
    amounts[0, SURGE * DAY + 9 : SURGE * DAY + 11] = 500.0, 412.0
    return amounts


@cache
def analysed() -> Analysis:
    return analyse(grid_of(sent()), "UTC")


def size(day: int, hour: int, hours: int) -> Size:
    start = START + timedelta(days=day, hours=hour)
    sizes = Sizes(grid_of(sent()), analysed())
    return sizes.between("a0@contoso.com", start, start + timedelta(hours=hours))


def test_an_incident_counts_the_days_before_it() -> None:
    """Nine batches in 60 days are 15 a day, 1.25 in two hours; the largest day had 100."""
    (surge,) = [one for one in analysed().incidents if one.kind == "surge"]
    assert (surge.observed, surge.expected, surge.interval) == (912, 1.2, (0.0, 100.0))
    assert surge.extra_recipients == 911
    assert size(SURGE, 9, 2) == Size(912, 1.2, (0.0, 100.0))


def test_days_of_an_incident_are_no_past_of_the_next_one() -> None:
    """Five days later 64 days are known, without that of the surge: 900 / 64 a day."""
    assert size(SURGE + 5, 9, 24) == Size(0, 14.1, (0.0, 100.0))


def test_a_long_stretch_is_measured_by_as_many_days() -> None:
    """Four days of 15; the batches are at least four days apart: 100 in any four days."""
    four = size(SURGE, 0, 4 * DAY)
    assert (four.observed, four.expected) == (912, 60.0)
    assert four.interval == (0.0, np.ceil(60.0 + 40.0 * np.sqrt((1 + 3 / 60) / (1 - 3 / 60))))


def test_fewer_than_twenty_days_are_measured_by_hours() -> None:
    assert size(19, 0, 2).expected == 0.0
    assert size(20, 0, 2).expected == 1.2  # 300 in 20 days
