"""Business time, period and zone of a view."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dashboards.session.view import View, business_time
from hve_monitor.config import Config, Tenant

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
BERLIN = Tenant(name="contoso", accounts="files", timezone="Europe/Berlin")
TOKYO = Tenant(name="fabrikam", accounts="files", timezone="Asia/Tokyo")


def view(*tenants: Tenant) -> View:
    """A view of some tenants."""
    return View(Config(tenants=tenants), "1", NOW, NOW)


def test_a_period_is_whole_utc_days_up_to_today() -> None:
    assert view().narrowed(days=7).since == datetime(2026, 11, 18, tzinfo=UTC)
    assert view().narrowed(days=None).since is None


def test_the_zone_is_the_tenants_and_utc_for_several() -> None:
    assert view(BERLIN).timezone == "Europe/Berlin"
    assert view(BERLIN, TOKYO).timezone == "UTC"
    assert view(BERLIN, TOKYO).narrowed(tenant="fabrikam").timezone == "Asia/Tokyo"
    assert view(BERLIN).zone_of("elsewhere") == "UTC"


def test_readings_are_kept_apart_by_version_time_tenant_and_configuration() -> None:
    one = view(BERLIN)
    others = [
        view(TOKYO),
        one.narrowed(tenant="contoso"),
        one.narrowed(version="2"),
        one.narrowed(now=NOW + timedelta(seconds=1)),
        one.narrowed(user=replace(one.user, tenants=frozenset({"contoso"}))),
    ]
    assert one.identity() == view(BERLIN).identity()
    assert all(other.identity() != one.identity() for other in others)


def test_given_business_time_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HVE_DASHBOARD_NOW", "2026-11-24T08:00:01Z")
    assert business_time(NOW) == datetime(2026, 11, 24, 8, 0, 1, tzinfo=UTC)


def test_the_clock_counts_by_quarter_hours_but_never_before_what_is_published() -> None:
    clock = datetime.now(UTC)
    quarter = business_time(clock - timedelta(days=1))
    assert (quarter.minute % 15, quarter.second) == (0, 0)
    assert business_time(clock) >= clock
    assert business_time(clock + timedelta(days=1)) <= datetime.now(UTC)
