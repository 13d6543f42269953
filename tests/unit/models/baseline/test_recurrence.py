"""Mailings that come back are recognised from their third time on, and missed when they do not."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from models.baseline.recurrence import (
    EveryWeeks,
    MonthDate,
    MonthWeekday,
    Recurrence,
    Rule,
    WorkingDay,
    mailing_starts,
    recurrences,
)


def days_of(text: str) -> list[date]:
    """Days of one year, written day.month."""
    return [date(2026, *map(int, reversed(day.split(".")))) for day in text.split()]


def only(text: str, unread: str = "") -> Recurrence:
    (habit,) = recurrences(days_of(text), frozenset(days_of(unread)))
    return habit


def every(start: date, days: int, times: int) -> list[date]:
    return [start + timedelta(days=days * number) for number in range(times)]


@pytest.mark.parametrize(
    ("starts", "rule", "due"),
    [
        ("1.1 1.2 1.3", MonthDate(1), date(2026, 4, 1)),
        ("31.1 28.2 31.3", MonthDate(31), date(2026, 4, 30)),
        ("30.1 27.2 31.3", WorkingDay(-1), date(2026, 4, 30)),
        ("2.2 2.3 1.4", WorkingDay(1), date(2026, 5, 1)),
        ("13.1 10.2 10.3 14.4", MonthWeekday(1, 2), date(2026, 5, 12)),
        ("29.1 26.2 26.3", MonthWeekday(3, -1), date(2026, 4, 30)),
        ("5.1 2.2 2.3 30.3", EveryWeeks(4, date(2026, 3, 30)), date(2026, 4, 27)),
        ("6.1 27.1 17.2", EveryWeeks(3, date(2026, 2, 17)), date(2026, 3, 10)),
    ],
)
def test_the_third_time_shows_the_rule(starts: str, rule: Rule, due: date) -> None:
    habit = only(starts)
    assert (habit.rule, habit.step, habit.next_due) == (rule, 1, due)
    assert habit.tolerance == 2  # a weekend: no mailing was a day off
    assert recurrences(days_of(starts)[-2:]) == []


def test_a_date_that_wanders_has_the_tolerance_of_its_own_past() -> None:
    habit = only("13.1 17.2 15.3 12.4")
    assert habit.rule == MonthDate(14)  # -1, +3, +1 and -2 days
    assert habit.tolerance == 3 + 2
    assert habit.next_due == date(2026, 5, 14)


def test_a_date_around_the_turn_of_the_month_is_one_date() -> None:
    habit = only("1.2 28.2 2.4")
    assert habit.rule == MonthDate(1)
    assert habit.numbers == tuple(2026 * 12 + month for month in (1, 2, 3))


def test_a_quarterly_mailing_may_be_a_week_off() -> None:
    starts = [date(2025, 1, 10), date(2025, 4, 14), date(2025, 7, 8), date(2025, 10, 9)]
    (habit,) = recurrences(starts)
    assert (habit.rule, habit.step, habit.tolerance) == (MonthDate(11), 3, 5)
    assert habit.due_until(date(2026, 7, 31)) == [
        date(2026, 1, 11),
        date(2026, 4, 11),
        date(2026, 7, 11),
    ]


def test_a_mailing_takes_some_days_and_a_weekend() -> None:
    assert mailing_starts(days_of("5.1 6.1 7.1 6.2 9.2 4.3")) == days_of("5.1 6.2 4.3")


def test_who_sends_on_every_working_day_has_no_mailings() -> None:
    sent = [day for day in every(date(2026, 1, 5), 1, 90) if day.weekday() < 5]
    assert mailing_starts(sent) == []


@pytest.mark.parametrize(
    "starts",
    [
        every(date(2026, 1, 6), 7, 17),
        every(date(2026, 1, 6), 10, 12),
        days_of("3.1 24.2 9.4"),
        days_of("5.1 20.1 5.2 12.2 5.3 22.3"),
        days_of("5.1 5.2 5.5"),
    ],
)
def test_a_weekly_rhythm_and_chance_are_no_rule(starts: list[date]) -> None:
    assert recurrences(starts) == []


def test_two_mailings_a_month_are_two_rules() -> None:
    habits = recurrences(days_of("1.1 15.1 1.2 15.2 1.3 15.3 1.4 15.4"))
    assert [habit.rule for habit in habits] == [MonthDate(15), MonthDate(1)]


def test_one_stray_and_one_missed_month_are_forgiven_beside_four() -> None:
    assert only("5.1 5.2 5.3 19.3 5.4").rule == MonthDate(5)
    assert only("5.1 5.2 5.4 5.5").came == tuple(days_of("5.1 5.2 5.4 5.5"))
    assert recurrences(days_of("5.1 5.2 5.4")) == []


def test_an_unread_day_excuses_the_mailing_of_its_month() -> None:
    habit = only("5.1 5.2 5.4", unread="6.3")
    assert habit.next_due == date(2026, 5, 5)


def test_a_due_day_is_missed_when_its_tolerance_is_over() -> None:
    habit = only("5.1 5.2 5.3")
    assert habit.missed(date(2026, 4, 6)) == []
    assert habit.missed(date(2026, 4, 7)) == days_of("5.4")
    assert habit.missed(date(2026, 5, 7), frozenset(days_of("4.4"))) == days_of("5.5")


def test_holidays_are_no_working_days() -> None:
    starts = days_of("30.1 27.2 31.3 29.4")
    (habit,) = recurrences(starts, holidays=frozenset(days_of("30.4")))
    assert habit.rule == WorkingDay(-1, frozenset(days_of("30.4")))


def test_the_old_date_is_forgotten_when_the_date_changes() -> None:
    habits = recurrences(days_of("5.1 5.2 5.3 20.4 20.5 20.6 20.7"))
    assert habits[0].rule == MonthDate(20)
    assert habits[0].came == tuple(days_of("20.4 20.5 20.6 20.7"))


def test_chance_seldom_looks_like_a_rule() -> None:
    generator, recognised = np.random.default_rng(1), 0
    for _ in range(200):
        places = np.cumsum(generator.geometric(1 / 12, 60))
        sent = [date(2026, 1, 1) + timedelta(days=int(day)) for day in places[places < 120]]
        recognised += bool(recurrences(mailing_starts(sent)))
    assert recognised <= 10
