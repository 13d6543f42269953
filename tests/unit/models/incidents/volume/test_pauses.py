"""Pauses of the past, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from models.incidents.volume.pauses import Pauses

DAYS = 120


def pauses() -> Pauses:
    return Pauses(np.zeros((DAYS, 1)), np.zeros((DAYS, 1)))


def past(*lengths: float, first: int = 0, step: int = 10) -> Pauses:
    """Pauses of one account that ended every few days, from a day on."""
    known = pauses()
    for place, length in enumerate(lengths):
        known.end(first + step * place, np.array([True]), np.array([length]))
    return known


def test_the_longest_pause_is_that_of_ninety_days() -> None:
    known = past(9, 5, 6)
    assert known.longest(90).tolist() == [9]
    assert known.longest(91).tolist() == [6]
    assert known.longest(0).tolist() == [0]


def test_five_pauses_over_four_weeks_are_known() -> None:
    assert past(5, 5, 5, 5, 5).are_known(50).tolist() == [True]
    assert past(5, 5, 5, 5).are_known(50).tolist() == [False]
    assert past(5, 5, 5, 5, 5, step=2).are_known(20).tolist() == [False]


def test_who_keeps_time_is_judged_by_the_margin() -> None:
    """Five pauses of 4: no tail, so a quarter more."""
    assert past(4, 4, 4, 4, 4).bar(90).tolist() == [5.0]


def test_the_tail_of_the_longest_sets_the_bar() -> None:
    """10, 8, 8, 6, 6 exceed 6 by 8 in all, so by 2 in the mean of four; 1 in 5 is 1.98 times."""
    assert past(10, 8, 8, 6, 6).bar(90)[0] == pytest.approx(10 + 1.98 * 2, abs=0.01)


def test_a_short_past_asks_for_more() -> None:
    """Thirty days instead of ninety: log 3 times the mean excess more."""
    known = past(10, 8, 8, 6, 6, first=60, step=6)
    assert known.bar(90)[0] == pytest.approx(10 + (1.98 + np.log(3)) * 2, abs=0.01)


def test_the_mean_leaves_days_without_a_pause_out() -> None:
    assert past(10, 8, 8, 6, 6).mean(90).tolist() == [7.6]


def test_a_pause_that_was_raised_once_is_no_part_of_the_past() -> None:
    known = past(5, 5, 5, 5, 5)
    known.end_raised(60, 0, 20.0, confirmed=False)
    assert known.longest(61).tolist() == [5]
    assert known.had_outage(61).tolist() == [True]


@pytest.mark.parametrize(("day", "longest"), [(90, 18), (121 - 1, 18), (119, 18)])
def test_the_second_of_its_length_in_sixty_days_is(day: int, longest: float) -> None:
    known = past(5, 5, 5, 5, 5)
    known.end_raised(60, 0, 20.0, confirmed=False)
    known.end_raised(min(day, 119), 0, 18.0, confirmed=False)
    assert known.longest(DAYS).tolist() == [longest]


def test_after_sixty_days_it_is_the_first_again() -> None:
    known = past(5, 5, 5, 5, 5)
    known.end_raised(20, 0, 20.0, confirmed=False)
    known.end_raised(81, 0, 18.0, confirmed=False)
    assert known.longest(82).tolist() == [5]


def test_a_shorter_second_one_counts_as_far_as_it_went() -> None:
    known = past(5, 5, 5, 5, 5)
    known.end_raised(60, 0, 20.0, confirmed=False)
    known.end_raised(70, 0, 8.0, confirmed=False)
    assert known.longest(71).tolist() == [8]


def test_confirmed_outages_never_count() -> None:
    known = past(5, 5, 5, 5, 5)
    for day in (50, 60, 70):
        known.end_raised(day, 0, 20.0, confirmed=True)
    assert known.longest(71).tolist() == [5]
    known.end_raised(75, 0, 20.0, confirmed=False)
    assert known.longest(76).tolist() == [5]


def test_a_verdict_takes_a_second_one_out_again() -> None:
    known = past(5, 5, 5, 5, 5)
    for day in (60, 70):
        known.end_raised(day, 0, 20.0, confirmed=False)
    assert known.longest(71).tolist() == [20]
    known.confirm(0, slice(68, 71))
    assert known.longest(71).tolist() == [5]
    assert known.had_outage(71).tolist() == [True]


def test_a_false_alarm_counts_at_once() -> None:
    known = past(5, 5, 5, 5, 5)
    known.end_raised(60, 0, 20.0, confirmed=False)
    known.accept(0, slice(58, 62))
    assert known.longest(61).tolist() == [20]
    assert known.had_outage(61).tolist() == [False]
