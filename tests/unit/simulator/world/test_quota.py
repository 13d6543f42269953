from __future__ import annotations

from simulator.world.quota import Quota


def test_requests_beyond_the_quota_are_told_how_long_to_wait() -> None:
    quota = Quota(requests=2, window_seconds=300.0)
    assert [quota.take(), quota.take()] == [None, None]
    assert quota.take() == 300


def test_the_window_runs() -> None:
    quota = Quota(requests=1, window_seconds=0.0)
    assert [quota.take(), quota.take()] == [None, None]


def test_a_quota_of_nothing_refuses_everything() -> None:
    assert Quota(requests=0, window_seconds=5.0).take() == 5
