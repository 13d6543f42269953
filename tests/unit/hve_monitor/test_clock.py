"""Business time: what `--now` may say and how it is written."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from hve_monitor.clock import aware, business_now, days_between, iso, midnight, parse_time
from hve_monitor.errors import ConfigError

EIGHT = datetime(2026, 11, 24, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-24T08:00:00Z", EIGHT),
        (" 2026-11-24T08:00:00 ", EIGHT),
        ("2026-11-24 08:00", EIGHT),
        ("2026-11-24T09:00:00+01:00", EIGHT),
        ("2026-11-24T02:30:00-05:30", EIGHT),
        ("2026-11-24", EIGHT.replace(hour=0)),
        ("2026-11-24T08:00:00.1234567Z", EIGHT.replace(microsecond=123456)),
    ],
)
def test_iso_texts_are_utc_instants(text: str, moment: datetime) -> None:
    assert parse_time(text) == moment
    assert parse_time(text).utcoffset() == timedelta(0)


@pytest.mark.parametrize("text", ["", "now", "24.11.2026", "2026-13-01", "2026-11-24T25:00Z"])
def test_a_text_that_is_no_time_names_the_flag(text: str) -> None:
    with pytest.raises(ConfigError, match=f"--since: '{text}' is not a time; write it as"):
        parse_time(text, "--since")


def test_a_time_before_the_calendar_is_no_time() -> None:
    with pytest.raises(ConfigError):
        parse_time("0001-01-01T00:00:00+14:00")


def test_without_the_flag_now_is_the_system_clock() -> None:
    assert abs(business_now(None) - datetime.now(UTC)) < timedelta(minutes=1)
    assert business_now("2026-11-24T08:00:00Z") == EIGHT


def test_instants_are_written_in_utc_with_z() -> None:
    berlin = timezone(timedelta(hours=1))
    assert iso(EIGHT) == "2026-11-24T08:00:00Z"
    assert iso(EIGHT.astimezone(berlin)) == "2026-11-24T08:00:00Z"
    assert iso(EIGHT.replace(microsecond=5)) == "2026-11-24T08:00:00.000005Z"
    assert parse_time(iso(EIGHT)) == EIGHT


def test_midnight_is_that_of_the_utc_day() -> None:
    late = datetime(2026, 11, 25, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    assert midnight(late) == EIGHT.replace(hour=0)


def test_days_between_include_both_ends() -> None:
    first = date(2026, 2, 27)
    assert list(days_between(first, date(2026, 3, 1))) == [
        first,
        date(2026, 2, 28),
        date(2026, 3, 1),
    ]
    assert list(days_between(first, first)) == [first]
    assert list(days_between(first, date(2026, 2, 26))) == []


def test_a_moment_without_a_zone_is_utc() -> None:
    assert aware(datetime(2026, 11, 24, 8)) == EIGHT  # noqa: DTZ001 - what a service may send
    east = EIGHT.astimezone(timezone(timedelta(hours=9)))
    assert aware(east) is east
