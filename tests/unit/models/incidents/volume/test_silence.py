"""Silences of clockwork and of irregular accounts: what is raised, when, and what is left alone."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from models.incident import Incident
from models.incidents.walks.walk import analyse
from tests.unit.models.traffic_samples import START, Floats, grid_of

DAY = 24


def silences(sent: Floats, holidays: tuple[date, ...] = ()) -> list[Incident]:
    incidents = analyse(grid_of(sent), "UTC", holidays).incidents
    return [incident for incident in incidents if incident.kind == "silence"]


def hours_of(incident: Incident) -> tuple[float, float, float]:
    """Start, detection and end in hours of the grid."""
    ended = incident.ended_at or START
    times = incident.started_at, incident.detected_at, ended
    start, detected, end = ((time - START) / timedelta(hours=1) for time in times)
    return start, detected, end


def batch(days: int = 60) -> Floats:
    """A batch of 40 at six o'clock on working days."""
    sent = np.zeros((1, days * DAY))
    for day in range(days):
        if day % 7 < 5:
            sent[0, day * DAY + 6] = 40
    return sent


def at_days(*days: int, until: int, hour: int = 11, amount: float = 4.0) -> Floats:
    """Mail at one hour of some days."""
    sent = np.zeros((1, until * DAY))
    sent[0, [day * DAY + hour for day in days]] = amount
    return sent


def hourly(mean: float, seed: int = 1) -> Floats:
    """Round the clock, on average so many recipients an hour in messages of several."""
    random = np.random.default_rng(seed)
    return random.poisson(mean / 3.0, (1, 60 * DAY)) * 3.0


def test_a_batch_that_never_failed_is_not_missed_on_weekends() -> None:
    assert silences(batch()) == []


def test_one_missed_batch_is_noticed_two_hours_after_its_time() -> None:
    sent = batch()
    sent[0, 49 * DAY : 50 * DAY] = 0  # a Monday
    (missed,) = silences(sent)
    start, detected, end = hours_of(missed)
    # Mail of an hour without quarters of its own is known at the hour's end.
    assert (start // DAY, detected, end // DAY) == (46, 49 * DAY + 8, 50)
    assert missed.severity == "medium"
    assert missed.reasons[0].startswith("nothing sent by 8:00 local time; for four weeks")


def test_hours_that_were_not_read_miss_nothing() -> None:
    sent = batch()
    sent[0, 49 * DAY : 50 * DAY] = np.nan
    assert silences(sent) == []


def test_a_busy_account_that_stops_is_noticed_within_six_hours() -> None:
    sent = np.random.default_rng(1).poisson(9.0, (1, 60 * DAY)).astype(float)
    assert silences(sent) == []
    sent[0, 50 * DAY + 3 : 51 * DAY] = 0
    (missed,) = silences(sent)
    start, detected, _ = hours_of(missed)
    assert 3 <= detected - start <= 6


def test_an_account_that_pauses_now_and_then_is_missed_by_its_own_pauses() -> None:
    sent = hourly(4.5)  # about a fifth of its hours are empty
    assert silences(sent) == []
    sent[0, 50 * DAY + 13 : 51 * DAY] = 0
    (missed,) = silences(sent)
    start, detected, _ = hours_of(missed)
    assert 4 <= detected - start <= 6


def test_an_hour_that_was_not_read_begins_the_pause_anew() -> None:
    sent = hourly(4.5)
    sent[0, 50 * DAY : 50 * DAY + 3] = 0
    sent[0, 50 * DAY + 3] = np.nan
    sent[0, 50 * DAY + 4 : 50 * DAY + 7] = 0
    assert silences(sent) == []


def test_one_outage_does_not_hide_the_next() -> None:
    sent = hourly(4.5)
    for day in (40, 50):
        sent[0, day * DAY + 13 : (day + 1) * DAY] = 0
    first, second = silences(sent)
    assert [hours_of(missed)[1] // DAY for missed in (first, second)] == [40, 50]
    assert any("outages aside, its longest pause" in reason for reason in second.reasons)


def test_the_third_of_a_length_is_no_outage() -> None:
    """Pauses of 11 h on days 40 and 45 were raised: by the second they are part of the past."""
    sent = hourly(4.5)
    for day in (40, 45, 55):
        sent[0, day * DAY + 13 : (day + 1) * DAY] = 0
    assert [hours_of(missed)[1] // DAY for missed in silences(sent)] == [40, 45]


GAPS = (7, 4, 7, 10, 3, 10, 4, 5, 8, 6, 8)  # days from mail to mail
LUMPY = tuple(np.cumsum((0, *GAPS)).tolist())  # the last mail is on day 72


def test_pauses_of_a_length_that_is_part_of_the_past_are_no_silence() -> None:
    later = [day + LUMPY[-1] for day in LUMPY]
    assert silences(at_days(*LUMPY, *later, until=145)) == []


def test_who_sends_every_few_days_is_missed_after_its_longest_pause() -> None:
    """Pauses of 3 to 10 days, 6.5 in the mean: after the longest and one more of these."""
    (missed,) = silences(at_days(*LUMPY, until=90))
    start, detected, _ = hours_of(missed)
    assert (detected - start) / DAY == pytest.approx(16.5, abs=0.1)
    assert missed.ended_at is None
    assert missed.severity == "medium"
    assert missed.reasons == (
        "nothing sent for 18 days; its longest pause of the last 90 days was 10 days",
    )


def test_a_pause_that_costs_hardly_any_mail_is_low_at_first() -> None:
    """Two recipients every 6.5 days: ten of them are missed after 32 days and a half."""
    sparse = at_days(*LUMPY, until=LUMPY[-1] + 31, amount=2.0)
    (missed,) = silences(sparse)
    assert missed.severity == "low"
    (missed,) = silences(at_days(*LUMPY, until=LUMPY[-1] + 38, amount=2.0))
    (low, _), (medium, since) = missed.history
    assert (low, medium) == ("low", "medium")
    assert (since - missed.started_at) / timedelta(days=1) == pytest.approx(32, abs=2.5)


def test_a_lumpy_account_of_much_mail_is_not_missed_by_it() -> None:
    """Thousands on two days of every ten: what an hour of it lets expect says nothing."""
    sent = np.zeros((1, 120 * DAY))
    for day in range(0, 120, 9):
        sent[0, day * DAY + 8 : day * DAY + 17] = 300
        sent[0, (day + 1) * DAY + 8 : (day + 1) * DAY + 17] = 200
    assert silences(sent) == []


def test_a_twice_weekly_account_is_missed_when_two_of_its_days_are_empty() -> None:
    """It pauses for 4 days at most and 3.5 in the mean: 7.5 days after the last mail."""
    days = [day for day in range(100) if day % 7 in (0, 3)]
    (missed,) = silences(at_days(*days[:-4], until=100))
    start, detected, _ = hours_of(missed)
    assert detected - start == pytest.approx(7.4 * DAY, abs=4)


def test_a_monthly_mailing_that_does_not_come_is_missed() -> None:
    """On the 10th of January to March; in April it does not come."""
    days = [(date(2026, month, 10) - START.date()).days for month in (1, 2, 3)]
    (missed,) = silences(at_days(*days, until=110, amount=500.0))
    due = (date(2026, 4, 10) - START.date()).days
    assert due < hours_of(missed)[1] / DAY <= due + 10
    assert missed.reasons == (
        "the monthly mailing due on 2026-04-10 has not come; it came 3 times before",
    )


def test_two_mailings_are_no_habit_yet() -> None:
    assert silences(at_days(5, 36, until=110, amount=500.0)) == []


def test_an_account_that_sent_for_days_and_stopped_shows_nothing() -> None:
    sent = np.zeros((1, 70 * DAY))
    sent[0, : 4 * DAY] = 9
    sent[0, 40 * DAY : 41 * DAY] = 9
    assert silences(sent) == []


def test_what_lasts_for_weeks_ends() -> None:
    """Nobody waits for an account any more four weeks after its silence was noticed."""
    longer = np.concatenate([hourly(9.0), np.zeros((1, 60 * DAY))], axis=1)
    (missed,) = silences(longer)
    _, detected, end = hours_of(missed)
    assert end - detected == 28 * DAY
    assert "nobody waits for this account any more" in missed.reasons[-1]


def test_holidays_of_the_organisation_lengthen_no_pause() -> None:
    days = [day for day in range(100) if day % 7 in (0, 3) and not 84 <= day < 98]
    sent = at_days(*days, 98, until=100)
    assert len(silences(sent)) == 1
    free = tuple(START.date() + timedelta(days=day) for day in range(84, 98))
    assert silences(sent, free) == []


def test_days_on_which_everybody_rests_lengthen_no_pause() -> None:
    days = [day for day in range(100) if day % 7 in (0, 3) and not 84 <= day < 98]
    grid, rest = grid_of(at_days(*days, 98, until=100)), frozenset(range(84 * DAY, 98 * DAY))
    assert [one.kind for one in analyse(grid, "UTC").incidents] == ["silence"]
    assert analyse(grid, "UTC", rest=rest).incidents == ()


def test_who_never_rests_is_missed_while_everybody_rests() -> None:
    sent = hourly(4.5)
    sent[0, 50 * DAY + 13 : 51 * DAY] = 0
    rest = frozenset(range(50 * DAY, 52 * DAY))
    assert [one.kind for one in analyse(grid_of(sent), "UTC", rest=rest).incidents] == ["silence"]


def test_a_silence_noticed_early_is_not_changed_later() -> None:
    sent = at_days(*LUMPY, 100, until=110)
    (early,), (late,) = silences(sent[:, : 90 * DAY]), silences(sent)
    assert (early.started_at, early.detected_at) == (late.started_at, late.detected_at)
    assert early.history == late.history


def test_no_reason_is_long_or_in_words_of_the_code() -> None:
    samples = [at_days(*LUMPY, until=90), batch()[:, : 59 * DAY], hourly(4.5)]
    samples[1][0, 49 * DAY :] = samples[2][0, 50 * DAY :] = 0
    reasons = [reason for sent in samples for missed in silences(sent) for reason in missed.reasons]
    assert len(reasons) >= 4
    for reason in reasons:
        assert len(reason.split()) <= 20
        assert not {"excess", "residual", "bar", "quantile"} & set(reason.split())
