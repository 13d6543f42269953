"""Which windows of a period a source has still to read. Coverage is kept in state.db."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from warehouse.windows import Window, gaps


def unread_windows(
    covered: Iterable[Window],
    period: Window,
    look_back: timedelta = timedelta(0),
    provisional: datetime | None = None,
) -> list[Window]:
    """Parts of the period that no read window covers for good, oldest first.

    Rows arrive late: the last `look_back` of every read window is read again, and so is
    everything from `provisional` on, where rows may still change.
    """
    latest = period.end if provisional is None else provisional
    settled = [Window(window.start, min(window.end - look_back, latest)) for window in covered]
    return gaps([window for window in settled if window.start < window.end], period)
