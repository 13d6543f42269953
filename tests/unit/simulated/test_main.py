from __future__ import annotations

from datetime import UTC, datetime, timedelta

from simulator import SimulatedTenant
from tests.simulated.__main__ import _follow_system_clock, _parser


def test_a_clock_that_is_ahead_waits_for_the_present() -> None:
    ahead = datetime.now(UTC) + timedelta(days=1)
    tenant = SimulatedTenant(now=ahead, days=0, staff=60)
    _follow_system_clock(tenant)
    assert tenant.now == ahead


def test_a_clock_that_is_behind_catches_up() -> None:
    tenant = SimulatedTenant(now=datetime.now(UTC) - timedelta(hours=1), days=0, staff=60)
    _follow_system_clock(tenant)
    assert datetime.now(UTC) - tenant.now < timedelta(seconds=5)


def test_the_options_of_the_command() -> None:
    options = _parser().parse_args(["--now", "2026-11-24", "--port", "0"])
    assert options.now == datetime(2026, 11, 24, tzinfo=UTC)
    assert (options.port, options.seed, options.days) == (0, 7, 90)
