"""Tabular signals, their fusion, and what is told of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.incident import Event
from models.incidents.episodes import episodes_of
from models.incidents.severity import kind_of, severity_of
from models.incidents.signals.quarter_hours import COUNTS, QuarterHours, activity_of
from models.incidents.signals.rules import find
from models.incidents.signals.stored import tabular_events
from warehouse.windows import Window

START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
DAYS = 60
A = "a@contoso.com"
Rows = list[dict[str, Any]]


def quarter(day: int, hour: int, place: int = 0, **counts: Any) -> dict[str, Any]:
    usual = dict.fromkeys(COUNTS, 0) | {"messages": 5, "recipients": 5, "widest": 1}
    usual |= {"most_repeated": 1, "known_source_recipients": 5}
    usual |= {"known_status_recipients": counts.get("recipients", 5)}
    at = START + timedelta(days=day, hours=hour)
    return {"account": A, "hour_utc": at, "quarter": place, **usual, **counts}


def office(days: int = DAYS) -> Rows:
    """Five recipients a quarter-hour from 8 to 16, everybody known after the first week."""
    return [
        quarter(day, hour, place, new_recipients=2 if day < 7 else 0)
        for day in range(days)
        for hour in range(8, 16)
        for place in range(4)
    ]


def activity(rows: Rows, days: int = DAYS) -> QuarterHours:
    return activity_of(pd.DataFrame(rows), START + timedelta(days=days))


def fired(rows: Rows, days: int = DAYS) -> set[str]:
    return set(find(activity(rows, days)).signal.tolist())


def changed(day: int, **counts: Any) -> Rows:
    """The office with other counts at ten o'clock of one day."""
    return [
        row | {"known_status_recipients": counts.get("recipients", 5)} | counts
        if row["hour_utc"] == START + timedelta(days=day, hours=10)
        else row
        for row in office()
    ]


def test_an_ordinary_office_shows_nothing() -> None:
    assert fired(office()) == set()


@pytest.mark.parametrize(
    ("signal", "counts"),
    [
        ("new_recipients", {"new_recipients": 4}),
        ("fan_out", {"widest": 30, "wide_recipients": 30}),
        ("failure_storm", {"failed": 4}),
        ("filtered_share", {"filtered": 4}),
        ("external_attempts", {"external": 2}),
        ("repeated_recipient", {"most_repeated": 12, "recipients": 20}),
        ("new_source", {"young_source_recipients": 1}),
        ("new_subject", {"new_subjects": 1}),
    ],
)
def test_each_signal_fires_on_its_own_count_alone(signal: str, counts: dict[str, Any]) -> None:
    assert fired(changed(50, **counts)) == {signal}


@pytest.mark.parametrize(("new", "fires"), [(59, False), (60, True)])
def test_a_few_new_people_in_a_mailing_are_staff_changes(new: int, fires: bool) -> None:
    """Of 4 × 500 recipients of wide messages 3 % must be new."""
    counts = {"recipients": 500, "wide_recipients": 500, "widest": 50}
    rows = changed(50, **counts)
    last = next(row for row in rows if row["recipients"] == 500 and row["quarter"] == 3)
    last["new_recipients"] = new
    assert ("new_recipients" in fired(rows)) is fires


@pytest.mark.parametrize(("repeated", "level"), [(37, 1), (38, 2)])
def test_more_mail_repeats_more_but_is_no_loop(repeated: int, level: int) -> None:
    """One of five is usual: 153 of the 508 recipients of two hours are 1.5 times that share."""
    rows = changed(50, recipients=122, most_repeated=repeated)
    shown = find(activity(rows))
    levels = shown.level[shown.signal == "repeated_recipient"]
    assert levels.max() == level


def rare(hour: int = 14) -> Rows:
    """Twenty recipients at ten on every eighth day; the last time at another hour."""
    days = list(range(0, DAYS, 8))
    hours = [10] * (len(days) - 1) + [hour]
    return [quarter(day, at, recipients=20) for day, at in zip(days, hours, strict=True)]


def test_an_account_that_sends_rarely_has_no_quiet_hours() -> None:
    assert fired(rare()) == set()


def test_an_account_that_sends_rarely_is_measured_by_its_highest_day() -> None:
    rows = rare(10)
    for row in (rows[3], rows[-1]):
        row["new_recipients"] = 20
    shown = find(activity(rows))
    assert set(shown.activity.day[shown.row].tolist()) == {24}


@pytest.mark.parametrize(("new", "fires"), [(14, False), (15, True)])
def test_lists_change_more_from_one_month_to_the_next(new: int, fires: bool) -> None:
    mailing = {"recipients": 100, "wide_recipients": 100}
    rows = [quarter(day, 10, **mailing) for day in (0, 20, 50)]
    rows[-1]["new_recipients"] = new
    assert ("new_recipients" in fired(rows)) is fires


@pytest.mark.parametrize(("mailings", "is_news"), [((41, 72), True), ((10, 41, 72), False)])
def test_two_monthly_mailings_make_the_third_no_news(
    mailings: tuple[int, ...], is_news: bool
) -> None:
    at = {START + timedelta(days=day, hours=10) for day in mailings}
    mailing = {"widest": 50, "wide_recipients": 100}
    rows = [row | mailing if row["hour_utc"] in at else row for row in office(80)]
    made = activity(rows, 80)
    assert (72 in made.day[find(made).row].tolist()) is is_news


def test_mail_in_a_quiet_hour_is_off_hours() -> None:
    night = [quarter(50, 2, place, recipients=10) for place in range(4)]
    assert fired(office() + night) == {"off_hours"}


def test_nothing_is_judged_while_an_account_is_learning() -> None:
    rows = changed(5, failed=4, external=4, young_source_recipients=4)
    assert fired(rows) == set()
    assert "learning" in find(activity(rows)).fitness.reasons(0)["new_recipients"]


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        ({"known_source_recipients": 0}, "known for 0 %"),
        ({"young_source_recipients": 1}, "new addresses all the time"),
    ],
)
def test_a_source_that_cannot_tell_is_unavailable(counts: dict[str, Any], reason: str) -> None:
    rows = [row | counts for row in office()]
    fired = find(activity(rows))
    assert "new_source" not in set(fired.signal.tolist())
    told = fired.fitness.reasons(len(rows) - 1)["new_source"]
    assert reason in told


def test_rows_without_status_make_failures_unavailable() -> None:
    rows = [row | {"failed": None, "filtered": None, "external": None} for row in office()]
    reasons = find(activity(rows)).fitness.reasons(len(rows) - 1)
    assert "no delivery status" in reasons["failure_storm"]


def test_failures_are_measured_by_the_recipients_whose_status_is_known() -> None:
    rows = changed(50, failed=3, recipients=40, known_status_recipients=4)
    assert "failure_storm" in fired(rows)
    rows = changed(50, failed=3, recipients=40)
    assert "failure_storm" not in fired(rows)


def test_a_record_that_is_unknown_is_no_record_of_zero() -> None:
    unknown = {"failed": None, "filtered": None, "external": None, "known_status_recipients": 0}
    rows = [
        row | unknown if row["hour_utc"] < START + timedelta(days=50) else row
        for row in changed(50, failed=4)
    ]
    assert fired(rows) == set()
    reasons = find(activity(rows)).fitness.reasons
    assert "no delivery status" in reasons(40 * 32)["failure_storm"]
    assert reasons(len(rows) - 1)["failure_storm"] == (
        "the delivery status is known on 9 of 56 days with mail"
    )


def test_a_past_without_subjects_makes_no_subject_a_new_one() -> None:
    rows = [
        row | {"new_subjects": None} if row["hour_utc"] < START + timedelta(days=50) else row
        for row in changed(50, new_subjects=1)
    ]
    assert fired(rows) == set()
    reason = find(activity(rows)).fitness.reasons(len(rows) - 1)["new_subject"]
    assert reason == "subjects are known on 9 of 56 days with mail"


def test_an_account_that_wakes_after_a_long_pause_is_named() -> None:
    rows = [row for row in office() if not 20 <= (row["hour_utc"] - START).days < 55]
    assert "dormant_account" in fired(rows)


def unread(rows: Rows, first: int, last: int) -> QuarterHours:
    """The office without some days, of which nothing is known."""
    window = Window(START + timedelta(days=first), START + timedelta(days=last))
    kept = [row for row in rows if not window.start <= row["hour_utc"] < window.end]
    end = START + timedelta(days=DAYS)
    return activity_of(pd.DataFrame(kept), end, unread={A: [window]})


def test_days_that_were_not_read_are_no_pause() -> None:
    assert set(find(unread(office(), 15, 50)).signal.tolist()) == set()


def test_a_pause_counts_from_the_last_unread_day_on() -> None:
    rows = [row for row in office() if not 15 <= (row["hour_utc"] - START).days < 55]
    assert "dormant_account" in find(unread(rows, 15, 24)).signal.tolist()
    assert "dormant_account" not in find(unread(rows, 15, 30)).signal.tolist()


def test_nothing_is_judged_where_little_was_read_of_four_weeks() -> None:
    """Days 20 to 44 are unread: on day 46 three of the last 28 are known, on day 59 it is 14."""
    shown = find(unread(changed(46, failed=4), 20, 45))
    assert "failure_storm" not in shown.signal.tolist()
    row = shown.activity.row_at(A, START + timedelta(days=46, hours=12))
    assert row is not None
    assert shown.fitness.reasons(row)["failure_storm"] == (
        "too little was read: 3 of the last 28 days"
    )
    assert "failure_storm" in find(unread(changed(59, failed=4), 20, 45)).signal.tolist()


def test_what_is_found_today_is_not_changed_by_tomorrow() -> None:
    rows = changed(50, new_recipients=4, widest=30, wide_recipients=30, failed=4)
    whole = list(tabular_events(find(activity(rows))))
    early = list(tabular_events(find(activity(rows, 51))))
    assert early
    assert early == [
        finding for finding in whole if finding[1].known_at <= START + timedelta(days=51)
    ]


def test_days_judged_again_show_the_same_with_their_context_alone() -> None:
    rows = pd.DataFrame(changed(50, new_recipients=4, failed=4))
    until, day = START + timedelta(days=DAYS), (START + timedelta(days=50)).date()
    part = activity_of(rows, until, {A: START.date()}, day)
    whole = list(tabular_events(find(activity_of(rows, until))))
    assert list(tabular_events(find(part))) == whole


def event(signal: str, hours: float, level: int = 2, value: float = 50.0) -> Event:
    at = START + timedelta(hours=hours)
    return Event(signal, level, at, at - timedelta(minutes=15), at, value, 0.0)


def test_signals_close_in_time_are_one_incident_with_a_stable_opening() -> None:
    events = [event("new_source", 10), event("new_recipients", 11), event("fan_out", 11)]
    (episode,) = episodes_of(A, events)
    (early,) = episodes_of(A, events[:1])
    assert episode.opened_at == early.opened_at == events[0].known_at
    assert (early.severity, episode.severity) == ("medium", "high")
    assert episode.raised["medium"] < episode.raised["high"]


def test_what_happens_at_the_end_of_a_growth_is_an_incident_of_its_own() -> None:
    growth, storm = event("growth", 10), event("failure_storm", 12)
    assert [episode.levels for episode in episodes_of(A, [growth, storm])] == [
        {"growth": 2},
        {"failure_storm": 2},
    ]
    (both,) = episodes_of(A, [storm, event("growth", 14)])
    assert both.severity == "medium"


def test_signals_days_apart_are_two_incidents() -> None:
    events = [event("failure_storm", 10), event("failure_storm", 60)]
    assert len(episodes_of(A, events)) == 2


def test_an_incident_does_not_last_for_ever() -> None:
    events = [event("new_source", 10 + 12 * number) for number in range(60)]
    episodes = episodes_of(A, events)
    assert len(episodes) > 2
    assert all(episode.last - episode.opened_at <= timedelta(days=8) for episode in episodes)


@pytest.mark.parametrize("signal", ["fan_out", "new_subject", "off_hours", "repeated_recipient"])
def test_supporting_evidence_is_no_incident_alone(signal: str) -> None:
    assert episodes_of(A, [event(signal, 10, level=1)]) == []


def test_an_own_source_in_own_hours_pages_nobody() -> None:
    levels = {"new_recipients": 2, "fan_out": 2, "new_subject": 1, "surge": 2}
    assert severity_of(levels, {"new_recipients": 900.0}) == "medium"
    assert severity_of(levels | {"new_source": 2}, {"new_recipients": 900.0}) == "high"
    assert severity_of({"new_source": 2}, {"new_source": 900.0}) == "medium"


def test_more_wide_messages_say_nothing_that_more_mail_does_not() -> None:
    assert severity_of({"surge": 1, "fan_out": 2}, {}) == "low"
    assert severity_of({"surge": 1, "fan_out": 2, "new_subject": 1}, {}) == "medium"
    assert severity_of({"new_recipients": 1, "fan_out": 1}, {"new_recipients": 9.0}) == "medium"


def test_growth_is_medium_also_beside_a_new_source() -> None:
    assert severity_of({"growth": 2}, {"growth": 900.0}) == "medium"
    assert severity_of({"growth": 2, "new_source": 2}, {"growth": 900.0}) == "medium"
    assert kind_of({"growth": 2}, "drift") == "drift"


def test_kinds_are_named_by_what_happened() -> None:
    assert kind_of({"failure_storm": 2, "surge": 1}, "surge") == "failure_storm"
    assert kind_of({"repeated_recipient": 2, "surge": 2}, "surge") == "drift"
    assert kind_of({"new_source": 2, "surge": 1}, "surge") == "new_source"
    assert kind_of({"new_recipients": 2, "surge": 2}, "surge") == "surge"


def test_trailing_sums_are_sums_over_the_window() -> None:
    rows = office()
    made = activity(rows)
    trailing = made.trailing("recipients", 12)
    for row in (0, 5, 40, len(rows) - 1):
        inside = (made.quarter > made.quarter[row] - 12) & (made.quarter <= made.quarter[row])
        assert trailing[row] == np.sum(made.counts["recipients"][inside])


def test_a_window_begins_where_nine_tenths_of_it_are_left() -> None:
    """Of 10, 1, 0, 30 and 9 recipients the last 30 + 9 are 39 of 50, with 1 more still no 45."""
    quarters = [10, 1, 0, 30, 9]
    times = [START + timedelta(minutes=15 * place) for place in range(len(quarters))]
    rows = [
        dict.fromkeys(COUNTS, 0)
        | {"account": A, "hour_utc": time.replace(minute=0), "quarter": time.minute // 15}
        | {"recipients": count}
        for time, count in zip(times, quarters, strict=True)
    ]
    shown = activity(rows)
    sent = shown.counts["recipients"]
    last = np.array([4, 4, 1])
    assert shown.began(last, sent, 5, 0.9)[:1].tolist() == [0]
    assert shown.began(last, sent, 5, 0.78)[:1].tolist() == [3]
    assert shown.began(last, sent, 2, 0.9).tolist() == [3, 3, 0]


def test_an_amount_is_the_total_of_the_rows_between() -> None:
    made = activity(office())
    for first, last in ((0, 3), (30, 31), (31, 30), (-5, 400)):
        begin, end = START + timedelta(hours=first), START + timedelta(hours=last)
        rows = made.rows_between(A, begin, end)
        assert made.amount(A, "recipients", begin, end) == made.total("recipients", rows)
    assert made.amount("nobody@contoso.com", "recipients", START, end) == 0.0
