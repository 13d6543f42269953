"""How long a service asks its clients to wait: `Retry-After` (RFC 9110, section 10.2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isnan

from hve_monitor.clock import aware

# A proxy with a wrong clock may name a date years ahead: nothing waits longer than this.
LONGEST_SECONDS = 3600.0


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Longest wait that any header ending in `retry-after` asks for, None without one.

    Seconds, from 0 to LONGEST_SECONDS. A date counts from the answer's own `Date`: the clock of
    this machine may be wrong. Cost Management sends several such headers, and some of
    other names (`x-ms-ratelimit-microsoft.costmanagement-qpu-retry-after`).
    """
    values = {name.lower(): value for name, value in headers.items()}
    now = _moment(values.get("date", "")) or datetime.now(UTC)
    waits = [_seconds(value, now) for name, value in values.items() if name.endswith("retry-after")]
    longest = max((wait for wait in waits if wait is not None), default=None)
    return None if longest is None else min(max(0.0, longest), LONGEST_SECONDS)


def _seconds(value: str, now: datetime) -> float | None:
    """Seconds of a number or until a date; None for anything else."""
    try:
        seconds = float(value)
    except ValueError:
        moment = _moment(value)
        return None if moment is None else (moment - now).total_seconds()
    return None if isnan(seconds) else seconds


def _moment(value: str) -> datetime | None:
    """A date of HTTP, UTC without a zone."""
    try:
        return aware(parsedate_to_datetime(value))
    except (ValueError, OverflowError):
        return None
