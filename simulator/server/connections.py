"""The open connections of the running server, so that one of them can be cut."""

from __future__ import annotations

import socket
import struct
from collections.abc import Collection
from typing import Any

_RESET_AT_ONCE = struct.pack("ii", 1, 0)


class Connections:
    """Cuts connections by the client's (host, port). Empty until a server lends its own."""

    def __init__(self) -> None:
        self._open: Collection[Any] = ()

    def adopt(self, connections: Collection[Any]) -> None:
        """Takes the server's collection, which it keeps up to date."""
        self._open = connections

    def abort(self, client: tuple[str, int]) -> None:
        """Resets the connection of a client: no goodbye of TLS, nothing more is sent."""
        for connection in list(self._open):
            if tuple(connection.client) == tuple(client):
                reset(connection.transport)


def reset(transport: Any) -> None:
    """Drops a transport with a TCP reset instead of an orderly end."""
    raw = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_ONCE)
    transport.abort()
