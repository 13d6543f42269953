"""Starts the dashboard: Streamlit on loopback unless there is a login, telemetry off.

Where somebody may enter without a login is said to the server outright (`LOGIN`); what stands in
Streamlit's own files and variables opens nothing.
"""

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
from dashboards.provider import LOGIN, LOGIN_REQUIRED, LOOPBACK, NO_LOGIN, provider_of
from hve_monitor.config import Config, load_config
from hve_monitor.errors import ConfigError

SERVER = Path(dashboards.__file__).with_name("server.py")
OPTIONS = {
    "server.address": "127.0.0.1",
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "browser.gatherUsageStats": "false",
    "client.toolbarMode": "viewer",
    # Expressions are not drawn by themselves here; looking for them takes 40 ms of every page.
    "runner.magicEnabled": "false",
    # A traceback is for the log; Streamlit would show it with links to search engines.
    "client.showErrorDetails": "none",
    "client.showErrorLinks": "false",
    "server.enableCORS": "true",
    "server.enableXsrfProtection": "true",
    "server.trustedUserHeaders": "{}",
    "server.enableAgentApi": "false",
}
# The cookies of a login are one header line, 27 KiB of it where the tokens name 200 groups; the
# websocket's library refuses lines over 8 KiB, and the page then stays empty.
LARGE_COOKIES = {"WEBSOCKETS_MAX_LINE_LENGTH": str(64 * 1024)}
# Where Streamlit looks for secrets by itself, and where it finds none.
# A container's user may have no home, and then ~ stays as it is.
HOME = Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.home() would end the program there
USUAL_SECRETS = (HOME / ".streamlit/secrets.toml", Path(".streamlit/secrets.toml"))
NO_SECRETS = SERVER.with_name("no-secrets.toml")


def check_host(config: Config, host: str) -> None:
    """Raises: ConfigError when other machines could reach a dashboard that asks for no login."""
    if config.auth.secrets_file is None and host not in LOOPBACK:
        raise ConfigError(
            f"--host {host}: without a login the dashboard answers on this machine alone; give"
            " auth.secrets_file (Streamlit's secrets with [auth]) first"
        )


def login_of(config: Config) -> str:
    """What the dashboard asks for. Raises: ConfigError when nobody could log in as configured."""
    file = config.auth.secrets_file
    if file is not None:
        return f"OIDC, {provider_of(file).issuer}"
    for usual in USUAL_SECRETS:
        if _may_hold_login(usual):
            raise ConfigError(
                f"{usual.absolute()}: holds a login that auth.secrets_file does not name; name it"
                " there, or move it away"
            )
    return "none: this machine only, everybody is administrator"


def _may_hold_login(file: Path) -> bool:
    try:
        return file.exists() and "auth" in tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return True


def serve_dashboard(
    config: Path | None, port: int, now: str | None, host: str = "127.0.0.1"
) -> int:
    """Serves until SIGTERM or Ctrl-C; returns Streamlit's exit code. Raises: ConfigError."""
    loaded = load_config(config)
    check_host(loaded, host)
    login_of(loaded)
    secrets = loaded.auth.secrets_file or NO_SECRETS
    options = OPTIONS | {"server.address": host, "server.port": str(port)}
    options["secrets.files"] = str(secrets.resolve())
    command = [sys.executable, "-m", "streamlit", "run", str(SERVER)]
    command += [f"--{name}={value}" for name, value in options.items()]
    login = NO_LOGIN if loaded.auth.secrets_file is None else LOGIN_REQUIRED
    environment = os.environ | LARGE_COOKIES | {LOGIN: login}
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
