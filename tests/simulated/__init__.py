"""The simulated tenant with what tests alone need.

Reading order:
    tenant       a tenant with rates of faults and a log of its answered requests
    serving      the services of `simulator` with everything below in front of them
    fault        faults of the network and of an overloaded service
    disturbance  carries a fault out between the client and a service
    issuer       codes and signed tokens of people
    login        sign-in of people beside that of applications
    control      clock, truth and labels over HTTP
    __main__     `python -m tests.simulated`
"""

from __future__ import annotations

from tests.simulated.fault import Faults
from tests.simulated.serving import FaultyServer, serve
from tests.simulated.tenant import FaultyTenant

__all__ = ["Faults", "FaultyServer", "FaultyTenant", "serve"]
