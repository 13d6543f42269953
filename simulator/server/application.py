"""The ASGI application: the services below their prefixes.

The prefixes are deliberate: a client that glues a path to a host name alone would miss them.
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from simulator.azure.prices import PriceRoutes
from simulator.azure.routes import AzureRoutes
from simulator.entra.login import LoginRoutes
from simulator.entra.routes import EntraRoutes
from simulator.exchange.routes import ExchangeRoutes
from simulator.graph.routes import GraphRoutes
from simulator.world.tenant import SimulatedTenant


def build_application(tenant: SimulatedTenant) -> ASGIApp:
    """The services of one tenant."""
    return Starlette(routes=service_routes(tenant))


def service_routes(tenant: SimulatedTenant) -> list[Mount]:
    """The services of one tenant, each below its prefix."""
    return [
        Mount("/login", routes=LoginRoutes(tenant).routes()),
        Mount("/graph", routes=[*GraphRoutes(tenant).routes(), *EntraRoutes(tenant).routes()]),
        Mount("/exchange", routes=ExchangeRoutes(tenant).routes()),
        Mount("/azure", routes=AzureRoutes(tenant).routes()),
        Mount("/prices", routes=PriceRoutes(tenant).routes()),
    ]
