"""The demo: a simulated tenant on loopback, the whole pipeline against it over HTTPS."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from actions.outcome import Outcome
from actions.progress import progress_bar
from actions.run import RunSummary, run_once
from hve_monitor.config import load_config
from hve_monitor.errors import ConfigError
from simulator import Server, SimulatedTenant, serve

FOLDER = Path("data/demo")
# A published quota that the first 90 days fit into, so that a newcomer need not wait for Microsoft.
REQUESTS, WINDOW_SECONDS = 5000, 300

TEMPLATE = """\
# Written by 'hve demo': a simulated tenant, nothing of it is real.
[warehouse]
path = "store"

[[tenants]]
name = "{name}"
tenant_id = "{tenant_id}"
client_id = "{client_id}"
client_secret_file = "{name}.secret"
accounts = "exchange"
azure_scopes = ["/subscriptions/{subscription}"]
timezone = "Europe/Berlin"

[endpoints]
login = "{login}"
graph = "{graph}"
exchange = "{exchange}"
azure = "{azure}"
prices = "{prices}"
ca_bundle = "ca.pem"

[limits]
message_trace_requests = {requests}
message_trace_window_seconds = {seconds}
share = 1.0

[[budgets]]
name = "all"
amount = 5.0
"""


def run_demo(days: int, seed: int, now: datetime, *, headless: bool) -> Outcome[RunSummary]:
    """Runs the pipeline over a fresh simulated tenant; the store stays in data/demo.

    Raises: ConfigError when data/demo holds something that no demo wrote.
    """
    folder = _fresh_folder()
    tenant = SimulatedTenant(
        seed=seed,
        now=now.astimezone(UTC).replace(microsecond=0),
        days=days,
        quota_requests=REQUESTS,
        quota_window_seconds=float(WINDOW_SECONDS),
    )
    with serve(tenant) as server, progress_bar() as progress:
        file = write_configuration(folder, server)
        outcome = run_once(load_config(file), tenant.now, progress)
    summary = replace(outcome.document, config=str(file), headless=headless)
    return Outcome(summary, outcome.exit_code)


def write_configuration(folder: Path, server: Server) -> Path:
    """hve.toml, secret and CA of a running simulator; returns the configuration file."""
    tenant = server.tenant
    (folder / f"{tenant.name}.secret").write_text(tenant.client_secret, encoding="utf-8")
    shutil.copyfile(server.ca_file, folder / "ca.pem")
    file = folder / "hve.toml"
    file.write_text(
        TEMPLATE.format(
            name=tenant.name,
            tenant_id=tenant.tenant_id,
            client_id=tenant.client_id,
            subscription=tenant.azure.subscription_id,
            requests=REQUESTS,
            seconds=WINDOW_SECONDS,
            **server.endpoints,
        ),
        encoding="utf-8",
    )
    return file


def _fresh_folder() -> Path:
    """data/demo without the store of the demo before: every demo is another tenant."""
    if FOLDER.exists():
        if not (FOLDER / "hve.toml").exists() and any(FOLDER.iterdir()):
            raise ConfigError(f"{FOLDER}: holds files that no demo wrote; move them away")
        shutil.rmtree(FOLDER)
    FOLDER.mkdir(parents=True)
    return FOLDER
