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

    Seconds, from 0 to LONGEST_SECONDS. Cost Management sends several such headers, and some of
    other names (`x-ms-ratelimit-microsoft.costmanagement-qpu-retry-after`).
    """
    waits = [
        _seconds(value) for name, value in headers.items() if name.lower().endswith("retry-after")
    ]
    longest = max((wait for wait in waits if wait is not None), default=None)
    return None if longest is None else min(max(0.0, longest), LONGEST_SECONDS)


def _seconds(value: str) -> float | None:
    """Seconds of a number or until a date; None for anything else."""
    try:
        seconds = float(value)
    except ValueError:
        return _seconds_until(value)
    return None if isnan(seconds) else seconds


def _seconds_until(value: str) -> float | None:
    """A date without a zone is UTC."""
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return (aware(moment) - datetime.now(UTC)).total_seconds()
