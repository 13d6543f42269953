"""The schedule: intervals as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hve_monitor.errors import ConfigError
from hve_monitor.schedule import parse_interval


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("15m", timedelta(minutes=15)),
        ("90s", timedelta(seconds=90)),
        (" 1h ", timedelta(hours=1)),
        ("036h", timedelta(hours=36)),
    ],
)
def test_numbers_with_a_unit_are_intervals(text: str, interval: timedelta) -> None:
    assert parse_interval(text) == interval


@pytest.mark.parametrize("text", ["", "15", "m", "0m", "-5m", "1.5h", "15 m", "15M", "1d", "1h30m"])
def test_anything_else_is_told_with_examples(text: str) -> None:
    with pytest.raises(ConfigError, match=f"--every {text}: write it as 15m, 90s or 1h"):
        parse_interval(text)


def test_an_interval_beyond_all_times_is_told() -> None:
    with pytest.raises(ConfigError):
        parse_interval("99999999999999h")
