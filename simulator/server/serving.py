"""Runs the simulated tenant behind TLS on a loopback port."""

from __future__ import annotations

import socket
import tempfile
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import trustme
import uvicorn
from starlette.types import ASGIApp

from simulator.server.application import build_application
from simulator.world.tenant import SimulatedTenant

if TYPE_CHECKING:
    from uvicorn.server import Protocols

HOST = "127.0.0.1"
_START_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Server:
    """Where a running tenant is reached, and the certificate authority to trust."""

    base_url: str
    ca_file: Path
    tenant: SimulatedTenant

    @property
    def endpoints(self) -> dict[str, str]:
        """Roots of the services, each with a path prefix."""
        services = ("login", "graph", "exchange", "azure", "prices")
        return {name: f"{self.base_url}/{name}" for name in services}


@dataclass(frozen=True, slots=True)
class ServedEndpoint:
    """A port behind TLS, the authority to trust, and the open connections at any time."""

    port: int
    ca_file: Path
    connections: Collection[Protocols]

    @property
    def base_url(self) -> str:
        """Scheme, host and port."""
        return f"https://{HOST}:{self.port}"


class AbruptServer(uvicorn.Server):
    """Cuts open connections at the end: clients keep them alive and would hold up the goodbye."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await super().shutdown(sockets)


@contextmanager
def serve(tenant: SimulatedTenant, port: int = 0) -> Iterator[Server]:
    """Serves a tenant until the block ends; for the rest see `serve_application`."""
    with serve_application(build_application(tenant), port) as endpoint:
        yield Server(endpoint.base_url, endpoint.ca_file, tenant)


@contextmanager
def serve_application(application: ASGIApp, port: int = 0) -> Iterator[ServedEndpoint]:
    """Serves from a thread until the block ends; port 0 takes a free one.

    The certificate authority lives in a temporary folder that goes away with the server.
    Raises: OSError when the port is taken; RuntimeError when the server does not start.
    """
    with tempfile.TemporaryDirectory(prefix="simulator-") as folder, _listen(port) as listener:
        ca_file, chain_file = certificates(Path(folder))
        config = uvicorn.Config(
            application,
            log_level="error",
            access_log=False,
            lifespan="off",
            ws="none",
            ssl_certfile=chain_file,
            ssl_keyfile=chain_file,
            timeout_graceful_shutdown=2,
        )
        server = AbruptServer(config)
        with _running(server, listener):
            yield ServedEndpoint(
                listener.getsockname()[1], ca_file, server.server_state.connections
            )


def _listen(port: int) -> socket.socket:
    """A bound socket on loopback; port 0 takes a free one."""
    # asyncio switches delayed sending off only when the protocol is named; 40 ms per answer.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError:
        listener.close()
        raise
    return listener


def certificates(folder: Path) -> tuple[Path, Path]:
    """(file of the authority, file with key and certificate of the server)."""
    authority = trustme.CA(organization_name="Simulated tenant")
    certificate = authority.issue_cert(HOST, "localhost")
    ca_file, chain_file = folder / "ca.pem", folder / "server.pem"
    authority.cert_pem.write_to_path(ca_file)
    certificate.private_key_and_cert_chain_pem.write_to_path(chain_file)
    return ca_file, chain_file


@contextmanager
def _running(server: uvicorn.Server, listener: socket.socket) -> Iterator[None]:
    """Serves from a thread while the block runs."""
    thread = threading.Thread(target=server.run, args=([listener],), name="simulator", daemon=True)
    thread.start()
    try:
        _wait(server, thread)
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=10)


def _wait(server: uvicorn.Server, thread: threading.Thread) -> None:
    until = time.monotonic() + _START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > until:
            raise RuntimeError("the simulated tenant did not start")
        time.sleep(0.01)
