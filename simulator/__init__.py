"""A simulated Microsoft 365 tenant that answers over real HTTPS on loopback.

`SimulatedTenant` holds the accounts, the traffic and the clock; `serve` puts it behind TLS with a
throw-away certificate authority. It plays sign-in, message traces and sign-in logs of Microsoft
Graph, Exchange cmdlets, Azure Cost Management and the retail price list.
Nothing here is a Microsoft fact beyond the documented shapes: volumes, names and incidents are
invented and reproducible from a seed.

Reading order:
    mail      who sends what to whom: accounts, habits, incidents, rows
    world     the tenant: clock, settings, permissions, invoice, the truth to compare with
    reply     JSON answers and the error envelopes of the services
    paging    links to following pages and their tokens
    graph     message traces of Microsoft Graph
    exchange  cmdlets over `InvokeCommand`
    entra     sign-in, directory objects and sign-in logs
    azure     Cost Management and the price list
    server    the services behind TLS
"""

from __future__ import annotations

from simulator.mail.account import Account
from simulator.server.serving import Server, serve
from simulator.world.tenant import SimulatedTenant

__all__ = ["Account", "Server", "SimulatedTenant", "serve"]
