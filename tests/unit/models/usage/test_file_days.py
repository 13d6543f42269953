"""Which days files know: those with rows, and the pauses that are usual between them."""

from __future__ import annotations

from datetime import date, timedelta

from hve_monitor.clock import days_between
from models.usage.file_days import NO_FILES, FileDays, unknown_file_days

FIRST, LAST = date(2026, 6, 1), date(2026, 11, 24)


def span(first: str, last: str) -> set[date]:
    return {*days_between(date.fromisoformat(first), date.fromisoformat(last))}


def workdays(first: str, last: str) -> set[date]:
    return {day for day in span(first, last) if day.weekday() < 5}


def unknown(days: set[date], *spans: tuple[date, date]) -> set[date]:
    return {*unknown_file_days(FileDays([*days], [*spans]), min(days), max(days))}


def test_days_between_two_exports_are_unknown() -> None:
    exported = span("2026-06-08", "2026-06-14") | span("2026-10-06", "2026-11-24")
    assert unknown(exported) == span("2026-06-15", "2026-10-05")


def test_days_before_the_first_row_and_after_the_last_are_unknown() -> None:
    exported = span("2026-11-02", "2026-11-20")
    outside = span("2026-06-01", "2026-11-01") | span("2026-11-21", "2026-11-24")
    assert unknown_file_days(FileDays([*exported], []), FIRST, LAST) == outside


def test_without_a_row_every_day_is_unknown() -> None:
    assert unknown_file_days(NO_FILES, FIRST, LAST) == span("2026-06-01", "2026-11-24")


def test_weekends_without_mail_are_quiet() -> None:
    assert unknown(workdays("2026-10-05", "2026-11-20")) == set()


def test_one_weekend_is_enough_to_be_one() -> None:
    assert unknown(workdays("2026-11-02", "2026-11-13")) == set()


def test_fridays_and_saturdays_without_mail_are_quiet() -> None:
    exported = {day for day in span("2026-10-04", "2026-11-19") if day.weekday() not in (4, 5)}
    assert unknown(exported) == set()


def test_a_week_left_out_among_workdays_is_unknown() -> None:
    exported = workdays("2026-10-05", "2026-11-20") - span("2026-10-19", "2026-10-23")
    assert unknown(exported) == span("2026-10-17", "2026-10-25")


def test_one_day_left_out_among_days_with_mail_is_unknown() -> None:
    exported = span("2026-11-01", "2026-11-20") - {date(2026, 11, 11)}
    assert unknown(exported) == {date(2026, 11, 11)}


def test_a_monthly_mailing_is_quiet_in_between() -> None:
    payslips = {date(2026, month, 25) for month in range(6, 12)}
    assert unknown(payslips) == set()


def test_a_weekly_mailing_is_quiet_in_between() -> None:
    mondays = {date(2026, 9, 7) + timedelta(days=7 * week) for week in range(10)}
    assert unknown(mondays) == set()


def test_an_account_that_sends_now_and_then_is_quiet_in_between() -> None:
    """Pauses of 2 to 9 days."""
    days = {date(2026, 10, day) for day in (1, 5, 8, 15, 19, 29)}
    assert unknown(days) == set()


def test_one_week_exported_of_each_month_leaves_the_others_unknown() -> None:
    exported = (
        span("2026-09-01", "2026-09-07")
        | span("2026-10-01", "2026-10-07")
        | span("2026-11-01", "2026-11-07")
    )
    assert unknown(exported) == span("2026-09-08", "2026-09-30") | span("2026-10-08", "2026-10-31")


def test_a_pause_of_a_week_inside_of_one_file_is_quiet() -> None:
    exported = span("2026-11-01", "2026-11-20") - span("2026-11-07", "2026-11-13")
    whole = (date(2026, 11, 1), date(2026, 11, 20))
    assert unknown(exported, whole) == set()
    halves = (whole[0], date(2026, 11, 6)), (date(2026, 11, 14), whole[1])
    assert unknown(exported, *halves) == span("2026-11-07", "2026-11-13")


def test_a_longer_pause_inside_of_one_file_is_unknown() -> None:
    exported = span("2026-11-01", "2026-11-20") - span("2026-11-07", "2026-11-14")
    whole = (date(2026, 11, 1), date(2026, 11, 20))
    assert unknown(exported, whole) == span("2026-11-07", "2026-11-14")
