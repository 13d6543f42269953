"""Figures per account: rates of what is known, reasons, lists, and ranges where lists hide."""

from __future__ import annotations

from typing import Any

import pytest

from hve_monitor.document import encoded
from models.delivery.outcomes import delivery_figures
from tests.unit.models.conftest import NOW, Workbench, at, trace
from warehouse.reading import Published
from warehouse.records.trace_events import Pair, TraceEvent, record_events

DAY = "2026-11-20T07:00:00"


def people(count: int, **other: Any) -> list[dict[str, Any]]:
    return [trace("m1", f"p{number}@contoso.com", DAY, **other) for number in range(count)]


LIST = trace("m1", "all@contoso.com", DAY, status="expanded")
# Rows, recipients of the fewest and of the most envelopes, and whether that is exact.
ENVELOPES: dict[str, tuple[list[dict[str, Any]], list[int], bool]] = {
    "small": (people(20), [20, 20], True),
    "list": ([*people(20), LIST], [1, 21], False),
    "large-list": ([*people(80), LIST], [1, 50], False),
    "large": (people(80), [1, 50], False),
    "two-messages": (
        [*people(80), trace("m2", "a@contoso.com", DAY), trace("m2", "b@contoso.com", DAY)],
        [2, 50],
        False,
    ),
    "unknown-status": ([*people(3), trace("m1", "x@contoso.com", DAY, status=None)], [1, 4], False),
}
# Rows of one account each: accounts do not touch each other, and one build serves all.
CASES: dict[str, list[dict[str, Any]]] = {
    "rate": [
        trace("m1", "a@contoso.com", DAY),
        trace("m1", "b@contoso.com", DAY, status="failed"),
        trace("m1", "c@contoso.com", DAY, status="pending"),
        trace("m1", "d@contoso.com", DAY, status=None),
        LIST,
        trace("m0", "e@contoso.com", "2026-10-31T07:00:00"),
    ],
    "unknown": [trace("m1", "a@contoso.com", DAY, status=None, size_bytes=None)],
    "reasons": people(3, status="failed"),
    "wordless": [
        trace(f"m{number}", "gone@contoso.com", DAY, status="failed") for number in (1, 2)
    ],
    "failing": [
        trace(f"m{day}", recipient, f"2026-11-{day}T07:00:00", status=status)
        for day in (18, 19, 20)
        for recipient, status in (
            ("gone@contoso.com", "failed"),
            ("busy@contoso.com", "failed" if day < 20 else "delivered"),
        )
    ],
    "sizes": [trace("m1", "a@contoso.com", DAY, size_bytes=10_000_000)],
} | {name: rows for name, (rows, _, _) in ENVELOPES.items()}


@pytest.fixture(scope="module")
def figures(shared_bench: Workbench) -> dict[str, dict[str, Any]]:
    """The figures of each case."""
    shared_bench.land(
        *(
            row | {"trace_id": f"{case}-{row['trace_id']}", "sender": f"{case}@contoso.com"}
            for case, rows in CASES.items()
            for row in rows
        )
    )
    failed = Pair("reasons-m1", "p0@contoso.com")
    words = "Reason: 550 5.1.10 no"
    event = TraceEvent(failed.trace_id, failed.recipient, NOW, "Fail", None, words, None)
    wordless = Pair("wordless-m1", "gone@contoso.com")
    silent = TraceEvent(wordless.trace_id, wordless.recipient, NOW, "Fail", None, "no code", None)
    record_events(shared_bench.store, "contoso", {failed: [event], wordless: [silent]}, NOW)
    shared_bench.build()
    with shared_bench.reader() as connection:
        published = Published(connection, NOW)
        accounts = encoded(delivery_figures(published, at("2026-11-01T00:00:00"), NOW))
    return {figures["account"].removesuffix("@contoso.com"): figures for figures in accounts}


Figures = dict[str, dict[str, Any]]


def test_the_rate_counts_what_is_known_alone(figures: Figures) -> None:
    rate = figures["rate"]
    assert (rate["recipients"], rate["known"], rate["delivered"]) == (4, 2, 1)
    assert rate["delivery_rate"] == 0.5
    assert [group["recipient"] for group in rate["lists"]] == ["all@contoso.com"]


def test_without_any_outcome_the_rate_is_unknown(figures: Figures) -> None:
    assert figures["unknown"]["delivery_rate"] is None
    assert figures["unknown"]["size"]["headroom_bytes"] is None


def test_without_any_status_no_count_is_zero(figures: Figures) -> None:
    unknown = figures["unknown"]
    assert (unknown["recipients"], unknown["unknown_recipients"]) == (1, 1)
    names = ("delivered", "failed", "quarantined", "filtered_as_spam")
    assert [unknown[name] for name in names] == [None] * 4
    assert unknown["rate_range"] == [0.0, 1.0]


def test_the_range_stands_beside_a_rate_of_some(figures: Figures) -> None:
    rate = figures["rate"]
    assert (rate["known"], rate["unknown_recipients"]) == (2, 1)
    assert rate["rate_range"] == [1 / 3, 2 / 3]


def test_reasons_come_from_events_and_are_unknown_without(figures: Figures) -> None:
    assert figures["reasons"]["failure_reasons"] == [
        {"reason": None, "recipients": 2},
        {"reason": "550 5.1.10", "recipients": 1},
    ]


def test_a_reason_without_a_code_is_the_same_as_none(figures: Figures) -> None:
    (failure,) = figures["wordless"]["failures"]
    assert (failure["reason"], failure["messages"]) == (None, 2)


def test_recipients_that_always_fail(figures: Figures) -> None:
    (always,) = figures["failing"]["always_failing"]
    assert (always["recipient"], always["failures"]) == ("gone@contoso.com", 3)


@pytest.mark.parametrize("case", ENVELOPES)
def test_envelopes_are_exact_only_without_lists(figures: Figures, case: str) -> None:
    _, most, exact = ENVELOPES[case]
    envelope = figures[case]["envelope"]
    assert (envelope["most"], envelope["is_exact"]) == (most, exact)
    assert envelope["headroom"] == [50 - most[1], 50 - most[0]]


def test_room_for_larger_messages(figures: Figures) -> None:
    size = figures["sizes"]["size"]
    assert (size["limit_bytes"], size["headroom_bytes"]) == (10_485_760, 485_760)
    assert size["is_limit_verified"] is False
