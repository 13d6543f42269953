"""Windows of time that were read: joined, and what they leave unread."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple


class Window(NamedTuple):
    """A closed interval of receivedDateTime, UTC, whole seconds."""

    start: datetime
    end: datetime


def merge(windows: Iterable[Window]) -> list[Window]:
    """The same instants in as few windows as possible, oldest first."""
    joined: list[Window] = []
    for window in sorted(windows):
        if joined and window.start <= joined[-1].end:
            joined[-1] = Window(joined[-1].start, max(joined[-1].end, window.end))
        else:
            joined.append(window)
    return joined


def gaps(covered: Iterable[Window], whole: Window) -> list[Window]:
    """Parts of the whole window that no covered window holds, oldest first."""
    missing: list[Window] = []
    start = whole.start
    for window in merge(covered):
        if window.end <= start:
            continue
        if window.start >= whole.end:
            break
        if window.start > start:
            missing.append(Window(start, window.start))
        start = max(start, window.end)
    if start < whole.end:
        missing.append(Window(start, whole.end))
    return missing


def whole_second(moment: datetime, *, up: bool = False) -> datetime:
    """The second at or before the instant, or at or after it."""
    floor = moment.astimezone(UTC).replace(microsecond=0)
    return floor + timedelta(seconds=1) if up and floor < moment else floor
