"""Accounts that are not clockwork keep to a rhythm of their own, whatever was asked for before."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache

import numpy as np
import pytest

from simulator.mail.account import Account, build_accounts
from simulator.mail.directory import Directory
from simulator.mail.habits import Habits
from simulator.mail.rhythm import Rhythms

NOW = datetime(2026, 11, 2, tzinfo=UTC)
TODAY = (NOW.date() - date(1970, 1, 1)).days
YEAR = range(TODAY - 364, TODAY)


@cache
def account(kind: str, index: int = 0) -> Account:
    first = build_accounts(7, "contoso.com", NOW)[0]
    return replace(first, index=index, kind=kind, created_at=NOW - timedelta(days=600))


def active_days(kind: str, index: int = 0) -> list[int]:
    rhythms = Rhythms(7)
    return [day for day in YEAR if rhythms.sends(account(kind, index), day)]


def test_a_steady_account_sends_its_usual_share_every_day() -> None:
    assert {Rhythms(7).share(account("scan"), day) for day in YEAR} == {1.0}


@pytest.mark.parametrize("kind", ["occasional", "lumpy"])
@pytest.mark.parametrize("index", range(4))
def test_bouts_last_a_day_or_two_and_nothing_follows_for_three_to_twelve_days(
    kind: str, index: int
) -> None:
    gaps = np.diff(active_days(kind, index))
    pauses = gaps[gaps > 1] - 1
    assert pauses.min() >= 3
    assert pauses.max() <= 12  # ten, and a weekend
    assert (gaps == 1).any()
    assert not ((gaps[:-1] == 1) & (gaps[1:] == 1)).any()


def test_sizes_of_lumpy_bouts_differ_far_more() -> None:
    rhythms = Rhythms(7)
    spread = {
        kind: np.std(np.log([rhythms.share(account(kind), day) for day in active_days(kind)]))
        for kind in ("occasional", "lumpy")
    }
    assert spread["lumpy"] > 2.5 * spread["occasional"]


def test_a_shared_scanner_sends_on_two_working_days_of_every_week() -> None:
    days = np.array(active_days("weekly_scan"))
    weeks, counts = np.unique((days + 3) // 7, return_counts=True)
    assert set(counts[1:-1].tolist()) == {2}
    assert len(weeks) >= 52
    assert ((days + 3) % 7).max() <= 4
    usual = np.sort(np.bincount((days + 3) % 7))[-2:].sum()
    assert usual / len(days) > 0.6


@pytest.mark.parametrize(("kind", "count", "months"), [("monthly", 12, 1), ("quarterly", 4, 3)])
def test_mailings_come_once_in_their_period_on_a_working_day(
    kind: str, count: int, months: int
) -> None:
    days = active_days(kind, 3)
    assert len(days) == count
    assert all((day + 3) % 7 < 5 for day in days)
    gaps = np.diff(days)
    assert gaps.min() >= 30.4 * months - 6
    assert gaps.max() <= 30.4 * months + 6


def test_mailings_of_an_account_have_one_hour_and_one_share() -> None:
    rhythms, owner = Rhythms(7), account("monthly", 3)
    mailings = {rhythms.mailing(owner, day) for day in YEAR} - {None}
    assert len(mailings) == 1
    assert rhythms.mailing(account("scan"), YEAR[0]) is None


@pytest.mark.parametrize("kind", ["occasional", "weekly_scan", "monthly"])
def test_a_day_does_not_depend_on_what_was_asked_for_before(kind: str) -> None:
    one, other = Rhythms(7), Rhythms(7)
    forward = [one.sends(account(kind), day) for day in YEAR]
    backward = [other.sends(account(kind), day) for day in reversed(YEAR)]
    assert forward == backward[::-1]


def test_a_monthly_mailing_goes_to_nearly_the_same_people() -> None:
    owner, habits = account("monthly", 3), Habits(7, Directory("contoso.com", 500, YEAR[0]))
    mailed = [
        set(habits.messages(owner, day, np.random.default_rng(day)).recipient.tolist())
        for day in active_days("monthly", 3)[:2]
    ]
    assert len(mailed[0]) > 50
    assert 0 < len(mailed[1] - mailed[0]) < 0.15 * len(mailed[1])
