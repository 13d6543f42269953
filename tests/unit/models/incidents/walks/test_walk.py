"""Incidents: what is raised, when, why, and what is left in peace."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache

import numpy as np
import pytest

from models.baseline.grid import HourlyGrid
from models.incident import Incident
from models.incidents.volume.excess import WINDOWS, window_sums
from models.incidents.walks.walk import Analysis, analyse
from tests.unit.models.traffic_samples import START, Floats, cut_off, draw, grid_of, office

DAY = 24
ATTACK = 50 * DAY + 2  # a night hour
OUTAGE = 45 * DAY + 9


def office_accounts(count: int, days: int, seed: int = 7) -> Floats:
    mean = np.tile(office(days, 60.0), (count, 1))
    return draw(np.random.default_rng(seed), mean)


@cache
def attacked() -> HourlyGrid:
    """An account that bursts at night to strangers, and one that is quiet for two days."""
    sent = office_accounts(3, 60)
    new, sources = np.zeros_like(sent), np.zeros_like(sent)
    sent[0, ATTACK : ATTACK + 3] = [2000, 2400, 800]
    new[0, ATTACK : ATTACK + 3] = [1900, 2312, 800]
    sources[0, ATTACK] = 3
    sent[1] = draw(np.random.default_rng(8), np.full(60 * DAY, 80.0))
    sent[1, OUTAGE : OUTAGE + 48] = 0
    return grid_of(sent, new=new, sources=sources)


@cache
def analysed(timezone: str) -> Analysis:
    return analyse(attacked(), timezone)


def only(incidents: tuple[Incident, ...]) -> Incident:
    later = [i for i in incidents if not i.learning and i.kind != "ceiling"]
    assert len(later) == 1, later
    return later[0]


def of(incidents: tuple[Incident, ...], row: int) -> tuple[Incident, ...]:
    return tuple(i for i in incidents if i.account == f"a{row}@contoso.com")


def test_a_burst_at_night_to_strangers_is_high_early_and_explained() -> None:
    surge = only(of(analysed("UTC").incidents, 0))
    begin = START + timedelta(hours=ATTACK)
    assert (surge.kind, surge.severity) == ("surge", "high")
    assert surge.started_at == begin
    assert surge.detected_at == begin + timedelta(minutes=15)
    assert surge.ended_at == begin + timedelta(hours=3)
    assert surge.observed == 5200
    assert surge.interval[0] <= surge.expected <= surge.interval[1] < 100
    assert surge.extra_recipients == pytest.approx(5200 - surge.expected, abs=1)
    assert "times as far above the usual as this account commonly varies" in surge.reasons[0]
    assert surge.record is not None
    assert 0 < surge.record < 1000


def test_every_surge_names_its_signals() -> None:
    surge = only(of(analysed("UTC").incidents, 0))
    assert surge.support == ("new_recipients", "new_source")
    assert [signal.name for signal in surge.signals] == ["surge", "silence"]
    for signal in surge.signals:
        assert (signal.score is None) == (signal.state == "unavailable")
        assert signal.score is None or 0.0 <= signal.score <= 1.0
        assert signal.reason


def test_a_past_without_source_addresses_makes_no_source_a_new_one() -> None:
    grid = attacked()
    sources = grid.new_sources.copy()
    sources[:, :ATTACK][grid.recipients[:, :ATTACK] > 0] = np.nan
    surge = only(of(analyse(replace(grid, new_sources=sources), "UTC").incidents, 0))
    assert surge.support == ("new_recipients",)


def test_a_steady_account_that_stops_is_raised_within_hours() -> None:
    silence = only(of(analysed("UTC").incidents, 1))
    begin = START + timedelta(hours=OUTAGE)
    assert silence.kind == "silence"
    assert silence.severity in ("medium", "high")
    assert silence.started_at == begin
    assert begin < silence.detected_at <= begin + timedelta(hours=4)
    assert silence.ended_at == begin + timedelta(hours=48)
    assert (silence.observed, silence.extra_recipients) == (0, 0)
    assert silence.reasons[0].startswith("nothing sent for 48 hours; ")
    assert silence.reasons[0].endswith(" recipients are usual in that time")


def test_ordinary_traffic_is_left_in_peace() -> None:
    incidents = analyse(grid_of(office_accounts(30, 90, seed=11)), "UTC").incidents
    serious = [i for i in incidents if i.severity != "low"]
    months = 30 * 90 / 30
    assert len(serious) / months <= 0.1
    assert len(incidents) / months <= 0.5


def test_three_mails_instead_of_none_are_no_incident() -> None:
    sent = np.zeros((1, 60 * DAY))
    sent[0, :: 7 * DAY] = 1
    sent[0, 50 * DAY] = 3
    assert analyse(grid_of(sent), "UTC").incidents == ()


def test_the_first_mailing_of_a_learning_account_is_medium_at_most() -> None:
    sent = office_accounts(1, 30)
    sent[0, 8 * DAY + 10] += 5000
    ceiling, surge = analyse(grid_of(sent), "UTC").incidents
    assert surge.learning
    assert (surge.kind, surge.severity) == ("surge", "low")
    # Far above anything it ever sent: this is said at any age, and is a page later on.
    assert (ceiling.kind, ceiling.severity, ceiling.learning) == ("ceiling", "medium", True)


@pytest.mark.parametrize("days", [[1], [1, 3]])
def test_a_mailing_that_returns_every_week_is_not_raised_again(days: list[int]) -> None:
    sent = office_accounts(1, 120)
    generator = np.random.default_rng(3)
    for day in (d for d in range(120) if d % 7 in days):
        sent[0, day * DAY + 10] += generator.poisson(5000 * np.exp(generator.normal(0, 0.08)))
    assert [i for i in analyse(grid_of(sent), "Europe/Berlin").incidents if not i.learning] == []


def test_a_monthly_mailing_is_raised_once_at_most() -> None:
    sent = office_accounts(1, 180)
    for day in (24, 54, 85, 115, 146, 176):
        sent[0, day * DAY + 9] += 8000
    kinds = [incident.kind for incident in analyse(grid_of(sent), "UTC").incidents]
    assert kinds == ["ceiling", "surge"]


def test_a_loop_opens_once_and_grows() -> None:
    sent = office_accounts(1, 60)
    sent[0, 1000:1030] += 150
    surge = only(analyse(grid_of(sent), "UTC").incidents)
    assert surge.started_at == START + timedelta(hours=1000)
    assert surge.ended_at == START + timedelta(hours=1030)
    assert surge.extra_recipients > 3500


def test_a_surge_at_the_end_of_the_grid_has_no_end() -> None:
    grid = cut_off(attacked(), ATTACK + 2, complete_quarters=1)
    surge = only(of(analyse(grid, "UTC").incidents, 0))
    assert surge.ended_at is None
    assert surge.observed == 2000 + 600


def test_a_permanent_step_ends_as_the_new_normal() -> None:
    sent = draw(np.random.default_rng(5), np.full((1, 120 * DAY), 50.0), size=20.0)
    sent[0, 60 * DAY :] *= 4
    incidents = analyse(grid_of(sent), "UTC").incidents
    assert 1 <= len(incidents) <= 3
    assert all(i.ended_at for i in incidents)
    assert max(i.ended_at for i in incidents if i.ended_at) < START + timedelta(days=90)


def test_three_mails_in_ninety_days_show_no_regularity() -> None:
    sent = np.zeros((1, 90 * DAY))
    sent[0, [3 * DAY, 21 * DAY, 30 * DAY]] = 9
    sent[0, 75 * DAY : 75 * DAY + 2] = 400
    (surge,) = analyse(grid_of(sent), "UTC").incidents
    silence = surge.signals[1]
    assert (silence.name, silence.state) == ("silence", "unavailable")
    assert silence.reason == "not enough regularity to tell"


def test_a_nightly_batch_that_fails_is_missed_and_its_days_are_not() -> None:
    sent = np.zeros((1, 60 * DAY))
    sent[0, 1::24] = np.random.default_rng(9).poisson(3000, 60)
    assert analyse(grid_of(sent), "UTC").incidents == ()
    sent[0, 50 * DAY : 52 * DAY] = 0
    silence = only(analyse(grid_of(sent), "UTC").incidents)
    assert silence.detected_at < START + timedelta(days=51)


def test_unread_hours_are_neither_silence_nor_the_end_of_anything() -> None:
    sent = draw(np.random.default_rng(10), np.full((1, 60 * DAY), 80.0))
    sent[0, 40 * DAY : 44 * DAY] = np.nan
    sent[0, 50 * DAY : 50 * DAY + 2] = 5000
    sent[0, 50 * DAY + 2 :] = np.nan
    surge = only(analyse(grid_of(sent), "UTC").incidents)
    assert surge.kind == "surge"
    assert surge.ended_at is None


def test_hours_before_an_unread_day_are_no_part_of_a_silence_after_it() -> None:
    """Three empty hours on either side of a day that was not read: neither is unusual."""
    sent = draw(np.random.default_rng(10), np.full((1, 60 * DAY), 3.0))
    day = 50 * DAY
    sent[0, day + 20], sent[0, day + 51] = 3, 3
    sent[0, day + 21 : day + 24] = 0
    sent[0, day + 24 : day + 48] = np.nan
    sent[0, day + 48 : day + 51] = 0
    assert [i.kind for i in analyse(grid_of(sent), "UTC").incidents] == []


def test_a_silence_counts_the_hours_that_were_read() -> None:
    sent = draw(np.random.default_rng(10), np.full((1, 60 * DAY), 80.0))
    sent[0, 50 * DAY : 52 * DAY] = 0
    sent[0, 51 * DAY : 51 * DAY + 6] = np.nan
    silence = only(analyse(grid_of(sent), "UTC").incidents)
    missed = next(reason for reason in silence.reasons if "are usual" in reason)
    assert missed.startswith("nothing sent in the 42 hours that were read; ")
    assert silence.expected == pytest.approx(42 * 72.0, rel=0.1)  # the level has sunk


def test_after_weeks_that_were_not_read_an_account_is_learnt_again() -> None:
    sent = draw(np.random.default_rng(11), np.full((1, 90 * DAY), 80.0))
    sent[0, 40 * DAY : 75 * DAY] = np.nan
    learning = analyse(grid_of(sent), "UTC").learning_day[0]
    assert [int(learning[day * DAY]) for day in (0, 13, 14, 39, 75, 88, 89)] == [
        1, 14, 0, 0, 1, 14, 0
    ]  # fmt: skip


@pytest.mark.parametrize("hours", [ATTACK + 1, ATTACK + 30, OUTAGE + 4, OUTAGE + 50])
@pytest.mark.parametrize("quarters", [1, 3, 4])
def test_what_is_said_today_is_not_changed_by_tomorrow(hours: int, quarters: int) -> None:
    whole = analysed("Europe/Berlin")
    early = analyse(cut_off(attacked(), hours, quarters), "Europe/Berlin")
    for name in ("expected", "lo80", "hi80", "lo95", "hi95", "learning_day"):
        np.testing.assert_array_equal(getattr(early, name), getattr(whole, name)[:, :hours])
    now = START + timedelta(hours=hours - 1, minutes=15 * quarters)
    known = [(i.account, i.kind, i.started_at, i.detected_at) for i in early.incidents]
    assert known == [
        (i.account, i.kind, i.started_at, i.detected_at)
        for i in whole.incidents
        if i.detected_at <= now
    ]
    # What was over for three hours stays exactly as it was told.
    over = {i for i in early.incidents if i.ended_at}
    assert over <= set(whole.incidents)


def test_accounts_do_not_influence_each_other() -> None:
    grid = attacked()
    alone = grid_of(grid.recipients[:1], new=grid.new_recipients[:1], sources=grid.new_sources[:1])
    assert analyse(alone, "UTC").incidents == of(analyse(grid, "UTC").incidents, 0)


def test_an_empty_grid_has_no_incidents() -> None:
    for accounts, hours in ((0, 0), (2, 0), (0, 5)):
        result = analyse(grid_of(np.zeros((accounts, hours))), "UTC")
        assert result.incidents == ()
        assert result.expected.shape == (accounts, hours)


def test_window_sums_leave_out_the_largest_hour_of_long_windows() -> None:
    values = np.random.default_rng(1).integers(0, 50, (2, 60)).astype(float)
    sums = window_sums(values, 30, 60)
    for place, window in enumerate(WINDOWS):
        for hour in (30, 47, 59):
            part = values[0, hour - window + 1 : hour + 1]
            total = part.sum() - (part.max() if window >= 6 else 0.0)
            assert sums[place, 0, hour - 30] == total
