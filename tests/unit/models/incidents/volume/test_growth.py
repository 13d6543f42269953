"""Gradual growth: found once, hour and numbers counted by hand, and what is no growth."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

import numpy as np
import pytest

from models.incident import Incident
from models.incidents.verdicts import Feedback
from models.incidents.walks.walk import analyse
from tests.unit.models.traffic_samples import START, Floats, cut_off, grid_of
from warehouse.records.verdicts import Judged, Verdict

DAY, DAYS = 24, 112
BEGIN = 70  # a Monday
ACCOUNTS = (
    "ramp",
    "step",
    "mailing",
    "two mailings",
    "weekly",
    "young",
    "outage",
    "unread",
    "slow",
)


def office_days(per_day: Floats) -> Floats:
    """Ten equal hours from 8 to 18 on workdays."""
    hours = np.zeros((len(per_day), DAY))
    hours[:, 8:18] = per_day[:, None] / 10.0
    hours[np.arange(len(per_day)) % 7 >= 5] = 0.0
    return hours.ravel()


def daily(name: str) -> Floats:
    per_day = np.full(DAYS, 100.0)
    workday = np.cumsum(np.arange(DAYS) % 7 < 5) - 50  # 1 on the Monday on which things begin
    if name == "ramp":  # 110, 120, 130 ... to 250
        per_day += 10.0 * np.clip(workday, 0, 15)
    elif name == "step":
        per_day[BEGIN:] = 180.0
    elif name == "mailing":
        per_day[BEGIN + 1] = 2000.0
    elif name == "two mailings":
        per_day[[BEGIN + 1, BEGIN + 3]] = 280.0
    elif name == "weekly":
        per_day = np.where(np.arange(DAYS) % 7 == 2, 500.0, 0.0)
        per_day[BEGIN:] *= 3.0
    elif name == "slow":
        per_day *= 1.09 ** (np.arange(DAYS) // 7)
    return np.round(per_day, -1)


@cache
def drawn() -> Floats:
    sent = np.stack([office_days(daily(name)) for name in ACCOUNTS])
    young, outage, unread = (ACCOUNTS.index(name) for name in ("young", "outage", "unread"))
    sent[young, : 60 * DAY] = np.nan
    sent[young, 60 * DAY : 88 * DAY] *= np.repeat(np.linspace(0.1, 1.0, 28), DAY)
    sent[outage, 60 * DAY : 66 * DAY] = 0.0
    sent[unread, BEGIN * DAY : (BEGIN + 2) * DAY] = np.nan
    return np.round(sent)


def grown(sent: Floats, feedback: Feedback | None = None) -> dict[str, list[Incident]]:
    by_name: dict[str, list[Incident]] = {}
    for incident in analyse(grid_of(sent), "UTC", feedback=feedback).incidents:
        name = ACCOUNTS[int(incident.account[1 : incident.account.index("@")])]
        if incident.signals[0].name == "growth":
            by_name.setdefault(name, []).append(incident)
    return by_name


@cache
def raised() -> dict[str, list[Incident]]:
    return grown(drawn())


def hour(day: int, of_day: int) -> int:
    return day * DAY + of_day


def test_a_ramp_is_raised_once_in_the_hour_in_which_days_are_half_as_much_again() -> None:
    """The three days before Wednesday 9 have 330, the same days of other weeks 200; with 50 a
    week beside each, that is (330 + 21.4) / (200 + 21.4) = 1.59 from its first hour on."""
    (growth,) = raised()["ramp"]
    assert growth.detected_at == START + timedelta(hours=hour(BEGIN + 9, 1))
    assert (growth.severity, growth.signals[0].name) == ("medium", "growth")
    assert growth.started_at == START + timedelta(days=BEGIN + 3)  # 140, the first above 1.2
    assert growth.reasons == (
        "330 recipients in the last 3 days; the same days of earlier weeks had 200",
    )


def test_a_step_is_raised_once_and_is_the_new_normal() -> None:
    assert len(raised()["step"]) == 1


@pytest.mark.parametrize(
    "name", ["mailing", "two mailings", "weekly", "young", "outage", "unread", "slow"]
)
def test_no_growth(name: str) -> None:
    assert name not in raised()


def test_growth_does_not_look_ahead() -> None:
    for until in (hour(BEGIN + 9, 1), hour(BEGIN + 9, 0)):
        known = analyse(cut_off(grid_of(drawn()[:1]), until), "UTC").incidents
        assert len(known) == (until == hour(BEGIN + 9, 1))


def test_a_growth_that_was_called_harmless_is_not_raised_again() -> None:
    (step,) = raised()["step"]
    at = step.detected_at + timedelta(hours=20)
    judged = Judged("i1", "contoso", step.account, "drift", step.started_at, at, 400)
    verdict = Verdict(judged, "planned", "why", "ada", at, at + timedelta(days=30))
    assert grown(drawn(), Feedback([verdict]))["step"] == [step]
