"""Figures per account: rates of what is known, reasons, lists, and ranges where lists hide."""

from __future__ import annotations

from typing import Any

import pytest

from models.delivery.outcomes import delivery_figures
from tests.unit.models.conftest import NOW, Workbench, at, trace
from warehouse.reading import Published
from warehouse.records.trace_events import Pair, TraceEvent, record_events

DAY = "2026-11-20T07:00:00"


def figures(bench: Workbench) -> dict[str, Any]:
    bench.build()
    with bench.reader() as connection:
        (found,) = delivery_figures(Published(connection, NOW), at("2026-11-01T00:00:00"), NOW)
    return found


def people(count: int, **other: Any) -> list[dict[str, Any]]:
    return [trace("m1", f"p{number}@contoso.com", DAY, **other) for number in range(count)]


def test_the_rate_counts_what_is_known_alone(bench: Workbench) -> None:
    bench.land(
        trace("m1", "a@contoso.com", DAY),
        trace("m1", "b@contoso.com", DAY, status="failed"),
        trace("m1", "c@contoso.com", DAY, status="pending"),
        trace("m1", "d@contoso.com", DAY, status=None),
        trace("m1", "all@contoso.com", DAY, status="expanded"),
        trace("m0", "e@contoso.com", "2026-10-31T07:00:00"),
    )
    found = figures(bench)
    assert (found["recipients"], found["known"], found["delivered"]) == (4, 2, 1)
    assert found["delivery_rate"] == 0.5
    assert [each["recipient"] for each in found["lists"]] == ["all@contoso.com"]


def test_without_any_outcome_the_rate_is_unknown(bench: Workbench) -> None:
    bench.land(trace("m1", "a@contoso.com", DAY, status=None, size_bytes=None))
    found = figures(bench)
    assert found["delivery_rate"] is None
    assert found["size"]["headroom_bytes"] is None


def test_reasons_come_from_events_and_are_unknown_without(bench: Workbench) -> None:
    bench.land(*people(3, status="failed"))
    fail = TraceEvent("m1", "p0@contoso.com", NOW, "Fail", None, "Reason: 550 5.1.10 no", None)
    record_events(bench.store, "contoso", {Pair("m1", "p0@contoso.com"): [fail]}, NOW)
    assert figures(bench)["failure_reasons"] == [
        {"reason": None, "recipients": 2},
        {"reason": "550 5.1.10", "recipients": 1},
    ]


def test_recipients_that_always_fail(bench: Workbench) -> None:
    for day in (18, 19, 20):
        moment = f"2026-11-{day}T07:00:00"
        bench.land(
            trace(f"m{day}", "gone@contoso.com", moment, status="failed"),
            trace(f"m{day}", "busy@contoso.com", moment,
                  status="failed" if day < 20 else "delivered"),
        )  # fmt: skip
    (found,) = figures(bench)["always_failing"]
    assert (found["recipient"], found["failures"]) == ("gone@contoso.com", 3)


@pytest.mark.parametrize(
    ("rows", "most", "exact"),
    [
        (people(20), [20, 20], True),
        ([*people(20), trace("m1", "all@contoso.com", DAY, status="expanded")], [1, 21], False),
        ([*people(80), trace("m1", "all@contoso.com", DAY, status="expanded")], [1, 50], False),
        (people(80), [1, 50], False),
        ([*people(80), trace("m2", "a@contoso.com", DAY), trace("m2", "b@contoso.com", DAY)],
         [2, 50], False),
        ([*people(3), trace("m1", "x@contoso.com", DAY, status=None)], [1, 4], False),
    ],
)  # fmt: skip
def test_envelopes_are_exact_only_without_lists(
    bench: Workbench, rows: list[dict[str, Any]], most: list[int], exact: bool
) -> None:
    bench.land(*rows)
    envelope = figures(bench)["envelope"]
    assert (envelope["most"], envelope["is_exact"]) == (most, exact)
    assert envelope["headroom"] == [50 - most[1], 50 - most[0]]


def test_room_for_larger_messages(bench: Workbench) -> None:
    bench.land(trace("m1", "a@contoso.com", DAY, size_bytes=10_000_000))
    size = figures(bench)["size"]
    assert (size["limit_bytes"], size["headroom_bytes"]) == (10_485_760, 485_760)
    assert size["is_limit_verified"] is False
