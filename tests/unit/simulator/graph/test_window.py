from __future__ import annotations

import pytest

from simulator.graph.window import RefusedQueryError, read_query
from simulator.mail.instant import DAY, HOUR, SECOND, micros, trace_text
from tests.unit.simulator.conftest import NOW

CLOCK = micros(NOW)
MIDNIGHT = CLOCK // DAY * DAY


def between(start: int, end: int) -> dict[str, str]:
    bounds = f"receivedDateTime ge {trace_text(start)} and receivedDateTime le {trace_text(end)}"
    return {"$filter": bounds}


def test_without_a_window_the_last_two_days_count() -> None:
    query = read_query({}, CLOCK)
    assert (query.start, query.end, query.top) == (CLOCK - 48 * HOUR, CLOCK, 1000)


@pytest.mark.parametrize(("text", "top"), [("", 1000), ("0", 1000), ("1", 1), ("5000", 5000)])
def test_top(text: str, top: int) -> None:
    assert read_query({"$top": text}, CLOCK).top == top


@pytest.mark.parametrize("text", ["5001", "-1", "many", "1.5"])
def test_a_bad_top_is_refused(text: str) -> None:
    with pytest.raises(RefusedQueryError, match="ResultSize is invalid"):
        read_query({"$top": text}, CLOCK)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (CLOCK - 10 * DAY, CLOCK),
        (CLOCK - 10 * DAY - SECOND, CLOCK),
        (MIDNIGHT - 90 * DAY, MIDNIGHT - 85 * DAY),
    ],
)
def test_allowed_windows(start: int, end: int) -> None:
    query = read_query(between(start, end), CLOCK)
    assert (query.start, query.end) == (start, end)


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        (CLOCK - 10 * DAY - 2 * SECOND, CLOCK, "longer than 10 days"),
        (MIDNIGHT - 90 * DAY - 1, MIDNIGHT - 85 * DAY, "older than 90 days"),
        (CLOCK - DAY, CLOCK + HOUR, "in the future"),
        (CLOCK - DAY, CLOCK - 2 * DAY, "follow the EndDate"),
    ],
)
def test_refused_windows(start: int, end: int, text: str) -> None:
    with pytest.raises(RefusedQueryError, match=text):
        read_query(between(start, end), CLOCK)


@pytest.mark.parametrize(
    ("bounds", "text"),
    [
        ("receivedDateTime ge 2026-11-20T00:00:00Z", "EndDate is required"),
        ("receivedDateTime le 2026-11-20T00:00:00Z", "StartDate is required"),
        ("receivedDateTime ge yesterday and receivedDateTime le today", "not a time"),
    ],
)
def test_half_and_unreadable_windows_are_refused(bounds: str, text: str) -> None:
    with pytest.raises(RefusedQueryError, match=text):
        read_query({"$filter": bounds}, CLOCK)
