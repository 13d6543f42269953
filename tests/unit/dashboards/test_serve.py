"""The dashboard's server: loopback without a login, telemetry off."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import certifi
import pytest
import streamlit.config

from dashboards.serve import OPTIONS, SERVER, check_host, login_of, trusted
from hve_monitor.config import Auth, Config
from hve_monitor.errors import ConfigError
from tests.unit.dashboards.secrets_file import secrets_in

METADATA = "https://login.contoso.com/.well-known/openid-configuration"


def test_the_dashboard_listens_on_loopback_and_sends_no_statistics() -> None:
    assert OPTIONS["server.address"] == "127.0.0.1"
    assert OPTIONS["browser.gatherUsageStats"] == "false"
    assert SERVER.name == "server.py"


@pytest.mark.parametrize(
    "host",
    ["192.0.2.10", "0.0.0.0", "", "::", "127.0.0.2", "hve.contoso.com", "*"],  # noqa: S104
)
def test_another_address_needs_a_login(tmp_path: Path, host: str) -> None:
    with pytest.raises(ConfigError, match=f"--host {re.escape(host)}: without a login"):
        check_host(Config(), host)
    check_host(Config(auth=Auth(secrets_file=secrets_in(tmp_path))), host)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_this_machine_needs_none(host: str) -> None:
    check_host(Config(), host)


def test_streamlits_own_doors_stay_shut() -> None:
    assert OPTIONS["server.enableAgentApi"] == "false"
    assert OPTIONS["server.enableCORS"] == OPTIONS["server.enableXsrfProtection"] == "true"
    assert OPTIONS["server.trustedUserHeaders"] == "{}"
    assert set(OPTIONS) <= set(streamlit.config.get_config_options())


def test_it_says_who_may_enter(tmp_path: Path) -> None:
    assert "this machine only" in login_of(Config())
    config = Config(auth=Auth(secrets_file=secrets_in(tmp_path)))
    assert login_of(config) == f"OIDC, {METADATA}"


@pytest.mark.parametrize("text", ["[auth]\ncookie_secret = 'x'", "[auth", "auth = 1"])
def test_a_login_in_streamlits_own_files_is_never_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    usual = tmp_path / "secrets.toml"
    monkeypatch.setattr("dashboards.serve.USUAL_SECRETS", (usual,))
    usual.write_text("[database]\npassword = 'x'\n", encoding="utf-8")
    assert "this machine only" in login_of(Config())
    usual.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"secrets.toml: holds a login that auth.secrets_file"):
        login_of(Config())


def test_the_login_trusts_the_public_authorities_and_ours(tmp_path: Path) -> None:
    ours = tmp_path / "ca.pem"
    ours.write_text("ours", encoding="utf-8")
    with trusted("") as nothing:
        assert nothing is None
    with trusted(str(ours)) as bundle:
        assert bundle is not None
        assert bundle.read_bytes() == Path(certifi.where()).read_bytes() + b"ours"


def answers(port: int) -> bool:
    with suppress(OSError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2)
        return True
    return False


@pytest.mark.slow
@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_a_dashboard_that_is_asked_to_end_takes_its_server_along(
    tmp_path: Path, asked: signal.Signals
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "hve.toml").write_text("[warehouse]\npath = 'store'\n", encoding="utf-8")
    options = ["--config", str(tmp_path / "hve.toml"), "--port", str(port)]
    hve = [sys.executable, "-c", "from cli.main import main; main()", "dashboard"]
    process = subprocess.Popen([*hve, *options], stdout=subprocess.DEVNULL)
    try:
        for _ in range(300):
            if answers(port):
                break
            time.sleep(0.1)
        assert answers(port)
        process.send_signal(asked)
        assert process.wait(timeout=30) == 0
        assert not answers(port)
    finally:
        process.kill()
