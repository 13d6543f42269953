"""Requests for events of messages: a queue without doubles."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from warehouse.records.event_requests import forget_requests, request_events, requested_events
from warehouse.state import State

START = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    opened = State(tmp_path / "state.db")
    yield opened
    opened.close()


def at(second: int) -> datetime:
    return START + timedelta(seconds=second)


def test_requests_wait_in_their_order_and_once_each(state: State) -> None:
    request_events(state, "contoso", [("t2", "b@contoso.com")], at(1))
    request_events(state, "contoso", [("t2", "b@contoso.com"), ("t1", "a@contoso.com")], at(2))
    request_events(state, "fabrikam", [("t9", "x@fabrikam.com")], at(0))
    waiting = [("t2", "b@contoso.com"), ("t1", "a@contoso.com")]
    assert requested_events(state, "contoso", 10) == waiting
    assert requested_events(state, "contoso", 1) == waiting[:1]
    forget_requests(state, "contoso", waiting[:1])
    assert requested_events(state, "contoso", 10) == waiting[1:]
    assert len(requested_events(state, "fabrikam", 10)) == 1
