"""A receiver of alerts behind real HTTPS on loopback: it keeps what comes and answers as prepared.

It plays a webhook, Splunk's collector, the logs ingestion API and the services of chats alike: what
differs between them is what is sent, and that is looked at afterwards.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.server.serving import HOST, serve_application


@dataclass(frozen=True, slots=True)
class Received:
    """One accepted or refused request."""

    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    status: int

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return msgspec.json.decode(self.body)


@dataclass
class Receiver:
    """`answers` are given one after the other, then 200; `delay` seconds pass before each."""

    port: int = 0
    ca_file: Path = Path()
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    delay: float = 0.0
    received: list[Received] = field(default_factory=list)

    @property
    def place(self) -> str:
        """host:port."""
        return f"{HOST}:{self.port}"

    @property
    def accepted(self) -> list[Received]:
        """What was answered with success."""
        return [request for request in self.received if request.status < 300]

    async def answer(self, request: Request) -> Response:
        """Notes the request and answers."""
        body = await request.body()
        await asyncio.sleep(self.delay)
        status, headers = self.answers.pop(0) if self.answers else (200, {})
        self.received.append(
            Received(request.url.path, request.url.query, dict(request.headers), body, status)
        )
        words = b'{"text":"Success","code":0}' if status < 300 else b'{"text":"Not now"}'
        return Response(words if status != 304 else b"", status, headers)


@contextmanager
def receive() -> Iterator[Receiver]:
    """Receives until the block ends."""
    receiver = Receiver()
    methods = ["GET", "POST", "PUT"]
    application = Starlette(routes=[Route("/{path:path}", receiver.answer, methods=methods)])
    with serve_application(application) as endpoint:
        receiver.port, receiver.ca_file = endpoint.port, endpoint.ca_file
        yield receiver
