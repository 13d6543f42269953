"""Verdicts: bounded in effect, for thirty days, never backwards."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest

from models.incidents.announced import SentAndExpected
from models.incidents.verdicts import Feedback, status_of
from models.incidents.walks.walk import analyse
from tests.unit.models.traffic_samples import START, Floats, draw, grid_of, office
from warehouse.records.verdicts import Judged, Verdict

DAYS = 60
FIRST, AGAIN = 30 * 24 + 8, 44 * 24 + 13
HOUR = timedelta(hours=1)


def time(hour: int) -> datetime:
    return START + hour * HOUR


def counts(again: float = 0.0) -> Floats:
    sent = draw(np.random.default_rng(5), office(DAYS, 60.0)[None], 8.0)
    sent[0, FIRST : FIRST + 2] += 400.0
    sent[0, AGAIN : AGAIN + 2] += again
    return np.round(sent)


def verdict(status: str, at: int = FIRST + 20, size: int = 800) -> Verdict:
    judged = Judged("i1", "contoso", "a0@contoso.com", "surge", time(FIRST), time(FIRST + 2), size)
    return Verdict(judged, status, "why", "ada", time(at), time(at) + timedelta(days=30))


def raised(sent: Floats, *verdicts: Verdict) -> list[datetime]:
    grid, feedback = grid_of(sent), Feedback(verdicts)
    found = analyse(grid, "UTC", feedback=feedback)
    kept = feedback.beyond_harmless(
        found.incidents, SentAndExpected(grid, found.expected, found.hi95)
    )
    return [incident.started_at for incident in kept if incident.kind == "surge"]


def test_a_false_alarm_raises_the_threshold_for_what_is_no_larger() -> None:
    sent = counts(again=700.0)
    assert raised(sent) == [time(FIRST), time(AGAIN)]
    assert raised(sent, verdict("false_positive", size=1300)) == [time(FIRST)]
    assert raised(sent, verdict("planned", size=1300)) == [time(FIRST)]
    assert raised(sent, verdict("confirmed")) == [time(FIRST), time(AGAIN)]
    assert raised(sent, verdict("acknowledged")) == [time(FIRST), time(AGAIN)]


def test_what_is_larger_than_the_false_alarm_fires() -> None:
    assert raised(counts(again=700.0), verdict("false_positive")) == [time(FIRST), time(AGAIN)]


def test_a_verdict_expires() -> None:
    old = verdict("false_positive", size=1300)
    expired = Verdict(old.judged, old.status, old.reason, old.author, old.at, time(AGAIN - 1))
    assert raised(counts(again=700.0), expired) == [time(FIRST), time(AGAIN)]


def test_the_ceiling_fires_whatever_was_said() -> None:
    huge = counts(again=20_000.0)
    assert time(AGAIN) in raised(huge, verdict("false_positive", size=10**9))


def test_a_false_alarm_of_any_size_opens_the_door_by_a_bound_only() -> None:
    sent = counts(again=700.0)
    sent[0, AGAIN : AGAIN + 24] += 300.0  # 8,700 in all
    assert time(AGAIN) in raised(sent, verdict("false_positive", size=10**9))


def test_a_confirmed_attack_does_not_raise_the_ceiling() -> None:
    sent = counts(again=5_000.0)
    sent[0, FIRST] += 6_000.0
    attacked = [analyse(grid_of(sent), "UTC", feedback=Feedback(verdicts)).incidents
                for verdicts in ([], [verdict("confirmed")])]  # fmt: skip
    ceilings = [
        [incident.started_at for incident in incidents if incident.kind == "ceiling"]
        for incidents in attacked
    ]
    assert ceilings == [[time(FIRST)], [time(FIRST), time(AGAIN)]]


@pytest.mark.parametrize("status", ["false_positive", "confirmed"])
def test_hours_until_the_day_of_the_verdict_stay_as_they_were(status: str) -> None:
    grid = grid_of(counts())
    before = analyse(grid, "UTC").expected
    after = analyse(grid, "UTC", feedback=Feedback([verdict(status)])).expected
    until = (FIRST // 24 + 2) * 24
    np.testing.assert_array_equal(before[:, :until], after[:, :until])


def test_a_false_alarm_stays_in_the_history_and_a_confirmed_one_does_not() -> None:
    grid = grid_of(counts())
    week_later = FIRST + 7 * 24
    usual = analyse(grid, "UTC").expected[0, week_later]
    kept = analyse(grid, "UTC", feedback=Feedback([verdict("false_positive")])).expected[
        0, week_later
    ]
    cut = analyse(grid, "UTC", feedback=Feedback([verdict("confirmed")])).expected[0, week_later]
    assert kept > usual + 20
    assert cut == pytest.approx(usual, rel=0.05)


def test_only_the_five_words_are_verdicts() -> None:
    assert status_of("false-positive") == "false_positive"
    with pytest.raises(Exception, match="no such verdict"):
        status_of("wrong")


def pauses(*said: Verdict) -> list[int]:
    """Days on which silences began of an account that sends daily and thrice pauses for days."""
    sent = np.zeros((1, 110 * 24))
    for day in range(110):
        if not (40 < day <= 60 or 70 < day <= 88 or 98 < day <= 107):
            sent[0, day * 24 + 11] = 3
    incidents = analyse(grid_of(sent), "UTC", feedback=Feedback(said)).incidents
    return [(one.started_at - START).days for one in incidents if one.kind == "silence"]


def silence_verdict(status: str, began: int, ended: int) -> Verdict:
    started, over = time(began * 24 + 12), time(ended * 24 + 11)
    judged = Judged("i1", "contoso", "a0@contoso.com", "silence", started, over, 1)
    return Verdict(judged, status, "why", "ada", over + 5 * HOUR, over + timedelta(days=30))


def test_the_second_pause_of_a_length_is_part_of_the_past() -> None:
    assert pauses() == [40, 70]


def test_a_confirmed_outage_is_no_part_of_the_past() -> None:
    assert pauses(silence_verdict("confirmed", 40, 61)) == [40, 70, 98]
    assert pauses(silence_verdict("confirmed", 70, 89)) == [40, 70, 98]


def test_a_pause_that_was_all_right_is_part_of_the_past_at_once() -> None:
    assert pauses(silence_verdict("false_positive", 40, 61)) == [40]
    assert pauses(silence_verdict("planned", 40, 61)) == [40]
