"""A server on loopback whose answers have no end, behind TLS or in the open."""

from __future__ import annotations

import gzip
import socket
import socketserver
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from simulator.server.serving import HOST, certificates

# What the server does with a connection, until the other side hangs up.
Talk: TypeAlias = Callable[[socket.socket], None]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
PAUSE = 0.02


@dataclass
class EndlessServer:
    """Where it listens, and how often somebody came."""

    port: int
    ca_file: Path
    connections: int = 0

    @property
    def place(self) -> str:
        """host:port."""
        return f"{HOST}:{self.port}"


def drip(start: bytes, more: bytes = b" ", *, listens: bool = True) -> Talk:
    """Says `start`, then `more` again and again, slowly enough to outlast every single timeout.

    listens: a request comes first.
    """

    def talk(connection: socket.socket) -> None:
        if listens:
            connection.recv(65_536)
        connection.sendall(start)
        while True:
            time.sleep(PAUSE)
            connection.sendall(more)

    return talk


def flood(start: bytes, more: bytes, *, listens: bool = True) -> Talk:
    """Says `start`, then `more` as fast as it is taken. listens: a request comes first."""

    def talk(connection: socket.socket) -> None:
        if listens:
            connection.recv(65_536)
        connection.sendall(start)
        while True:
            connection.sendall(more)

    return talk


def silent(connection: socket.socket) -> None:
    """Takes everything and says nothing."""
    while connection.recv(65_536):
        pass


def bomb(megabytes: int) -> Talk:
    """A small body that unpacks to so many megabytes."""
    packed = gzip.compress(b"\0" * (megabytes << 20), 9)
    length = f"Content-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n".encode()

    def talk(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(HEAD + length + packed)

    return talk


ANSWERS: dict[str, Talk] = {
    "nothing": silent,
    "a head, a byte at a time": drip(HEAD + b"X-Words: ", b"a"),
    "heads without end": flood(HEAD, b"X-Words: " + b"a" * 1000 + b"\r\n"),
    "100 Continue for ever": flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a body, a byte at a time": drip(HEAD + b"\r\n"),
    "a chunked body, a byte at a time": drip(
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"
    ),
    "a body without end": flood(HEAD + b"\r\n", b" " * 65_536),
    "a bomb": bomb(20),
}


GREETING = b"220 mail.contoso.com\r\n"
MAIL_SERVERS: dict[str, Talk] = {
    "nothing": silent,
    "a greeting, a byte at a time": drip(b"220 ", b"a", listens=False),
    "a greeting without end": flood(b"", b"220-mail.contoso.com\r\n", listens=False),
    "a greeting without end, slowly": drip(b"", b"220-mail.contoso.com\r\n", listens=False),
    "offers without end": drip(GREETING, b"250-X\r\n", listens=False),
    "a line without end": flood(b"220 ", b"a" * 4096, listens=False),
}


@contextmanager
def endless(
    talk: Talk, *, tls: bool = True, issued: tuple[Path, Path] | None = None
) -> Iterator[EndlessServer]:
    """Serves until the block ends. issued: other files of authority and certificate."""
    with tempfile.TemporaryDirectory(prefix="endless-") as folder:
        ca_file, chain_file = issued or certificates(Path(folder))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain_file)
        running = EndlessServer(0, ca_file)

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                running.connections += 1
                with suppress(OSError):
                    if tls:
                        self.request = context.wrap_socket(self.request, server_side=True)
                    talk(self.request)

            def finish(self) -> None:
                self.request.close()

        with socketserver.ThreadingTCPServer((HOST, 0), Handler) as server:
            server.daemon_threads, running.port = True, server.server_address[1]
            thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
            thread.start()
            try:
                yield running
            finally:
                server.shutdown()
                thread.join()
