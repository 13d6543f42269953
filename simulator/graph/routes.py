"""Message traces as Microsoft Graph serves them."""

from __future__ import annotations

import re
import time

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.graph.query_options import RefusedQueryError, read_query
from simulator.graph.trace_detail import read_details
from simulator.graph.trace_page import Cursor, first_cursor, read_cursor, read_page, write_cursor
from simulator.paging import BadTokenError, link
from simulator.reply import THROTTLED, forbidden_by_graph, graph_error, json_reply
from simulator.world.access import GRAPH
from simulator.world.access import TRACES as READ_TRACES
from simulator.world.tenant import SimulatedTenant

TRACES = "/v1.0/admin/exchange/tracing/messageTraces"
_METADATA = "https://graph.microsoft.com/v1.0/$metadata#"
_NO_PRINCIPAL = (
    "Service principal-less authentication failed: The service principal for App ID"
    " 8bd644d1-64a1-4d4b-ae52-2e0cbf64e373 was not found."
)
_DETAILS_CALL = re.compile(r"getDetailsByRecipient\(recipientAddress='((?:[^']|'')+)'\)$")


class GraphRoutes:
    """Answers below `/graph`. Handlers are plain functions: they run in worker threads."""

    def __init__(self, tenant: SimulatedTenant) -> None:
        self._tenant = tenant

    def routes(self) -> list[Route]:
        """Routes relative to the prefix."""
        return [
            Route(TRACES, self.list_traces),
            Route(TRACES + "/{trace_id}/{call:path}", self.trace_details),
        ]

    def list_traces(self, request: Request) -> Response:
        """One page of message traces."""
        refusal = self._refusal(request)
        if refusal:
            return refusal
        try:
            cursor = self._cursor(request)
        except (RefusedQueryError, BadTokenError) as error:
            return graph_error(400, "BadRequest", str(error))
        rows, following = read_page(self._tenant.traffic, cursor)
        context = f"{_METADATA}admin/exchange/tracing/messageTraces"
        more = {"@odata.nextLink": _next_link(request, following)} if following else {}
        return json_reply({"@odata.context": context, "value": rows, **more})

    def trace_details(self, request: Request) -> Response:
        """The events of one message for one recipient; an unknown pair gives an empty list."""
        refusal = self._refusal(request)
        if refusal:
            return refusal
        call = _DETAILS_CALL.match(request.path_params["call"])
        if not call:
            text = f"Resource not found for the segment '{request.path_params['call']}'."
            return graph_error(404, "BadRequest", text)
        recipient = call.group(1).replace("''", "'")
        trace_id, tenant = request.path_params["trace_id"], self._tenant
        events = read_details(tenant.traffic, trace_id, recipient, tenant.clock)
        context = f"{_METADATA}Collection(microsoft.graph.exchangeMessageTraceDetail)"
        return json_reply({"@odata.context": context, "value": events})

    def _refusal(self, request: Request) -> Response | None:
        """The answer to a caller without a good token, permission or quota."""
        reason = self._tenant.tokens.refusal(request.headers.get("authorization"), GRAPH)
        if reason:
            return graph_error(401, "InvalidAuthenticationToken", reason)
        if self._tenant.graph_refused == 403 or READ_TRACES not in self._tenant.granted:
            return forbidden_by_graph()
        if self._tenant.graph_refused:
            return graph_error(401, "Unauthorized", _NO_PRINCIPAL)
        seconds = self._tenant.quota.take()
        if seconds is not None:
            return graph_error(429, "TooManyRequests", THROTTLED, {"Retry-After": str(seconds)})
        time.sleep(self._tenant.page_delay)
        return None

    def _cursor(self, request: Request) -> Cursor:
        """Where to read: a next link goes on, anything else starts a reading."""
        token = request.query_params.get("$skiptoken")
        if token is not None:
            return read_cursor(token, self._tenant.next_link_seconds)
        clock = self._tenant.clock
        return first_cursor(read_query(request.query_params, clock), clock)


def _next_link(request: Request, cursor: Cursor) -> str:
    """URL of the next page: the same filter and size, and the token."""
    options = {
        name: request.query_params[name]
        for name in ("$filter", "$top")
        if name in request.query_params
    }
    return link(request, {**options, "$skiptoken": write_cursor(cursor)})
