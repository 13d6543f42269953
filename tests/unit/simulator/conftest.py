"""A small tenant for tests that only read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from simulator import SimulatedTenant

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


@pytest.fixture(scope="session")
def tenant() -> SimulatedTenant:
    """Sixty employees, twelve days; its clock stays at `NOW`."""
    return SimulatedTenant(seed=7, now=NOW, days=12, staff=60)
