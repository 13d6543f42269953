"""The shipped nginx configuration before a real dashboard, as a browser at its port meets it."""

from __future__ import annotations

import base64
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from tests.places import ROOT

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
NAME = "hve.contoso.com"
WAIT = 60  # seconds for the dashboard to answer
pytestmark = [
    pytest.mark.contract,
    pytest.mark.slow,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed"),
]
MAIN = """\
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/hve.conf;
}}
"""


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

    def websocket(self, origin: str) -> int:
        """Status of the handshake that opens a page."""
        status, _ = self.ask(
            "/_stcore/stream",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {base64.b64encode(bytes(16)).decode()}",
            f"Origin: {origin}",
        )
        return status


def configure(folder: Path, port: int, behind: int) -> ssl.SSLContext:
    """Lays the shipped file out for this machine; only places and ports differ."""
    authority = trustme.CA()
    certificate = authority.issue_cert(NAME)
    certificate.private_key_pem.write_to_path(str(folder / "hve.key"))
    for part in certificate.cert_chain_pems:
        part.write_to_path(str(folder / "hve.pem"), append=True)
    (folder / "users").write_text("ada:{PLAIN}right\n")
    shipped = (ROOT / "deploy" / "proxy" / "nginx.conf").read_text(encoding="utf-8")
    for place, own in (
        ("/etc/nginx/certificates", str(folder)),
        ("listen 8443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("http://127.0.0.1:8501", f"http://127.0.0.1:{behind}"),
    ):
        assert place in shipped
        shipped = shipped.replace(place, own)
    (folder / "hve.conf").write_text(shipped)
    # The folder is for us alone; nginx would give its workers to another user.
    user = "user root;\n" if hasattr(os, "geteuid") and os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(user + MAIN.format(folder=folder))
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    return trust


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
    trust = configure(folder, port, behind)
    (folder / "hve.toml").write_text(f'[warehouse]\npath = "store"\n[auth]\nhosts = ["{NAME}"]\n')
    dashboard = [sys.executable, "-m", "cli", "dashboard", "--port", str(behind)]
    nginx = [str(NGINX), "-p", str(folder), "-c", str(folder / "nginx.conf")]
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
