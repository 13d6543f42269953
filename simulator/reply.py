"""JSON answers and the error envelopes of the simulated APIs."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

ANSWER_HEADERS = {"OData-Version": "4.0"}


def json_reply(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(
        msgspec.json.encode(body),
        status,
        {**ANSWER_HEADERS, **(headers or {})},
        media_type="application/json",
    )


def graph_error(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    """The error envelope of Microsoft Graph with a fresh request id, also sent as a header."""
    request_id = str(uuid.uuid4())
    inner = {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": request_id,
        "client-request-id": request_id,
    }
    body = {"error": {"code": code, "message": message, "innerError": inner}}
    return json_reply(body, status, {"request-id": request_id, **(headers or {})})


def base_url(request: Request) -> str:
    """Scheme, host and port that the client used."""
    return f"{request.url.scheme}://{request.url.netloc}"
