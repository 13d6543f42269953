"""What is told of a long read while it goes on."""

from __future__ import annotations

import pytest

from ingest.pace import Pace


class Clock:
    """Seconds that the test sets."""

    seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_a_read_that_has_just_begun_promises_nothing() -> None:
    pace = Pace(100.0, clock=Clock())
    pace.done, pace.rows = 10.0, 5_000
    assert pace.text() == "5,000 rows"


def test_rate_quota_and_time_left() -> None:
    clock = Clock()
    pace = Pace(1_000.0, lambda: (12, 50), clock)
    clock.seconds += 10
    pace.done, pace.rows = 250.0, 12_345
    assert pace.text() == "12,345 rows, 1,234 rows/s, quota 12 of 50, about 30 s left"


@pytest.mark.parametrize(
    ("done", "left"), [(0.5, "10 s"), (0.125, "70 s"), (0.01, "16 min"), (0.001, "2.8 h")]
)
def test_time_left_is_said_in_a_fitting_unit(done: float, left: str) -> None:
    clock = Clock()
    pace = Pace(1.0, clock=clock)
    clock.seconds += 10
    pace.done = done
    assert f"about {left} left" in pace.text()


def test_nothing_done_or_everything_done_has_no_time_left() -> None:
    clock = Clock()
    pace = Pace(1.0, clock=clock)
    clock.seconds += 10
    assert "left" not in pace.text()
    pace.done = 1.0
    assert "left" not in pace.text()
