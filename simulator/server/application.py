"""The ASGI application: the services below their prefixes, the faults and the log of requests.

The prefixes are deliberate: a client that glues a path to a host name alone would miss them.
"""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulator.azure.prices import PriceRoutes
from simulator.azure.routes import AzureRoutes
from simulator.entra.login import LoginRoutes
from simulator.entra.routes import EntraRoutes
from simulator.exchange.routes import ExchangeRoutes
from simulator.graph.routes import GraphRoutes
from simulator.server.control import ControlRoutes
from simulator.server.disturbance import Connections, Disturbance
from simulator.world.tenant import ServedRequest, SimulatedTenant


def build_application(tenant: SimulatedTenant, connections: Connections) -> ASGIApp:
    """The services of one tenant; `connections` are those that a fault may cut."""
    routes = [
        Mount("/login", routes=LoginRoutes(tenant).routes()),
        Mount("/graph", routes=[*GraphRoutes(tenant).routes(), *EntraRoutes(tenant).routes()]),
        Mount("/exchange", routes=ExchangeRoutes(tenant).routes()),
        Mount("/azure", routes=AzureRoutes(tenant).routes()),
        Mount("/prices", routes=PriceRoutes(tenant).routes()),
        Mount("/control", routes=ControlRoutes(tenant).routes()),
    ]
    return RequestLog(Disturbance(Starlette(routes=routes), tenant, connections), tenant)


class RequestLog:
    """Notes every answered request in `tenant.requests`."""

    def __init__(self, application: ASGIApp, tenant: SimulatedTenant) -> None:
        self._application = application
        self._tenant = tenant

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on and notes the status when the answer starts."""

        async def note(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._tenant.requests.append(_served(scope, message["status"]))
            await send(message)

        await self._application(scope, receive, note)


def _served(scope: Scope, status: int) -> ServedRequest:
    query = scope["query_string"].decode("ascii", "replace")
    fault = scope.get("state", {}).get("fault", "")
    return ServedRequest(scope["method"], scope["path"], query, status, datetime.now(UTC), fault)
