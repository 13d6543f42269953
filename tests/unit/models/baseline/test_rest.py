"""Hours in which an organisation rests, counted by hand."""

from __future__ import annotations

import numpy as np

from models.baseline.baseline import LocalCalendar, local_calendar
from models.baseline.rest import NEVER, first_hours, rest_hours
from tests.unit.models.traffic_samples import START

DAYS = 49


def calendar() -> LocalCalendar:
    return local_calendar(START, DAYS * 24, "UTC")


def office(accounts: int = 6, machines: int = 1) -> np.ndarray:
    """First hours of accounts that begin at eight on working days, and of machines at night."""
    first = np.full((DAYS, accounts + machines), NEVER)
    first[np.arange(DAYS) % 7 < 5, :accounts] = 8
    first[:, accounts:] = 0
    return first


def rest(first: np.ndarray) -> list[tuple[int, int]]:
    """Day and hour from which on, and day and hour up to which, the organisation rests."""
    hours = sorted(rest_hours(first, calendar()))
    ends = [hour for hour in hours if hour + 1 not in hours]
    starts = [hour for hour in hours if hour - 1 not in hours]
    return [divmod(hour, 24) for pair in zip(starts, ends, strict=True) for hour in pair]


def test_ordinary_weeks_have_no_rest() -> None:
    assert rest(office()) == []


def test_a_week_without_the_offices_is_rest_from_its_first_morning_on() -> None:
    """From Monday, day 35, at nine, when six had sent by then, to the Monday after."""
    first = office()
    first[35:42, :6] = NEVER
    assert rest(first) == [(35, 9), (42, 8)]


def test_half_of_them_are_not_most() -> None:
    first = office()
    first[35:42, :3] = NEVER
    assert rest(first) == []


def test_where_nobody_sends_at_all_the_way_out_may_be_broken() -> None:
    first = office()
    first[35:42] = NEVER
    assert rest(first) == []


def test_four_accounts_are_too_few_to_ask() -> None:
    first = office(accounts=4)
    first[35:42, :4] = NEVER
    assert rest(first) == []


def test_an_answer_holds_for_four_days() -> None:
    """Who begins on Fridays alone is asked until midnight of one day a week."""
    first = np.full((DAYS, 7), NEVER)
    first[4::7, :6], first[:, 6] = 8, 0
    first[39, :6] = NEVER
    assert rest(first) == [(39, 9), (44, 0)]


def test_first_hours_are_those_of_the_local_day() -> None:
    recipients = np.zeros((2, DAYS * 24))
    recipients[0, [9, 20, 24 + 3]] = 5
    recipients[1, :5] = np.nan
    first = first_hours(recipients, calendar())
    assert first[:3, 0].tolist() == [9, 3, NEVER]
    assert first[:2, 1].tolist() == [NEVER, NEVER]
