"""Sends that are missed by the account's own clock."""

from __future__ import annotations

import numpy as np

from models.baseline.baseline import local_calendar
from models.incidents.volume.missed_sends import MissedSend, missed_sends
from tests.unit.models.traffic_samples import START, Floats, grid_of

DAY = 24


def batch(days: int = 60) -> Floats:
    """A batch of 40 at six o'clock on working days."""
    sent = np.zeros((1, days * DAY))
    for day in range(days):
        if day % 7 < 5:
            sent[0, day * DAY + 6] = 40
    return sent


def missed(sent: Floats) -> list[MissedSend]:
    grid = grid_of(sent)
    return missed_sends(grid, local_calendar(START, grid.hours, "UTC"))


def test_a_batch_that_never_failed_is_not_missed_on_weekends() -> None:
    assert missed(batch()) == []


def test_one_missed_batch_is_found_two_hours_after_its_time() -> None:
    sent = batch()
    sent[0, 49 * DAY : 50 * DAY] = 0  # a Monday
    (found,) = missed(sent)
    assert (found.due, found.ended) == (49 * DAY + 8, 50 * DAY + 6)
    assert found.began == 46 * DAY + 7
    assert "by 8:00 local time" in found.reason


def test_hours_that_were_not_read_miss_nothing() -> None:
    sent = batch()
    sent[0, 49 * DAY : 50 * DAY] = np.nan
    assert missed(sent) == []


def test_a_busy_account_that_stops_is_found_within_six_hours() -> None:
    sent = np.random.default_rng(1).poisson(9.0, (1, 60 * DAY)).astype(float)
    assert missed(sent) == []
    sent[0, 50 * DAY + 3 : 51 * DAY] = 0
    (found,) = missed(sent)
    assert (found.began, found.due) == (50 * DAY + 3, 50 * DAY + 7)


def hourly(mean: float, seed: int = 1) -> Floats:
    """Round the clock, on average so many recipients an hour in messages of several."""
    random = np.random.default_rng(seed)
    return random.poisson(mean / 3.0, (1, 60 * DAY)) * 3.0


def test_an_account_that_pauses_now_and_then_is_missed_by_its_own_pauses() -> None:
    sent = hourly(4.5)  # about a fifth of its hours are empty
    assert missed(sent) == []
    sent[0, 50 * DAY + 13 : 51 * DAY] = 0
    (found,) = missed(sent)
    assert 4 <= found.due - found.began <= 6
    assert "never paused longer than" in found.reason


def test_what_rests_at_night_is_no_hourly_account() -> None:
    sent = hourly(9.0)
    sent.reshape(60, DAY)[:, :8] = 0
    sent[0, 50 * DAY + 14 : 50 * DAY + 20] = 0
    assert not [each for each in missed(sent) if "paused" in each.reason]


def test_an_hour_that_was_not_read_begins_the_pause_anew() -> None:
    sent = hourly(4.5)
    sent[0, 50 * DAY : 50 * DAY + 3] = 0
    sent[0, 50 * DAY + 3] = np.nan
    sent[0, 50 * DAY + 4 : 50 * DAY + 7] = 0
    assert missed(sent) == []


def test_one_outage_does_not_hide_the_next() -> None:
    sent = hourly(4.5)
    for day in (40, 50):
        sent[0, day * DAY + 13 : (day + 1) * DAY] = 0
    assert [found.due // DAY for found in missed(sent) if "paused" in found.reason] == [40, 50]


def test_a_silence_found_early_is_not_changed_later() -> None:
    sent = batch()
    sent[0, 49 * DAY : 52 * DAY] = 0
    (early,) = missed(sent[:, : 50 * DAY])
    (late,) = missed(sent)
    assert (early.began, early.due) == (late.began, late.due)


def test_who_sends_every_few_days_is_no_hourly_account() -> None:
    """Sends 3 to 10 days apart, then none for 40: no pause that ended in 28 days proves nothing."""
    sent = np.zeros((1, 120 * DAY))
    for day in (0, 7, 11, 18, 28, 31, 41, 45, 50, 58, 64, 72, 80):
        sent[0, day * DAY + 11] = 2
    assert missed(sent) == []


def test_an_account_that_sent_for_days_and_stopped_is_no_hourly_one() -> None:
    sent = np.zeros((1, 70 * DAY))
    sent[0, : 4 * DAY] = 9
    sent[0, 40 * DAY : 41 * DAY] = 9
    assert missed(sent) == []


def test_an_earlier_outage_is_told_of() -> None:
    sent = hourly(9.0)
    sent[0, 35 * DAY + 13 : 36 * DAY] = 0
    sent[0, 50 * DAY + 13 : 51 * DAY] = 0
    _, second = missed(sent)
    assert "only once paused longer than" in second.reason


def test_an_outage_of_a_month_is_found_once() -> None:
    sent = hourly(9.0)
    longer = np.concatenate([sent, np.zeros((1, 40 * DAY))], axis=1)
    (pause,) = missed(longer)
    assert pause.began >= 59 * DAY


def test_a_miss_begins_after_the_last_hour_that_was_not_read() -> None:
    sent = batch()
    sent[0, 46 * DAY + 12] = np.nan
    sent[0, 49 * DAY : 50 * DAY] = 0
    (found,) = missed(sent)
    assert found.began == 46 * DAY + 13
