"""Commands about single messages and the state of accounts."""

from __future__ import annotations

from typing import Annotated

import typer

from hve_monitor.command import (
    ConfigFile,
    Json,
    Now,
    Since,
    TenantName,
    Until,
    load,
    moment_of,
    show,
    time_of,
)

commands = typer.Typer()


@commands.command()
def trace(
    sender: Annotated[str | None, typer.Option(help="Any address of an account.")] = None,
    recipient: Annotated[str | None, typer.Option()] = None,
    message_id: Annotated[str | None, typer.Option("--message-id")] = None,
    trace_id: Annotated[str | None, typer.Option("--id", help="Trace id.")] = None,
    subject: Annotated[str | None, typer.Option(help="Words that all occur.")] = None,
    status: Annotated[str | None, typer.Option()] = None,
    from_ip: Annotated[str | None, typer.Option("--from-ip")] = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(help="Most rows; the answer says if more exist.")] = 1000,
    tenant: TenantName = None,
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Delivery search: did it arrive, and if not, what happened."""
    from hve_monitor.author import author_of
    from models.search import TraceFilter, find_traces

    wanted = TraceFilter(
        tenant, sender, recipient, trace_id, message_id, subject, status, from_ip,
        time_of(since, "--since"), time_of(until, "--until"),
    )  # fmt: skip
    document = find_traces(load(config), wanted, moment_of(now), limit, author_of(None))
    show(document, as_json, "rows")
