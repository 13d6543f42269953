"""Starts the dashboard: Streamlit on loopback, telemetry off."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import dashboards

APP = Path(dashboards.__file__).with_name("app.py")
OPTIONS = {
    "server.address": "127.0.0.1",
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "browser.gatherUsageStats": "false",
    "client.toolbarMode": "viewer",
}


def serve_dashboard(config: Path | None, port: int, now: str | None) -> int:
    """Serves until stopped; returns Streamlit's exit code, 0 after Ctrl-C."""
    command = [sys.executable, "-m", "streamlit", "run", str(APP), f"--server.port={port}"]
    command += [f"--{name}={value}" for name, value in OPTIONS.items()]
    environment = dict(os.environ)
    if config is not None:
        environment["HVE_CONFIG"] = str(config.resolve())
    if now is not None:
        environment["HVE_DASHBOARD_NOW"] = now
    try:
        return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603 - our own interpreter and app
    except KeyboardInterrupt:
        return 0
