"""The quota planner: never more than our share in any window."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hve_monitor.config import Limits
from ingest.quota import MARGIN_SECONDS, Quota
from warehouse.state import State

LIMITS = Limits(message_trace_requests=10, message_trace_window_seconds=60.0, share=0.5)


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now, self.slept = 1000.0, 0.0

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds


def quota(state: State, clock: Clock, tenant: str = "contoso", limits: Limits = LIMITS) -> Quota:
    return Quota(tenant, limits, state, clock.time, clock.sleep)


def most_in_a_window(moments: list[float], seconds: float) -> int:
    return max(sum(start <= moment < start + seconds for moment in moments) for start in moments)


@settings(deadline=None, database=None, max_examples=30)
@given(st.lists(st.floats(0, 50), min_size=1, max_size=25))
def test_no_window_ever_holds_more_than_our_share(pauses: list[float]) -> None:
    state, clock, sent = State(Path(":memory:")), Clock(), []
    planner = quota(state, clock)
    for pause in pauses:
        clock.now += pause
        planner.acquire()
        sent.append(clock.now)
    state.close()
    assert most_in_a_window(sent, 60.0) <= 5


def test_a_full_window_is_waited_for_and_no_longer(tmp_path: Path) -> None:
    state, clock = State(tmp_path / "state.db"), Clock()
    planner = quota(state, clock)
    for _ in range(5):
        planner.acquire()
    assert (clock.slept, planner.used()) == (0.0, 5)
    planner.acquire()
    assert 60.0 + MARGIN_SECONDS <= clock.slept < 61.0
    state.close()


def test_what_an_earlier_run_has_spent_is_remembered(tmp_path: Path) -> None:
    clock = Clock()
    for _ in range(2):
        state = State(tmp_path / "state.db")
        planner = quota(state, clock)
        for _ in range(3):
            planner.acquire()
        state.close()
    assert clock.slept >= 60.0


def test_tenants_have_their_own_quota(tmp_path: Path) -> None:
    state, clock = State(tmp_path / "state.db"), Clock()
    for tenant in ("contoso", "fabrikam"):
        planner = quota(state, clock, tenant)
        for _ in range(5):
            planner.acquire()
    assert clock.slept == 0.0
    state.close()


@pytest.mark.parametrize(
    ("requests", "share", "allowed"), [(100, 0.5, 50), (100, 1.0, 100), (3, 0.5, 1), (1, 0.1, 1)]
)
def test_the_share_is_rounded_down_but_never_to_nothing(
    requests: int, share: float, allowed: int
) -> None:
    state = State(Path(":memory:"))
    limits = Limits(message_trace_requests=requests, share=share)
    assert quota(state, Clock(), limits=limits).allowed == allowed
    state.close()
