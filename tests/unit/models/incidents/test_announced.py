"""Announced sends: volume within account, window and size is quiet, everything else fires."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from models.forecast.planned import plan_frame
from models.incident import Event, Incident, Signal
from models.incidents.announced import SentAndExpected, announced, part_of, spent
from models.incidents.walks.walk import analyse
from tests.unit.models.traffic_samples import START, draw, grid_of, office
from warehouse.records.plans import Plan

DAYS = 40
FIRST = 35 * 24 + 10  # a Monday, 10:00
HOUR = timedelta(hours=1)


def time(hour: int) -> datetime:
    return START + hour * HOUR


def traffic(extra: float, hours: int = 2, **options: Any) -> tuple[SentAndExpected, list[Incident]]:
    """Two accounts with office hours; the first sends more for some hours."""
    mean = np.stack([office(DAYS, 60.0), office(DAYS, 60.0)])
    sent = draw(np.random.default_rng(3), mean, 8.0)
    sent[0, FIRST : FIRST + hours] += extra / hours
    grid = grid_of(np.round(sent), **options)
    found = analyse(grid, "UTC")
    mine = [incident for incident in found.incidents if incident.kind == "surge"]
    return SentAndExpected(grid, found.expected, found.hi95), mine


def plan(**changes: Any) -> Plan:
    usual: dict[str, Any] = {
        "id": "p1",
        "tenant": "contoso",
        "scope": "account",
        "accounts": ("a0@contoso.com",),
        "start": time(FIRST),
        "end": time(FIRST + 2),
        "recipients": 900,
        "note": "all-staff",
        "author": "grace",
        "created_at": time(0),
    }
    return Plan(**usual | changes)


def beside_plans(found: list[Incident], plans: list[Plan], sent: SentAndExpected) -> list[Incident]:
    """What is left of incidents of volume, as it is told in the end."""
    beside = announced(plans, sent)
    return beside.with_plans(beside.volume(found))


def test_an_announced_send_within_its_size_is_quiet() -> None:
    sent, found = traffic(880.0)
    assert len(found) == 1
    assert beside_plans(found, [plan()], sent) == []
    assert beside_plans(found, [], sent) == found


@pytest.mark.parametrize(
    "changes",
    [
        {"accounts": ("a1@contoso.com",)},
        {"start": time(FIRST + 24), "end": time(FIRST + 26)},
        {"created_at": time(FIRST + 5)},
        {"removed_at": time(FIRST - 1)},
    ],
    ids=["another account", "another window", "announced too late", "withdrawn"],
)
def test_a_plan_that_does_not_speak_of_it_mutes_nothing(changes: dict[str, Any]) -> None:
    sent, found = traffic(880.0)
    assert beside_plans(found, [plan(**changes)], sent) == found


def test_more_than_announced_fires_once_the_size_is_passed_and_says_so() -> None:
    sent, found = traffic(1800.0)
    (left,) = beside_plans(found, [plan(recipients=700)], sent)
    assert left.detected_at > found[0].detected_at
    assert left.started_at == found[0].started_at
    assert "grace announced 700 recipients" in left.reasons[-1]
    assert "more than announced" in left.reasons[-1]
    assert 900 < left.extra_recipients < 1300


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"accounts": ()},
        {"accounts": ("nobody@contoso.com",)},
        {"start": time(-5), "end": time(3)},
        {"start": time(FIRST) + timedelta(minutes=40), "end": time(10_000)},
        {"start": time(9_000), "end": time(10_000)},
    ],
    ids=["one account", "all", "none", "from before", "on beyond the end", "later"],
)
def test_the_part_that_travels_is_enough_to_say_how_far_a_plan_was_used(
    changes: dict[str, Any],
) -> None:
    sent, _ = traffic(1800.0)
    one = plan(recipients=700, **changes)
    assert spent(one, part_of(one, sent)) == spent(one, sent)


def test_sending_beyond_the_window_fires() -> None:
    sent, found = traffic(1600.0, hours=4)
    (left,) = beside_plans(found, [plan(recipients=5000)], sent)
    assert left.severity == found[0].severity
    assert "grace announced" in left.reasons[-1]


def test_the_ceiling_fires_whatever_was_announced() -> None:
    sent, found = traffic(20_000.0)
    (left,) = beside_plans(found, [plan(recipients=50_000)], sent)
    assert left.severity == found[0].severity


def test_a_new_source_fires_and_volume_does_not() -> None:
    sent, found = traffic(880.0)
    source = Signal("new_source", 1.0, "fired", "1 source address never seen before")
    strange = [
        Incident(**vars(incident) | {"signals": (*incident.signals, source)})  # type: ignore[arg-type]
        for incident in found
    ]
    (left,) = beside_plans(strange, [plan()], sent)
    states = {signal.name: signal.state for signal in left.signals if signal.state == "fired"}
    assert states == {"new_source": "fired"}


def test_a_surge_with_a_new_source_in_its_hours_fires_without_its_volume() -> None:
    sent, found = traffic(880.0)
    strange = [replace(incident, support=("new_source",)) for incident in found]
    (left,) = beside_plans(strange, [plan()], sent)
    assert {signal.name: signal.state for signal in left.signals}["surge"] == "quiet"
    usual = [replace(incident, support=("off_hours",)) for incident in found]
    assert beside_plans(usual, [plan()], sent) == []


def test_a_silence_is_not_volume() -> None:
    sent, found = traffic(880.0)
    quiet = Incident(**vars(found[0]) | {"kind": "silence"})  # type: ignore[arg-type]
    assert beside_plans([quiet], [plan()], sent) == [quiet]


def test_accounts_of_one_plan_share_its_size() -> None:
    sent, found = traffic(880.0)
    everyone = plan(accounts=(), scope="all")
    assert beside_plans(found, [everyone], sent) == []
    used = spent(plan(recipients=100), sent)
    assert used.passed_at is not None
    assert time(FIRST) < used.passed_at <= time(FIRST + 2)


def event(signal: str, hour: int) -> Event:
    return Event(signal, 2, time(hour) + HOUR / 4, time(hour), time(hour) + HOUR / 4, 90.0, 0.0)


def test_events_of_volume_are_quiet_within_the_plan_and_all_others_fire() -> None:
    sent, _ = traffic(880.0)
    account = "a0@contoso.com"
    inside = [(account, event(name, FIRST)) for name in ("off_hours", "fan_out", "new_subject")]
    others = [
        *((account, event(name, FIRST)) for name in ("new_source", "new_recipients", "sign_ins")),
        (account, event("failure_storm", FIRST)),
        (account, event("off_hours", FIRST + 3)),
        ("a1@contoso.com", event("off_hours", FIRST)),
    ]
    assert list(announced([plan()], sent).events([*inside, *others])) == others
    over = announced([plan(recipients=100)], sent)
    late = (account, event("off_hours", FIRST + 1))
    assert list(over.events([late])) == [late]
    assert list(announced([], sent).events(inside)) == inside


def test_the_frame_of_plans_names_single_accounts_only() -> None:
    frame = plan_frame([plan(), plan(id="p2", accounts=())])
    assert list(frame.columns) == ["tenant", "account", "start", "end", "recipients"]
    assert frame["tenant"].unique().tolist() == ["contoso"]
    assert frame["account"].tolist() == ["a0@contoso.com", None]
    assert frame["recipients"].sum() == 1800
    assert str(frame["start"].dtype).endswith("UTC]")
    assert plan_frame([]).empty
