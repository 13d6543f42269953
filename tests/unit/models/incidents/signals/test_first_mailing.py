"""The first mailing of a new account is no page, unless more than its size speaks against it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.incident import Incident
from models.incidents.assemble import judge
from models.incidents.signals.quarter_hours import COUNTS, activity_of
from tests.unit.models.traffic_samples import START, grid_of

ACCOUNT = "a0@contoso.com"
DAY, TEN = 24, 10


def first_mailing(
    days: int = 8,
    tests: int = 20,
    sources_on: tuple[int, ...] = (0,),
    fresh: int = 0,
    **counts: Any,
) -> Incident:
    """The incident of 1,800 recipients at ten after so many days of `tests` mails at ten.

    sources_on: days on which an address is seen first; the mailing's day is `days`.
    fresh: new people on every day but the first, on which all are new.
    """
    sent = np.zeros((1, (days + 1) * DAY))
    sources = np.zeros_like(sent)
    sent[0, TEN::DAY] = tests
    sent[0, days * DAY + TEN] = 1_800
    sources[0, [day * DAY + TEN for day in sources_on]] = 1
    quiet = dict.fromkeys(COUNTS, 0)
    rows = [quiet | row(day, tests, new_recipients=fresh if day else tests) for day in range(days)]
    rows.append(quiet | row(days, 1_800, **counts))
    grid = grid_of(sent, sources=sources)
    (incident,) = judge(grid, activity_of(pd.DataFrame(rows), grid.end), "UTC")[1]
    return incident


def row(day: int, recipients: int, **counts: Any) -> dict[str, Any]:
    at = START + timedelta(days=day, hours=TEN)
    known = dict.fromkeys(("recipients", "known_status_recipients"), recipients)
    return {"account": ACCOUNT, "hour_utc": at, "quarter": 0} | known | counts


def test_a_first_mailing_is_medium() -> None:
    incident = first_mailing()
    assert (incident.kind, incident.severity, incident.learning) == ("surge", "medium", True)


def test_after_fourteen_days_the_same_mailing_is_high() -> None:
    assert first_mailing(days=13).severity == "medium"
    assert first_mailing(days=14).severity == "high"


@pytest.mark.parametrize(("failed", "severity"), [(359, "medium"), (360, "high")])
def test_a_fifth_of_failures_makes_it_high(failed: int, severity: str) -> None:
    incident = first_mailing(failed=failed)
    assert incident.severity == severity
    reason = "360 of 1,800 recipients of a new account failed"
    assert (reason in incident.reasons) == (severity == "high")


@pytest.mark.parametrize(
    ("sources_on", "severity"),
    [((0,), "medium"), ((0, 8), "high"), ((0, 2, 4, 6, 7, 8), "medium")],
    ids=["the usual one", "one that is new", "from anywhere, always"],
)
def test_a_source_after_days_of_known_ones_makes_it_high(
    sources_on: tuple[int, ...], severity: str
) -> None:
    assert first_mailing(sources_on=sources_on).severity == severity


@pytest.mark.parametrize(
    ("days", "fresh", "strangers", "severity"),
    [
        (8, 0, 1_800, "high"),  # ninety times the twenty people of a week
        (8, 0, 100, "medium"),
        (4, 0, 1_800, "medium"),  # four days with mail make no circle
        (8, 50, 1_800, "medium"),  # this account writes to new people every day: to 370 so far
        (8, 40, 1_800, "high"),  # to 300 so far
    ],
)
def test_far_more_strangers_than_acquaintances_make_it_high(
    days: int, fresh: int, strangers: int, severity: str
) -> None:
    incident = first_mailing(days, fresh=fresh, new_recipients=strangers)
    assert incident.severity == severity
