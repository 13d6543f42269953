"""Business time: what `--now` moves. Tokens, locks, retries and quota use the real clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from hve_monitor.errors import ConfigError

LATEST = timedelta(days=7)


def parse_time(text: str, flag: str = "--now") -> datetime:
    """UTC instant of an ISO 8601 text; a text without a zone is UTC.

    Raises: ConfigError naming the flag when the text is no time.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        return aware(moment).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ConfigError(
            f"{flag}: '{text}' is not a time; write it as 2026-11-24T08:00:00Z or 2026-11-24"
        ) from None


def business_now(flag: str | None) -> datetime:
    """The `--now` of the command, or the system clock, in whole seconds as services count.

    Raises: ConfigError when the flag lies more than a week after the system clock.
    """
    clock = system_time()
    now = parse_time(flag).replace(microsecond=0) if flag else clock
    if now > clock + LATEST:
        raise ConfigError(
            f"--now {iso(now)}: is more than a week after the system clock ({iso(clock)});"
            " what is stored at such a time could not be undone"
        )
    return now


def system_time() -> datetime:
    """The system clock in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def aware(moment: datetime) -> datetime:
    """The moment with a zone; without one it is UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def iso(moment: datetime) -> str:
    """ISO 8601 with `Z`, without a fraction when there is none."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def minute_words(moment: datetime) -> str:
    """2026-11-24 23:22 UTC, as sentences write it."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def midnight(moment: datetime) -> datetime:
    """Start of the UTC day."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def start_of_day(day: date) -> datetime:
    """First instant of the UTC day."""
    return datetime.combine(day, time(), UTC)


def days_between(first: date, last: date) -> Iterator[date]:
    """Every day from first to last, both included."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)
