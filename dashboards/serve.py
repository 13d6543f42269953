"""Starts the dashboard: Streamlit on loopback unless there is a login, telemetry off."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import certifi

import dashboards
from hve_monitor.config import Config, load_config
from hve_monitor.errors import ConfigError

APP = Path(dashboards.__file__).with_name("app.py")
OPTIONS = {
    "server.address": "127.0.0.1",
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "browser.gatherUsageStats": "false",
    "client.toolbarMode": "viewer",
    # Expressions are not drawn by themselves here; looking for them takes 40 ms of every page.
    "runner.magicEnabled": "false",
}


LOOPBACK = ("127.0.0.1", "localhost", "::1")


def check_host(config: Config, host: str) -> None:
    """Raises: ConfigError when other machines could reach a dashboard that asks for no login."""
    if config.auth.secrets_file is None and host not in LOOPBACK:
        raise ConfigError(
            f"--host {host}: without a login the dashboard answers on this machine alone; give"
            " auth.secrets_file (Streamlit's secrets with [auth]) first"
        )


def login_of(config: Config) -> str:
    """What the dashboard asks for. Raises: ConfigError when the secrets hold no [auth]."""
    file = config.auth.secrets_file
    if file is None:
        return "none: this machine only, everybody is administrator"
    try:
        issuer = tomllib.loads(file.read_text(encoding="utf-8"))["auth"]["server_metadata_url"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"auth.secrets_file: {file}: no [auth] with server_metadata_url ({error})"
        ) from None
    return f"OIDC, {issuer}"


def serve_dashboard(
    config: Path | None, port: int, now: str | None, host: str = "127.0.0.1"
) -> int:
    """Serves until SIGTERM or Ctrl-C; returns Streamlit's exit code. Raises: ConfigError."""
    loaded = load_config(config)
    check_host(loaded, host)
    options = OPTIONS | {"server.address": host, "server.port": str(port)}
    if loaded.auth.secrets_file is not None:
        options["secrets.files"] = str(loaded.auth.secrets_file.resolve())
    command = [sys.executable, "-m", "streamlit", "run", str(APP)]
    command += [f"--{name}={value}" for name, value in options.items()]
    environment = dict(os.environ)
    if config is not None:
        environment["HVE_CONFIG"] = str(config.resolve())
    if now is not None:
        environment["HVE_DASHBOARD_NOW"] = now
    with trusted(loaded.endpoints.ca_bundle) as bundle:
        if bundle is not None:
            environment["SSL_CERT_FILE"] = str(bundle)
        return _until_stopped(command, environment)


def _until_stopped(command: list[str], environment: dict[str, str]) -> int:
    """The exit code of the server, which ends with us; 0 where it was asked to end.

    The first process of a container has to ask for signals, or it gets none.
    """
    stopped: list[int] = []
    process = subprocess.Popen(command, env=environment)  # noqa: S603 - our own interpreter and app

    def stop(received: int, _frame: object) -> None:
        stopped.append(received)
        process.terminate()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        code = process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0 if stopped else code


@contextmanager
def trusted(ca_bundle: str) -> Iterator[Path | None]:
    """A file with the public authorities and those of `ca_bundle`, for the login's own requests.

    None where there is no bundle: the login then trusts what it finds.
    """
    if not ca_bundle:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="hve-") as folder:
        file = Path(folder) / "ca.pem"
        file.write_bytes(Path(certifi.where()).read_bytes() + Path(ca_bundle).read_bytes())
        yield file
