"""Commands about this installation."""

from __future__ import annotations

from typing import Annotated

import typer

from hve_monitor.command import (
    ConfigFile,
    Json,
    Now,
    TenantName,
    finish,
    load,
    moment_of,
    show,
)

commands = typer.Typer()


@commands.command()
def doctor(
    tenant: TenantName = None,
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Check configuration, credentials, permissions, clock, disk, coverage and alerts."""
    from hve_monitor.doctor import examine

    finish(examine(load(config), moment_of(now), tenant), as_json, "doctor")


@commands.command()
def dashboard(
    port: Annotated[int, typer.Option(help="On 127.0.0.1.")] = 8501,
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Open the dashboard on this machine."""
    from hve_monitor.serve import serve_dashboard

    load(config)
    show({"url": f"http://127.0.0.1:{port}"}, as_json, "dashboard")
    raise typer.Exit(serve_dashboard(config, port, now))
