"""Ceiling and drift: what each finds, when, and what it leaves alone."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from models.incident import Incident
from models.incidents.walks.walk import analyse
from tests.unit.models.traffic_samples import START, cut_off, draw, grid_of, office

DAY = 24


def found(sent: np.ndarray, kind: str) -> list[Incident]:
    return [
        incident for incident in analyse(grid_of(sent), "UTC").incidents if incident.kind == kind
    ]


def steady(days: int, rate: float, seed: int = 1, size: float = 20.0) -> np.ndarray:
    return draw(np.random.default_rng(seed), np.full((1, days * DAY), rate), size=size)


def test_an_hour_above_the_ceiling_is_high_from_its_quarter_on() -> None:
    sent = steady(60, 100.0)
    at = 50 * DAY
    sent[0, at : at + 2] = 5 * sent[0, :at].max() + 300
    (ceiling,) = found(sent, "ceiling")
    assert ceiling.severity == "high"
    assert ceiling.started_at == START + timedelta(hours=at)
    assert ceiling.ended_at == START + timedelta(hours=at + 2)
    assert ceiling.detected_at == START + timedelta(hours=at + 1)
    past = f"never more than {sent[0, :at].max():,.0f} in the 90 days before"
    assert ceiling.reasons == (f"{sent[0, at]:,.0f} recipients in one hour; {past}",)


@pytest.mark.parametrize(("before", "raised"), [(900.0, False), (1001.0, True)])
def test_the_ceiling_is_a_thousand_for_accounts_that_send_little(
    before: float, raised: bool
) -> None:
    sent = steady(40, 5.0)
    sent[0, 800] = before
    assert bool(found(sent, "ceiling")) is raised


def test_the_first_day_of_an_account_has_no_ceiling() -> None:
    sent = np.full((1, 3 * DAY), np.nan)
    sent[0, DAY + 5 :] = 4000.0
    assert found(sent, "ceiling") == []


def test_a_loop_beside_the_usual_mail_is_drift() -> None:
    sent = steady(60, 40.0, size=2.0)
    sent[0, 1000:1040] += 45.0
    (drift,) = found(sent, "drift") or found(sent, "surge")
    assert START + timedelta(hours=996) <= drift.started_at <= START + timedelta(hours=1004)
    assert drift.detected_at <= START + timedelta(hours=1024)
    assert drift.extra_recipients > 900


def test_drift_is_found_where_no_single_hour_stands_out() -> None:
    generator = np.random.default_rng(5)
    mean = np.full((1, 80 * DAY), 60.0)
    sent = draw(generator, mean, size=1.2)
    sent[0, 70 * DAY : 71 * DAY + 12] = draw(generator, mean[:, :36] * 2.6, size=20.0)
    (drift,) = found(sent, "drift")
    assert drift.severity in ("low", "medium")
    assert "more than usual hour after hour" in drift.reasons[0]
    assert drift.observed > drift.expected + 100


def test_one_large_batch_is_no_drift() -> None:
    sent = draw(np.random.default_rng(6), office(80, 40.0)[None])
    sent[0, 70 * DAY + 10] += 5000
    assert found(sent, "drift") == []


def test_steady_growth_and_ordinary_weeks_are_no_drift() -> None:
    mean = np.tile(office(120, 50.0) * np.linspace(1.0, 3.0, 120 * DAY), (20, 1))
    sent = draw(np.random.default_rng(7), mean, size=3.0)
    assert len(found(sent, "drift")) <= 2


def test_channels_do_not_look_ahead() -> None:
    sent = steady(60, 40.0, size=2.0)
    sent[0, 1000:1040] += 100.0
    sent[0, 1200] = 9000.0
    grid = grid_of(sent)
    whole = analyse(grid, "UTC").incidents
    for hours in (1001, 1010, 1030, 1201, 1230):
        until = START + timedelta(hours=hours)
        early = analyse(cut_off(grid, hours), "UTC").incidents
        expected = {(i.kind, i.started_at, i.detected_at) for i in whole if i.detected_at <= until}
        assert {(i.kind, i.started_at, i.detected_at) for i in early} == expected
