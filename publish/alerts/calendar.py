"""When what is not urgent goes out: digest times and quiet hours, by a tenant's own clock."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY, WEEK = timedelta(days=1), timedelta(days=7)


def next_digest(now: datetime, zone: str, cadence: str, at: str) -> datetime:
    """UTC instant of the first digest at or after now: daily, or on Monday, at a local time."""
    local = now.astimezone(ZoneInfo(zone))
    day = local.date()
    if cadence == "week":
        day += timedelta(days=-day.weekday() % 7)
    due = _instant(datetime.combine(day, time.fromisoformat(at)), zone)
    if due < now:
        step = WEEK if cadence == "week" else DAY
        due = _instant(datetime.combine(day + step, time.fromisoformat(at)), zone)
    return due


def after_quiet(moment: datetime, zone: str, quiet_hours: str) -> datetime:
    """The instant itself, or the end of the quiet hours that it falls into."""
    if not quiet_hours:
        return moment
    start, end = (time.fromisoformat(clock) for clock in quiet_hours.split("-"))
    local = moment.astimezone(ZoneInfo(zone))
    clock, day = local.time(), local.date()
    is_quiet = start <= clock < end if start <= end else clock >= start or clock < end
    if not is_quiet:
        return moment
    over = day if clock < end else day + DAY
    return _instant(datetime.combine(over, end), zone)


def _instant(local: datetime, zone: str) -> datetime:
    """UTC of a wall-clock time; one that a clock change skips is the hour after it."""
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
