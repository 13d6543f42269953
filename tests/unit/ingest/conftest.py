"""A small HTTPS server on loopback, a client that trusts it, and a store."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import trustme

from hve_monitor.https import Client
from ingest.http import Api, https_client
from warehouse.store import Store, open_store

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@dataclass
class Answer:
    """What the server says once; `cut` promises more than it sends, `drop` sends nothing."""

    status: int = 200
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    drop: bool = False

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class Asked:
    """One request that arrived."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Service:
    """Answers in the given order, or by a function of the request; remembers what was asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.reset()

    def reset(self) -> None:
        self.asked: list[Asked] = []
        self._answers: Iterator[Answer] = iter(())
        self.choose: Callable[[Asked], Answer] = lambda _: next(self._answers)

    def will(self, *answers: Answer) -> None:
        """Sets the answers of the next requests."""
        self._answers = iter(answers)

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        return self.choose(asked)


class Server(ThreadingHTTPServer):
    """Passes requests to the service; broken connections are part of the tests."""

    daemon_threads = True
    service: Service

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news."""


class Handler(BaseHTTPRequestHandler):
    """Speaks for the service."""

    server: Server

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def log_message(self, *_: object) -> None:
        """Silence."""

    def _serve(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(method, parts.path, parse_qs(parts.query), headers, body)
        answer = self.server.service.answer(asked)
        if answer.drop:
            return
        if "Date" in answer.headers:
            self.send_response_only(answer.status)
        else:
            self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.content) + 100 * answer.cut))
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(answer.content)


@dataclass
class Place:
    """The running server and the file with its certificate authority."""

    service: Service
    ca_file: str


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The server, started once."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    ca_file = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    server = Server(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.service = Service(f"https://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield Place(server.service, str(ca_file))
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def client(place: Place) -> Iterator[Client]:
    """Our own client, trusting the server's authority."""
    with https_client(place.ca_file) as opened:
        yield opened


@pytest.fixture
def service(place: Place) -> Service:
    """The server without answers and memories."""
    place.service.reset()
    return place.service


class Tokens:
    """Numbered tokens: a fresh one has the next number."""

    def __init__(self) -> None:
        self.number = 1

    def bearer(self, scope: str, *, fresh: bool = False) -> str:
        self.number += fresh
        return f"{scope}-{self.number}"


@pytest.fixture
def api(client: Client, service: Service) -> Api:
    """An API at the server."""
    return Api(client, Tokens(), service.url, "scope", "permission Example.Read")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    with open_store(tmp_path / "store", "500MB", 1) as opened:
        yield opened


def quiet(_what: str, _step: int, _steps: int) -> None:
    """No progress."""
