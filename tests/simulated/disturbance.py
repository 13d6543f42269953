"""Puts the drawn faults between the client and the services."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulator.paging import EXPIRED
from simulator.reply import THROTTLED, azure_error, azure_throttled, exchange_error, graph_error
from tests.simulated.fault import Fault
from tests.simulated.tenant import FaultyTenant

if TYPE_CHECKING:
    from uvicorn.server import Protocols

_SERVICES = (
    ("graph", re.compile(r"/graph/(v1\.0|beta)/(admin/exchange/tracing|auditLogs/signIns)")),
    ("exchange", re.compile(r"/exchange/.+/InvokeCommand$")),
    ("azure", re.compile(r"/azure/.+/Microsoft\.CostManagement/query$", re.IGNORECASE)),
)
_BUSY = "The service is temporarily unavailable. Please try again later."
_READING_SECONDS = 0.01  # lets the client read the first half before the connection breaks


_RESET_AT_ONCE = struct.pack("ii", 1, 0)


class Disturbance:
    """Draws a fault for each request to a service and carries it out.

    `connections` are those that a reset may cut; the server that is started later lends them.
    """

    def __init__(self, application: ASGIApp, tenant: FaultyTenant) -> None:
        self._application = application
        self._tenant = tenant
        self.connections: Collection[Protocols] = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, unless a fault befalls it."""
        service = _service(scope)
        fault = self._tenant.draw_fault(follows_link=_follows_link(scope)) if service else None
        if fault is None:
            await self._application(scope, receive, send)
        elif fault.kind in ("reset", "truncated"):
            await self._spoil(fault, scope, receive, send)
        else:
            self._note(fault, scope)
            await _refusal(service, fault)(scope, receive, send)

    def _note(self, fault: Fault, scope: Scope) -> None:
        scope.setdefault("state", {})["fault"] = fault.kind
        self._tenant.fault_counts[fault.kind] += 1

    async def _spoil(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets the service answer and damages a good answer; an error passes undamaged."""
        start, body = await self._answer(scope, receive)
        if start["status"] != 200 or len(body) < 2:
            await send(start)
            await send({"type": "http.response.body", "body": body})
            return
        self._note(fault, scope)
        cut = 1 + int(fault.detail * (len(body) - 1))
        if fault.kind == "truncated":
            await send(_with_length(start, cut))
            await send({"type": "http.response.body", "body": body[:cut]})
            return
        await send(start)
        await send({"type": "http.response.body", "body": body[:cut], "more_body": True})
        await self._break(scope, receive)

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
        """(start, whole body) of the answer that the service gives."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self._application(scope, receive, keep)
        return messages[0], b"".join(message.get("body", b"") for message in messages[1:])

    async def _break(self, scope: Scope, receive: Receive) -> None:
        await asyncio.sleep(_READING_SECONDS)
        _abort(self.connections, scope["client"])
        while (await receive())["type"] != "http.disconnect":
            pass


def _service(scope: Scope) -> str:
    """The disturbed service that a request is for; empty for the others."""
    path = scope.get("path", "")
    return next((name for name, pattern in _SERVICES if pattern.match(path)), "")


def _follows_link(scope: Scope) -> bool:
    query = scope.get("query_string", b"")
    return b"$skiptoken" in query or b"%24skiptoken" in query.lower()


def _with_length(start: Message, length: int) -> Message:
    headers = [pair for pair in start["headers"] if pair[0].lower() != b"content-length"]
    return {**start, "headers": [*headers, (b"content-length", str(length).encode())]}


def _refusal(service: str, fault: Fault) -> Response:
    if fault.kind == "expired_link":
        return _error(service, 400, "BadRequest", EXPIRED, {})
    headers = _retry_after(fault)
    if fault.kind == "503":
        kept = headers if fault.detail < 0.5 else {}
        return _error(service, 503, "ServiceUnavailable", _BUSY, kept)
    if service == "azure":
        return azure_throttled(int(2 * fault.detail), headers)
    return _error(service, 429, "TooManyRequests", THROTTLED, headers)


def _error(service: str, status: int, code: str, text: str, headers: Mapping[str, str]) -> Response:
    envelopes = {"graph": graph_error, "exchange": exchange_error, "azure": azure_error}
    return envelopes[service](status, code, text, headers)


def _retry_after(fault: Fault) -> dict[str, str]:
    """`Retry-After` as 0 or 1 seconds, as the date in a second, or not at all."""
    if fault.variant < 1 / 3:
        return {"Retry-After": str(int(2 * fault.detail))}
    if fault.variant < 2 / 3:
        when = datetime.now(UTC) + timedelta(seconds=1)
        return {"Retry-After": format_datetime(when, usegmt=True)}
    return {}


def _abort(connections: Collection[Protocols], client: tuple[str, int]) -> None:
    """Resets the connection of a client: no goodbye of TLS, nothing more is sent."""
    for connection in list(connections):
        if getattr(connection, "client", None) == client:
            _reset(connection.transport)


def _reset(transport: asyncio.Transport) -> None:
    """Drops a transport with a TCP reset instead of an orderly end."""
    raw = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_ONCE)
    transport.abort()
