"""Surges beside the account's own earlier ones: what comes again, and what is far beyond."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

import numpy as np
import pytest

from models.incident import Incident
from models.incidents.volume.excess import WINDOWS, ExcessHistory
from models.incidents.walks.walk import analyse
from tests.unit.models.traffic_samples import START, Floats, grid_of, office

DAY, DAYS = 24, 70
ACCOUNTS = ("weekly", "a little larger", "far larger", "far batch", "odd hour", "lumpy")
LUMPY = (40, 160, 60, 200, 90, 30, 250, 70, 120, 35)  # every fifth day
LAST = 60 * DAY


@cache
def drawn() -> Floats:
    sent = np.round(np.tile(office(DAYS, 10.0), (len(ACCOUNTS), 1)))
    sent[3:] = 0.0
    for week in range(DAYS // 7):
        sent[0, (7 * week + 2) * DAY + 9] = 2000.0 + 5.0 * week
    sent[1:3, 44 * DAY + 12] += 400.0
    sent[1, 64 * DAY + 12] += 600.0
    sent[2, 64 * DAY + 12] += 800.0
    for number, size in enumerate(LUMPY):
        sent[3:5, (5 * number + 7) * DAY + 10] = 100.0
        sent[5, (5 * number + 7) * DAY + 10] = size
    sent[3, LAST + 10], sent[4, LAST + 3], sent[5, LAST + 10] = 500.0, 105.0, 500.0
    return sent


@cache
def surges() -> dict[str, list[Incident]]:
    by_name: dict[str, list[Incident]] = {name: [] for name in ACCOUNTS}
    for incident in analyse(grid_of(drawn()), "UTC").incidents:
        is_settled = incident.account < "a3" or incident.detected_at > START + timedelta(hours=LAST)
        if incident.kind == "surge" and not incident.learning and is_settled:
            by_name[ACCOUNTS[int(incident.account[1])]].append(incident)
    return by_name


def test_a_weekly_mailing_to_a_growing_list_is_raised_once_at_most() -> None:
    assert len(surges()["weekly"]) <= 1


@pytest.mark.parametrize(
    ("name", "severities"),
    [("a little larger", ["medium", "low"]), ("far larger", ["medium", "medium"])],
)
def test_a_surge_without_other_signs_is_medium_far_above_the_largest_before(
    name: str, severities: list[str]
) -> None:
    """The second one has 1.5 and 2 times the 400 of the first; 1.75 is far."""
    assert [surge.severity for surge in surges()[name]] == severities


def test_a_batch_far_above_equal_batches_is_a_surge() -> None:
    assert [surge.severity for surge in surges()["far batch"]] == ["medium"]


@pytest.mark.parametrize("name", ["odd hour", "lumpy"])
def test_a_usual_batch_at_another_time_and_a_large_one_of_varying_batches_are_none(
    name: str,
) -> None:
    assert {surge.severity for surge in surges()[name]} <= {"low"}


def test_batches_reach_two_and_a_half_deviations_above_their_mean() -> None:
    """Four times 100: the spread is the root of 3 x 0.25 / 6, with three assumed ones of 0.5."""
    history = ExcessHistory(1, 40)
    for day in (3, 9, 15, 21):
        sums = np.full((len(WINDOWS), 1, 24), 100.0)
        history.learn(day, sums, np.zeros(1), np.array([True]))
    expected = 100.0 * np.exp(2.5 * np.sqrt(0.75 / 6.0))
    assert history.batches(30)[:, 0] == pytest.approx(expected)
    assert history.batches(2)[:, 0].tolist() == [0.0] * len(WINDOWS)
