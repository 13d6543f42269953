from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from simulator import SimulatedTenant
from simulator.mail.instant import DAY, HOUR, day_of, micros
from simulator.mail.localtime import is_off_hours
from tests.unit.simulator.conftest import NOW


def test_the_default_history_holds_two_of_each_kind() -> None:
    tenant = SimulatedTenant(seed=7, now=NOW)
    kinds = [item.kind for item in tenant.traffic.incidents]
    assert sorted(kinds) == ["silence", "silence", "surge", "surge"]
    quiet_until = (tenant.traffic.first_day + 20) * DAY
    assert all(item.start >= quiet_until for item in tenant.traffic.incidents)
    assert len({item.account for item in tenant.traffic.incidents}) == 4


def test_one_burst_is_recent_and_one_silence_is_running() -> None:
    for seed in range(1, 25):
        tenant = SimulatedTenant(seed=seed, now=NOW + timedelta(hours=7 * seed))
        clock = tenant.clock
        surges = [item for item in tenant.traffic.incidents if item.kind == "surge"]
        silences = [item for item in tenant.traffic.incidents if item.kind == "silence"]
        assert sum(36 * HOUR < clock - item.start < 60 * HOUR for item in surges) == 1
        assert sum(item.start < clock < item.end for item in silences) == 1
        assert all(is_off_hours(item.start) and is_off_hours(item.end) for item in surges)


def test_labels_lie_within_the_data(tenant: SimulatedTenant) -> None:
    labels = tenant.labels()
    first = tenant.traffic.first_day * DAY
    primaries = {account.primary for account in tenant.accounts}
    for label in labels:
        started = micros(datetime.fromisoformat(label["started_at"]))
        assert first <= started <= tenant.clock
        assert label["account"] in primaries
        assert label["kind"] in {"surge", "silence"}
    assert {label["kind"] for label in labels} == {"surge", "silence"}
    assert [label["ended_at"] for label in labels].count(None) == 1


def test_the_labelled_rows_of_a_burst_come_from_its_source(tenant: SimulatedTenant) -> None:
    index = {account.primary: account.index for account in tenant.accounts}
    for label in tenant.labels():
        if label["kind"] != "surge":
            continue
        account = index[label["account"]]
        source = tenant.traffic.sources(account).index(label["source_ip"])
        start = micros(datetime.fromisoformat(label["started_at"]))
        blocks = [tenant.traffic.block(account, day_of(start) + later) for later in (0, 1)]
        received = np.concatenate(
            [block.received[block.source[block.message] == source] for block in blocks]
        )
        assert len(received) == label["rows"] > 100
        assert start <= received.min()
        assert received.max() <= micros(datetime.fromisoformat(label["ended_at"])) + 1_000_000


def test_a_silent_account_sends_nothing(tenant: SimulatedTenant) -> None:
    for item in tenant.traffic.incidents:
        if item.kind == "silence":
            days = range(day_of(item.start), day_of(item.end) + 1)
            received = np.concatenate(
                [tenant.traffic.block(item.account, day).received for day in days]
            )
            assert len(received) > 0
            assert not ((received >= item.start) & (received < item.end)).any()


def test_a_running_silence_gets_its_end_when_the_clock_passes() -> None:
    tenant = SimulatedTenant(seed=7, now=NOW, days=12, staff=60)
    tenant.advance(timedelta(hours=40))
    assert None not in [label["ended_at"] for label in tenant.labels()]


def test_a_history_too_short_for_incidents_has_none() -> None:
    assert SimulatedTenant(seed=7, now=NOW, days=0, staff=60).labels() == []
