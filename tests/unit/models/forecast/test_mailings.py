"""Mailings that come back are told from bursts and expected on their own day."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from models.forecast.mailings import Mailing, split_recurring

FIRST = date(2026, 1, 1)
END = date(2026, 5, 1)
DAYS = (END - FIRST).days


def sent(days: list[date], size: float = 6000.0) -> np.ndarray:
    values = np.full((1, DAYS), 10.0)
    for day in days:
        values[0, (day - FIRST).days] += size
    return values


def next_mailings(days: list[date]) -> list[Mailing]:
    return split_recurring(sent(days), END)[0].get(0, [])


def test_every_second_week_goes_on_every_second_week() -> None:
    days = [date(2026, 1, 6) + timedelta(days=14 * n) for n in range(9)]
    ahead = next_mailings([day for day in days if day < END])
    assert [mailing.day for mailing in ahead[:3]] == [
        date(2026, 5, 12),
        date(2026, 5, 26),
        date(2026, 6, 9),
    ]


def test_the_second_tuesday_stays_the_second_tuesday() -> None:
    days = [date(2026, 1, 13), date(2026, 2, 10), date(2026, 3, 10), date(2026, 4, 14)]
    ahead = next_mailings(days)
    assert [mailing.day for mailing in ahead[:3]] == [
        date(2026, 5, 12),
        date(2026, 6, 9),
        date(2026, 7, 14),
    ]


def test_a_date_is_kept_where_weekdays_explain_no_more() -> None:
    ahead = next_mailings([date(2026, month, 17) for month in (1, 2, 3, 4)])
    assert [mailing.day for mailing in ahead[:2]] == [date(2026, 5, 17), date(2026, 6, 17)]
    assert ahead[0].size == pytest.approx(6010.0)


def test_a_mailing_that_was_an_incident_still_comes_back() -> None:
    days = [date(2026, month, 17) for month in (1, 2, 3, 4)]
    whole = sent(days)
    without = whole.copy()
    without[0, (days[2] - FIRST).days] = 10.0  # what the incident added is taken out
    assert split_recurring(without, END)[0] == {}
    recurring, usual = split_recurring(without, END, whole)
    assert [mailing.day for mailing in recurring[0][:2]] == [date(2026, 5, 17), date(2026, 6, 17)]
    assert recurring[0][0].size == pytest.approx(6010.0)
    assert np.isnan(usual).sum() == 4


def test_incidents_between_mailings_do_not_hide_them() -> None:
    days = [date(2026, month, 17) for month in (1, 2, 3, 4)]
    strays = [date(2026, 1, 28), date(2026, 3, 3), date(2026, 4, 6)]
    assert split_recurring(sent([*days, *strays]), END)[0] == {}
    recurring, _ = split_recurring(sent(days), END, sent([*days, *strays]))
    assert recurring[0][0].day == date(2026, 5, 17)


def test_the_days_of_mailings_are_unknown_to_the_daily_level() -> None:
    days = [date(2026, month, 17) for month in (1, 2, 3, 4)]
    _, usual = split_recurring(sent(days), END)
    assert np.isnan(usual).sum() == 4
    assert np.nanmax(usual) == 10.0


@pytest.mark.parametrize(
    "days",
    [
        [date(2026, 4, 17)],
        [date(2026, 1, 3), date(2026, 2, 24), date(2026, 4, 9)],
        [date(2026, 1, 17), date(2026, 2, 17)],
    ],
)
def test_what_did_not_come_in_the_last_months_is_not_expected(days: list[date]) -> None:
    assert next_mailings(days) == []


def test_a_weekly_mailing_is_a_weekday_and_no_mailing() -> None:
    days = [date(2026, 1, 6) + timedelta(days=7 * n) for n in range(17)]
    values = sent(days)
    values[0, (values[0] < 100)] = 0.0
    values[0, (date(2026, 3, 3) - FIRST).days] = 20.0  # one that most people missed
    assert split_recurring(values, END)[0] == {}


def only_mailings(days: list[date], size: float, end: date = END) -> list[Mailing]:
    """Next mailings of an account that sends nothing else."""
    values = np.zeros((1, (end - FIRST).days))
    values[0, [(day - FIRST).days for day in days]] = size
    return split_recurring(values, end)[0].get(0, [])


def test_a_small_monthly_mailing_is_one_where_nothing_else_is_sent() -> None:
    ahead = only_mailings([date(2026, month, 12) for month in (1, 2, 3, 4)], 8.0)
    assert (ahead[0].day, ahead[0].size) == (date(2026, 5, 12), 8.0)


def test_a_quarterly_mailing_comes_back_a_quarter_later() -> None:
    end = date(2026, 8, 1)
    ahead = only_mailings([date(2026, month, 20) for month in (1, 4, 7)], 700.0, end)
    assert [mailing.day for mailing in ahead[:2]] == [date(2026, 10, 20), date(2027, 1, 20)]


def test_a_mailing_of_three_days_is_expected_on_three_days() -> None:
    days = [date(2026, month, day) for month in (1, 2, 3, 4) for day in (14, 15, 16)]
    ahead = only_mailings(days, 100.0)
    assert [(mailing.day.day, mailing.size) for mailing in ahead[:3]] == [
        (14, pytest.approx(100.0)),
        (15, pytest.approx(100.0)),
        (16, pytest.approx(100.0)),
    ]


def test_a_mailing_that_has_begun_goes_on() -> None:
    days = [date(2026, month, day) for month in (1, 2, 3) for day in (29, 30, 31) if month != 2]
    days += [date(2026, 2, 26), date(2026, 2, 27), date(2026, 2, 28), date(2026, 4, 29)]
    ahead = only_mailings(days, 100.0, date(2026, 4, 30))
    assert [mailing.day for mailing in ahead[:2]] == [date(2026, 4, 30), date(2026, 5, 1)]


@pytest.mark.parametrize(
    ("end", "first"),
    [
        (date(2026, 4, 13), date(2026, 4, 13)),  # a day late: it may come today
        (date(2026, 4, 16), date(2026, 5, 12)),  # its tolerance is over
    ],
)
def test_a_late_mailing_is_awaited_for_its_tolerance(end: date, first: date) -> None:
    ahead = only_mailings([date(2026, month, 12) for month in (1, 2, 3)], 900.0, end)
    assert ahead[0].day == first


def test_a_mailing_missed_twice_is_over() -> None:
    days = [date(2026, month, 12) for month in (1, 2, 3)]
    assert only_mailings(days, 900.0, date(2026, 5, 10))
    assert only_mailings(days, 900.0, date(2026, 5, 20)) == []


def test_an_unread_day_may_have_had_the_mailing() -> None:
    end = date(2026, 4, 20)
    values = np.zeros((1, (end - FIRST).days))
    values[0, [(date(2026, month, 12) - FIRST).days for month in (1, 2, 3)]] = 900.0
    values[0, (date(2026, 4, 12) - FIRST).days] = np.nan
    ahead = split_recurring(values, end)[0][0]
    assert [mailing.day for mailing in ahead[:2]] == [date(2026, 4, 12), date(2026, 5, 12)]


def test_sizes_that_vary_make_a_wider_deviation() -> None:
    steady = sent([date(2026, month, 17) for month in (1, 2, 3, 4)])
    varied = steady.copy()
    varied[0, [(date(2026, month, 17) - FIRST).days for month in (1, 3)]] *= 1.8
    deviations = [split_recurring(mailing, END)[0][0][0].deviation for mailing in (steady, varied)]
    assert deviations[0] < 0.2 < deviations[1]
