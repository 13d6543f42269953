"""Instants as whole microseconds since 1970 (UTC), the unit of every time column."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TEXT = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,7}))?([Zz]|[+-]\d\d:\d\d)?)?$"
)


def micros(moment: datetime) -> int:
    """Microseconds since 1970 of an aware datetime."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment_of(instant: int) -> datetime:
    """The aware UTC datetime of an instant."""
    return _EPOCH + timedelta(microseconds=int(instant))


def day_of(instant: int) -> int:
    """Whole UTC days since 1970."""
    return int(instant) // DAY


def day_text(day: int) -> str:
    """`2026-11-01` of a day number."""
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()


def trace_text(instant: int) -> str:
    """ISO 8601 with `Z` and 0, 3 or 7 fractional digits, whichever the instant needs.

    The digits depend on the value alone, so a row shows the same text for ever.
    """
    whole, fraction = divmod(int(instant), SECOND)
    stamp = (_EPOCH + timedelta(seconds=whole)).strftime("%Y-%m-%dT%H:%M:%S")
    if fraction == 0:
        return f"{stamp}Z"
    if fraction % 1000 == 0:
        return f"{stamp}.{fraction // 1000:03d}Z"
    return f"{stamp}.{fraction:06d}0Z"


def long_text(instant: int, zone: str = "+00:00") -> str:
    """ISO 8601 with seven fractional digits, as Exchange cmdlets write dates; some end in `Z`."""
    return moment_of(instant).strftime("%Y-%m-%dT%H:%M:%S.%f") + f"0{zone}"


def parse_instant(text: str) -> int:
    """Instant of an ISO 8601 text with 0 to 7 fractional digits; no zone means UTC.

    Raises: ValueError when the text is no time.
    """
    parts = _TEXT.match(text.strip())
    if not parts:
        raise ValueError(f"'{text}' is not a time such as 2026-11-24T08:00:00Z")
    day, clock, fraction, zone = parts.groups()
    shift = "+00:00" if zone in (None, "Z", "z") else zone
    moment = datetime.fromisoformat(f"{day}T{clock or '00:00:00'}{shift}")
    return micros(moment) + int((fraction or "").ljust(7, "0")[:7]) // 10
