"""The shipped nginx configuration before a real dashboard, as a browser at its port meets it."""

from __future__ import annotations

import base64
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import trustme

from tests.nginx import BEHIND, LISTEN, NAME, NGINX, laid_out
from tests.places import ROOT

FILES_OF_A_NEW_BROWSER = 80
WAIT = 60  # seconds for the dashboard to answer
pytestmark = [
    pytest.mark.contract,
    pytest.mark.slow,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed"),
]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@dataclass
class Proxy:
    """nginx at a port of this machine, and whom its certificate is trusted by."""

    port: int
    trust: ssl.SSLContext

    def ask(self, path: str, *headers: str, login: str = "ada:right") -> tuple[int, dict[str, str]]:
        """Status and headers of a request under the name of the certificate, at our port."""
        user = base64.b64encode(login.encode()).decode()
        lines = [f"GET {path} HTTP/1.1", f"Host: {NAME}:{self.port}",
                 f"Authorization: Basic {user}", *headers, "", ""]  # fmt: skip
        with (
            socket.create_connection(("127.0.0.1", self.port), timeout=20) as plain,
            self.trust.wrap_socket(plain, server_hostname=NAME) as secure,
        ):
            secure.sendall("\r\n".join(lines).encode())
            with secure.makefile("rb") as answer:
                status = int(answer.readline().split()[1])
                head = {}
                while line := answer.readline().strip().decode():
                    name, _, value = line.partition(": ")
                    assert name.lower() not in head, f"{name} comes twice"
                    head[name.lower()] = value
        return status, head

    def websocket(self, origin: str, *headers: str) -> int:
        """Status of the handshake that opens a page."""
        status, _ = self.ask(
            "/_stcore/stream",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {base64.b64encode(bytes(16)).decode()}",
            f"Origin: {origin}",
            *headers,
        )
        return status


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("proxy")
    port, behind = free_port(), free_port()
    authority, trust = trustme.CA(), ssl.create_default_context()
    authority.configure_trust(trust)
    (folder / "users").write_text("ada:{PLAIN}right\n")
    places = {
        LISTEN: f"listen 127.0.0.1:{port} ssl",
        BEHIND: f"http://127.0.0.1:{behind}",
    }
    nginx = laid_out(folder, authority, places)
    (folder / "hve.toml").write_text(f'[warehouse]\npath = "store"\n[auth]\nhosts = ["{NAME}"]\n')
    dashboard = [sys.executable, "-m", "cli", "dashboard", "--port", str(behind)]
    running = [
        subprocess.Popen(command, cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)},
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for command in (dashboard, nginx)
    ]  # fmt: skip
    until = time.monotonic() + WAIT
    while not (answers(port) and answers(behind)):
        assert time.monotonic() < until, (folder / "error.log").read_text()
        time.sleep(0.2)
    yield Proxy(port, trust)
    for process in running:
        process.terminate()
    for process in running:
        process.wait(30)


def test_a_page_at_the_port_of_the_proxy_opens_its_websocket(proxy: Proxy) -> None:
    assert proxy.websocket(f"https://{NAME}:{proxy.port}") == 101
    for origin in (f"https://{NAME}", "https://evil.example", f"https://{NAME}:{proxy.port + 1}"):
        assert proxy.websocket(origin) == 403, origin


def test_the_cookies_of_a_login_with_two_hundred_groups_get_through(proxy: Proxy) -> None:
    chunks = (f"_streamlit_user_tokens_{number}={'x' * 3900}" for number in range(7))
    cookies = f"Cookie: {'; '.join(chunks)}"
    assert proxy.ask("/", cookies)[0] == 200
    assert proxy.websocket(f"https://{NAME}:{proxy.port}", cookies) == 101


def test_four_people_of_one_office_may_come_at_once(proxy: Proxy) -> None:
    answers = [proxy.ask("/favicon.png")[0] for _ in range(4 * FILES_OF_A_NEW_BROWSER)]
    assert set(answers) == {200}


def test_whoever_has_no_password_sees_nothing(proxy: Proxy) -> None:
    status, head = proxy.ask("/", login="ada:wrong")
    assert status == 401
    assert head["x-frame-options"] == "DENY"


def test_pages_come_with_the_headers_of_the_proxy_once(proxy: Proxy) -> None:
    status, head = proxy.ask("/")
    assert status == 200
    assert "default-src 'self'" in head["content-security-policy"]
    assert head["x-frame-options"] == "DENY"
    assert head["referrer-policy"] == "no-referrer"
    assert head["cross-origin-resource-policy"] == "same-origin"
    assert head["strict-transport-security"].startswith("max-age=")
