from __future__ import annotations

import pytest

from simulator.graph.query_options import (
    RefusedQueryError,
    read_bounds,
    read_equals,
    read_query,
    read_subject,
)
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


@pytest.mark.parametrize("text", ["-1", "many", "1.5"])
def test_a_bad_top_is_refused(text: str) -> None:
    with pytest.raises(RefusedQueryError, match="ResultSize is invalid"):
        read_query({"$top": text}, CLOCK)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (CLOCK - 10 * DAY, CLOCK),
        (CLOCK - 10 * DAY - SECOND, CLOCK),
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
        ("receivedDateTime le 2026-11-20T00:00:00Z", "StartDate is required"),
        ("receivedDateTime ge yesterday and receivedDateTime le today", "not a time"),
    ],
)
def test_half_and_unreadable_windows_are_refused(bounds: str, text: str) -> None:
    with pytest.raises(RefusedQueryError, match=text):
        read_query({"$filter": bounds}, CLOCK)


def test_the_last_value_of_a_property_wins() -> None:
    text = "senderAddress eq 'a@contoso.com' or senderaddress eq 'b@contoso.com' and id eq '1'"
    assert read_equals(text) == {"senderAddress": "b@contoso.com", "id": "1"}


def test_other_operators_have_no_effect() -> None:
    assert read_equals("status ne 'failed' and status in ('pending', 'failed')") == {}
    assert read_equals("startswith(senderAddress, 'a') and contains(recipientAddress, 'b')") == {}


def test_quotes_are_doubled() -> None:
    assert read_equals("senderAddress eq 'o''neil@contoso.com'") == {
        "senderAddress": "o'neil@contoso.com"
    }


def test_text_functions_work_on_the_subject_alone() -> None:
    assert read_subject("contains(subject, 'one') and startsWith(subject,'two')") == (
        "startswith",
        "two",
    )
    assert read_subject("contains(senderAddress, 'one')") is None


def test_bounds_are_the_last_ones() -> None:
    text = "(receivedDateTime ge 2026-11-01T00:00:00Z and receivedDateTime le 2026-11-02)"
    assert read_bounds(text) == {"ge": "2026-11-01T00:00:00Z", "le": "2026-11-02"}
    assert read_bounds("receivedDateTime lt 2026-11-02T00:00:00Z") == {}
