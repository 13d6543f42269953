"""When mail can have been received: a time outside is none, whatever source tells it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
MANY = 10  # rows that cannot all have an odd time: their source writes another form
CLOCK_ERROR = timedelta(days=2)


def latest(now: datetime) -> datetime:
    """The last instant: clocks differ, and a run may be given an earlier business time."""
    return now + CLOCK_ERROR
