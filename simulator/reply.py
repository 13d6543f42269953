"""JSON answers and the error envelopes of the simulated APIs."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec
from starlette.requests import Request
from starlette.responses import Response

JsonObject = dict[str, object]  # as a service writes it
ANSWER_HEADERS = {"OData-Version": "4.0"}
THROTTLED = "Your recent queries have surpassed the permitted limit, please try again later."
_AZURE = "x-ms-ratelimit-microsoft.costmanagement"


def json_reply(
    body: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
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


def exchange_error(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    """A short error of `InvokeCommand`; undocumented for 429 and 503, so its shape is invented."""
    details = [{"code": "Client", "target": "", "message": message}]
    body = {"error": {"code": code, "message": message, "details": details}}
    return json_reply(body, status, headers)


def azure_error(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    """The error envelope of Azure Resource Manager."""
    return json_reply({"error": {"code": code, "message": message}}, status, headers)


def azure_throttled(seconds: int, headers: Mapping[str, str] | None = None) -> Response:
    """429 of Cost Management: each bucket states its own wait in seconds, the longest one binds."""
    waits = {"qpu": 0, "entity": max(0, seconds - 1), "tenant": 0, "clienttype": seconds}
    stated = {f"{_AZURE}-{bucket}-retry-after": str(wait) for bucket, wait in waits.items()}
    stated["x-ms-ratelimit-remaining-microsoft.costmanagement-clienttype-requests"] = (
        "DefaultQuota:0"
    )
    text = "Too many requests. Please retry."
    return azure_error(429, "429", text, {**stated, **(headers or {})})


def forbidden_by_graph() -> Response:
    """403 of Microsoft Graph for a permission that nobody granted."""
    text = "Insufficient privileges to complete the operation."
    return graph_error(403, "Authorization_RequestDenied", text)


def base_url(request: Request) -> str:
    """Scheme, host and port that the client used."""
    return f"{request.url.scheme}://{request.url.netloc}"
