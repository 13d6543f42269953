"""`python -m tests.simulated`: serves a simulated tenant until stopped.

With `--now` the tenant's clock stands still until `/control/clock` moves it; without, it follows
the system clock.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from simulator.mail.instant import moment_of, parse_instant
from simulator.server.serving import Server
from simulator.world.tenant import SimulatedTenant
from tests.simulated.serving import serve
from tests.simulated.tenant import FaultyTenant

_TICK_SECONDS = 0.5


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until SIGINT or SIGTERM; prints what a client needs."""
    options = _parser().parse_args(arguments)
    tenant = FaultyTenant(seed=options.seed, now=options.now, days=options.days)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with serve(tenant, options.port) as server:
        ca_file = _copy_authority(server, options.ca_out)
        sys.stdout.write(_card(server, ca_file))
        sys.stdout.flush()
        while not stopped.wait(_TICK_SECONDS):
            if options.now is None:
                _follow_system_clock(tenant)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.simulated", description=__doc__)
    parser.add_argument("--port", type=int, default=8443, help="0 takes a free port")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--days", type=int, default=90, help="days of history")
    parser.add_argument("--now", type=_moment, help="first value of the clock, ISO 8601")
    parser.add_argument("--ca-out", type=Path, help="also write the authority's certificate here")
    return parser


def _moment(text: str) -> datetime:
    return moment_of(parse_instant(text))


def _follow_system_clock(tenant: SimulatedTenant) -> None:
    """Somebody may have moved the clock ahead; then it waits for the present to catch up."""
    tenant.move_to(max(tenant.now, datetime.now(UTC)))


def _copy_authority(server: Server, target: Path | None) -> Path:
    if target is None:
        return server.ca_file
    shutil.copyfile(server.ca_file, target)
    return target


def _card(server: Server, ca_file: Path) -> str:
    tenant = server.tenant
    lines = {
        "base URL": server.base_url,
        **server.endpoints,
        "CA file": str(ca_file),
        "tenant id": tenant.tenant_id,
        "client id": tenant.client_id,
        "client secret": f"{tenant.client_secret} (fictitious)",
        "clock": tenant.now.isoformat(),
    }
    return "".join(f"{name:14} {value}\n" for name, value in lines.items())


if __name__ == "__main__":
    sys.exit(main())
