"""The dashboard's server: loopback only, telemetry off."""

from __future__ import annotations

from hve_monitor.serve import APP, OPTIONS


def test_the_dashboard_listens_on_loopback_and_sends_no_statistics() -> None:
    assert OPTIONS["server.address"] == "127.0.0.1"
    assert OPTIONS["browser.gatherUsageStats"] == "false"
    assert APP.name == "app.py"
