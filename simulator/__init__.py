"""A simulated Microsoft 365 tenant that answers over real HTTPS on loopback.

`SimulatedTenant` holds the accounts, the traffic and the clock; `serve` puts it behind TLS with a
throw-away certificate authority. It plays sign-in, message traces and sign-in logs of Microsoft
Graph, Exchange cmdlets, Azure Cost Management and the retail price list; `Faults` disturbs them.
Nothing here is a Microsoft fact beyond the documented shapes: volumes, names and incidents are
invented and reproducible from a seed.
"""

from __future__ import annotations

from simulator.account import Account
from simulator.fault import Faults
from simulator.server import Server, serve
from simulator.tenant import SimulatedTenant

__all__ = ["Account", "Faults", "Server", "SimulatedTenant", "serve"]
