"""Following a message: how often the trace is asked, and when that ends."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from actions.send_test.follow import POLL_SECONDS, settled_rows
from ingest.graph.trace_pages import TraceRow
from warehouse.windows import Window

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def row(recipient: str, status: str) -> TraceRow:
    return TraceRow("2026-11-24T08:00:00Z", status, recipient_address=recipient)


class Trace:
    """Gives one answer after the other, on a clock that only sleep moves."""

    def __init__(self, *answers: list[TraceRow]) -> None:
        self.answers, self.windows, self.seconds = list(answers), list[Window](), 0.0

    def look(self, window: Window) -> list[TraceRow]:
        self.windows.append(window)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def read(self, wait: float, *recipients: str) -> list[TraceRow]:
        to = list(recipients) or ["a@contoso.com"]
        return settled_rows(self.look, to, NOW, wait, self.sleep, lambda: self.seconds)


def test_it_ends_as_soon_as_the_status_is_final() -> None:
    pending, final = [row("a@contoso.com", "pending")], [row("A@contoso.com", "delivered")]
    trace = Trace([], pending, final)
    assert trace.read(900) == final
    assert trace.seconds == 2 * POLL_SECONDS


def test_every_recipient_is_waited_for() -> None:
    first, second = row("a@contoso.com", "delivered"), row("b@contoso.com", "failed")
    trace = Trace([first], [first, second])
    assert trace.read(900, "a@contoso.com", "b@contoso.com") == [first, second]
    assert len(trace.windows) == 2


@pytest.mark.parametrize(("wait", "asked"), [(0, 1), (29, 1), (30, 2), (300, 11)])
def test_the_time_is_capped(wait: float, asked: int) -> None:
    trace = Trace([])
    assert trace.read(wait) == []
    assert len(trace.windows) == asked
    assert trace.seconds <= wait


def test_the_window_reaches_to_the_present_and_never_into_the_future() -> None:
    trace = Trace([])
    trace.read(60)
    assert [(window.end - NOW).total_seconds() for window in trace.windows] == [0, 30, 60]
    assert all(window.start < NOW for window in trace.windows)
