"""Serves a simulated tenant with faults, sign-in of people, control and a log of requests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulator import Server
from simulator.server.application import service_routes
from simulator.server.serving import serve_application
from tests.simulated.control import ControlRoutes
from tests.simulated.disturbance import Disturbance
from tests.simulated.login import PeopleRoutes
from tests.simulated.tenant import FaultyTenant, ServedRequest


@dataclass(frozen=True, slots=True)
class FaultyServer(Server):
    """Where a running tenant is reached whose services can be disturbed."""

    tenant: FaultyTenant


@contextmanager
def serve(tenant: FaultyTenant, port: int = 0) -> Iterator[FaultyServer]:
    """Serves from a thread until the block ends; port 0 takes a free one."""
    disturbance = Disturbance(build_services(tenant), tenant)
    with serve_application(RequestLog(disturbance, tenant), port) as endpoint:
        disturbance.connections = endpoint.connections
        yield FaultyServer(endpoint.base_url, endpoint.ca_file, tenant)


def build_services(tenant: FaultyTenant) -> ASGIApp:
    """The services of one tenant, with a sign-in for people and the control."""
    routes = [
        Mount("/control", routes=ControlRoutes(tenant).routes()),
        # Stands before the login of applications, so this one answers for both.
        Mount("/login", routes=PeopleRoutes(tenant).routes()),
        *service_routes(tenant),
    ]
    return Starlette(routes=routes)


class RequestLog:
    """Notes every answered request in `tenant.requests`."""

    def __init__(self, application: ASGIApp, tenant: FaultyTenant) -> None:
        self._application = application
        self._tenant = tenant

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on and notes the status when the answer starts."""

        async def note(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._tenant.requests.append(_served(scope, message["status"]))
                # Beside the real one, which the server adds: a tenant may live ahead of it.
                date = format_datetime(self._tenant.now, usegmt=True).encode()
                message["headers"] = [*message.get("headers", ()), (b"date", date)]
            await send(message)

        await self._application(scope, receive, note)


def _served(scope: Scope, status: int) -> ServedRequest:
    query = scope["query_string"].decode("ascii", "replace")
    fault = scope.get("state", {}).get("fault", "")
    return ServedRequest(scope["method"], scope["path"], query, status, datetime.now(UTC), fault)
