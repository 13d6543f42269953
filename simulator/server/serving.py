"""Runs the simulated tenant behind TLS on a loopback port."""

from __future__ import annotations

import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme
import uvicorn

from simulator.server.application import build_application
from simulator.server.disturbance import Connections
from simulator.world.tenant import SimulatedTenant

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


class AbruptServer(uvicorn.Server):
    """Cuts open connections at the end: clients keep them alive and would hold up the goodbye."""

    def __init__(self, config: uvicorn.Config, connections: Connections) -> None:
        super().__init__(config)
        connections.adopt(self.server_state.connections)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await super().shutdown(sockets)


@contextmanager
def serve(tenant: SimulatedTenant, port: int = 0) -> Iterator[Server]:
    """Serves from a thread until the block ends; port 0 takes a free one.

    The certificate authority lives in a temporary folder that goes away with the server.
    Raises: OSError when the port is taken; RuntimeError when the server does not start.
    """
    with tempfile.TemporaryDirectory(prefix="simulator-") as folder, listen(port) as listener:
        ca_file, chain_file = certificates(Path(folder))
        connections = Connections()
        config = uvicorn.Config(
            build_application(tenant, connections),
            log_level="error",
            access_log=False,
            lifespan="off",
            ws="none",
            ssl_certfile=chain_file,
            ssl_keyfile=chain_file,
            timeout_graceful_shutdown=2,
        )
        with running(AbruptServer(config, connections), listener):
            yield Server(f"https://{HOST}:{listener.getsockname()[1]}", ca_file, tenant)


def listen(port: int) -> socket.socket:
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
def running(server: uvicorn.Server, listener: socket.socket) -> Iterator[None]:
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
