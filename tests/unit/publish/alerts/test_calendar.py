"""DigestMessage times and quiet hours follow the tenant's own clock, also over a clock change."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from publish.alerts.calendar import after_quiet, next_digest

BERLIN = "Europe/Berlin"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "cadence", "due"),
    [
        ("2026-11-24T06:59", "day", "2026-11-24T07:00"),
        ("2026-11-24T07:00", "day", "2026-11-24T07:00"),
        ("2026-11-24T07:01", "day", "2026-11-25T07:00"),
        ("2026-11-24T07:01", "week", "2026-11-30T07:00"),
        ("2026-11-30T07:00", "week", "2026-11-30T07:00"),
        ("2026-11-30T07:01", "week", "2026-12-07T07:00"),
        # Sunday 25 October 2026 has 25 hours: eight o'clock is seven hours before and eight after.
        ("2026-10-24T12:00", "day", "2026-10-25T07:00"),
        ("2026-10-23T12:00", "day", "2026-10-24T06:00"),
        # late on Monday in UTC is Tuesday in Berlin
        ("2026-11-23T23:30", "week", "2026-11-30T07:00"),
    ],
)
def test_a_digest_is_due_at_the_next_local_eight_o_clock(now: str, cadence: str, due: str) -> None:
    assert next_digest(at(now), BERLIN, cadence, "08:00") == at(due)


@pytest.mark.parametrize(
    ("moment", "quiet", "allowed"),
    [
        ("2026-11-24T20:59", "22:00-06:00", "2026-11-24T20:59"),
        ("2026-11-24T21:00", "22:00-06:00", "2026-11-25T05:00"),
        ("2026-11-25T04:59", "22:00-06:00", "2026-11-25T05:00"),
        ("2026-11-25T05:00", "22:00-06:00", "2026-11-25T05:00"),
        ("2026-11-24T11:30", "12:00-13:00", "2026-11-24T12:00"),
        ("2026-11-24T12:00", "12:00-13:00", "2026-11-24T12:00"),
        ("2026-11-24T12:00", "", "2026-11-24T12:00"),
        # the night in which the clocks go forward: six o'clock comes an hour earlier
        ("2026-03-28T21:00", "22:00-06:00", "2026-03-29T04:00"),
        # an end that the change skips
        ("2026-03-29T00:30", "22:00-02:30", "2026-03-29T01:30"),
    ],
)
def test_quiet_hours_end_by_the_local_clock(moment: str, quiet: str, allowed: str) -> None:
    assert after_quiet(at(moment), BERLIN, quiet) == at(allowed)
