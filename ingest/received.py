"""When something can have happened: a time outside is none, whatever source tells it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from hve_monitor.clock import aware

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
MANY = 10  # rows that cannot all have an odd time: their source writes another form
CLOCK_ERROR = timedelta(days=2)


def latest(now: datetime) -> datetime:
    """The last instant: clocks differ, and a run may be given an earlier business time."""
    return now + CLOCK_ERROR


def moment_of(text: object, now: datetime | None = None) -> datetime | None:
    """The instant of an ISO 8601 text, UTC without a zone; None for what is none up to now."""
    try:
        moment = aware(msgspec.convert(text, datetime))
    except (msgspec.ValidationError, OverflowError):
        return None
    is_over = now is None or moment <= latest(now)
    return moment if moment >= EARLIEST and is_over else None
