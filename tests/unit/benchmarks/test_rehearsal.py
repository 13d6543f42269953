"""Rehearsed tenants: irregular accounts come with labels, regular ones stay as they were drawn."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from benchmarks.inputs.fleet import IRREGULAR
from benchmarks.inputs.incident import RehearsedIncident
from benchmarks.inputs.rehearsal import Rehearsal, draw_rehearsal
from simulator.mail.instant import DAY


@cache
def tenant(irregular: float) -> Rehearsal:
    return draw_rehearsal(3, 20, 120, irregular)


@cache
def days_with_mail(account: int) -> list[int]:
    traffic = tenant(0.45).traffic
    return [day for day in tenant(0.45).days if len(traffic.block(account, day).received)]


def outages() -> list[RehearsedIncident]:
    return [item for item in tenant(0.45).incidents if item.family == "outage"]


def test_nine_of_twenty_accounts_are_irregular_when_that_is_asked_for() -> None:
    kinds = [account.kind for account in tenant(0.45).traffic.accounts]
    assert len(kinds) == 20
    assert sum(kind in IRREGULAR for kind in kinds) == 9
    assert set(IRREGULAR) <= set(kinds)


def test_the_other_accounts_are_those_of_the_regular_tenant() -> None:
    regular, irregular = (tenant(share).traffic.accounts for share in (0.0, 0.45))
    assert [one.source_ips for one in irregular[:11]] == [one.source_ips for one in regular[:11]]
    assert [one.scale for one in irregular[:11]] == [one.scale for one in regular[:11]]
    assert not any(account.kind in IRREGULAR for account in regular)


def test_a_regular_tenant_has_no_label_of_irregular_accounts() -> None:
    families = {item.family for item in tenant(0.0).incidents}
    assert not families & {"outage", "growth", "holiday_stop"}
    assert {item.family for item in tenant(0.45).incidents} >= {"outage", "holiday_stop"}


def test_nothing_is_sent_in_an_outage() -> None:
    assert len(outages()) >= 3
    for item in outages():
        days = days_with_mail(item.account)
        assert not [day for day in days if item.start <= day * DAY < item.end]
        assert item.start < item.deadline <= tenant(0.45).days.stop * DAY


def test_an_outage_is_three_times_as_long_as_any_gap_before() -> None:
    for item in outages():
        before = [day for day in days_with_mail(item.account) if day * DAY < item.start]
        length = item.end / DAY - before[-1]
        if item.strength == "weekly_scan":
            assert length >= 21
        if item.strength in ("occasional", "lumpy"):
            # A planned day can pass without a message; the plan is what counts.
            assert length >= 2.5 * np.diff(before[-8:]).max()


@pytest.mark.parametrize("family", ["outage", "holiday_stop"])
def test_labels_of_an_account_do_not_touch(family: str) -> None:
    labels = [item for item in tenant(0.45).incidents if item.family != "holiday_dip"]
    for item in labels:
        if item.family != family:
            continue
        others = [one for one in labels if one.account == item.account and one is not item]
        assert all(one.end < item.start or item.end < one.start for one in others)
