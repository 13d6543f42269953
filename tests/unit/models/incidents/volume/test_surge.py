"""Surges beside the account's own earlier ones: what comes again, and what is far beyond."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from models.incident import Incident
from models.incidents.walks.walk import analyse
from tests.unit.models.traffic_samples import Floats, grid_of, office

DAY, DAYS = 24, 70
ACCOUNTS = ("weekly", "a little larger", "far larger")


@cache
def drawn() -> Floats:
    sent = np.round(np.tile(office(DAYS, 10.0), (3, 1)))
    for week in range(DAYS // 7):
        sent[0, (7 * week + 2) * DAY + 9] = 2000.0 + 5.0 * week
    sent[1:, 44 * DAY + 12] += 400.0
    sent[1, 64 * DAY + 12] += 600.0
    sent[2, 64 * DAY + 12] += 800.0
    return sent


@cache
def surges() -> dict[str, list[Incident]]:
    by_name: dict[str, list[Incident]] = {name: [] for name in ACCOUNTS}
    for incident in analyse(grid_of(drawn()), "UTC").incidents:
        if incident.kind == "surge" and not incident.learning:
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
