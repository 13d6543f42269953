"""The plan form speaks in the tenant's own time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from actions.feedback import planned
from dashboards.plan.form import instant
from hve_monitor.config import load_config
from hve_monitor.errors import ConfigError
from tests.unit.dashboards.conftest import NOW, Open, words

BERLIN = "Europe/Berlin"
SPRING, AUTUMN = date(2027, 3, 28), date(2026, 10, 25)


def test_a_local_time_is_an_instant() -> None:
    assert instant(date(2026, 11, 25), time(8), BERLIN) == datetime(2026, 11, 25, 7, tzinfo=UTC)
    assert instant(date(2026, 7, 1), time(8), BERLIN) == datetime(2026, 7, 1, 6, tzinfo=UTC)


def test_a_time_that_is_shown_twice_is_the_first_or_the_second() -> None:
    twice = time(2, 30)
    assert instant(AUTUMN, twice, BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert instant(AUTUMN, twice, BERLIN, fold=1) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_a_time_that_the_clock_leaves_out_is_refused() -> None:
    for fold in (0, 1):
        with pytest.raises(ConfigError, match="02:30 on 2027-03-28 is left out by the clock"):
            instant(SPRING, time(2, 30), BERLIN, fold)


def test_the_form_announces_in_the_zone_that_it_names(own: Path, opened: Open) -> None:
    app = opened(own, "plan")
    assert "Days and times are Europe\\/Berlin" in words(app)
    app.time_input(key="plan-from").set_value(time(8))
    app.time_input(key="plan-to").set_value(time(9))
    next(button for button in app.button if button.label == "Announce").click().run()
    (plan,) = planned(load_config(own), None, NOW)
    assert plan.start == datetime(2026, 11, 25, 7, tzinfo=UTC)
    assert plan.end == datetime(2026, 11, 25, 8, tzinfo=UTC)
    (notice,) = (success.value.replace("\\", "") for success in app.success)
    assert "from 2026-11-25 08:00 CET to 2026-11-25 09:00 CET" in notice
