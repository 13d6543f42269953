"""An object store for tests: moto's S3, a process of its own on loopback, and faults before it."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.places import ROOT
from warehouse.objects.place import TablesPlace

MOTO = ROOT / ".venv-moto" / "bin" / "moto_server"
STARTING_SECONDS = 60
_NUMBERS = itertools.count()


@dataclass(frozen=True)
class Bucket:
    """An empty bucket, and the port at which it is asked."""

    port: int
    name: str

    @property
    def url(self) -> str:
        """Where a store may keep its tables."""
        return f"s3://{self.name}/hve"

    @property
    def storage(self) -> dict[str, str]:
        """The options of that place."""
        return {
            "aws_access_key_id": "tests",
            "aws_secret_access_key_env": "SECRET_OF_TESTS",
            "aws_region": "us-east-1",
            "aws_endpoint": f"http://127.0.0.1:{self.port}",
        }

    @property
    def place(self) -> TablesPlace:
        """The place as a store notes it."""
        return TablesPlace(self.url, self.storage)

    @property
    def toml(self) -> str:
        """The lines of a configuration that name it."""
        options = ", ".join(f'{name} = "{text}"' for name, text in self.storage.items())
        return f'tables = "{self.url}"\nstorage = {{ {options} }}\n'


@contextmanager
def moto() -> Iterator[int]:
    """A running server; its port."""
    if not MOTO.exists():
        pytest.skip("the object store of the tests is missing: make .venv-moto/.ready")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(MOTO), "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(port)
            yield port
        finally:
            process.kill()


def _wait_for(port: int) -> None:
    ends = time.monotonic() + STARTING_SECONDS
    while True:
        try:
            _ask(port, "GET", "/moto-api/")
        except OSError:
            assert time.monotonic() < ends, "moto does not start"
            time.sleep(0.1)
        else:
            return


def new_bucket(port: int) -> Bucket:
    """An empty bucket of the server."""
    bucket = Bucket(port, f"bucket-{next(_NUMBERS)}")
    _ask(port, "PUT", f"/{bucket.name}")
    return bucket


def _ask(port: int, method: str, path: str) -> bytes:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path)
        return connection.getresponse().read()
    finally:
        connection.close()


Fault = Callable[[str, str, int], int | None]  # method, path, number of the request -> its status


@dataclass
class Front:
    """A server before moto's, which may answer in its place, late, or never again."""

    fault: Fault = lambda *_: None
    requests: list[tuple[str, str]] = field(default_factory=list)
    port: int = 0
    killed_after: int | None = None  # puts that reach the store before the process is killed
    process: int | None = None
    turn: threading.Lock = field(default_factory=threading.Lock)

    def answered(self, method: str, path: str) -> int | None:
        """The status of a request that does not reach the store."""
        with self.turn:
            self.requests.append((method, path))
            number = len(self.requests)
        return self.fault(method, path, number)

    def stored(self, method: str) -> None:
        """Kills the process behind so many puts, before it learns of the last one."""
        if method != "PUT" or self.killed_after is None or self.process is None:
            return
        with self.turn:
            self.killed_after -= 1
            if self.killed_after == 0:
                os.kill(self.process, signal.SIGKILL)


class _Handler(BaseHTTPRequestHandler):
    """Sends a request on, or answers it as the front says."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def handle_any(self) -> None:
        size = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(size) if size else None
        front = self.server.front
        status = front.answered(self.command, self.path)
        if status is not None:
            self._answer(status, {}, b"")
            return
        connection = HTTPConnection("127.0.0.1", self.server.behind, timeout=60)
        try:
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        front.stored(self.command)
        self._answer(answer.status, dict(answer.getheaders()), content)

    def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, text in headers.items():
            if name.lower() not in ("connection", "transfer-encoding", "server", "date"):
                self.send_header(name, text)
        if "content-length" not in map(str.lower, headers):
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = handle_any  # noqa: N815 - http.server's

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


class _Server(ThreadingHTTPServer):
    """The front of a server at a port."""

    daemon_threads = True

    def __init__(self, front: Front, behind: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.front, self.behind = front, behind
        front.port = self.server_address[1]

    def handle_error(self, *_: object) -> None:
        """A process that was killed hangs up."""


@contextmanager
def front_of(port: int) -> Iterator[Front]:
    """A server before the one at a port."""
    front = Front()
    server = _Server(front, port)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield front
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
