"""The schedule: intervals as people write them."""

from __future__ import annotations

import signal
import threading
from datetime import timedelta
from typing import Any

import pytest

from actions import schedule
from actions.outcome import Outcome
from actions.schedule import parse_interval
from hve_monitor.config import Config
from hve_monitor.errors import ConfigError, StoreError


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


def stop() -> None:
    signal.raise_signal(signal.SIGTERM)


def outcomes(monkeypatch: pytest.MonkeyPatch, run: Any, every: str) -> list[Any]:
    """What a schedule shows until a run stops it."""
    shown: list[Any] = []
    monkeypatch.setattr(schedule, "run_once", run)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        schedule.repeat(every, Config(), None, shown.append)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return shown


def test_runs_that_fall_into_a_longer_one_become_one(monkeypatch: pytest.MonkeyPatch) -> None:
    running: list[int] = []
    started: list[int] = []

    def long(*_: Any) -> Outcome:
        assert not running, "one run at a time"
        running.append(1)
        started.append(1)
        if len(started) == 2:
            stop()
        threading.Event().wait(2.2)  # two intervals pass
        running.pop()
        return Outcome({"run": len(started)}, 0)

    assert outcomes(monkeypatch, long, "1s") == [{"run": 1}, {"run": 2}]


def test_a_stop_lets_the_present_run_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: Any) -> Outcome:
        stop()
        threading.Event().wait(0.5)
        return Outcome({"ended": True}, 0)

    assert outcomes(monkeypatch, stopped, "1h") == [{"ended": True}]


def test_a_run_that_fails_does_not_end_the_schedule(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    errors: list[Exception] = [StoreError("the disk is full"), OSError(28, "No space left")]

    def failing(*_: Any) -> Outcome:
        if errors:
            raise errors.pop(0)
        stop()
        return Outcome({"recovered": True}, 0)

    assert outcomes(monkeypatch, failing, "1s") == [{"recovered": True}]
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == [
        "the disk is full",
        "disk: No space left",
    ]
