from __future__ import annotations

from datetime import UTC, datetime

from simulator.mail.instant import day_of, micros
from simulator.mail.localtime import hours_of_week, is_off_hours, payroll_share


def day(month: int, number: int) -> int:
    return day_of(micros(datetime(2026, month, number, tzinfo=UTC)))


def test_the_clock_change_repeats_an_hour() -> None:
    summer, change = hours_of_week(day(10, 24)), hours_of_week(day(10, 25))
    assert summer[0] % 24 == 2
    assert list(change[:3] % 24) == [2, 2, 3]


def test_off_hours_are_local() -> None:
    assert is_off_hours(micros(datetime(2026, 11, 24, 19, 30, tzinfo=UTC)))
    assert not is_off_hours(micros(datetime(2026, 11, 24, 18, 30, tzinfo=UTC)))
    assert is_off_hours(micros(datetime(2026, 11, 22, 12, tzinfo=UTC)))


def test_pay_day_moves_before_the_weekend() -> None:
    assert payroll_share(day(11, 27)) == 1.0  # the 28th is a Saturday
    assert payroll_share(day(11, 28)) == 0.0
    assert payroll_share(day(10, 14)) == 0.15
