"""An incident is as long as what is unusual; what comes faintly after it is listed below it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from models.incident import Event, Incident
from models.incidents.describe import Describer
from models.incidents.episodes import Episode, episodes_of
from models.incidents.signals.quarter_hours import COUNTS, activity_of
from models.incidents.signals.rules import find
from models.incidents.size import Sizes
from models.incidents.walks.walk import analyse
from tests.unit.models.traffic_samples import START, grid_of

ACCOUNT = "a0@contoso.com"
DAYS = 12
NOON = START + timedelta(days=1, hours=12)
QUARTERS_3H, QUARTERS_DAY, QUARTERS_WEEK = 12, 96, 672


@cache
def sizes() -> Sizes:
    grid = grid_of(np.ones((1, DAYS * 24)))
    return Sizes(grid, analyse(grid, "UTC"))


def row(hours: float, **counts: float) -> dict[str, Any]:
    """A quarter-hour with mail so many hours after noon."""
    at = NOON + timedelta(hours=hours)
    quarter = at.minute // 15
    stamp = at.replace(minute=0)
    usual = dict.fromkeys(COUNTS, 0) | {"recipients": max(counts.values())}
    return {"account": ACCOUNT, "hour_utc": stamp, "quarter": quarter} | usual | counts


def event(
    signal: str, hours: float, value: float, window: int, level: int = 2, usual: float = 0.0
) -> Event:
    """A signal of the quarter-hour so many hours after noon."""
    began = NOON + timedelta(hours=hours)
    known = began + timedelta(minutes=15)
    return Event(signal, level, known, began, known, value, usual, window)


def described(
    rows: list[dict[str, Any]], events: list[Event], until: datetime
) -> tuple[Episode, Incident]:
    """The only episode of the events, and its incident."""
    activity = activity_of(pd.DataFrame(rows), until)
    describer = Describer(activity, find(activity).fitness, sizes(), until)
    (episode,) = episodes_of(ACCOUNT, events)
    return episode, describer.incident(episode)


def after(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


# Two hundred strangers in 90 minutes; the week's sum fires again while a few more come.
BURST = [(place / 4, 40) for place in range(5)]
ECHOES = [(26.0, 1), (50.0, 2), (74.0, 1)]


def burst(until: datetime) -> tuple[Episode, Incident]:
    rows = [row(hours, new_recipients=many) for hours, many in (*BURST, *ECHOES)]
    own = [event("new_recipients", hours, 40, QUARTERS_3H) for hours, _ in BURST]
    week = [event("new_recipients", hours, 201, QUARTERS_WEEK) for hours, _ in ECHOES]
    week = [replace(echo, began=NOON) for echo in week if echo.known_at <= until]
    return described(rows, [*own, *week], until)


def test_a_burst_ends_where_its_echoes_begin() -> None:
    episode, incident = burst(START + timedelta(days=DAYS))
    assert episode.last == after(74.25)
    assert (incident.started_at, incident.ended_at) == (NOON, after(1.25))
    assert incident.opened_at == incident.detected_at == after(0.25)
    assert incident.observed == 2  # of the two hours that it lasted
    assert any(reason.startswith("200 of 200 recipients") for reason in incident.reasons)


def test_what_came_faintly_afterwards_is_listed_last() -> None:
    _, incident = burst(START + timedelta(days=DAYS))
    assert incident.reasons[-1] == "fainter signs for 73 h afterwards: 4 new recipients"


def test_echoes_hold_nothing_open() -> None:
    assert burst(after(25.0))[1].ended_at is None
    assert burst(after(26.5))[1].ended_at == after(1.25)


def test_a_drip_lasts_until_its_last_day() -> None:
    days = range(6)
    rows = [row(24 * day, new_recipients=10) for day in days]
    events = [event("new_recipients", 24 * day, 10, QUARTERS_DAY) for day in days]
    _, incident = described(rows, events, START + timedelta(days=DAYS))
    assert (incident.started_at, incident.ended_at) == (NOON, after(120.25))
    assert not any("afterwards" in reason for reason in incident.reasons)


def test_a_mailing_hours_after_its_probe_is_the_same_incident() -> None:
    rows = [row(0.0, new_recipients=5), row(20.0, new_recipients=200)]
    events = [
        event("new_recipients", 0.0, 5, QUARTERS_3H),
        event("new_recipients", 20.0, 200, QUARTERS_3H),
    ]
    _, incident = described(rows, events, START + timedelta(days=DAYS))
    assert (incident.started_at, incident.ended_at) == (NOON, after(20.25))


def test_a_second_burst_prolongs_however_large_the_first_was() -> None:
    rows = [row(0.0, new_recipients=4_000), row(20.0, new_recipients=150)]
    events = [
        event("new_recipients", 0.0, 4_000, QUARTERS_3H),
        event("new_recipients", 20.0, 150, QUARTERS_3H),
    ]
    _, incident = described(rows, events, START + timedelta(days=DAYS))
    assert incident.ended_at == after(20.25)


def test_another_signal_prolongs() -> None:
    rows = [row(0.0, new_recipients=400), row(20.0, failed=30)]
    events = [
        event("new_recipients", 0.0, 400, QUARTERS_3H),
        event("failure_storm", 20.0, 30, QUARTERS_DAY, level=1),
    ]
    _, incident = described(rows, events, START + timedelta(days=DAYS))
    assert incident.ended_at == after(20.25)


def test_what_the_account_does_every_day_prolongs_nothing() -> None:
    """Thirty in the first hour; three new people a day are usual, and five more come."""
    rows = [row(0.0, new_recipients=30), row(23.75, new_recipients=5)]
    events = [
        event("new_recipients", 0.0, 30, QUARTERS_DAY, usual=3.0),
        event("new_recipients", 23.75, 35, QUARTERS_DAY, level=1, usual=3.0),
    ]
    _, incident = described(rows, events, START + timedelta(days=DAYS))
    assert incident.ended_at == after(0.25)


def test_what_ends_soon_after_belongs_to_it() -> None:
    rows = [row(0.0, new_recipients=400), row(2.75, new_recipients=1)]
    events = [event("new_recipients", hours, 400, QUARTERS_DAY) for hours in (0.0, 2.75)]
    _, incident = described(rows, events, START + timedelta(days=DAYS))
    assert incident.ended_at == after(3.0)


def test_volume_that_goes_on_is_counted_until_now() -> None:
    volume = Incident(
        account=ACCOUNT,
        kind="surge",
        severity="medium",
        started_at=NOON,
        ended_at=None,
        detected_at=after(1.0),
        observed=10,
        expected=1.0,
        interval=(0.0, 2.0),
        reasons=("",),
        signals=(),
        extra_recipients=9,
        learning=False,
    )
    known = after(1.0)
    one = Event("surge", 2, known, NOON, known, 9.0, 1.0, volume=volume)
    _, incident = described([row(0.0, recipients=1)], [one], after(10.0))
    assert incident.ended_at is None
    assert incident.observed == 10
